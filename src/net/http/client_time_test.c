/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_time_test.c - what the client does as time goes by: silent servers, idle connections, dials that fail. On virtual
 * time, over memory streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/http.h"

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct stream *raw; /* the server's end when nobody serves it */
    struct http_exchange *held;
    int dialled;
    bool refuse, silent, raw_ended;
    bool done;
    int status, rc;
};

static void on_request(void *context, struct http_exchange *exchange)
{
    struct fixture *f = context;
    if (str_is(http_exchange_path(exchange), "/hold"))
        f->held = exchange;
    else
        http_respond(exchange, 200, NULL, NULL);
}

static const struct http_handler handler = { .request = on_request };

static void raw_read(void *context, struct str bytes)
{
    ((struct fixture *)context)->raw_ended |= bytes.size == 0;
}

static void raw_failed(void *context, const struct error *err)
{
    (void)err;
    ((struct fixture *)context)->raw_ended = true;
}

static const struct stream_events raw_events = { .read = raw_read, .failed = raw_failed };

static struct stream *dial(void *context)
{
    struct fixture *f = context;
    f->dialled++;
    if (f->refuse)
        return NULL;
    struct stream *ends[2];
    stream_pair(f->loop, ends);
    if (f->silent) {
        f->raw = ends[1];
        stream_set_events(f->raw, &raw_events, f);
        stream_read_start(f->raw);
    } else {
        http_server_serve(f->server, ends[1]);
    }
    return ends[0];
}

static void setup(struct fixture *f, bool http2)
{
    *f = (struct fixture){ 0 };
    f->loop = loop_create_virtual(USEC_PER_SEC, 1);
    f->server = http_server_create(f->loop, &handler, f, NULL);
    struct http_client_options options = { .authority = "h", .http2_only = http2, .dial = dial, .dial_context = f };
    options.limits.idle_time = 90 * USEC_PER_SEC;
    f->client = http_client_create(f->loop, &options);
}

static void teardown(struct fixture *f)
{
    http_client_destroy(f->client);
    http_server_destroy(f->server);
    stream_close(f->raw, false);
    loop_run(f->loop);
    loop_destroy(f->loop);
}

static void pass(struct fixture *f, usec_t time)
{
    loop_run_until(f->loop, loop_now(f->loop) + time);
}

static void on_response(void *context, int status, const struct http_headers *headers)
{
    (void)headers;
    ((struct fixture *)context)->status = status;
}

static void on_done(void *context, int rc, const struct error *err)
{
    (void)err;
    struct fixture *f = context;
    f->done = true;
    f->rc = rc;
}

static void ask(struct fixture *f, const char *path, usec_t timeout)
{
    static const struct http_request_events events = { .response = on_response, .done = on_done };
    f->done = false;
    f->status = f->rc = 0;
    http_request_start(f->client, &(struct http_request_options){ .method = "GET", .path = path, .timeout = timeout },
                       &events, f);
}

static void test_silent_server_is_given_up(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, true);
    f.silent = true;
    ask(&f, "/", 0);
    pass(&f, 44 * USEC_PER_SEC); /* 30 s, then a ping that nobody answers */
    assert_false(f.done);
    pass(&f, 2 * USEC_PER_SEC);
    assert_true(f.done);
    assert_int_equal(f.rc, -ERROR_TIMEOUT);
    assert_true(f.raw_ended);
    teardown(&f);
}

static void test_quiet_watch_lives_on(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, true);
    ask(&f, "/hold", 0);
    pass(&f, 3600 * USEC_PER_SEC);
    assert_false(f.done); /* pings are answered */
    assert_int_equal(f.dialled, 1);
    http_respond(f.held, 204, NULL, NULL);
    pass(&f, 1000);
    assert_int_equal(f.status, 204);
    teardown(&f);
}

static void test_idle_connections_are_closed(void **state)
{
    (void)state;
    for (int http2 = 0; http2 < 2; http2++) {
        struct fixture f;
        setup(&f, http2);
        ask(&f, "/", 0);
        pass(&f, USEC_PER_SEC);
        assert_int_equal(f.status, 200);
        pass(&f, 60 * USEC_PER_SEC);
        ask(&f, "/", 0);
        pass(&f, USEC_PER_SEC);
        assert_int_equal(f.dialled, 1);
        pass(&f, 91 * USEC_PER_SEC);
        ask(&f, "/", 0);
        pass(&f, USEC_PER_SEC);
        assert_int_equal(f.status, 200);
        assert_int_equal(f.dialled, 2);
        teardown(&f);
    }
}

static void test_timeouts_and_refused_dials(void **state)
{
    (void)state;
    for (int http2 = 0; http2 < 2; http2++) {
        struct fixture f;
        setup(&f, http2);
        ask(&f, "/hold", 5 * USEC_PER_SEC);
        pass(&f, 4 * USEC_PER_SEC);
        assert_false(f.done);
        pass(&f, 2 * USEC_PER_SEC);
        assert_int_equal(f.rc, -ERROR_TIMEOUT);
        http_client_destroy(f.client);
        struct http_client_options options = {
            .authority = "h", .http2_only = http2, .dial = dial, .dial_context = &f
        };
        f.client = http_client_create(f.loop, &options);
        f.refuse = true;
        ask(&f, "/", 0);
        pass(&f, 1000);
        assert_int_equal(f.rc, -ERROR_UNAVAILABLE);
        f.refuse = false;
        ask(&f, "/", 0);
        pass(&f, 1000);
        assert_int_equal(f.status, 200);
        teardown(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_server_is_given_up),
        cmocka_unit_test(test_quiet_watch_lives_on),
        cmocka_unit_test(test_idle_connections_are_closed),
        cmocka_unit_test(test_timeouts_and_refused_dials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
