/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_image.c - coracle image pack | import | list. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "cli/options.h"
#include "cluster/machines/node_images.h"
#include "cmd/role.h"
#include "image/image.h"

/* "SOURCE:PATH" pairs; the strings are cut in place. */
static int split_pairs(const struct option_list *list, const char *option, struct image_file *pairs, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        char *colon = strrchr(list->items[i], ':');
        if (colon == NULL || colon == list->items[i] || colon[1] == '\0')
            return error_set(err, ERROR_USAGE, "--%s is FROM:TO, not '%s'", option, list->items[i]);
        *colon = '\0';
        pairs[i] = (struct image_file){ .source = list->items[i], .path = colon + 1 };
    }
    return 0;
}

static int write_output(const char *path, struct str bytes, struct error *err)
{
    if (strcmp(path, "-") == 0) {
        bool good = fwrite(bytes.data, 1, bytes.size, stdout) == bytes.size && fflush(stdout) == 0;
        return good ? 0 : error_errno(err, "write standard output");
    }
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return error_errno(err, "create %s", path);
    bool good = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    good = fclose(file) == 0 && good;
    return good ? 0 : error_errno(err, "write %s", path);
}

struct pack_options {
    const char *output, *name, *user, *directory, *architecture;
    struct option_list files, links, entrypoint, command, environment, ports;
};

static int pack(const struct pack_options *given, struct error *err)
{
    autofree struct image_file *files = memory_zalloc((given->files.count + 1) * sizeof(*files));
    autofree struct image_file *pairs = memory_zalloc((given->links.count + 1) * sizeof(*pairs));
    autofree struct image_link *links = memory_zalloc((given->links.count + 1) * sizeof(*links));
    int rc = split_pairs(&given->files, "add", files, err);
    if (rc == 0)
        rc = split_pairs(&given->links, "link", pairs, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < given->links.count; i++)
        links[i] = (struct image_link){ .path = pairs[i].path, .target = pairs[i].source };
    struct image_options options = {
        .name = given->name,
        .architecture = given->architecture,
        .files = files,
        .n_files = given->files.count,
        .links = links,
        .n_links = given->links.count,
        .entrypoint = given->entrypoint.items,
        .command = given->command.items,
        .environment = given->environment.items,
        .ports = given->ports.items,
        .working_directory = given->directory,
        .user = given->user,
    };
    auto_buffer struct buffer archive = { .max = IMAGE_SIZE_MAX };
    rc = image_pack(&options, &archive, err);
    return rc == 0 ? write_output(given->output, buffer_str(&archive), err) : rc;
}

static int run_pack(int argc, char **argv)
{
    struct pack_options given = { .output = "image.tar" };
    const struct option options[] = {
        { "name", OPTION_TEXT, &given.name, "NAME[:TAG]",
          "what the image is called; docker.io/ and :latest are added where missing", 0, 0 },
        { "output", OPTION_TEXT, &given.output, "FILE", "where the archive goes; - is standard output", 0, 0 },
        { "add", OPTION_LIST, &given.files, "FROM:TO", "a file of this machine and its absolute path in the image", 0,
          0 },
        { "link", OPTION_LIST, &given.links, "TARGET:PATH", "a symbolic link in the image", 0, 0 },
        { "entrypoint", OPTION_LIST, &given.entrypoint, "WORD", "one word of the entry point", 0, 0 },
        { "cmd", OPTION_LIST, &given.command, "WORD", "one word of the default arguments", 0, 0 },
        { "env", OPTION_LIST, &given.environment, "NAME=VALUE", "an environment variable", 0, 0 },
        { "port", OPTION_LIST, &given.ports, "PORT/PROTOCOL", "a port the image serves, 8080/tcp", 0, 0 },
        { "workdir", OPTION_TEXT, &given.directory, "PATH", "working directory", 0, 0 },
        { "user", OPTION_TEXT, &given.user, "UID[:GID]", "who runs it", 0, 0 },
        { "architecture", OPTION_TEXT, &given.architecture, "NAME", "amd64, arm64, ...; this machine's when absent", 0,
          0 },
    };
    const struct command_line line = {
        "coracle image pack --name NAME --add FROM:TO ... [OPTION]...",
        "Packs files into an OCI image archive: one layer, reproducible, no registry, no daemon.",
        options,
        countof(options),
        "  coracle image pack --name example/hello:1 --add ./hello:/hello --entrypoint /hello --output hello.tar\n",
        0,
    };
    struct error err = { 0 };
    int rc = options_parse(&line, argc, argv, NULL, &err);
    if (rc == 0 && given.name == NULL)
        rc = error_set(&err, ERROR_USAGE, "--name is needed; --help explains");
    if (rc == 0)
        rc = pack(&given, &err);
    options_fini(&line);
    return role_end("image pack", rc, &err);
}

/* import and list share their options. */
static int run_on_nodes(int argc, char **argv, const char *verb, size_t max_words)
{
    const char *name = "coracle";
    const struct option options[] = {
        { "name", OPTION_TEXT, &name, "NAME", "the cluster", 0, 0 },
    };
    bool import = max_words > 0;
    const struct command_line line = {
        import ? "coracle image import [--name NAME] FILE" : "coracle image list [--name NAME]",
        import ? "Imports an OCI image archive into every node of a cluster of this machine."
               : "Prints the images that each node of a cluster of this machine has.",
        options,
        countof(options),
        NULL,
        max_words,
    };
    struct error err = { 0 };
    struct cluster_layout layout;
    char **words = NULL;
    int rc = options_parse(&line, argc, argv, &words, &err);
    if (rc > 0)
        return EXIT_DONE;
    if (rc == 0 && import && words[0] == NULL)
        rc = error_set(&err, ERROR_USAGE, "which FILE? usage: %s", line.usage);
    if (rc == 0)
        rc = cluster_layout_load(&layout, name, &err);
    if (rc == 0)
        rc = import ? node_images_import(&layout, words[0], &err) : node_images_list(&layout, &err);
    char role[32];
    snprintf(role, sizeof(role), "image %s", verb);
    return role_end(role, rc, &err);
}

static int run_import(int argc, char **argv)
{
    return run_on_nodes(argc, argv, "import", 1);
}

static int run_list(int argc, char **argv)
{
    return run_on_nodes(argc, argv, "list", 0);
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} verbs[] = {
    { "pack", run_pack, "make an image archive from files" },
    { "import", run_import, "import an archive into the nodes of a cluster" },
    { "list", run_list, "print what the nodes have" },
};

static void print_verbs(FILE *out)
{
    fputs("usage: coracle image VERB [OPTION]...\n\nverbs:\n", out);
    for (size_t i = 0; i < countof(verbs); i++)
        fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
}

int role_image(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_verbs(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; argc >= 2 && i < countof(verbs); i++)
        if (strcmp(verbs[i].name, argv[1]) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    print_verbs(stderr);
    return EXIT_USAGE;
}
