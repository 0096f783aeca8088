/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* apiserver_fuzz.c - any requests, one after the other, to a whole server with a memory store on virtual time.
 *
 * The input is requests with a line of '%' between them: "METHOD PATH CONTENT-TYPE", a newline, the body. Answers
 * in JSON must be JSON, and the server must come to rest. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver/apiserver.h"
#include "base/buffer.h"
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    REQUESTS_MAX = 16,
    INPUT_MAX = 16384,
};
#define START ((usec_t)1790000000 * USEC_PER_SEC)

struct world {
    struct loop *loop;
    struct store *store;
    struct api_server *server;
    struct stream *stream;
    struct buffer answer;
};

static void on_read(void *context, struct str bytes)
{
    struct world *world = context;
    buffer_append_str(&world->answer, bytes);
}

static void on_failed(void *context, const struct error *err)
{
    (void)context, (void)err;
}

static void run(struct world *world)
{
    loop_run_until(world->loop, loop_now(world->loop) + 100 * USEC_PER_MSEC);
}

/* Whole documents of JSON are what they say. (Some requests wait for longer than we do, and watches have no end.) */
static void check_answer(struct str answer)
{
    size_t end = 0;
    while (end + 4 <= answer.size && memcmp(answer.data + end, "\r\n\r\n", 4) != 0)
        end++;
    struct str head = { answer.data, end }, body = str_skip(answer, end + 4 <= answer.size ? end + 4 : answer.size);
    yyjson_doc *doc = NULL;
    if (!str_contains(head, STR("content-type: application/json\r\n")) || !str_contains(head, STR("content-length: ")))
        return;
    if (json_read(body, 10000, &doc, NULL) < 0) {
        fprintf(stderr, STR_FMT "\n", STR_ARG(answer));
        abort();
    }
    yyjson_doc_free(doc);
}

static void send_request(struct world *world, struct str head, struct str body)
{
    static const struct stream_events events = { .read = on_read, .failed = on_failed };
    auto_buffer struct buffer text = { .max = 2 * INPUT_MAX };
    struct stream *ends[2];
    struct str method, path, type = { 0 };
    if (!str_next(&head, ' ', &method) || !str_next(&head, ' ', &path) || path.size == 0)
        return;
    (void)!str_next(&head, ' ', &type);
    buffer_format(&text, STR_FMT " " STR_FMT " HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: %zu\r\n",
                  STR_ARG(method), STR_ARG(path), body.size);
    if (type.size > 0)
        buffer_format(&text, "content-type: " STR_FMT "\r\n", STR_ARG(type));
    buffer_append_text(&text, "\r\n");
    buffer_append_str(&text, body);
    stream_pair(world->loop, ends);
    stream_set_events(ends[0], &events, world);
    stream_read_start(ends[0]);
    api_server_serve(world->server, ends[1]);
    buffer_clear(&world->answer);
    stream_write(ends[0], buffer_str(&text));
    run(world);
    check_answer(buffer_str(&world->answer));
    stream_close(ends[0], false);
    run(world);
}

static void send_all(struct world *world, struct str rest)
{
    struct str head;
    for (int i = 0; i < REQUESTS_MAX && rest.size > 0; i++) {
        struct str request = rest, next = { 0 };
        for (size_t at = 0; at + 3 <= rest.size; at++) {
            if (memcmp(rest.data + at, "\n%\n", 3) != 0)
                continue;
            request.size = at;
            next = str_skip(rest, at + 3);
            break;
        }
        rest = next;
        if (str_next(&request, '\n', &head))
            send_request(world, head, request);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = { .loop = loop_create_virtual(START, 1), .answer = { .max = (size_t)64 << 20 } };
    struct api_server_options options = { .anonymous = true, .authorization = AUTHORIZATION_ALWAYS_ALLOW };
    if (size > INPUT_MAX || store_open_memory(world.loop, &world.store, NULL) < 0)
        abort();
    options.loop = world.loop;
    options.store = world.store;
    if (api_server_create(&options, &world.server, NULL) < 0 || api_server_start(world.server, NULL) < 0)
        abort();
    send_request(&world, STR("POST /api/v1/namespaces application/json"), STR("{\"metadata\":{\"name\":\"default\"}}"));
    send_all(&world, (struct str){ (const char *)data, size });
    api_server_destroy(world.server);
    store_close(world.store);
    loop_destroy(world.loop);
    buffer_fini(&world.answer);
    return 0;
}
