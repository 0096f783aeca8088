/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kubeconfig.h - the file that tells clients where a cluster is and who they are there.
 *
 * Reads what kubectl reads for one context: server, CA, client certificate or token, in the file or in files beside it.
 * Credential plug-ins (exec) and passwords are refused with a clear error. Blocks; for tools and for start-up. */
#ifndef CLIENT_KUBECONFIG_H
#define CLIENT_KUBECONFIG_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

/* Texts are in the arena; empty where the file says nothing. */
struct kubeconfig {
    const char *server;
    const char *server_name;
    const char *namespace_;
    struct str ca_pem;
    struct str certificate_pem;
    struct str key_pem;
    const char *token;      /* NULL: none */
    const char *token_file; /* NULL: none */
    bool insecure_skip_verify;
};

/* 'context' NULL: the current one. Errors name the file and what is missing in it. */
int kubeconfig_load(const char *path, const char *context, struct arena *arena, struct kubeconfig *ret_kubeconfig,
                    struct error *err) must_check;

/* One cluster, one user, one context, certificate and key inside. */
void kubeconfig_format(const char *cluster, const char *server, const char *user, struct str ca_pem,
                       struct str certificate_pem, struct str key_pem, struct buffer *ret_text);

/* The same into a file of mode 0600, which is not written again when it says just that. */
int kubeconfig_write(const char *path, const char *cluster, const char *server, const char *user, struct str ca_pem,
                     struct str certificate_pem, struct str key_pem, struct error *err) must_check;

#endif
