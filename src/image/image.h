/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* image.h - OCI images without a registry: packed from files into one archive that every runtime imports.
 *
 * The archive is an OCI image layout (image-spec 1.0) in a tar file, with one layer, one
 * configuration and one manifest. The same input gives the same bytes. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* A file of the image; parent directories are made. */
struct image_file {
    const char *source; /* on this machine, its permission bits are kept; NULL: 'content' it is, executable */
    const char *path;   /* absolute, in the image */
    struct str content;
};

struct image_link {
    const char *path;
    const char *target;
};

/* Lists end in NULL; NULL is an empty list. */
struct image_options {
    const char *name; /* "example/day-service:1"; becomes docker.io/example/day-service:1 as runtimes spell it */
    const char *architecture; /* NULL: this machine's, in Go's spelling */
    const struct image_file *files;
    size_t n_files;
    const struct image_link *links;
    size_t n_links;
    const char *const *entrypoint;
    const char *const *command;
    const char *const *environment; /* "NAME=value" */
    const char *const *ports;       /* "8080/tcp" */
    const char *working_directory;
    const char *user;
};

#define IMAGE_SIZE_MAX ((size_t)1 << 30)

/* Appends the archive to 'out', whose maximum should be IMAGE_SIZE_MAX. Reads the source files (blocking). */
int image_pack(const struct image_options *options, struct buffer *out, struct error *err) must_check;

/* The parts of one, each named by the digest of its bytes. */
struct image_blob {
    const char *media_type;
    char digest[80]; /* "sha256:..." */
    struct buffer content;
};

struct image_content {
    char reference[512];
    struct image_blob layer, config, manifest; /* what is named comes before what names it */
};

int image_build(const struct image_options *options, struct image_content *content, struct error *err) must_check;
void image_content_fini(struct image_content *content); /* a zeroed one is fine */

/* The full reference: registry and tag added when they are missing ("busybox" -> "docker.io/library/busybox:latest").
 * False when it is not an image name. */
bool image_reference(const char *name, char *text, size_t size);

/* What is inside an archive: its names, one call each. */
int image_names(struct str archive, void (*each)(void *context, const char *name), void *context,
                struct error *err) must_check;

#endif
