/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/machines/node_images.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/system/file.h"
#include "cluster/machines/containerd.h"
#include "cluster/machines/machines.h"
#include "image/image.h"

#define KUBERNETES_NAMESPACE "k8s.io" /* where containerd's CRI service keeps its images */

extern const unsigned char pause_program[];
extern const size_t pause_program_size;

enum { SAID_MAX = 512 };

/* Runs ctr inside the machine, so that it ends with it; what it says on standard error becomes the error. Its standard input
 * is the archive, when there is one; 'show' leaves its standard output to ours. */
static int run_ctr(const struct cluster_layout *layout, const char *node, const char *const *words, const char *archive,
                   bool show, struct error *err)
{
    char socket[CLUSTER_PATH_MAX], state[CLUSTER_PATH_MAX];
    machines_containerd_socket(layout, node, socket);
    machines_state_file(layout, node, state);
    const char *argv[16] = { "coracle",   "machine-exec", state,         "ctr",
                             "--address", socket,         "--namespace", KUBERNETES_NAMESPACE };
    size_t count = 8;
    for (; *words != NULL && count < countof(argv) - 1; words++)
        argv[count++] = *words;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(err, "make a pipe");
    autoclose int from = ends[0], to = ends[1];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, archive != NULL ? archive : "/dev/null", O_RDONLY, 0);
    if (!show)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, to, 2);
    pid_t pid = 0;
    errno = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (errno != 0)
        return error_errno(err, "run ctr in machine %s", node);
    close(take_fd(&to));

    char said[SAID_MAX + 1], rest[SAID_MAX];
    ssize_t used = 0;
    for (ssize_t size = 0; (size = read(from, used < SAID_MAX ? said + used : rest,
                                        used < SAID_MAX ? (size_t)(SAID_MAX - used) : SAID_MAX)) > 0;)
        used = used < SAID_MAX ? used + size : used;
    said[used] = '\0';
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    struct str text = str_trim(str_of(said));
    return error_set(err, ERROR_SYSTEM, STR_FMT, STR_ARG(text));
}

static int each_node(const struct cluster_layout *layout, const char *const *words, const char *archive, bool show,
                     struct error *err)
{
    for (int64_t i = 0; i < layout->nodes; i++) {
        char node[32];
        cluster_node_name(i, node);
        if (show)
            printf("%s:\n", node);
        fflush(stdout);
        int rc = run_ctr(layout, node, words, archive, show, err);
        if (rc < 0)
            return error_wrap_code(err, rc, "images of %s", node);
    }
    return 0;
}

int node_images_import(const struct cluster_layout *layout, const char *archive, struct error *err)
{
    if (!file_exists(AT_FDCWD, archive))
        return error_set(err, ERROR_NOT_FOUND, "there is no file %s", archive);
    const char *const words[] = { "images", "import", "-", NULL };
    return each_node(layout, words, archive, false, err);
}

int node_images_pause(const char *name, struct image_content *content, struct error *err)
{
    const struct image_file file = { .path = "/pause", .content = { (const char *)pause_program, pause_program_size } };
    const char *const entrypoint[] = { "/pause", NULL };
    const struct image_options options = { .name = name, .files = &file, .n_files = 1, .entrypoint = entrypoint };
    return image_build(&options, content, err);
}

int node_images_list(const struct cluster_layout *layout, struct error *err)
{
    const char *const words[] = { "images", "list", NULL };
    return each_node(layout, words, NULL, true, err);
}
