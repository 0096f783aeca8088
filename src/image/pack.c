/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pack.c - builds the layout: layer, configuration, manifest, index, each named by its digest. */
#include <stdio.h>
#include <sys/stat.h>
#include <yyjson.h>

#include "base/memory.h"
#include "base/system/file.h"
#include "codec/archive.h"
#include "crypto/digest.h"
#include "image/image.h"

#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar+gzip"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"

#if defined(__x86_64__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#else
#error "name this architecture as Go does"
#endif

static int read_source(const char *path, struct buffer *content, unsigned *ret_mode, struct error *err)
{
    struct stat status;
    int rc = file_read(AT_FDCWD, path, IMAGE_SIZE_MAX, content, err);
    if (rc == 0 && stat(path, &status) < 0)
        rc = error_errno(err, "stat %s", path);
    if (rc == 0)
        *ret_mode = status.st_mode & 07777;
    return rc;
}

/* Parents are written before each file; a directory named twice in a tar is fine for every runtime. */
static int write_parents(struct archive_writer *writer, const char *path, struct error *err)
{
    char parent[4096];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(parent, sizeof(parent), "%.*s/", (int)(slash - path), path);
        int rc = archive_writer_directory(writer, parent, 0755, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Images name absolute paths, tar entries have none; "..", which could leave the root, is refused (NULL). */
static const char *entry_path(const char *path, struct error *err)
{
    struct str rest = str_of(path), part;
    while (str_next(&rest, '/', &part))
        if (str_is(part, ".."))
            return error_set(err, ERROR_USAGE, "image path '%s' must not contain '..'", path), NULL;
    if (path[0] != '/' || path[1] == '\0')
        return error_set(err, ERROR_USAGE, "image path '%s' must be absolute", path), NULL;
    return path + 1;
}

static int write_file(struct archive_writer *writer, const struct image_file *file, struct error *err)
{
    auto_buffer struct buffer content = { .max = IMAGE_SIZE_MAX };
    unsigned mode = 0755;
    int rc = 0;
    const char *path = entry_path(file->path, err);
    if (path == NULL)
        return -ERROR_USAGE;
    if (file->source != NULL)
        rc = read_source(file->source, &content, &mode, err);
    else
        buffer_append_str(&content, file->content);
    if (rc == 0)
        rc = write_parents(writer, path, err);
    return rc == 0 ? archive_writer_file(writer, path, mode, buffer_str(&content), err) : rc;
}

static int write_link(struct archive_writer *writer, const struct image_link *link, struct error *err)
{
    const char *path = entry_path(link->path, err);
    if (path == NULL)
        return -ERROR_USAGE;
    int rc = write_parents(writer, path, err);
    return rc == 0 ? archive_writer_link(writer, path, link->target, err) : rc;
}

static int build_layer(const struct image_options *options, enum archive_compression compression, struct buffer *layer,
                       struct error *err)
{
    struct archive_writer *writer = NULL;
    int rc = archive_writer_create(layer, compression, &writer, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < options->n_files; i++)
        rc = write_file(writer, &options->files[i], err);
    for (size_t i = 0; rc == 0 && i < options->n_links; i++)
        rc = write_link(writer, &options->links[i], err);
    int end = archive_writer_finish(writer, rc == 0 ? err : NULL);
    return rc < 0 ? rc : end;
}

static void add_strings(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, const char *const *texts)
{
    if (texts == NULL || texts[0] == NULL)
        return;
    yyjson_mut_val *array = yyjson_mut_obj_add_arr(doc, object, key);
    for (; *texts != NULL; texts++)
        yyjson_mut_arr_add_strcpy(doc, array, *texts);
}

static int append_document(yyjson_mut_doc *doc, struct buffer *out)
{
    size_t size = 0;
    autofree char *text = yyjson_mut_write(doc, 0, &size);
    yyjson_mut_doc_free(doc);
    if (text == NULL)
        return -ERROR_INTERNAL;
    buffer_append(out, text, size);
    return 0;
}

static int build_config(const struct image_options *options, const char *diff_id, struct buffer *out)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_strcpy(doc, root, "created", "1970-01-01T00:00:00Z");
    yyjson_mut_obj_add_strcpy(doc, root, "architecture",
                              options->architecture != NULL ? options->architecture : ARCHITECTURE);
    yyjson_mut_obj_add_str(doc, root, "os", "linux");

    yyjson_mut_val *config = yyjson_mut_obj_add_obj(doc, root, "config");
    add_strings(doc, config, "Env", options->environment);
    add_strings(doc, config, "Entrypoint", options->entrypoint);
    add_strings(doc, config, "Cmd", options->command);
    if (options->working_directory != NULL)
        yyjson_mut_obj_add_strcpy(doc, config, "WorkingDir", options->working_directory);
    if (options->user != NULL)
        yyjson_mut_obj_add_strcpy(doc, config, "User", options->user);
    if (options->ports != NULL && options->ports[0] != NULL) {
        yyjson_mut_val *ports = yyjson_mut_obj_add_obj(doc, config, "ExposedPorts");
        for (const char *const *port = options->ports; *port != NULL; port++)
            yyjson_mut_obj_add(ports, yyjson_mut_strcpy(doc, *port), yyjson_mut_obj(doc));
    }

    yyjson_mut_val *rootfs = yyjson_mut_obj_add_obj(doc, root, "rootfs");
    yyjson_mut_obj_add_str(doc, rootfs, "type", "layers");
    yyjson_mut_val *ids = yyjson_mut_obj_add_arr(doc, rootfs, "diff_ids");
    yyjson_mut_arr_add_strcpy(doc, ids, diff_id);
    return append_document(doc, out);
}

static yyjson_mut_val *descriptor(yyjson_mut_doc *doc, const struct image_blob *blob)
{
    yyjson_mut_val *value = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, value, "mediaType", blob->media_type);
    yyjson_mut_obj_add_str(doc, value, "digest", blob->digest);
    yyjson_mut_obj_add_uint(doc, value, "size", blob->content.size);
    return value;
}

static int build_manifest(const struct image_blob *config, const struct image_blob *layer, struct buffer *out)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_int(doc, root, "schemaVersion", 2);
    yyjson_mut_obj_add_str(doc, root, "mediaType", MANIFEST_TYPE);
    yyjson_mut_obj_add_val(doc, root, "config", descriptor(doc, config));
    yyjson_mut_val *layers = yyjson_mut_obj_add_arr(doc, root, "layers");
    yyjson_mut_arr_append(layers, descriptor(doc, layer));
    return append_document(doc, out);
}

static int build_index(const struct image_blob *manifest, const char *reference, struct buffer *out)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_int(doc, root, "schemaVersion", 2);
    yyjson_mut_obj_add_str(doc, root, "mediaType", INDEX_TYPE);
    yyjson_mut_val *manifests = yyjson_mut_obj_add_arr(doc, root, "manifests");
    yyjson_mut_val *entry = descriptor(doc, manifest);
    yyjson_mut_val *notes = yyjson_mut_obj_add_obj(doc, entry, "annotations");
    const char *tag = strrchr(reference, ':') + 1; /* image_reference() always gives one */
    yyjson_mut_obj_add_strcpy(doc, notes, "io.containerd.image.name", reference);
    yyjson_mut_obj_add_strcpy(doc, notes, "org.opencontainers.image.ref.name", tag);
    yyjson_mut_arr_append(manifests, entry);
    return append_document(doc, out);
}

static int write_blob(struct archive_writer *writer, const struct image_blob *blob, struct error *err)
{
    char path[128];
    snprintf(path, sizeof(path), "blobs/sha256/%s", blob->digest + strlen("sha256:"));
    return archive_writer_file(writer, path, 0644, buffer_str(&blob->content), err);
}

static int write_layout(const struct buffer *index, const struct image_content *content, struct buffer *out,
                        struct error *err)
{
    struct archive_writer *writer = NULL;
    int rc = archive_writer_create(out, ARCHIVE_PLAIN, &writer, err);
    if (rc < 0)
        return rc;
    rc = archive_writer_file(writer, "oci-layout", 0644, STR("{\"imageLayoutVersion\":\"1.0.0\"}"), err);
    if (rc == 0)
        rc = archive_writer_file(writer, "index.json", 0644, buffer_str(index), err);
    if (rc == 0)
        rc = write_blob(writer, &content->layer, err);
    if (rc == 0)
        rc = write_blob(writer, &content->config, err);
    if (rc == 0)
        rc = write_blob(writer, &content->manifest, err);
    int end = archive_writer_finish(writer, rc == 0 ? err : NULL);
    return rc < 0 ? rc : end;
}

static void format_digest(const struct buffer *content, char *text)
{
    static const char algorithm[] = "sha256:";
    memcpy(text, algorithm, sizeof(algorithm) - 1);
    digest_sha256_hex(buffer_str(content), text + sizeof(algorithm) - 1);
}

static int build_blobs(const struct image_options *options, struct image_content *content, struct error *err)
{
    char diff_id[sizeof(content->layer.digest)];
    auto_buffer struct buffer plain = { .max = IMAGE_SIZE_MAX };
    int rc = build_layer(options, ARCHIVE_PLAIN, &plain, err);
    if (rc == 0)
        rc = build_layer(options, ARCHIVE_GZIP, &content->layer.content, err);
    if (rc < 0)
        return rc;
    format_digest(&plain, diff_id);
    format_digest(&content->layer.content, content->layer.digest);
    if (build_config(options, diff_id, &content->config.content) < 0)
        return error_set(err, ERROR_INTERNAL, "a name is not valid UTF-8");
    format_digest(&content->config.content, content->config.digest);
    if (build_manifest(&content->config, &content->layer, &content->manifest.content) < 0)
        return error_set(err, ERROR_INTERNAL, "a name is not valid UTF-8");
    format_digest(&content->manifest.content, content->manifest.digest);
    return 0;
}

int image_build(const struct image_options *options, struct image_content *content, struct error *err)
{
    *content = (struct image_content){
        .layer = { .media_type = LAYER_TYPE, .content.max = IMAGE_SIZE_MAX },
        .config = { .media_type = CONFIG_TYPE },
        .manifest = { .media_type = MANIFEST_TYPE },
    };
    if (!image_reference(options->name, content->reference, sizeof(content->reference)))
        return error_set(err, ERROR_USAGE, "'%s' is not an image name (NAME[:TAG])", text_or_empty(options->name));
    int rc = build_blobs(options, content, err);
    if (rc == 0)
        return 0;
    rc = error_wrap_code(err, rc, "pack image %s", content->reference);
    image_content_fini(content);
    return rc;
}

void image_content_fini(struct image_content *content)
{
    buffer_fini(&content->layer.content);
    buffer_fini(&content->config.content);
    buffer_fini(&content->manifest.content);
}

int image_pack(const struct image_options *options, struct buffer *out, struct error *err)
{
    struct image_content content;
    auto_buffer struct buffer index = { 0 };
    int rc = image_build(options, &content, err);
    if (rc < 0)
        return rc;
    rc = build_index(&content.manifest, content.reference, &index);
    if (rc < 0)
        rc = error_set(err, ERROR_INTERNAL, "the name is not valid UTF-8");
    if (rc == 0)
        rc = write_layout(&index, &content, out, err);
    if (rc < 0)
        rc = error_wrap_code(err, rc, "pack image %s", content.reference);
    image_content_fini(&content);
    return rc;
}
