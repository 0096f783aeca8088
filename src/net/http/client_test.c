/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_test.c - the client against our server, HTTP/1.1 and HTTP/2, over unix sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/tls.h"
#include "crypto/x509.h"
#include "net/http.h"
#include "net/settle_test.h"

#define HELD 8

struct fixture {
    struct loop *loop;
    char address[64];
    struct listener *listener;
    struct http_server *server;
    struct http_client *client;
    struct http_exchange *held[HELD];
    int held_count, accepted, closed, requests;
    struct buffer pieces;
    bool pieces_end;
    struct stream *upgraded;
    struct http_limits server_limits;
    bool http2;
};

struct answer {
    struct fixture *f;
    struct http_request *request;
    int status;
    struct buffer body;
    int rc;
    struct error err;
    bool done;
    bool drained;
    bool cancel_in_body;
    char trailer[32];
    char type[32];
    struct stream *stream;
    struct buffer stream_got;
};

static void on_closed(void *context)
{
    ((struct fixture *)context)->closed++;
}

static void on_piece(void *context, struct str bytes, bool end)
{
    struct fixture *f = context;
    buffer_append_str(&f->pieces, bytes);
    f->pieces_end |= end;
}

static const struct http_exchange_events held_events = { .closed = on_closed, .body = on_piece };

static void upgraded_read(void *context, struct str bytes)
{
    struct fixture *f = context;
    if (bytes.size > 0)
        stream_write(f->upgraded, bytes); /* echo */
    else
        stream_write_end(f->upgraded);
}

static void upgraded_failed(void *context, const struct error *err)
{
    (void)context, (void)err;
}

static const struct stream_events upgraded_events = { .read = upgraded_read, .failed = upgraded_failed };

static void upgrade(struct fixture *f, struct http_exchange *exchange)
{
    static const struct http_header header = { { "upgrade", 7 }, { "echo", 4 } };
    struct error err;
    if (http_exchange_upgrade(exchange, &(struct http_headers){ &header, 1 }, &f->upgraded, &err) < 0) {
        http_respond(exchange, 400, NULL, NULL);
        return;
    }
    stream_set_events(f->upgraded, &upgraded_events, f);
    stream_read_start(f->upgraded);
    stream_write(f->upgraded, STR("welcome "));
}

static void send_big(struct http_exchange *exchange)
{
    struct bytes *part = bytes_create(NULL, (size_t)1 << 20);
    memset(part->data, 'b', part->size);
    http_response_begin(exchange, 200, NULL);
    for (int i = 0; i < 5; i++)
        http_response_write(exchange, part);
    http_response_end(exchange);
    bytes_unref(part);
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct fixture *f = context;
    struct str path = http_exchange_path(exchange), body = http_exchange_body(exchange);
    f->requests++;
    if (str_is(path, "/hold") || str_is(path, "/stream")) {
        if (f->held_count == HELD) {
            http_respond(exchange, 503, NULL, NULL);
            return;
        }
        f->held[f->held_count++] = exchange;
        http_exchange_set_events(exchange, &held_events, f);
    } else if (str_is(path, "/upgrade")) {
        upgrade(f, exchange);
    } else if (str_is(path, "/big")) {
        send_big(exchange);
    } else if (str_is(path, "/cut")) {
        http_response_begin(exchange, 200, NULL);
        http_response_abort(exchange);
    } else {
        static const struct http_header header = { { "content-type", 12 }, { "text/x", 6 } };
        char *text = arena_format(http_exchange_arena(exchange), STR_FMT " " STR_FMT "?" STR_FMT " %zu",
                                  STR_ARG(http_exchange_method(exchange)), STR_ARG(path),
                                  STR_ARG(http_exchange_query(exchange)), body.size);
        struct bytes *bytes = bytes_create(text, strlen(text));
        http_respond(exchange, 200, &(struct http_headers){ &header, 1 }, bytes);
        bytes_unref(bytes);
    }
}

static bool on_streams_body(void *context, struct http_exchange *exchange)
{
    (void)context;
    return str_is(http_exchange_path(exchange), "/stream");
}

static const struct http_handler handler = { .request = on_request, .streams_body = on_streams_body };

static void on_accepted(void *context, struct stream *stream)
{
    struct fixture *f = context;
    f->accepted++;
    http_server_serve(f->server, stream);
}

static void run_for(struct fixture *f, usec_t time)
{
    settle_loop(f->loop, time);
}

static void serve(struct fixture *f)
{
    struct error err;
    f->server = http_server_create(f->loop, &handler, f, &f->server_limits);
    struct stream_target target = { .address = f->address };
    if (listener_open(f->loop, &target, on_accepted, f, &f->listener, &err) < 0)
        fail_msg("%s", err.message);
}

static void unserve(struct fixture *f)
{
    listener_close(f->listener);
    f->listener = NULL;
    http_server_destroy(f->server);
    f->server = NULL;
}

static void setup(struct fixture *f, bool http2, const struct http_limits *server_limits,
                  const struct http_limits *limits)
{
    *f = (struct fixture){ .http2 = http2 };
    if (server_limits != NULL)
        f->server_limits = *server_limits;
    struct error err;
    assert_int_equal(loop_create_real(&f->loop, &err), 0);
    snprintf(f->address, sizeof(f->address), "unix:/tmp/coracle-http-test-%d.sock", (int)getpid());
    serve(f);
    struct http_client_options options = { .target = { .address = f->address }, .http2_only = http2 };
    if (limits != NULL)
        options.limits = *limits;
    f->client = http_client_create(f->loop, &options);
}

static void teardown(struct fixture *f)
{
    http_client_destroy(f->client);
    unserve(f);
    stream_close(f->upgraded, false);
    buffer_fini(&f->pieces);
    run_for(f, 10 * USEC_PER_MSEC);
    loop_destroy(f->loop);
}

static void answer_response(void *context, int status, const struct http_headers *headers)
{
    struct answer *answer = context;
    struct str type = http_header(headers, "content-type");
    snprintf(answer->type, sizeof(answer->type), STR_FMT, STR_ARG(type));
    answer->status = status;
}

static void answer_body(void *context, struct str bytes)
{
    struct answer *answer = context;
    buffer_append_str(&answer->body, bytes);
    if (answer->cancel_in_body)
        http_request_cancel(answer->request);
}

static void answer_done(void *context, int rc, const struct error *err)
{
    struct answer *answer = context;
    answer->done = true;
    answer->rc = rc;
    if (err != NULL)
        answer->err = *err;
    struct str trailer = http_header(http_request_trailers(answer->request), "grpc-status");
    snprintf(answer->trailer, sizeof(answer->trailer), STR_FMT, STR_ARG(trailer));
}

static void answer_drained(void *context)
{
    ((struct answer *)context)->drained = true;
}

static void stream_got(void *context, struct str bytes)
{
    buffer_append_str(&((struct answer *)context)->stream_got, bytes);
}

static const struct stream_events stream_events = { .read = stream_got, .failed = upgraded_failed };

static void answer_upgraded(void *context, struct stream *stream)
{
    struct answer *answer = context;
    answer->stream = stream;
    stream_set_events(stream, &stream_events, answer);
    stream_read_start(stream);
}

static const struct http_request_events answer_events = {
    .response = answer_response,
    .body = answer_body,
    .done = answer_done,
    .upgraded = answer_upgraded,
    .drained = answer_drained,
};

static void ask(struct fixture *f, struct answer *answer, const struct http_request_options *options)
{
    *answer = (struct answer){ .f = f };
    answer->request = http_request_start(f->client, options, &answer_events, answer);
    assert_false(answer->done);
}

static void answer_fini(struct answer *answer)
{
    stream_close(answer->stream, false);
    buffer_fini(&answer->body);
    buffer_fini(&answer->stream_got);
}

#define SHORTLY (5 * USEC_PER_MSEC)

#define EACH_VERSION(f, server_limits, limits) \
    for (int http2 = 0; http2 < 2 && (setup((f), http2, (server_limits), (limits)), true); teardown(f), http2++)

static void test_plain_requests(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        struct answer a, b, c;
        struct bytes *body = bytes_create(NULL, 300000);
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/x?y=z" });
        ask(&f, &b, &(struct http_request_options){ .method = "PUT", .path = "/put", .body = body });
        ask(&f, &c, &(struct http_request_options){ .method = "HEAD", .path = "/head" });
        bytes_unref(body);
        run_for(&f, SHORTLY);
        assert_int_equal(a.rc, 0);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.type, "text/x");
        assert_string_equal(a.body.data, "GET /x?y=z 0");
        assert_string_equal(b.body.data, "PUT /put? 300000");
        assert_true(c.done);
        assert_int_equal(c.body.size, 0);
        assert_int_equal(f.accepted, http2 ? 1 : 3);
        answer_fini(&a);
        answer_fini(&b);
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/again" });
        run_for(&f, SHORTLY);
        assert_string_equal(a.body.data, "GET /again? 0");
        assert_int_equal(f.accepted, http2 ? 1 : 3);
        answer_fini(&a);
    }
}

static void test_large_and_held_back_response(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        struct answer a, b;
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/big" });
        http_request_body_stop(a.request);
        ask(&f, &b, &(struct http_request_options){ .method = "GET", .path = "/big" });
        run_for(&f, 2 * SHORTLY);
        assert_int_equal(a.body.size, 0);
        assert_true(b.done); /* one that waits does not hold up another */
        assert_int_equal(b.body.size, (size_t)5 << 20);
        http_request_body_start(a.request);
        run_for(&f, 2 * SHORTLY);
        assert_true(a.done);
        assert_int_equal(a.body.size, (size_t)5 << 20);
        answer_fini(&a);
        answer_fini(&b);
    }
}

static void test_small_response_waits_for_its_reader(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        struct answer a;
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/small" });
        http_request_body_stop(a.request);
        run_for(&f, SHORTLY);
        assert_int_equal(a.status, 200);
        assert_false(a.done);
        http_request_body_start(a.request);
        run_for(&f, SHORTLY);
        assert_true(a.done);
        assert_string_equal(a.body.data, "GET /small? 0");
        answer_fini(&a);
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/small" });
        http_request_body_stop(a.request);
        run_for(&f, SHORTLY); /* teardown cancels it */
        http_client_destroy(f.client);
        f.client = NULL;
        assert_int_equal(a.rc, -ERROR_CANCELLED);
        answer_fini(&a);
    }
}

static void test_streaming_both_ways(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, &(struct http_limits){ .queued_bytes = 100000 })
    {
        struct answer a;
        ask(&f, &a, &(struct http_request_options){ .method = "POST", .path = "/stream", .streams_body = true });
        run_for(&f, SHORTLY);
        assert_int_equal(f.held_count, 1);
        struct bytes *bytes = bytes_create("ping ", 5);
        http_request_write(a.request, bytes);
        run_for(&f, SHORTLY);
        assert_string_equal(f.pieces.data, "ping ");
        http_response_begin(f.held[0], 200, NULL);
        http_response_write(f.held[0], bytes);
        run_for(&f, SHORTLY);
        assert_string_equal(a.body.data, "ping ");
        bytes_unref(bytes);

        http_exchange_body_stop(f.held[0]);
        bytes = bytes_create(NULL, (size_t)2 << 20);
        memset(bytes->data, 'p', bytes->size);
        assert_false(http_request_write(a.request, bytes));
        bytes_unref(bytes);
        run_for(&f, SHORTLY);
        assert_false(a.drained);
        assert_int_equal(f.pieces.size, 5);
        http_exchange_body_start(f.held[0]);
        run_for(&f, 2 * SHORTLY);
        assert_true(a.drained);
        assert_false(f.pieces_end);
        http_request_end(a.request);
        run_for(&f, SHORTLY);
        assert_true(f.pieces_end);
        assert_int_equal(f.pieces.size, 5 + ((size_t)2 << 20));
        assert_false(a.done);
        static const struct http_header trailer = { { "grpc-status", 11 }, { "7", 1 } };
        http_response_end_trailers(f.held[0], &(struct http_headers){ &trailer, 1 });
        run_for(&f, SHORTLY);
        assert_true(a.done);
        assert_string_equal(a.trailer, "7");
        answer_fini(&a);
    }
}

static void test_cancel_reaches_the_server(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        struct answer a, b;
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/hold" });
        run_for(&f, SHORTLY);
        http_response_begin(f.held[0], 200, NULL);
        run_for(&f, SHORTLY);
        http_request_cancel(a.request);
        run_for(&f, SHORTLY);
        assert_false(a.done);
        assert_int_equal(f.closed, 1);
        ask(&f, &b, &(struct http_request_options){ .method = "GET", .path = "/big" });
        b.cancel_in_body = true;
        run_for(&f, SHORTLY);
        assert_false(b.done);
        answer_fini(&b);
        ask(&f, &b, &(struct http_request_options){ .method = "GET", .path = "/after" });
        http_request_cancel(b.request); /* before anything was sent */
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/after" });
        run_for(&f, SHORTLY);
        assert_string_equal(a.body.data, "GET /after? 0");
        answer_fini(&a);
    }
}

static void test_failures(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        struct answer a, b;
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/hold", .timeout = SHORTLY });
        ask(&f, &b, &(struct http_request_options){ .method = "GET", .path = "/cut" });
        run_for(&f, 3 * SHORTLY);
        assert_int_equal(a.rc, -ERROR_TIMEOUT);
        assert_int_equal(b.rc, -ERROR_CLOSED);

        ask(&f, &a, &(struct http_request_options){ .method = "POST", .path = "/hold" });
        run_for(&f, SHORTLY);
        unserve(&f);
        run_for(&f, SHORTLY);
        assert_int_equal(a.rc, -ERROR_CLOSED);
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/x" });
        run_for(&f, SHORTLY);
        assert_int_equal(a.rc, -ERROR_NOT_FOUND); /* no socket */
        serve(&f);
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/back" });
        run_for(&f, SHORTLY);
        assert_string_equal(a.body.data, "GET /back? 0");
        answer_fini(&a);
    }
}

static void test_restarted_server_is_not_noticed(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        struct answer a;
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/1" });
        run_for(&f, SHORTLY);
        answer_fini(&a);
        unserve(&f);
        serve(&f);
        ask(&f, &a,
            &(struct http_request_options){ .method = "GET", .path = "/2" }); /* the client has not seen the end yet */
        run_for(&f, SHORTLY);
        assert_int_equal(a.rc, 0);
        assert_string_equal(a.body.data, "GET /2? 0");
        answer_fini(&a);
    }
}

static void drained(void *context)
{
    *(bool *)context = true;
}

static void test_draining_server(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        struct answer a, b;
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/hold" });
        run_for(&f, SHORTLY);
        bool over = false;
        struct http_server *old = f.server;
        http_server_drain(old, 10 * USEC_PER_SEC, drained, &over);
        f.server = http_server_create(f.loop, &handler, &f, NULL);
        ask(&f, &b, &(struct http_request_options){ .method = "POST", .path = "/next" }); /* crosses the GOAWAY */
        run_for(&f, SHORTLY);
        assert_int_equal(b.rc, 0);
        assert_string_equal(b.body.data, "POST /next? 0");
        assert_false(over);
        http_respond(f.held[0], 204, NULL, NULL);
        run_for(&f, SHORTLY);
        assert_int_equal(a.status, 204);
        assert_true(over);
        http_server_destroy(old);
        answer_fini(&b);
    }
}

static void test_more_requests_than_streams(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, &((struct http_limits){ .streams = 2 }),
                 &((struct http_limits){ .connections = 2, .requests = 10 }))
    {
        struct answer answers[11];
        for (int i = 0; i < 11; i++)
            ask(&f, &answers[i], &(struct http_request_options){ .method = "GET", .path = i < 2 ? "/hold" : "/x" });
        run_for(&f, 2 * SHORTLY);
        assert_int_equal(answers[10].rc, -ERROR_LIMIT); /* over the client's own limit */
        int ended = 0;
        for (int i = 0; i < 10; i++)
            ended += answers[i].done;
        assert_true(ended == (http2 ? 8 : 0)); /* the held ones have both connections of HTTP/1.1 */
        for (int i = 0; i < f.held_count; i++)
            http_respond(f.held[i], 200, NULL, NULL);
        run_for(&f, 2 * SHORTLY);
        for (int i = 0; i < 10; i++) {
            assert_true(answers[i].done);
            assert_int_equal(answers[i].rc, 0);
        }
        assert_in_range(f.accepted, 1, 2);
        for (int i = 0; i < 11; i++)
            answer_fini(&answers[i]);
    }
}

static void test_server_limits(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, &((struct http_limits){ .body_bytes = 1000, .header_bytes = 2000 }), NULL)
    {
        struct answer a, b, c;
        struct bytes *body = bytes_create(NULL, 1001);
        ask(&f, &a, &(struct http_request_options){ .method = "POST", .path = "/x", .body = body });
        static char large[3000];
        memset(large, 'h', sizeof(large));
        struct http_header header = { STR("x"), { large, sizeof(large) } };
        ask(&f, &b, &(struct http_request_options){ .method = "GET", .path = "/x", .headers = { &header, 1 } });
        ask(&f, &c, &(struct http_request_options){ .method = "POST", .path = "/x", .streams_body = true });
        http_request_write(c.request, body);
        bytes_unref(body);
        run_for(&f, SHORTLY);
        assert_int_equal(a.status, 413);
        assert_int_equal(b.status, 431);
        assert_int_equal(c.status, 413);
        assert_true(a.done && b.done && c.done);
        assert_int_equal(f.requests, 0);
        answer_fini(&a);
        answer_fini(&b);
        answer_fini(&c);
    }
}

static void test_upgrade(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, false, NULL, NULL);
    struct http_header header = { STR("upgrade"), STR("echo") };
    struct answer a, b;
    ask(&f, &a, &(struct http_request_options){ .method = "POST", .path = "/upgrade", .headers = { &header, 1 } });
    run_for(&f, SHORTLY);
    assert_int_equal(a.status, 101);
    assert_non_null(a.stream);
    assert_false(a.done);
    stream_write(a.stream, STR("hello"));
    run_for(&f, SHORTLY);
    assert_string_equal(a.stream_got.data, "welcome hello");
    ask(&f, &b, &(struct http_request_options){ .method = "POST", .path = "/other", .headers = { &header, 1 } });
    run_for(&f, SHORTLY);
    assert_int_equal(b.status, 200); /* the server did not want to */
    assert_true(b.done);
    answer_fini(&b);
    ask(&f, &b, &(struct http_request_options){ .method = "POST", .path = "/upgrade", .headers = { &header, 1 } });
    http_request_cancel(b.request);
    run_for(&f, SHORTLY);
    assert_int_equal(b.status, 0);
    answer_fini(&a);
    teardown(&f);
}

/* --- over TLS, where ALPN decides --- */

struct identity {
    struct x509_authority *authority;
    struct tls_context *server, *client;
};

static void make_identity(struct identity *identity)
{
    struct error err;
    struct buffer certificate = { 0 }, key = { 0 };
    usec_t now = 1790000000 * USEC_PER_SEC, year = 365 * 86400 * USEC_PER_SEC;
    static const char *const names[] = { "localhost", NULL };
    struct ip address = ip_v4(127, 0, 0, 1);
    struct x509_template what = { .common_name = "server",
                                  .dns_names = names,
                                  .addresses = &address,
                                  .address_count = 1,
                                  .usages = X509_USAGE_SERVER,
                                  .not_before = now - 5 * year,
                                  .not_after = now + 50 * year };
    assert_int_equal(x509_authority_create("ca", what.not_before, what.not_after, &identity->authority, &err), 0);
    assert_int_equal(x509_issue(identity->authority, &what, &certificate, &key, &err), 0);
    struct tls_options options = { .server = true,
                                   .certificate_pem = buffer_str(&certificate),
                                   .key_pem = buffer_str(&key) };
    assert_int_equal(tls_context_create(&options, &identity->server, &err), 0);
    options = (struct tls_options){ .ca_pem = x509_authority_pem(identity->authority) };
    assert_int_equal(tls_context_create(&options, &identity->client, &err), 0);
    buffer_fini(&certificate);
    buffer_fini(&key);
}

static void identity_fini(struct identity *identity)
{
    x509_authority_destroy(identity->authority);
    tls_context_unref(identity->server);
    tls_context_unref(identity->client);
}

static void test_tls_chooses_the_version(void **state)
{
    (void)state;
    static const char *const both[] = { "h2", "http/1.1", NULL }, *const old[] = { "http/1.1", NULL };
    for (int http2 = 0; http2 < 2; http2++) {
        struct fixture f;
        setup(&f, false, NULL, NULL);
        struct identity identity;
        make_identity(&identity);
        struct listener *listener;
        struct error err;
        struct stream_target target = { .address = "tcp:127.0.0.1:0",
                                        .tls = identity.server,
                                        .alpn = http2 ? both : old };
        assert_int_equal(listener_open(f.loop, &target, on_accepted, &f, &listener, &err), 0);
        char address[64];
        snprintf(address, sizeof(address), "tcp:127.0.0.1:%d", listener_port(listener));
        http_client_destroy(f.client);
        target = (struct stream_target){ .address = address, .tls = identity.client };
        f.client = http_client_create(f.loop, &(struct http_client_options){ .target = target });

        struct answer a, b, c;
        struct http_header header = { STR("upgrade"), STR("echo") };
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/hold" });
        ask(&f, &b, &(struct http_request_options){ .method = "GET", .path = "/big" });
        ask(&f, &c, &(struct http_request_options){ .method = "POST", .path = "/upgrade", .headers = { &header, 1 } });
        run_for(&f, 5 * SHORTLY);
        assert_int_equal(b.rc, 0);
        assert_int_equal(b.body.size, (size_t)5 << 20);
        assert_int_equal(f.accepted, http2 ? 2 : 3); /* an upgrade has its own */
        assert_int_equal(c.status, 101);
        assert_non_null(c.stream);
        assert_string_equal(stream_alpn(c.stream), "http/1.1");
        stream_write(c.stream, STR("tls"));
        run_for(&f, SHORTLY);
        assert_string_equal(c.stream_got.data, "welcome tls");
        http_respond(f.held[0], 204, NULL, NULL);
        run_for(&f, SHORTLY);
        assert_int_equal(a.status, 204);
        answer_fini(&a);
        answer_fini(&b);
        answer_fini(&c);

        http_client_destroy(f.client); /* one that trusts the system's pool only */
        struct tls_context *stranger;
        assert_int_equal(tls_context_create(&(struct tls_options){ 0 }, &stranger, &err), 0);
        target.tls = stranger;
        f.client = http_client_create(f.loop, &(struct http_client_options){ .target = target });
        tls_context_unref(stranger);
        ask(&f, &a, &(struct http_request_options){ .method = "GET", .path = "/" });
        run_for(&f, 2 * SHORTLY);
        assert_int_equal(a.rc, -ERROR_TLS);
        listener_close(listener);
        identity_fini(&identity);
        teardown(&f);
    }
}

static void restart_in_done(void *context, int rc, const struct error *err)
{
    (void)err;
    struct answer *answer = context;
    assert_true(rc < 0);
    http_client_destroy(answer->f->client);
    answer->f->client = NULL;
    answer->done = true;
}

static void test_client_destroyed_in_its_callback(void **state)
{
    (void)state;
    struct fixture f;
    EACH_VERSION(&f, NULL, NULL)
    {
        static const struct http_request_events events = { .done = restart_in_done };
        struct answer a = { .f = &f }, b, c;
        ask(&f, &b, &(struct http_request_options){ .method = "GET", .path = "/hold" });
        http_request_start(f.client, &(struct http_request_options){ .method = "GET", .path = "/cut" }, &events, &a);
        ask(&f, &c, &(struct http_request_options){ .method = "GET", .path = "/hold" });
        run_for(&f, SHORTLY);
        assert_true(a.done);
        assert_int_equal(b.rc, -ERROR_CANCELLED);
        assert_int_equal(c.rc, -ERROR_CANCELLED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_requests),
        cmocka_unit_test(test_large_and_held_back_response),
        cmocka_unit_test(test_small_response_waits_for_its_reader),
        cmocka_unit_test(test_streaming_both_ways),
        cmocka_unit_test(test_cancel_reaches_the_server),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_restarted_server_is_not_noticed),
        cmocka_unit_test(test_draining_server),
        cmocka_unit_test(test_more_requests_than_streams),
        cmocka_unit_test(test_server_limits),
        cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_tls_chooses_the_version),
        cmocka_unit_test(test_client_destroyed_in_its_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
