/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* issuing.h - files of keys and certificates that are made where they are missing, and written together: the disk is waited for
 * once. For pki.c and node_identity.c. */
#ifndef CLUSTER_ISSUING_H
#define CLUSTER_ISSUING_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/system/file.h"
#include "base/time.h"
#include "crypto/x509.h"

/* Validity of what is issued now. */
#define ISSUING_CLOCK_SKEW     (300 * USEC_PER_SEC) /* clients whose clock is a little behind accept it too */
#define ISSUING_AUTHORITY_LIFE (3650 * (usec_t)86400 * USEC_PER_SEC) /* ten years, as kubeadm's */

enum { ISSUING_FILES_MAX = 16, ISSUING_PATH_SIZE = 300, ISSUING_PEM_MAX = 1 << 16 };

struct issuing {
    int directory; /* the caller's; all paths are below it */
    usec_t now;
    /* Who signs. Without an authority the PEM texts are read when something is to be signed; without these ca.crt and ca.key. */
    struct x509_authority *authority;
    struct str ca_certificate, ca_key;

    size_t count; /* files to be written */
    char paths[ISSUING_FILES_MAX][ISSUING_PATH_SIZE];
    mode_t modes[ISSUING_FILES_MAX];
    struct buffer contents[ISSUING_FILES_MAX];
};

/* A directory to begin in, made when it is missing, with mode 0700; keys that a killed process was writing go. The caller closes
 * it. */
int issuing_open_directory(const char *path, int *ret_directory, struct error *err) must_check;

void issuing_fini(struct issuing *issuing);

/* NAME.crt and NAME.key, unless they are there and the certificate's last month has not come. The template's validity is filled in. */
int issuing_ensure(struct issuing *issuing, const char *name, struct x509_template what, struct error *err) must_check;

/* A file to be written; the buffer is to be filled. */
struct buffer *issuing_add(struct issuing *issuing, const char *path, mode_t mode);

/* The same with its content, unless that is in the file already. */
void issuing_add_changed(struct issuing *issuing, const char *path, mode_t mode, struct str content);

/* What is to be in the file, or is. */
int issuing_read(const struct issuing *issuing, const char *path, struct buffer *ret_content,
                 struct error *err) must_check;

/* Starts to write; *ret_writing stays NULL when there is nothing to write. */
int issuing_write(struct issuing *issuing, struct file_writing **ret_writing, struct error *err) must_check;

#endif
