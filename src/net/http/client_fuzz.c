/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_fuzz.c - arbitrary bytes as a server's answers; an odd first byte makes it HTTP/2. */
#include <stddef.h>
#include <stdint.h>

#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    struct loop *loop;
    struct stream *server;
};

static void on_read(void *context, struct str bytes)
{
    (void)context, (void)bytes;
}

static void on_failed(void *context, const struct error *err)
{
    (void)context, (void)err;
}

static const struct stream_events server_events = { .read = on_read, .failed = on_failed };

static struct stream *dial(void *context)
{
    struct fuzz *fuzz = context;
    struct stream *ends[2];
    stream_pair(fuzz->loop, ends);
    stream_close(fuzz->server, false);
    fuzz->server = ends[1];
    stream_set_events(fuzz->server, &server_events, fuzz);
    stream_read_start(fuzz->server);
    return ends[0];
}

static void on_response(void *context, int status, const struct http_headers *headers)
{
    (void)context, (void)status, (void)headers;
}

static void on_body(void *context, struct str bytes)
{
    (void)context, (void)bytes;
}

static void on_done(void *context, int rc, const struct error *err)
{
    (void)context, (void)rc, (void)err;
}

static void on_upgraded(void *context, struct stream *stream)
{
    (void)context;
    stream_close(stream, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_request_events events = {
        .response = on_response, .body = on_body, .done = on_done, .upgraded = on_upgraded
    };
    static const struct http_header upgrade = { { "upgrade", 7 }, { "x", 1 } };
    if (size == 0)
        return 0;
    struct fuzz fuzz = { .loop = loop_create_virtual(USEC_PER_SEC, 1) };
    struct http_client_options options = { .authority = "h",
                                           .http2_only = data[0] % 2 == 1,
                                           .limits = { .header_bytes = 2048, .header_count = 20, .connections = 2 },
                                           .dial = dial,
                                           .dial_context = &fuzz };
    struct http_client *client = http_client_create(fuzz.loop, &options);
    struct bytes *body = bytes_create("body", 4);
    http_request_start(client, &(struct http_request_options){ .method = "GET", .path = "/" }, &events, NULL);
    http_request_start(client, &(struct http_request_options){ .method = "HEAD", .path = "/" }, &events, NULL);
    http_request_start(client, &(struct http_request_options){ .method = "POST", .path = "/", .body = body }, &events,
                       NULL);
    http_request_start(client,
                       &(struct http_request_options){ .method = "GET", .path = "/", .headers = { &upgrade, 1 } },
                       &events, NULL);
    bytes_unref(body);
    loop_run_until(fuzz.loop, loop_now(fuzz.loop) + 1);
    size_t piece = data[0] / 2U + 1;
    for (size_t at = 1; at < size && fuzz.server != NULL; at += piece) {
        stream_write(fuzz.server, (struct str){ (const char *)data + at, piece < size - at ? piece : size - at });
        loop_run_until(fuzz.loop, loop_now(fuzz.loop) + 1);
    }
    stream_write_end(fuzz.server);
    loop_run_until(fuzz.loop, loop_now(fuzz.loop) + 100);
    http_client_destroy(client);
    stream_close(fuzz.server, false);
    loop_run(fuzz.loop);
    loop_destroy(fuzz.loop);
    return 0;
}
