/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* patch_refusal.h - what upstream answers when a patch makes an object that cannot be read: 422, with the patch
 * (or the patched object) as the value that is wrong. */
#ifndef APISERVER_REGISTRY_PATCH_REFUSAL_H
#define APISERVER_REGISTRY_PATCH_REFUSAL_H

#include "apiserver/request.h"
#include "base/buffer.h"

/* 'err' says why and becomes the whole; leaves the Status in request->failure. Returns the code. */
int patch_refusal(struct request *request, struct str patched, struct error *err);

/* A JSON text as Go prints the value of it: map[a:1 b:[x y]], keys in order. Nothing when it is no JSON. */
void patch_refusal_show(struct str json, struct buffer *out);

#endif
