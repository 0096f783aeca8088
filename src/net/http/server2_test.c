/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server2_test.c - what the HTTP/2 server does with peers that no decent client is: nghttp2 as a client in the test's
 * hands, over a memory stream on virtual time. Decent ones are in client_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "base/buffer.h"
#include "net/http.h"

#define STREAMS 600

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct stream *stream;
    nghttp2_session *session;
    int requests, closed;
    struct http_exchange *held;
    int status[STREAMS]; /* by stream id */
    uint32_t reset[STREAMS];
    bool was_reset[STREAMS];
    size_t data;
    uint32_t goaway;
    bool got_goaway, ended;
};

static void on_closed(void *context)
{
    ((struct fixture *)context)->closed++;
}

static const struct http_exchange_events held_events = { .closed = on_closed };

static void on_request(void *context, struct http_exchange *exchange)
{
    struct fixture *f = context;
    f->requests++;
    f->held = exchange;
    if (str_is(http_exchange_path(exchange), "/hold"))
        http_exchange_set_events(exchange, &held_events, f);
    else
        http_respond(exchange, 200, NULL, NULL);
}

static const struct http_handler handler = { .request = on_request };

static ssize_t send_callback(nghttp2_session *session, const uint8_t *data, size_t size, int flags, void *user)
{
    (void)session, (void)flags;
    stream_write(((struct fixture *)user)->stream, (struct str){ (const char *)data, size });
    return (ssize_t)size;
}

static int header_callback(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_size,
                           const uint8_t *value, size_t value_size, uint8_t flags, void *user)
{
    (void)session, (void)flags;
    uint64_t status;
    if (str_is((struct str){ (const char *)name, name_size }, ":status") &&
        str_to_uint64((struct str){ (const char *)value, value_size }, &status))
        ((struct fixture *)user)->status[frame->hd.stream_id] = (int)status;
    return 0;
}

static int frame_callback(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)session;
    struct fixture *f = user;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        f->got_goaway = true;
        f->goaway = frame->goaway.error_code;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
        f->was_reset[frame->hd.stream_id] = true;
        f->reset[frame->hd.stream_id] = frame->rst_stream.error_code;
    }
    return 0;
}

static int data_callback(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data, size_t size,
                         void *user)
{
    (void)session, (void)flags, (void)stream_id, (void)data;
    ((struct fixture *)user)->data += size;
    return 0;
}

static void on_read(void *context, struct str bytes)
{
    struct fixture *f = context;
    if (bytes.size == 0)
        f->ended = true;
    else
        assert_int_equal(nghttp2_session_mem_recv(f->session, (const uint8_t *)bytes.data, bytes.size), bytes.size);
}

static void on_failed(void *context, const struct error *err)
{
    (void)err;
    ((struct fixture *)context)->ended = true;
}

static const struct stream_events events = { .read = on_read, .failed = on_failed };

static void settle(struct fixture *f)
{
    for (int i = 0; i < 5; i++) {
        nghttp2_session_send(f->session);
        loop_run_until(f->loop, loop_now(f->loop) + 100);
    }
}

static void setup(struct fixture *f, const struct http_limits *limits)
{
    *f = (struct fixture){ 0 };
    f->loop = loop_create_virtual(USEC_PER_SEC, 1);
    f->server = http_server_create(f->loop, &handler, f, limits);
    struct stream *ends[2];
    stream_pair(f->loop, ends);
    f->stream = ends[0];
    stream_set_events(f->stream, &events, f);
    stream_read_start(f->stream);
    http_server_serve(f->server, ends[1]);
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_send_callback(callbacks, send_callback);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header_callback);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_callback);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_callback);
    nghttp2_session_client_new(&f->session, callbacks, f);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(f->session, 0, NULL, 0);
}

static void teardown(struct fixture *f)
{
    http_server_destroy(f->server);
    stream_close(f->stream, false);
    loop_run(f->loop);
    nghttp2_session_del(f->session);
    loop_destroy(f->loop);
}

/* A body that never comes. */
static ssize_t no_body(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t size, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
    (void)session, (void)id, (void)buffer, (void)size, (void)flags, (void)source, (void)user;
    return NGHTTP2_ERR_DEFERRED;
}

#define NV(name, value)                                                           \
    {                                                                             \
        (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, strlen(value), 0 \
    }

static int32_t ask(struct fixture *f, const char *method, const char *path, bool with_body)
{
    nghttp2_nv headers[] = { NV(":method", method), NV(":scheme", "http"), NV(":path", path), NV(":authority", "h") };
    nghttp2_data_provider body = { .read_callback = no_body };
    return nghttp2_submit_request(f->session, NULL, headers, 4, with_body ? &body : NULL, NULL);
}

static void test_requests_and_their_end(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    int32_t first = ask(&f, "GET", "/", false), second = ask(&f, "GET", "/hold", false);
    settle(&f);
    assert_int_equal(f.status[first], 200);
    assert_int_equal(f.status[second], 0);
    nghttp2_submit_rst_stream(f.session, 0, second, NGHTTP2_CANCEL);
    settle(&f);
    assert_int_equal(f.closed, 1);
    ask(&f, "GET", "/hold", false);
    settle(&f);
    stream_write_end(f.stream);
    settle(&f);
    assert_int_equal(f.closed, 2);
    assert_true(f.ended);
    teardown(&f);
}

static void test_window_holds_back_the_server(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    ask(&f, "GET", "/hold", false);
    nghttp2_submit_settings(f.session, 0, NULL, 0);
    settle(&f);
    struct bytes *large = bytes_create(NULL, 200000);
    memset(large->data, 'w', large->size);
    http_response_begin(f.held, 200, NULL);
    for (int i = 0; i < 10; i++)
        http_response_write(f.held, large);
    assert_false(http_response_write(f.held, large)); /* above the default of 1 MiB */
    bytes_unref(large);
    http_response_end(f.held);
    settle(&f);
    for (int i = 0; i < 100; i++)
        settle(&f); /* the client gives its window back as it reads */
    assert_int_equal(f.data, 11 * 200000);
    teardown(&f);
}

static void test_slow_bodies_and_idle_connections(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    int32_t id = ask(&f, "POST", "/", true);
    settle(&f);
    loop_run_until(f.loop, loop_now(f.loop) + 59 * USEC_PER_SEC);
    assert_int_equal(f.status[id], 0);
    loop_run_until(f.loop, loop_now(f.loop) + 2 * USEC_PER_SEC);
    settle(&f);
    assert_int_equal(f.status[id], 408);
    assert_int_equal(f.requests, 0);
    assert_false(f.ended);
    loop_run_until(f.loop, loop_now(f.loop) + 181 * USEC_PER_SEC);
    settle(&f);
    assert_true(f.got_goaway);
    assert_true(f.ended);
    teardown(&f);

    setup(&f, NULL); /* silence from the start */
    stream_write(f.stream, STR("PRI * HT"));
    loop_run_until(f.loop, loop_now(f.loop) + 200 * USEC_PER_SEC);
    assert_true(f.ended);
    teardown(&f);
}

static void test_too_many_streams(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, &(struct http_limits){ .streams = 3 });
    int32_t last = 0;
    for (int i = 0; i < 4; i++) /* before the server's settings have come */
        last = ask(&f, "GET", "/hold", false);
    nghttp2_session_send(f.session);
    settle(&f);
    assert_int_equal(f.requests, 3);
    assert_true(f.was_reset[last]);
    assert_int_equal(f.reset[last], NGHTTP2_REFUSED_STREAM);
    teardown(&f);
}

static void test_rapid_resets_end_the_connection(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    for (int i = 0; i < 250 && !f.ended; i++) {
        int32_t id = ask(&f, "GET", "/hold", false);
        nghttp2_session_send(f.session);
        nghttp2_submit_rst_stream(f.session, 0, id, NGHTTP2_CANCEL);
        settle(&f);
    }
    assert_true(f.ended);
    assert_true(f.got_goaway);
    assert_int_equal(f.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_in_range(f.requests, 100, 249);
    teardown(&f);
}

static void test_garbage(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    ask(&f, "GET", "/hold", false);
    settle(&f);
    stream_write(f.stream, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff nonsense"));
    loop_run_until(f.loop, loop_now(f.loop) + 1000);
    assert_true(f.ended);
    assert_int_equal(f.closed, 1);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_and_their_end),           cmocka_unit_test(test_window_holds_back_the_server),
        cmocka_unit_test(test_slow_bodies_and_idle_connections), cmocka_unit_test(test_too_many_streams),
        cmocka_unit_test(test_rapid_resets_end_the_connection),  cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
