/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* continue_token.h - where a list goes on: {"v":"meta.k8s.io/v1","rv":N,"start":"key"} in base64url. Pure. */
#ifndef APISERVER_LISTING_CONTINUE_TOKEN_H
#define APISERVER_LISTING_CONTINUE_TOKEN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct continue_token {
    int64_t revision; /* the pages show this one; -1: whatever is there, an inconsistent continuation */
    struct str start; /* the first key that may be in the page, below what the list's path names */
};

const char *continue_token_write(const struct continue_token *token, struct arena *arena);

/* -ERROR_BAD_REQUEST with upstream's sentence. The start never leaves what it is below. */
int continue_token_read(const char *text, struct arena *arena, struct continue_token *ret_token,
                        struct error *err) must_check;

#endif
