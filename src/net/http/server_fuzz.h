/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server_fuzz.h - arbitrary bytes to a server, in pieces whose size the first byte gives; what the two versions' fuzzers
 * share. */
#ifndef NET_HTTP_SERVER_FUZZ_H
#define NET_HTTP_SERVER_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "net/http.h"

/* Answers in each of the ways there are, by the length of the path. */
static inline void fuzz_request(void *context, struct http_exchange *exchange)
{
    (void)context;
    struct str body = http_exchange_body(exchange);
    struct bytes *bytes = bytes_create(body.data, body.size);
    switch (http_exchange_path(exchange).size % 4) {
    case 0:
        http_response_begin(exchange, 200, NULL);
        http_response_write(exchange, bytes);
        http_response_end(exchange);
        break;
    case 1:
        http_respond(exchange, 200, NULL, bytes);
        break;
    case 2:
        http_response_abort(exchange);
        break;
    default:
        break; /* never: the peer's end or the server's closes it */
    }
    bytes_unref(bytes);
}

static inline bool fuzz_streams_body(void *context, struct http_exchange *exchange)
{
    (void)context;
    return http_exchange_query(exchange).size > 0;
}

static inline void fuzz_read(void *context, struct str bytes)
{
    (void)context, (void)bytes;
}

static inline void fuzz_failed(void *context, const struct error *err)
{
    (void)context, (void)err;
}

/* 'first' is what a peer begins with, sent whole. */
static inline void fuzz_server(struct str first, const uint8_t *data, size_t size)
{
    static const struct http_handler handler = { .request = fuzz_request, .streams_body = fuzz_streams_body };
    static const struct stream_events events = { .read = fuzz_read, .failed = fuzz_failed };
    if (size == 0)
        return;
    struct loop *loop = loop_create_virtual(USEC_PER_SEC, 1);
    struct http_limits limits = { .body_bytes = 4096, .header_bytes = 2048, .header_count = 20, .streams = 10 };
    struct http_server *server = http_server_create(loop, &handler, NULL, &limits);
    struct stream *ends[2];
    stream_pair(loop, ends);
    stream_set_events(ends[0], &events, NULL);
    stream_read_start(ends[0]);
    http_server_serve(server, ends[1]);
    stream_write(ends[0], first);
    size_t piece = (size_t)data[0] + 1;
    for (size_t at = 1; at < size; at += piece) {
        stream_write(ends[0], (struct str){ (const char *)data + at, piece < size - at ? piece : size - at });
        loop_run_until(loop, loop_now(loop) + 1);
    }
    loop_run_until(loop, loop_now(loop) + 300 * USEC_PER_SEC); /* the time limits too */
    http_server_destroy(server);
    stream_close(ends[0], false);
    loop_run(loop);
    loop_destroy(loop);
}

#endif
