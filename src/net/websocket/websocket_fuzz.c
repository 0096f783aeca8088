/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* websocket_fuzz.c - arbitrary bytes to both sides of a WebSocket; an even first byte makes us the server. */
#include <stddef.h>
#include <stdint.h>

#include "net/websocket/socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_message(void *context, enum websocket_type type, struct str message)
{
    websocket_send(*(struct websocket **)context, type, message);
}

static void on_closed(void *context, int code, struct str reason, const struct error *err)
{
    (void)context, (void)code, (void)reason, (void)err;
}

static const struct websocket_events events = { .message = on_message, .closed = on_closed };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct loop *loop = loop_create_virtual(USEC_PER_SEC, 1);
    struct stream *ends[2];
    stream_pair(loop, ends);
    struct websocket *socket = websocket_create(ends[0], data[0] % 2 == 0, "", 4096);
    websocket_set_events(socket, &events, &socket);
    size_t piece = data[0] / 2U + 1;
    for (size_t at = 1; at < size; at += piece) {
        stream_write(ends[1], (struct str){ (const char *)data + at, piece < size - at ? piece : size - at });
        loop_run_until(loop, loop_now(loop) + 1);
    }
    websocket_close(socket, 1000, NULL);
    stream_close(ends[1], false);
    loop_run(loop);
    loop_destroy(loop);
    return 0;
}
