/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* spdy_fuzz.c - arbitrary bytes to both sides of a SPDY session; an even first byte makes us the server. */
#include <stddef.h>
#include <stdint.h>

#include "net/spdy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_data(void *context, struct str bytes)
{
    struct spdy_stream *stream = context;
    if (bytes.size > 0)
        spdy_stream_write(stream, bytes);
    else
        spdy_stream_release(stream);
}

static void on_closed(void *context, const struct error *err)
{
    (void)context, (void)err;
}

static const struct spdy_stream_events stream_events = { .data = on_data, .closed = on_closed };

static void on_opened(void *context, struct spdy_stream *stream, const struct http_headers *headers)
{
    (void)context;
    if (headers->count > 4)
        spdy_stream_reset(stream);
    else if (headers->count > 0)
        spdy_stream_accept(stream, headers);
    if (headers->count < 3)
        spdy_stream_set_events(stream, &stream_events, stream);
}

static void on_ended(void *context, const struct error *err)
{
    (void)context, (void)err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct spdy_session_events events = { .opened = on_opened, .ended = on_ended };
    if (size == 0)
        return 0;
    struct loop *loop = loop_create_virtual(USEC_PER_SEC, 1);
    struct stream *ends[2];
    stream_pair(loop, ends);
    struct spdy_limits limits = { .streams = 10, .held_bytes = 4096 };
    struct spdy_session *session = spdy_session_create(ends[0], data[0] % 2 == 0, &events, NULL, &limits);
    struct spdy_stream *ours = spdy_stream_open(session, NULL);
    spdy_stream_set_events(ours, &stream_events, ours);
    size_t piece = data[0] / 2U + 1;
    for (size_t at = 1; at < size; at += piece) {
        stream_write(ends[1], (struct str){ (const char *)data + at, piece < size - at ? piece : size - at });
        loop_run_until(loop, loop_now(loop) + 1);
    }
    spdy_session_close(session);
    stream_close(ends[1], false);
    loop_run(loop);
    loop_destroy(loop);
    return 0;
}
