/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* token.h - service account tokens of this node's pods, asked of the API server and renewed at 80 % of their life. */
#ifndef NODE_KUBELET_TOKEN_H
#define NODE_KUBELET_TOKEN_H

#include "client/client.h"
#include "generated/types.h"

struct tokens;

/* changed(): a token of that pod came, was renewed, or could not be had. */
struct tokens *tokens_create(struct client *client, void (*changed)(void *context, const char *pod_uid), void *context);
void tokens_destroy(struct tokens *tokens); /* NULL is fine */

/* As struct volume_lookup's token(). The text is borrowed until the next turn. */
int tokens_get(struct tokens *tokens, const struct api_pod *pod, const char *audience, int64_t expiration_seconds,
               struct str *ret_token, struct error *err);
void tokens_release(struct tokens *tokens, const char *pod_uid);

#endif
