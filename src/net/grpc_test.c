/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "net/grpc.h"
#include "net/settle_test.h"

/* A server of our own HTTP/2 with what a gRPC server sends; which behaviour is told by the method. */
struct fixture {
    struct loop *loop;
    char address[64];
    struct listener *listener;
    struct http_server *server;
    struct grpc_channel *channel;
    struct http_exchange *exchange; /* of the bidirectional call */
    struct grpc_reader reader;
    char timeout[32];
    bool closed;
};

static void reply(struct http_exchange *exchange, struct str message)
{
    struct bytes *frame = grpc_frame(message);
    http_response_write(exchange, frame);
    bytes_unref(frame);
}

static void begin(struct http_exchange *exchange)
{
    static const struct http_header type = { { "content-type", 12 }, { "application/grpc", 16 } };
    http_response_begin(exchange, 200, &(struct http_headers){ &type, 1 });
}

static void end(struct http_exchange *exchange, const char *status, const char *message)
{
    struct http_header trailers[] = { { STR("grpc-status"), str_of(status) },
                                      { STR("grpc-message"), str_of(message) } };
    http_response_end_trailers(exchange, &(struct http_headers){ trailers, 2 });
}

static void on_piece(void *context, struct str bytes, bool last)
{
    struct fixture *f = context;
    struct error err;
    assert_int_equal(grpc_reader_feed(&f->reader, bytes, &err), 0);
    struct str message;
    while (grpc_reader_next(&f->reader, &message, &err) > 0)
        reply(f->exchange, message);
    if (last)
        end(f->exchange, "0", "");
}

static void on_closed(void *context)
{
    ((struct fixture *)context)->closed = true;
}

static const struct http_exchange_events bidi_events = { .body = on_piece, .closed = on_closed };

static void on_request(void *context, struct http_exchange *exchange)
{
    struct fixture *f = context;
    struct str path = http_exchange_path(exchange);
    struct str timeout = http_header(http_exchange_headers(exchange), "grpc-timeout");
    snprintf(f->timeout, sizeof(f->timeout), STR_FMT, STR_ARG(timeout));
    if (str_is(path, "/t.S/Echo")) {
        struct str body = http_exchange_body(exchange);
        begin(exchange);
        reply(exchange, str_skip(body, GRPC_FRAME_HEADER));
        end(exchange, "0", "");
    } else if (str_is(path, "/t.S/Many")) {
        begin(exchange);
        for (int i = 0; i < 3; i++)
            reply(exchange, STR("part"));
        end(exchange, "11", "no%20more%3A%zz %");
    } else if (str_is(path, "/t.S/Missing")) {
        struct http_header headers[] = { { STR("content-type"), STR("application/grpc") },
                                         { STR("grpc-status"), STR("5") },
                                         { STR("grpc-message"), STR("no such container") } };
        http_respond(exchange, 200, &(struct http_headers){ headers, 3 }, NULL);
    } else if (str_is(path, "/t.S/Empty")) {
        begin(exchange);
        end(exchange, "0", "");
    } else if (str_is(path, "/t.S/Cut")) {
        begin(exchange);
        http_response_end(exchange);
    } else if (str_is(path, "/t.S/Compressed")) {
        begin(exchange);
        struct bytes *frame = grpc_frame(STR("x"));
        frame->data[0] = 1;
        http_response_write(exchange, frame);
        bytes_unref(frame);
    } else if (str_is(path, "/t.S/Large")) {
        begin(exchange);
        struct bytes *frame = bytes_create("\0\x7f\xff\xff\xff", 5);
        http_response_write(exchange, frame);
        bytes_unref(frame);
    } else if (str_is(path, "/t.S/Bidi") || str_is(path, "/t.S/Hang")) {
        f->exchange = exchange;
        http_exchange_set_events(exchange, &bidi_events, f);
        begin(exchange);
    } else {
        http_respond(exchange, 404, NULL, NULL);
    }
}

static bool on_streams_body(void *context, struct http_exchange *exchange)
{
    (void)context;
    return str_is(http_exchange_path(exchange), "/t.S/Bidi");
}

static const struct http_handler handler = { .request = on_request, .streams_body = on_streams_body };

static void on_accepted(void *context, struct stream *stream)
{
    http_server_serve(((struct fixture *)context)->server, stream);
}

static void run_for(struct fixture *f, usec_t time)
{
    settle_loop(f->loop, time);
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    struct error err;
    assert_int_equal(loop_create_real(&f->loop, &err), 0);
    snprintf(f->address, sizeof(f->address), "unix:/tmp/coracle-grpc-test-%d.sock", (int)getpid());
    f->server = http_server_create(f->loop, &handler, f, NULL);
    struct stream_target target = { .address = f->address };
    if (listener_open(f->loop, &target, on_accepted, f, &f->listener, &err) < 0)
        fail_msg("%s", err.message);
    f->channel = grpc_channel_create(f->loop, &(struct grpc_channel_options){ .target = target });
    grpc_reader_init(&f->reader, 1000000);
}

static void teardown(struct fixture *f)
{
    grpc_channel_destroy(f->channel);
    listener_close(f->listener);
    http_server_destroy(f->server);
    grpc_reader_fini(&f->reader);
    run_for(f, 5 * USEC_PER_MSEC);
    loop_destroy(f->loop);
}

struct answer {
    struct grpc_call *call;
    struct buffer got;
    int messages;
    bool done;
    int rc;
    enum grpc_code code;
    char message[ERROR_MESSAGE_SIZE];
    bool cancel_in_message;
};

static void take_result(struct answer *answer, const struct grpc_result *result)
{
    answer->done = true;
    answer->rc = result->rc;
    answer->code = result->code;
    if (result->err != NULL)
        snprintf(answer->message, sizeof(answer->message), "%s", result->err->message);
}

static void unary_done(void *context, const struct grpc_result *result, struct str response)
{
    struct answer *answer = context;
    take_result(answer, result);
    buffer_append_str(&answer->got, response);
}

static void on_message(void *context, struct str message)
{
    struct answer *answer = context;
    answer->messages++;
    buffer_append_str(&answer->got, message);
    if (answer->cancel_in_message)
        grpc_call_cancel(answer->call);
}

static void on_done(void *context, const struct grpc_result *result)
{
    take_result(context, result);
}

static const struct grpc_call_events events = { .message = on_message, .done = on_done };

#define SHORTLY (5 * USEC_PER_MSEC)

static void test_unary(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct answer a = { 0 };
    static char large[300000];
    memset(large, 'g', sizeof(large));
    grpc_call_unary(f.channel, &(struct grpc_call_options){ .method = "/t.S/Echo", .timeout = 2 * USEC_PER_SEC },
                    (struct str){ large, sizeof(large) }, unary_done, &a);
    run_for(&f, SHORTLY);
    assert_true(a.done);
    assert_int_equal(a.rc, 0);
    assert_int_equal(a.got.size, sizeof(large));
    assert_string_equal(f.timeout, "2000000u");
    buffer_fini(&a.got);
    teardown(&f);
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        enum grpc_code code;
        int rc;
        const char *message;
    } cases[] = {
        { "/t.S/Missing", GRPC_NOT_FOUND, -ERROR_NOT_FOUND, "rpc error: code = NotFound desc = no such container" },
        { "/t.S/Many", GRPC_OUT_OF_RANGE, -ERROR_INVALID, "rpc error: code = OutOfRange desc = no more:%zz %" },
        { "/t.S/None", GRPC_UNIMPLEMENTED, -ERROR_UNSUPPORTED,
          "rpc error: code = Unimplemented desc = unexpected HTTP status code received from server: 404" },
        { "/t.S/Empty", GRPC_INTERNAL, -ERROR_INTERNAL,
          "rpc error: code = Internal desc = the server answered without a message" },
        { "/t.S/Cut", GRPC_INTERNAL, -ERROR_INTERNAL,
          "rpc error: code = Internal desc = server closed the stream without sending trailers" },
        { "/t.S/Compressed", GRPC_INTERNAL, -ERROR_INTERNAL,
          "rpc error: code = Internal desc = grpc: the peer compressed a message without being asked to" },
        { "/t.S/Large", GRPC_RESOURCE_EXHAUSTED, -ERROR_TOO_MANY_REQUESTS,
          "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (2147483647 vs. "
          "16777216)" },
        { "/t.S/Hang", GRPC_DEADLINE_EXCEEDED, -ERROR_TIMEOUT,
          "rpc error: code = DeadlineExceeded desc = context deadline exceeded" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct fixture f;
        setup(&f);
        struct answer a = { 0 };
        usec_t timeout = cases[i].code == GRPC_DEADLINE_EXCEEDED ? SHORTLY : 100 * USEC_PER_SEC;
        grpc_call_unary(f.channel, &(struct grpc_call_options){ .method = cases[i].method, .timeout = timeout },
                        STR("q"), unary_done, &a);
        run_for(&f, 2 * SHORTLY);
        assert_true(a.done);
        assert_string_equal(a.message, cases[i].message);
        assert_int_equal(a.code, cases[i].code);
        assert_int_equal(a.rc, cases[i].rc);
        buffer_fini(&a.got);
        teardown(&f);
    }
}

static void test_streams(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct answer a = { 0 }, b = { 0 };
    struct grpc_call *call =
        grpc_call_start(f.channel, &(struct grpc_call_options){ .method = "/t.S/Bidi" }, &events, &a);
    grpc_call_write(call, STR("one "));
    run_for(&f, SHORTLY);
    assert_string_equal(a.got.data, "one ");
    grpc_call_write(call, STR("two "));
    grpc_call_write(call, STR(""));
    grpc_call_write(call, STR("three"));
    run_for(&f, SHORTLY);
    assert_string_equal(a.got.data, "one two three");
    assert_int_equal(a.messages, 4);
    assert_false(a.done);
    grpc_call_end(call);
    b.call = grpc_call_start(f.channel, &(struct grpc_call_options){ .method = "/t.S/Many" }, &events, &b);
    b.cancel_in_message = true;
    grpc_call_end(b.call);
    run_for(&f, SHORTLY);
    assert_true(a.done);
    assert_int_equal(a.rc, 0);
    assert_int_equal(b.messages, 1);
    assert_false(b.done);
    buffer_fini(&a.got);
    buffer_fini(&b.got);
    teardown(&f);
}

static void test_cancel_and_missing_server(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    struct answer a = { 0 };
    struct grpc_call *call =
        grpc_call_unary(f.channel, &(struct grpc_call_options){ .method = "/t.S/Hang" }, STR(""), unary_done, &a);
    run_for(&f, SHORTLY);
    grpc_call_cancel(call);
    run_for(&f, SHORTLY);
    assert_false(a.done);
    assert_true(f.closed);
    listener_close(f.listener);
    f.listener = NULL;
    http_server_destroy(f.server);
    f.server = NULL;
    run_for(&f, SHORTLY);
    grpc_call_unary(f.channel, &(struct grpc_call_options){ .method = "/t.S/Echo" }, STR(""), unary_done, &a);
    run_for(&f, SHORTLY);
    assert_int_equal(a.code, GRPC_UNAVAILABLE);
    assert_int_equal(a.rc, -ERROR_UNAVAILABLE);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_cancel_and_missing_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
