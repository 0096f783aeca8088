/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/buffer.h"
#include "net/settle_test.h"
#include "net/spdy.h"
#include "net/websocket/socket.h"

struct end {
    struct websocket *socket;
    struct buffer got;
    int messages, drained, code;
    bool text;
    char reason[64];
    int rc;
    bool stop_after_message;
};

static void on_message(void *context, enum websocket_type type, struct str message)
{
    struct end *end = context;
    end->messages++;
    end->text = type == WEBSOCKET_TEXT;
    buffer_append_str(&end->got, message);
    if (end->stop_after_message)
        websocket_read_stop(end->socket);
}

static void on_drained(void *context)
{
    ((struct end *)context)->drained++;
}

static void on_closed(void *context, int code, struct str reason, const struct error *err)
{
    struct end *end = context;
    end->code = code;
    end->rc = err != NULL ? err->code : 0;
    snprintf(end->reason, sizeof(end->reason), STR_FMT, STR_ARG(reason));
}

static const struct websocket_events events = { .message = on_message, .drained = on_drained, .closed = on_closed };

struct fixture {
    struct loop *loop;
    struct end server, client;
};

static void settle(struct fixture *f)
{
    loop_run_until(f->loop, loop_now(f->loop) + 1000);
}

static void setup(struct fixture *f, size_t message_max)
{
    *f = (struct fixture){ 0 };
    f->loop = loop_create_virtual(USEC_PER_SEC, 1);
    struct stream *ends[2];
    stream_pair(f->loop, ends);
    f->server.socket = websocket_create(ends[0], true, "p", message_max);
    f->client.socket = websocket_create(ends[1], false, "p", 0);
    websocket_set_events(f->server.socket, &events, &f->server);
    websocket_set_events(f->client.socket, &events, &f->client);
}

static void teardown(struct fixture *f)
{
    websocket_close(f->server.socket, 1000, NULL);
    websocket_close(f->client.socket, 1000, NULL);
    loop_run(f->loop);
    buffer_fini(&f->server.got);
    buffer_fini(&f->client.got);
    loop_destroy(f->loop);
}

static void test_messages_both_ways(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 0);
    websocket_send(f.client.socket, WEBSOCKET_TEXT, STR("hello"));
    websocket_send_prefixed(f.server.socket, (struct str){ "\0", 1 }, STR("data"));
    settle(&f);
    assert_string_equal(f.server.got.data, "hello");
    assert_true(f.server.text);
    assert_int_equal(f.client.got.size, 5);
    assert_memory_equal(f.client.got.data, "\0data", 5);
    assert_false(f.client.text);
    static char large[200000];
    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (char)(i * 3);
    buffer_clear(&f.server.got);
    websocket_ping(f.server.socket);
    websocket_send(f.client.socket, WEBSOCKET_BINARY, (struct str){ large, sizeof(large) });
    settle(&f);
    assert_int_equal(f.server.got.size, sizeof(large));
    assert_memory_equal(f.server.got.data, large, sizeof(large));
    websocket_close(f.client.socket, 1001, "going");
    f.client.socket = NULL;
    settle(&f);
    assert_int_equal(f.server.code, 1001);
    assert_string_equal(f.server.reason, "going");
    assert_int_equal(f.server.rc, 0);
    teardown(&f);
}

/* An exec's exit status is such a message: sent, and the socket closed in the same moment. */
static void test_close_comes_after_what_was_sent(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 0);
    static char part[90000];
    for (int i = 0; i < 20; i++)
        websocket_send(f.server.socket, WEBSOCKET_BINARY, (struct str){ part, sizeof(part) });
    websocket_close(f.server.socket, 1000, "all said");
    f.server.socket = NULL;
    settle(&f);
    assert_int_equal(f.client.messages, 20);
    assert_int_equal(f.client.code, 1000);
    assert_string_equal(f.client.reason, "all said");
    teardown(&f);
    setup(&f, 0);
    websocket_send(f.server.socket, WEBSOCKET_TEXT, STR("last words"));
    websocket_send_close(f.server.socket, 1001, NULL);
    settle(&f);
    assert_string_equal(f.client.got.data, "last words");
    assert_int_equal(f.client.code, 1001);
    teardown(&f);
}

static void test_stopped_reader_gets_nothing(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 0);
    f.server.stop_after_message = true;
    bool room = true;
    static char part[50000];
    for (int i = 0; i < 20; i++)
        room = websocket_send(f.client.socket, WEBSOCKET_BINARY, STR("tiny"));
    assert_true(room);
    for (int i = 0; i < 20; i++)
        room = websocket_send(f.client.socket, WEBSOCKET_BINARY, (struct str){ part, sizeof(part) });
    assert_false(room);
    settle(&f);
    assert_int_equal(f.server.messages, 1);
    websocket_read_start(f.server.socket);
    settle(&f);
    assert_int_equal(f.server.messages, 2);
    f.server.stop_after_message = false;
    websocket_read_start(f.server.socket);
    settle(&f);
    assert_int_equal(f.server.messages, 40);
    assert_int_equal(f.server.got.size, 20 * 4 + 20 * sizeof(part));
    assert_int_equal(f.client.drained, 1);
    teardown(&f);
}

static void test_limits_and_garbage(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 100);
    static char large[101];
    websocket_send(f.client.socket, WEBSOCKET_BINARY, (struct str){ large, sizeof(large) });
    settle(&f);
    assert_int_equal(f.server.messages, 0);
    assert_int_equal(f.server.code, 1009);
    assert_int_equal(f.server.rc, -ERROR_LIMIT);
    assert_int_equal(f.client.code, 1009);
    teardown(&f);

    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        { "\x81\x02hi", 4 },               /* not masked */
        { "\x83\x80\0\0\0\0", 6 },         /* no such opcode */
        { "\xf1\x80\0\0\0\0", 6 },         /* reserved bits */
        { "\x81\x82\0\0\0\0\xff\xfe", 8 }, /* not UTF-8 */
        { "\x89\xfe\x01\x00\0\0\0\0", 8 }, /* a control frame that large */
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct loop *loop = loop_create_virtual(USEC_PER_SEC, 1);
        struct stream *ends[2];
        stream_pair(loop, ends);
        struct end server = { .socket = websocket_create(ends[0], true, "", 0) };
        websocket_set_events(server.socket, &events, &server);
        stream_write(ends[1], (struct str){ cases[i].bytes, cases[i].size });
        loop_run_until(loop, loop_now(loop) + 1000);
        assert_int_equal(server.messages, 0);
        assert_int_not_equal(server.code, 0);
        assert_int_not_equal(server.rc, 0);
        websocket_close(server.socket, 1000, NULL);
        stream_close(ends[1], false);
        loop_run(loop);
        loop_destroy(loop);
    }
}

static void test_accept_key(void **state)
{
    (void)state;
    char text[WEBSOCKET_ACCEPT_SIZE];
    websocket_accept_key(STR("dGhlIHNhbXBsZSBub25jZQ=="), text);
    assert_string_equal(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* RFC 6455's example */
}

/* --- the handshake, over real sockets --- */

struct meeting {
    struct loop *loop;
    char address[64];
    struct listener *listener;
    struct http_server *server;
    struct http_client *client;
    struct end ends[2]; /* 0: the server's */
    int status;
    struct error err;
};

static void meeting_request(void *context, struct http_exchange *exchange)
{
    struct meeting *meeting = context;
    static const char *const protocols[] = { "v5.channel.k8s.io", "v4.channel.k8s.io", NULL };
    struct error err;
    if (websocket_accept(exchange, protocols, 0, &meeting->ends[0].socket, &err) < 0) {
        struct bytes *text = bytes_create(err.message, strlen(err.message));
        http_respond(exchange, 400, NULL, text);
        bytes_unref(text);
        return;
    }
    websocket_set_events(meeting->ends[0].socket, &events, &meeting->ends[0]);
    websocket_send(meeting->ends[0].socket, WEBSOCKET_TEXT, STR("welcome"));
}

static const struct http_handler handler = { .request = meeting_request };

static void meeting_accepted(void *context, struct stream *stream)
{
    http_server_serve(((struct meeting *)context)->server, stream);
}

static void meeting_connected(void *context, struct websocket *socket, int status, const struct error *err)
{
    struct meeting *meeting = context;
    meeting->status = status;
    if (err != NULL)
        meeting->err = *err;
    meeting->ends[1].socket = socket;
    if (socket != NULL)
        websocket_set_events(socket, &events, &meeting->ends[1]);
}

static void run_for(struct meeting *meeting, usec_t time)
{
    settle_loop(meeting->loop, time);
}

static void test_handshake(void **state)
{
    (void)state;
    struct meeting m = { 0 };
    struct error err;
    assert_int_equal(loop_create_real(&m.loop, &err), 0);
    snprintf(m.address, sizeof(m.address), "unix:/tmp/coracle-websocket-test-%d.sock", (int)getpid());
    m.server = http_server_create(m.loop, &handler, &m, NULL);
    struct stream_target target = { .address = m.address };
    assert_int_equal(listener_open(m.loop, &target, meeting_accepted, &m, &m.listener, &err), 0);
    m.client = http_client_create(m.loop, &(struct http_client_options){ .target = target });
    static const char *const wanted[] = { "v9.channel.k8s.io", "v4.channel.k8s.io", NULL };
    static const char *const unknown[] = { "v9.channel.k8s.io", NULL };
    websocket_connect_start(m.client, &(struct websocket_connect_options){ .path = "/x", .protocols = wanted },
                            meeting_connected, &m);
    run_for(&m, 20 * USEC_PER_MSEC);
    assert_string_equal(m.err.message, "");
    assert_non_null(m.ends[1].socket);
    assert_string_equal(websocket_protocol(m.ends[1].socket), "v4.channel.k8s.io");
    assert_string_equal(m.ends[1].got.data, "welcome");
    websocket_close(m.ends[0].socket, 1000, "done");
    run_for(&m, 20 * USEC_PER_MSEC);
    assert_int_equal(m.ends[1].code, 1000);
    websocket_close(m.ends[1].socket, 1000, NULL);
    websocket_connect_start(m.client, &(struct websocket_connect_options){ .path = "/x", .protocols = unknown },
                            meeting_connected, &m);
    run_for(&m, 20 * USEC_PER_MSEC);
    assert_null(m.ends[1].socket);
    assert_int_equal(m.status, 400);
    assert_int_equal(m.err.code, -ERROR_BAD_REQUEST);
    websocket_connect_cancel(
        websocket_connect_start(m.client, &(struct websocket_connect_options){ .path = "/x" }, meeting_connected, &m));
    http_client_destroy(m.client);
    listener_close(m.listener);
    http_server_destroy(m.server);
    buffer_fini(&m.ends[1].got);
    run_for(&m, 5 * USEC_PER_MSEC);
    loop_destroy(m.loop);
}

/* --- SPDY through a WebSocket, as kubectl port-forward does it --- */

static void spdy_data(void *context, struct str bytes)
{
    buffer_append_str(context, bytes);
}

static void spdy_closed(void *context, const struct error *err)
{
    (void)context, (void)err;
}

static const struct spdy_stream_events spdy_stream_events = { .data = spdy_data, .closed = spdy_closed };

static void spdy_opened(void *context, struct spdy_stream *stream, const struct http_headers *headers)
{
    (void)headers;
    spdy_stream_set_events(stream, &spdy_stream_events, context);
    spdy_stream_accept(stream, NULL);
}

static void spdy_ended(void *context, const struct error *err)
{
    (void)err;
    buffer_append_text(context, " ended");
}

static const struct spdy_session_events spdy_events = { .opened = spdy_opened, .ended = spdy_ended };

static void test_tunnel(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 0);
    struct buffer got = { 0 }, other = { 0 };
    struct spdy_session *server =
        spdy_session_create(websocket_to_stream(f.server.socket), true, &spdy_events, &got, NULL);
    struct spdy_session *client =
        spdy_session_create(websocket_to_stream(f.client.socket), false, &spdy_events, &other, NULL);
    f.server.socket = f.client.socket = NULL;
    struct spdy_stream *stream = spdy_stream_open(client, NULL);
    spdy_stream_set_events(stream, &spdy_stream_events, &other);
    static char large[500000];
    memset(large, 't', sizeof(large));
    spdy_stream_write(stream, (struct str){ large, sizeof(large) });
    spdy_stream_write(stream, STR("last"));
    settle(&f);
    assert_int_equal(got.size, sizeof(large) + 4);
    spdy_session_close(client);
    settle(&f);
    assert_string_equal(got.data + sizeof(large), "last ended");
    spdy_session_close(server);
    loop_run(f.loop);
    buffer_fini(&got);
    buffer_fini(&other);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_both_ways),
        cmocka_unit_test(test_close_comes_after_what_was_sent),
        cmocka_unit_test(test_stopped_reader_gets_nothing),
        cmocka_unit_test(test_limits_and_garbage),
        cmocka_unit_test(test_accept_key),
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_tunnel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
