/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* read.h - what get, list and watch share: the rules of resourceVersion and of continue tokens. */
#ifndef APISERVER_REGISTRY_READ_H
#define APISERVER_REGISTRY_READ_H

#include "apiserver/request.h"

/* The resourceVersion parameter: 0 when absent or "0". Fails when it is no number or lies in the future. */
int read_revision(struct request *request, uint64_t *ret_revision, struct error *err) must_check;

/* Where a list goes on: {"v":"meta.k8s.io/v1","rv":N,"start":"key"} in base64url. */
struct continue_token {
    uint64_t revision;
    struct str start; /* the first key that may be in the page */
};
const char *continue_token_write(const struct continue_token *token, struct arena *arena);
int continue_token_read(const char *text, struct arena *arena, struct continue_token *ret_token,
                        struct error *err) must_check;

#endif
