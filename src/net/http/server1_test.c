/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server1_test.c - the HTTP/1.1 server, byte by byte, over a memory stream on virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "net/http.h"

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct stream *client;
    struct buffer got;
    bool ended;
    struct http_exchange *held; /* of "/hold" and "/stream" */
    int requests, closed, drained;
    struct stream *upgraded;
    struct buffer upgraded_got;
    struct buffer pieces; /* of a streamed body */
    bool pieces_end;
};

static void client_read(void *context, struct str bytes)
{
    struct fixture *f = context;
    buffer_append_str(&f->got, bytes);
    f->ended |= bytes.size == 0;
}

static void client_failed(void *context, const struct error *err)
{
    (void)err;
    ((struct fixture *)context)->ended = true;
}

static const struct stream_events client_events = { .read = client_read, .failed = client_failed };

static void upgraded_read(void *context, struct str bytes)
{
    buffer_append_str(&((struct fixture *)context)->upgraded_got, bytes);
}

static const struct stream_events upgraded_events = { .read = upgraded_read, .failed = client_failed };

static void on_closed(void *context)
{
    struct fixture *f = context;
    f->closed++;
    f->held = NULL;
}

static void on_drained(void *context)
{
    ((struct fixture *)context)->drained++;
}

static void on_piece(void *context, struct str bytes, bool end)
{
    struct fixture *f = context;
    buffer_append_str(&f->pieces, bytes);
    f->pieces_end |= end;
}

static const struct http_exchange_events held_events = { .closed = on_closed, .drained = on_drained, .body = on_piece };

static void echo(struct http_exchange *exchange)
{
    struct str body = http_exchange_body(exchange), query = http_exchange_query(exchange);
    char *text = arena_format(http_exchange_arena(exchange), STR_FMT " " STR_FMT "?" STR_FMT " [" STR_FMT "]",
                              STR_ARG(http_exchange_method(exchange)), STR_ARG(http_exchange_path(exchange)),
                              STR_ARG(query), STR_ARG(body));
    struct bytes *bytes = bytes_create(text, strlen(text));
    http_respond(exchange, 200, NULL, bytes);
    bytes_unref(bytes);
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct fixture *f = context;
    f->requests++;
    struct str path = http_exchange_path(exchange);
    if (str_is(path, "/hold") || str_is(path, "/stream")) {
        f->held = exchange;
        http_exchange_set_events(exchange, &held_events, f);
    } else if (str_is(path, "/upgrade")) {
        static const struct http_header header = { { "upgrade", 7 }, { "echo", 4 } };
        struct error err;
        assert_int_equal(http_exchange_upgrade(exchange, &(struct http_headers){ &header, 1 }, &f->upgraded, &err), 0);
        stream_set_events(f->upgraded, &upgraded_events, f);
        stream_read_start(f->upgraded);
        stream_write(f->upgraded, STR("welcome"));
    } else {
        echo(exchange);
    }
}

static bool on_streams_body(void *context, struct http_exchange *exchange)
{
    (void)context;
    return str_is(http_exchange_path(exchange), "/stream");
}

static const struct http_handler handler = { .request = on_request, .streams_body = on_streams_body };

static void setup(struct fixture *f, const struct http_limits *limits)
{
    *f = (struct fixture){ 0 };
    f->loop = loop_create_virtual(784111777 * USEC_PER_SEC, 1); /* Sun, 06 Nov 1994 08:49:37 GMT */
    f->server = http_server_create(f->loop, &handler, f, limits);
    struct stream *ends[2];
    stream_pair(f->loop, ends);
    f->client = ends[0];
    stream_set_events(f->client, &client_events, f);
    stream_read_start(f->client);
    http_server_serve(f->server, ends[1]);
}

static void settle(struct fixture *f)
{
    loop_run_until(f->loop, loop_now(f->loop) + 1000);
}

static void say(struct fixture *f, const char *text)
{
    stream_write(f->client, str_of(text));
    settle(f);
}

static void hear(struct fixture *f, const char *text)
{
    assert_string_equal(f->got.data != NULL ? f->got.data : "", text);
    buffer_clear(&f->got);
    if (f->got.data != NULL)
        f->got.data[0] = '\0';
}

static void hear_start(struct fixture *f, const char *text)
{
    if (f->got.data == NULL)
        fail_msg("silence instead of %s", text);
    if (strncmp(f->got.data, text, strlen(text)) != 0)
        assert_string_equal(f->got.data, text);
    buffer_clear(&f->got);
    f->got.data[0] = '\0';
}

static void teardown(struct fixture *f)
{
    http_server_destroy(f->server);
    stream_close(f->client, false);
    stream_close(f->upgraded, false);
    loop_run(f->loop);
    buffer_fini(&f->got);
    buffer_fini(&f->upgraded_got);
    buffer_fini(&f->pieces);
    loop_destroy(f->loop);
}

#define DATE "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void test_get_post_and_keep_alive(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    say(&f, "GET /a/b%20c?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 19\r\n" DATE "\r\nGET /a/b%20c?x=1 []");
    say(&f, "POST http://h/p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
    hear(&f, "");
    say(&f, "llo");
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n" DATE "\r\nPOST /p? [hello]");
    say(&f, "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: "
            "x\r\n\r\n");
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n" DATE "\r\nPUT /c? [abcde]");
    say(&f, "HEAD /h HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n" DATE "connection: close\r\n\r\n");
    assert_true(f.ended);
    teardown(&f);
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    say(&f, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /hold HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HTTP/1.1\r\nHost: "
            "h\r\n\r\nGET /4 HT");
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n" DATE "\r\nGET /1? []");
    assert_int_equal(f.requests, 2);
    http_respond(f.held, 204, NULL, NULL);
    settle(&f);
    hear(&f, "HTTP/1.1 204 No Content\r\n" DATE "\r\n"
             "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n" DATE "\r\nGET /3? []");
    say(&f, "TP/1.1\r\nHost: h\r\n\r\n");
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n" DATE "\r\nGET /4? []");
    teardown(&f);
}

static void test_streamed_response_and_closed(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, &(struct http_limits){ .queued_bytes = 1000 });
    say(&f, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    static const struct http_header header = { { "content-type", 12 }, { "application/json", 16 } };
    http_response_begin(f.held, 200, &(struct http_headers){ &header, 1 });
    struct bytes *piece = bytes_create("{\"type\":1}\n", 11);
    assert_true(http_response_write(f.held, piece));
    settle(&f);
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n" DATE
             "\r\nb\r\n{\"type\":1}\n\r\n");
    struct bytes *large = bytes_create(NULL, 2000);
    memset(large->data, 'x', large->size);
    stream_read_stop(f.client);
    assert_false(http_response_write(f.held, large));
    settle(&f);
    assert_int_equal(f.drained, 0);
    stream_read_start(f.client);
    settle(&f);
    assert_int_equal(f.drained, 1);
    bytes_unref(piece);
    bytes_unref(large);
    buffer_clear(&f.got);
    stream_write_end(f.client); /* a watcher that goes away */
    settle(&f);
    assert_int_equal(f.closed, 1);
    assert_true(f.ended);
    teardown(&f);
}

static void test_several_texts_are_one_chunk(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    say(&f, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    http_response_begin(f.held, 200, NULL);
    struct bytes *object = bytes_create("<object>", 8);
    const struct http_part parts[] = { { STR("["), NULL },
                                       { { object->data + 1, 6 }, object },
                                       { STR(""), NULL },
                                       { STR(","), NULL },
                                       { bytes_str(object), object } };
    assert_true(http_response_write_parts(f.held, parts, countof(parts)));
    assert_true(http_response_write_parts(f.held, parts, 0)); /* nothing: not the chunk that ends */
    bytes_unref(object);
    http_response_end(f.held);
    settle(&f);
    hear(&f, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n" DATE "\r\n10\r\n[object,<object>\r\n0\r\n\r\n");
    teardown(&f);
}

static void test_busy_connections(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    assert_int_equal(http_server_busy_connections(f.server), 1); /* it has only just come */
    loop_run_until(f.loop, loop_now(f.loop) + 11 * USEC_PER_SEC);
    assert_int_equal(http_server_busy_connections(f.server), 0);
    say(&f, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    loop_run_until(f.loop, loop_now(f.loop) + 3600 * USEC_PER_SEC);
    assert_int_equal(http_server_busy_connections(f.server), 1); /* it waits for an answer */
    http_respond(f.held, 204, NULL, NULL);
    settle(&f);
    assert_int_equal(http_server_busy_connections(f.server), 0);
    say(&f, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(http_server_busy_connections(f.server), 1);
    assert_int_equal(http_server_connections(f.server), 1);
    teardown(&f);
}

static void test_half_closed_peer_gets_its_answer(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    stream_write(f.client, STR("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
    stream_write_end(f.client);
    settle(&f);
    http_respond(f.held, 204, NULL, NULL);
    settle(&f);
    hear_start(&f, "HTTP/1.1 204 No Content\r\n");
    assert_true(f.ended);
    teardown(&f);
}

static void test_streamed_body(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, &(struct http_limits){ .body_bytes = 10 });
    say(&f, "POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n");
    hear(&f, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_non_null(f.held);
    say(&f, "0123456789");
    assert_string_equal(f.pieces.data, "0123456789");
    http_exchange_body_stop(f.held);
    say(&f, "abcdefghij");
    assert_int_equal(f.pieces.size, 10);
    http_exchange_body_start(f.held);
    settle(&f);
    assert_string_equal(f.pieces.data, "0123456789abcdefghij");
    assert_true(f.pieces_end);
    http_respond(f.held, 200, NULL, NULL);
    settle(&f);
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n" DATE "\r\n");
    assert_false(f.ended);
    teardown(&f);
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        const char *answer;
    } cases[] = {
        { "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", "HTTP/1.1 413 Request Entity Too Large\r\n" },
        { "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          "41\r\n01234567890123456789012345678901234567890123456789012345678901234\r\n"
          "41\r\n01234567890123456789012345678901234567890123456789012345678901234\r\n",
          "HTTP/1.1 413 Request Entity Too Large\r\n" },
        { "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n\r\n",
          "HTTP/1.1 431 Request Header Fields Too Large\r\n" },
        { "GET / HTTP/1.1\r\nHost: h\r\nX: 0123456789012345678901234567890123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n",
          "HTTP/1.1 431 Request Header Fields Too Large\r\n" },
        { "GET "
          "/xxxxxxxxxxxx01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
          "5678"
          "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
          "HTTP/1.1 431 Request Header Fields Too Large\r\n" },
        { "nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n" },
        { "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n" }, /* no host */
        { "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 400 Bad Request\r\n" }, /* smuggling */
        { "GET / HTTP/1.1\nHost: h\n\n", "HTTP/1.1 400 Bad Request\r\n" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct fixture f;
        setup(&f, &(struct http_limits){ .body_bytes = 100, .header_count = 5, .header_bytes = 200 });
        say(&f, cases[i].request);
        hear_start(&f, cases[i].answer);
        assert_true(f.ended);
        assert_int_equal(f.requests, 0);
        teardown(&f);
    }
}

static void test_time_limits(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        usec_t time;
        const char *answer;
    } cases[] = {
        { "", 30, "" },
        { "GET / HT", 30, "HTTP/1.1 408 Request Timeout\r\n" },
        { "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc", 60, "HTTP/1.1 408 Request Timeout\r\n" },
        { "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 180, "HTTP/1.1 200 OK\r\n" }, /* idle after it */
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct fixture f;
        setup(&f, NULL);
        say(&f, cases[i].request);
        loop_run_until(f.loop, loop_now(f.loop) + (cases[i].time - 1) * USEC_PER_SEC);
        assert_false(f.ended);
        loop_run_until(f.loop, loop_now(f.loop) + 2 * USEC_PER_SEC);
        assert_true(f.ended);
        if (cases[i].answer[0] != '\0')
            hear_start(&f, cases[i].answer);
        else
            assert_int_equal(f.got.size, 0);
        teardown(&f);
    }
}

static void test_upgrade(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    say(&f,
        "POST /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\nContent-Length: 0\r\n\r\nearly");
    hear(&f, "HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: Upgrade\r\n\r\nwelcome");
    assert_string_equal(f.upgraded_got.data, "early");
    say(&f, " late");
    assert_string_equal(f.upgraded_got.data, "early late");
    teardown(&f);

    setup(&f, NULL); /* offered but not wanted: HTTP goes on */
    say(&f,
        "GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n");
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n" DATE "\r\nGET /x? []"
             "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n" DATE "\r\nGET /y? []");
    teardown(&f);
}

static void test_http_1_0(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    say(&f, "GET /hold HTTP/1.0\r\n\r\n");
    http_response_begin(f.held, 200, NULL);
    struct bytes *piece = bytes_create("until the end", 13);
    http_response_write(f.held, piece);
    bytes_unref(piece);
    http_response_end(f.held);
    settle(&f);
    hear(&f, "HTTP/1.1 200 OK\r\n" DATE "connection: close\r\n\r\nuntil the end");
    assert_true(f.ended);
    teardown(&f);
}

static void done(void *context)
{
    *(bool *)context = true;
}

static void test_drain(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    say(&f, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    bool drained = false;
    http_server_drain(f.server, 10 * USEC_PER_SEC, done, &drained);
    settle(&f);
    assert_false(drained);
    http_respond(f.held, 200, NULL, NULL);
    settle(&f);
    assert_true(drained);
    hear(&f, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n" DATE "connection: close\r\n\r\n");
    teardown(&f);

    setup(&f, NULL);
    say(&f, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    drained = false;
    http_server_drain(f.server, 10 * USEC_PER_SEC, done, &drained);
    loop_run_until(f.loop, loop_now(f.loop) + 11 * USEC_PER_SEC);
    assert_true(drained);
    assert_int_equal(f.closed, 1);
    teardown(&f);
}

static void test_destroy_tells_closed_and_abort_cuts(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    say(&f, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    http_server_destroy(f.server);
    f.server = NULL;
    assert_int_equal(f.closed, 1);
    settle(&f);
    assert_true(f.ended);
    teardown(&f);

    setup(&f, NULL);
    say(&f, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    http_response_begin(f.held, 200, NULL);
    http_response_abort(f.held);
    settle(&f);
    assert_int_equal(f.closed, 0);
    assert_true(f.ended);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_post_and_keep_alive),
        cmocka_unit_test(test_pipelined_requests_are_answered_in_order),
        cmocka_unit_test(test_streamed_response_and_closed),
        cmocka_unit_test(test_several_texts_are_one_chunk),
        cmocka_unit_test(test_busy_connections),
        cmocka_unit_test(test_half_closed_peer_gets_its_answer),
        cmocka_unit_test(test_streamed_body),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_time_limits),
        cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_http_1_0),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_destroy_tells_closed_and_abort_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
