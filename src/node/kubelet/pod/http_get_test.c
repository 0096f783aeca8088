/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* http_get_test.c - against our own server on loopback, which redirects as its paths say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "net/http.h"
#include "node/kubelet/pod/http_get.h"

struct fixture {
    struct loop *loop;
    struct listener *listener;
    struct http_server *server;
    int requests, port, status;
    char host[64], referer[64], agent[64], error[256], body[HTTP_GET_BODY_MAX + 1];
};

static void keep(char *place, size_t size, struct str value)
{
    snprintf(place, size, STR_FMT, STR_ARG(value));
}

/* "/to" sends to what the query holds, "/turn" to itself, the rest is answered by the number in the path. */
static void on_request(void *context, struct http_exchange *exchange)
{
    struct fixture *f = context;
    const struct http_headers *headers = http_exchange_headers(exchange);
    struct str path = http_exchange_path(exchange), query = http_exchange_query(exchange);
    f->requests++;
    keep(f->host, sizeof(f->host), http_header(headers, "host"));
    keep(f->referer, sizeof(f->referer), http_header(headers, "referer"));
    keep(f->agent, sizeof(f->agent), http_header(headers, "user-agent"));
    int64_t status = 0;
    struct http_header location = { STR("location"), str_is(path, "/turn") ? STR("turn") : query };
    const struct http_headers found = { &location, 1 };
    struct bytes *body = bytes_create("a body", 6);
    if (str_to_int64(str_skip(path, 1), &status))
        http_respond(exchange, (int)status, NULL, body);
    else
        http_respond(exchange, 302, &found, body);
    bytes_unref(body);
}

static void on_accept(void *context, struct stream *stream)
{
    http_server_serve(((struct fixture *)context)->server, stream);
}

static int set_up(void **state)
{
    static const struct http_handler handler = { .request = on_request };
    struct fixture *f = calloc(1, sizeof(*f));
    struct error err = { 0 };
    assert_int_equal(0, loop_create_real(&f->loop, &err));
    f->server = http_server_create(f->loop, &handler, f, NULL);
    const struct stream_target target = { .address = "tcp:127.0.0.1:0" };
    assert_int_equal(0, listener_open(f->loop, &target, on_accept, f, &f->listener, &err));
    f->port = listener_port(f->listener);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    listener_close(f->listener);
    http_server_destroy(f->server);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static void on_done(void *context, const struct http_get_answer *answer)
{
    struct fixture *f = context;
    f->status = answer->status;
    keep(f->body, sizeof(f->body), answer->body);
    keep(f->error, sizeof(f->error), str_of(answer->error));
    loop_stop(f->loop);
}

static void ask(struct fixture *f, const char *path, const char *host)
{
    struct api_http_header header = { .name = "Host", .value = host };
    const struct api_http_get_action action = { .path = path, .http_headers = &header, .n_http_headers = host != NULL };
    const struct http_get_options options = { .action = &action,
                                              .location = { .host = "127.0.0.1", .port = f->port },
                                              .agent = "kube-probe/1.36",
                                              .timeout = 60 * USEC_PER_SEC };
    f->requests = 0;
    assert_non_null(http_get_start(f->loop, &options, on_done, f));
    loop_run(f->loop);
}

static void the_answer_is_told(void **state)
{
    struct fixture *f = *state;
    ask(f, "503", NULL);
    assert_int_equal(503, f->status);
    assert_string_equal("a body", f->body);
    assert_string_equal("kube-probe/1.36", f->agent);
    assert_string_equal("", f->referer);
}

static void redirects_on_the_host_are_followed(void **state)
{
    struct fixture *f = *state;
    char text[128];
    ask(f, "/to?/to?/500", "example.org");
    assert_int_equal(3, f->requests);
    assert_int_equal(500, f->status);
    assert_string_equal("example.org", f->host); /* relative: the same server is meant */
    snprintf(text, sizeof(text), "http://127.0.0.1:%d/to?/500", f->port);
    assert_string_equal(text, f->referer);

    snprintf(text, sizeof(text), "/to?http://127.0.0.1:%d/200", f->port);
    ask(f, text, "example.org");
    assert_int_equal(200, f->status);
    snprintf(text, sizeof(text), "127.0.0.1:%d", f->port);
    assert_string_equal(text, f->host);
}

static void redirects_to_other_hosts_are_the_answer(void **state)
{
    struct fixture *f = *state;
    ask(f, "/to?http://0.0.0.0/", NULL);
    assert_int_equal(1, f->requests);
    assert_int_equal(302, f->status);
    assert_string_equal("a body", f->body);
    ask(f, "/to", NULL); /* without a Location */
    assert_int_equal(302, f->status);
}

static void redirects_end(void **state)
{
    struct fixture *f = *state;
    char text[256];
    ask(f, "/turn", NULL);
    assert_int_equal(10, f->requests);
    assert_int_equal(0, f->status);
    snprintf(text, sizeof(text), "Get \"http://127.0.0.1:%d/turn\": stopped after 10 redirects", f->port);
    assert_string_equal(text, f->error);
    ask(f, "/to?ftp://127.0.0.1/", NULL);
    assert_int_equal(0, f->status);
    assert_non_null(strstr(f->error, "unsupported protocol scheme \"ftp\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_answer_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redirects_on_the_host_are_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redirects_to_other_hosts_are_the_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redirects_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
