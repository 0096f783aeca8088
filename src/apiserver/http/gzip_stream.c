/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/http/gzip_stream.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/buffer.h"

#define STEP    ((size_t)64 << 10)
#define FASTEST 1
#define GZIP    16 /* added to the window's bits: with gzip's head and tail */

struct gzip_stream {
    z_stream deflate;
};

static void end_deflate(void *deflate)
{
    deflateEnd(deflate);
}

struct gzip_stream *gzip_stream_create(struct arena *arena)
{
    struct gzip_stream *stream = arena_new(arena, struct gzip_stream);
    if (deflateInit2(&stream->deflate, FASTEST, Z_DEFLATED, MAX_WBITS + GZIP, MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        abort(); /* out of memory, as everywhere */
    arena_hold(arena, end_deflate, &stream->deflate);
    return stream;
}

struct bytes *gzip_stream_add(struct gzip_stream *stream, struct str text, bool end)
{
    z_stream *deflater = &stream->deflate;
    auto_buffer struct buffer packed = { 0 };
    deflater->next_in = (unsigned char *)(uintptr_t)text.data;
    deflater->avail_in = (unsigned)text.size;
    int rc = Z_OK;
    do {
        deflater->next_out = (unsigned char *)buffer_reserve(&packed, STEP);
        deflater->avail_out = STEP;
        rc = deflate(deflater, end ? Z_FINISH : Z_NO_FLUSH);
        buffer_commit(&packed, STEP - deflater->avail_out);
    } while (rc == Z_OK && deflater->avail_out == 0);
    return bytes_create(packed.data, packed.size);
}
