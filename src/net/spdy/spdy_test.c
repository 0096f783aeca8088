/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/buffer.h"
#include "net/spdy.h"

struct end {
    struct spdy_session *session;
    struct spdy_stream *stream; /* the last one opened to us, or by us */
    int opened, closed, replies, drained;
    bool accept;
    bool ended, end_of_data;
    struct error err;
    struct buffer got;
    char type[32];
};

struct fixture {
    struct loop *loop;
    struct end server, client;
};

static void on_reply(void *context, const struct http_headers *headers)
{
    (void)headers;
    ((struct end *)context)->replies++;
}

static void on_data(void *context, struct str bytes)
{
    struct end *end = context;
    buffer_append_str(&end->got, bytes);
    end->end_of_data |= bytes.size == 0;
}

static void on_drained(void *context)
{
    ((struct end *)context)->drained++;
}

static void on_closed(void *context, const struct error *err)
{
    struct end *end = context;
    end->closed++;
    end->stream = NULL;
    if (err != NULL)
        end->err = *err;
}

static const struct spdy_stream_events stream_events = {
    .reply = on_reply,
    .data = on_data,
    .drained = on_drained,
    .closed = on_closed,
};

static void on_opened(void *context, struct spdy_stream *stream, const struct http_headers *headers)
{
    struct end *end = context;
    end->opened++;
    end->stream = stream;
    struct str type = http_header(headers, "streamtype");
    snprintf(end->type, sizeof(end->type), STR_FMT, STR_ARG(type));
    if (!end->accept)
        return;
    spdy_stream_set_events(stream, &stream_events, end);
    spdy_stream_accept(stream, NULL);
}

static void on_ended(void *context, const struct error *err)
{
    struct end *end = context;
    end->ended = true;
    if (err != NULL)
        end->err = *err;
}

static const struct spdy_session_events session_events = { .opened = on_opened, .ended = on_ended };

static void settle(struct fixture *f)
{
    loop_run_until(f->loop, loop_now(f->loop) + 1000);
}

static void setup(struct fixture *f, const struct spdy_limits *limits)
{
    *f = (struct fixture){ .server.accept = true };
    f->loop = loop_create_virtual(USEC_PER_SEC, 1);
    struct stream *ends[2];
    stream_pair(f->loop, ends);
    f->server.session = spdy_session_create(ends[0], true, &session_events, &f->server, limits);
    f->client.session = spdy_session_create(ends[1], false, &session_events, &f->client, NULL);
}

static void teardown(struct fixture *f)
{
    spdy_session_close(f->server.session);
    spdy_session_close(f->client.session);
    loop_run(f->loop);
    buffer_fini(&f->server.got);
    buffer_fini(&f->client.got);
    loop_destroy(f->loop);
}

static void open_stream(struct fixture *f, const char *type)
{
    struct http_header header = { STR("streamtype"), str_of(type) };
    f->client.stream = spdy_stream_open(f->client.session, &(struct http_headers){ &header, 1 });
    spdy_stream_set_events(f->client.stream, &stream_events, &f->client);
}

static void test_streams_carry_data(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    for (int i = 1; i <= 3; i++) { /* the header compression goes on from stream to stream */
        open_stream(&f, i == 2 ? "stdout" : "error");
        assert_int_equal(spdy_stream_id(f.client.stream), 2 * i - 1);
        settle(&f);
        assert_int_equal(f.server.opened, i);
        assert_string_equal(f.server.type, i == 2 ? "stdout" : "error");
        assert_int_equal(f.client.replies, i);
    }
    static char large[100000];
    memset(large, 's', sizeof(large));
    spdy_stream_write(f.client.stream, (struct str){ large, sizeof(large) });
    spdy_stream_end(f.client.stream);
    spdy_stream_write(f.server.stream, STR("hello"));
    spdy_session_ping(f.client.session);
    settle(&f);
    assert_int_equal(f.server.got.size, sizeof(large));
    assert_true(f.server.end_of_data);
    assert_string_equal(f.client.got.data, "hello");
    assert_false(f.client.end_of_data);
    spdy_stream_end(f.server.stream);
    settle(&f);
    assert_true(f.client.end_of_data);
    spdy_stream_release(f.client.stream);
    spdy_stream_release(f.server.stream);
    settle(&f);
    assert_int_equal(f.client.closed + f.server.closed, 0);
    spdy_session_close(f.client.session);
    f.client.session = NULL;
    settle(&f);
    assert_true(f.server.ended);
    assert_int_equal(f.server.err.code, -ERROR_CLOSED); /* told to the two streams that were open */
    assert_int_equal(f.server.closed, 2);
    teardown(&f);
}

static void test_resets(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, &(struct spdy_limits){ .streams = 2 });
    open_stream(&f, "a");
    settle(&f);
    spdy_stream_reset(f.server.stream);
    settle(&f);
    assert_int_equal(f.client.closed, 1);
    open_stream(&f, "b");
    settle(&f);
    spdy_stream_release(f.client.stream);
    settle(&f);
    assert_int_equal(f.server.closed, 1);
    open_stream(&f, "c");
    open_stream(&f, "d");
    open_stream(&f, "e"); /* over the limit */
    settle(&f);
    assert_int_equal(f.client.closed, 2);
    assert_int_equal(f.server.opened, 4);
    assert_false(f.server.ended);
    teardown(&f);
}

static void test_data_waits_for_its_reader(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, &(struct spdy_limits){ .held_bytes = 100000 });
    f.server.accept = false;
    open_stream(&f, "late");
    static char large[300000];
    bool room = spdy_stream_write(f.client.stream, (struct str){ large, sizeof(large) });
    for (int i = 0; i < 3; i++)
        room = spdy_stream_write(f.client.stream, (struct str){ large, sizeof(large) });
    assert_false(room);
    spdy_stream_end(f.client.stream);
    settle(&f);
    assert_int_equal(f.client.drained, 0);
    assert_int_equal(f.server.got.size, 0);
    spdy_stream_set_events(f.server.stream, &stream_events, &f.server);
    settle(&f);
    assert_int_equal(f.server.got.size, 4 * sizeof(large));
    assert_true(f.server.end_of_data);
    assert_int_equal(f.client.drained, 1);
    teardown(&f);
}

/* As a runtime does after a command: the last output, resets, the end of the connection, all at once. */
static void test_the_end_is_told_after_what_is_held(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    open_stream(&f, "error");
    settle(&f);
    struct spdy_stream *ours = f.client.stream;
    spdy_stream_read_stop(ours);
    spdy_stream_write(f.server.stream, STR("exit code 1"));
    spdy_stream_reset(f.server.stream);
    spdy_session_close(take_pointer(&f.server.session));
    settle(&f);
    assert_int_equal(f.client.closed, 0);
    assert_false(f.client.ended);
    spdy_stream_read_start(ours);
    settle(&f);
    assert_int_equal(f.client.got.size, 11);
    assert_int_equal(f.client.closed, 1);
    assert_true(f.client.ended);
    teardown(&f);
}

/* What nobody reads any more does not keep the session's end from being told. */
static void test_a_released_stream_owes_nothing(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, NULL);
    open_stream(&f, "stdout");
    settle(&f);
    spdy_stream_read_stop(f.client.stream);
    spdy_stream_write(f.server.stream, STR("unread"));
    spdy_stream_end(f.server.stream);
    spdy_session_close(take_pointer(&f.server.session));
    settle(&f);
    assert_false(f.client.ended);
    spdy_stream_release(f.client.stream);
    settle(&f);
    assert_true(f.client.ended);
    assert_int_equal(f.client.closed, 0);
    teardown(&f);
}

static void test_garbage_ends_the_session(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        { "\x80\x02\x00\x01\x00\x00\x00\x00", 8 },                          /* version 2 */
        { "\x80\x03\x00\x01\x00\xff\xff\xff", 8 },                          /* too large */
        { "\x80\x03\x00\x01\x00\x00\x00\x02xx", 10 },                       /* too short */
        { "\x80\x03\x00\x01\x00\x00\x00\x0e\0\0\0\1\0\0\0\0\0\0zzzz", 22 }, /* no zlib */
        { "\x80\x03\x00\x03\x00\x00\x00\x04\0\0\0\1", 12 },                 /* a short reset */
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct loop *loop = loop_create_virtual(USEC_PER_SEC, 1);
        struct stream *ends[2];
        stream_pair(loop, ends);
        struct end server = { .accept = true };
        server.session = spdy_session_create(ends[0], true, &session_events, &server, NULL);
        stream_write(ends[1], (struct str){ cases[i].bytes, cases[i].size });
        loop_run_until(loop, loop_now(loop) + 1000);
        assert_true(server.ended);
        assert_int_equal(server.err.code, -ERROR_PROTOCOL);
        spdy_session_close(server.session);
        stream_close(ends[1], false);
        loop_run(loop);
        loop_destroy(loop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_carry_data),
        cmocka_unit_test(test_resets),
        cmocka_unit_test(test_data_waits_for_its_reader),
        cmocka_unit_test(test_the_end_is_told_after_what_is_held),
        cmocka_unit_test(test_a_released_stream_owes_nothing),
        cmocka_unit_test(test_garbage_ends_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
