/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* block.h - SPDY/3 header blocks: name-value lists, compressed with one zlib state a direction and session. */
#ifndef NET_SPDY_BLOCK_H
#define NET_SPDY_BLOCK_H

#include <zlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "net/http/message.h"

#define SPDY_BLOCK_MAX ((size_t)64 << 10) /* of a block, before and after compression */

struct spdy_codec {
    z_stream deflate;
    z_stream inflate;
};

void spdy_codec_init(struct spdy_codec *codec);
void spdy_codec_fini(struct spdy_codec *codec);

void spdy_block_encode(struct spdy_codec *codec, const struct http_headers *headers, struct buffer *out);
/* Names and values live in the arena. A failure leaves the codec unusable: the session is over. */
int spdy_block_decode(struct spdy_codec *codec, struct str bytes, struct arena *arena, struct http_headers *ret_headers,
                      struct error *err) must_check;

#endif
