/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Requests that are carried on to a pod, and upgraded connections, over loopback on a real loop. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apiserver/apiserver.h"
#include "base/buffer.h"
#include "generated/types.h"

struct fixture {
    struct loop *loop;
    struct store *store;
    struct api_server *server;
    struct http_server *backend;
    struct listener *listener;
    struct stream *echo;   /* the backend's end of an upgraded connection */
    struct stream *stream; /* our connection to the API server */
    struct buffer in;
    const char *awaited;
    struct loop_timer limit;
};

/* ---------------------------------------------------------------- the pod */

static void echo_read(void *context, struct str bytes)
{
    struct fixture *f = context;
    if (bytes.size == 0) {
        stream_close(f->echo, true);
        f->echo = NULL;
        return;
    }
    stream_write(f->echo, STR("echo:"));
    stream_write(f->echo, bytes);
}

static void echo_failed(void *context, const struct error *err)
{
    struct fixture *f = context;
    (void)err;
    stream_close(f->echo, false);
    f->echo = NULL;
}

static void backend_request(void *context, struct http_exchange *exchange)
{
    static const struct stream_events events = { .read = echo_read, .failed = echo_failed };
    struct fixture *f = context;
    const struct http_headers *headers = http_exchange_headers(exchange);
    assert_null(http_header(headers, "authorization").data); /* credentials go no further */
    if (http_header(headers, "upgrade").size > 0) {
        static const struct http_header items[] = { { { "upgrade", 7 }, { "raw", 3 } },
                                                    { { "connection", 10 }, { "Upgrade", 7 } } };
        struct http_headers answer = { items, 2 };
        assert_int_equal(http_exchange_upgrade(exchange, &answer, &f->echo, NULL), 0);
        stream_set_events(f->echo, &events, f);
        stream_read_start(f->echo);
        return;
    }
    auto_buffer struct buffer text = { .max = 4096 };
    struct str path = http_exchange_path(exchange), query = http_exchange_query(exchange),
               body = http_exchange_body(exchange);
    buffer_format(&text, "pod got " STR_FMT "?" STR_FMT " " STR_FMT, STR_ARG(path), STR_ARG(query), STR_ARG(body));
    struct bytes *bytes = bytes_create(text.data, text.size);
    http_respond(exchange, 200, &(struct http_headers){ 0 }, bytes);
    bytes_unref(bytes);
}

static void backend_accepted(void *context, struct stream *stream)
{
    http_server_serve(((struct fixture *)context)->backend, stream);
}

/* ---------------------------------------------------------------- the client */

static void on_read(void *context, struct str bytes)
{
    struct fixture *f = context;
    buffer_append_str(&f->in, bytes);
    if (f->awaited != NULL && f->in.data != NULL && strstr(f->in.data, f->awaited) != NULL)
        loop_stop(f->loop);
}

static void on_failed(void *context, const struct error *err)
{
    (void)err;
    loop_stop(((struct fixture *)context)->loop);
}

static void on_limit(struct loop_timer *timer)
{
    loop_stop(container_of(timer, struct fixture, limit)->loop);
}

static void expect(struct fixture *f, const char *text)
{
    if (f->in.data == NULL || strstr(f->in.data, text) == NULL) {
        f->awaited = text;
        f->limit.callback = on_limit;
        loop_timer_start(f->loop, &f->limit, 5 * USEC_PER_SEC);
        loop_run(f->loop);
        loop_timer_stop(&f->limit);
    }
    if (f->in.data == NULL || strstr(f->in.data, text) == NULL)
        print_error("expected %s in:\n%s\n", text, f->in.data == NULL ? "" : f->in.data);
    assert_non_null(f->in.data == NULL ? NULL : strstr(f->in.data, text));
    buffer_clear(&f->in);
}

static void send_request(struct fixture *f, const char *method, const char *path, const char *headers, const char *body)
{
    char *text = NULL;
    assert_true(asprintf(&text, "%s %s HTTP/1.1\r\nhost: t\r\n%scontent-length: %zu\r\n\r\n%s", method, path, headers,
                         strlen(body), body) > 0);
    stream_write(f->stream, str_of(text));
    free(text);
}

static int setup(void **state)
{
    static const struct http_handler handler = { .request = backend_request };
    static const struct stream_events events = { .read = on_read, .failed = on_failed };
    struct fixture *f = calloc(1, sizeof(*f));
    struct stream_target target = { .address = "tcp:127.0.0.1:0" };
    assert_int_equal(loop_create_real(&f->loop, NULL), 0);
    assert_int_equal(store_open_memory(f->loop, &f->store, NULL), 0);
    f->backend = http_server_create(f->loop, &handler, f, &(struct http_limits){ 0 });
    assert_int_equal(listener_open(f->loop, &target, backend_accepted, f, &f->listener, NULL), 0);
    struct api_server_options options = { .proxy_to_this_host = true,
                                          .loop = f->loop,
                                          .store = f->store,
                                          .anonymous = true,
                                          .authorization = AUTHORIZATION_ALWAYS_ALLOW };
    assert_int_equal(api_server_create(&options, &f->server, NULL), 0);
    assert_int_equal(api_server_start(f->server, NULL), 0);
    struct stream *ends[2];
    stream_pair(f->loop, ends);
    f->stream = ends[0];
    stream_set_events(f->stream, &events, f);
    stream_read_start(f->stream);
    api_server_serve(f->server, ends[1]);
#define JSON "content-type: application/json\r\n"
    send_request(f, "POST", "/api/v1/namespaces", JSON, "{\"metadata\":{\"name\":\"x\"}}");
    expect(f, "201 Created");
    send_request(f, "POST", "/api/v1/namespaces/x/serviceaccounts", JSON, "{\"metadata\":{\"name\":\"default\"}}");
    expect(f, "201 Created");
    send_request(f, "POST", "/api/v1/namespaces/x/pods", JSON,
                 "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}");
    expect(f, "201 Created");
    send_request(f, "PATCH", "/api/v1/namespaces/x/pods/p/status", "content-type: application/merge-patch+json\r\n",
                 "{\"status\":{\"podIP\":\"127.0.0.1\",\"podIPs\":[{\"ip\":\"127.0.0.1\"}]}}");
    expect(f, "200 OK");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    stream_close(f->stream, false);
    api_server_destroy(f->server);
    store_close(f->store);
    stream_close(f->echo, false);
    listener_close(f->listener);
    http_server_destroy(f->backend);
    f->limit.callback = on_limit;
    loop_timer_start(f->loop, &f->limit, 50 * USEC_PER_MSEC); /* what was closed goes */
    loop_run(f->loop);
    loop_destroy(f->loop);
    buffer_fini(&f->in);
    free(f);
    return 0;
}

static const char *proxy_path(struct fixture *f, const char *rest, char text[256])
{
    snprintf(text, 256, "/api/v1/namespaces/x/pods/p:%d/proxy%s", listener_port(f->listener), rest);
    return text;
}

static void test_carried_on(void **state)
{
    struct fixture *f = *state;
    char path[256];
    send_request(f, "GET", proxy_path(f, "/a%20b/c?d=e", path), "authorization: Basic none\r\n", "");
    expect(f, "pod got /a%20b/c?d=e ");
    send_request(f, "POST", proxy_path(f, "", path), "", "hello");
    expect(f, "pod got /? hello");
    send_request(f, "GET", "/api/v1/namespaces/x/pods/p:1/proxy/", "", "");
    expect(f, "error dialing backend");
    send_request(f, "GET", "/api/v1/namespaces/x/pods/q/proxy/", "", "");
    expect(f, "pods \\\"q\\\" not found");
}

static void test_log_of_a_pod_without_a_node(void **state)
{
    struct fixture *f = *state;
    send_request(f, "GET", "/api/v1/namespaces/x/pods/p/log?container=nope", "", "");
    expect(f, "container nope is not valid for pod p");
    send_request(f, "GET", "/api/v1/namespaces/x/pods/p/log", "", "");
    expect(f, "200 OK");
}

static void test_options_of_logs(void **state)
{
    static const struct {
        const char *query, *answer;
    } cases[] = {
        { "tailLines=0&limitBytes=1&sinceSeconds=1&stream=All", "200 OK" },
        { "sinceTime=2026-01-01T00:00:00Z&stream=Stdout", "200 OK" },
        { "tailLines=x", "strconv.ParseInt: parsing \\\"x\\\": invalid syntax\",\"reason\":\"BadRequest\"" },
        { "tailLines=-1",
          "PodLogOptions \\\"p\\\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0" },
        { "limitBytes=0&sinceSeconds=0",
          "is invalid: [limitBytes: Invalid value: 0: must be greater than 0, sinceSeconds: "
          "Invalid value: 0: must be greater than 0]" },
        { "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
          "is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified" },
        { "stream=x",
          "stream: Unsupported value: \\\"x\\\": supported values: \\\"All\\\", \\\"Stderr\\\", \\\"Stdout\\\"" },
        { "stream=Stdout&tailLines=1", "`tailLines` and specific `stream` are mutually exclusive for now" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < countof(cases); i++) {
        char path[256];
        snprintf(path, sizeof(path), "/api/v1/namespaces/x/pods/p/log?%s", cases[i].query);
        send_request(f, "GET", path, "", "");
        expect(f, cases[i].answer);
    }
}

static void test_ports(void **state)
{
    static const struct {
        const char *query, *answer;
    } cases[] = {
        { "ports=80,x", "cannot convert to []int32: strconv.ParseUint: parsing \\\"x\\\": invalid syntax" },
        { "ports=80&ports=", "cannot convert to []int32: strconv.ParseUint: parsing \\\"\\\": invalid syntax" },
        { "ports=65536", "cannot convert to []int32: strconv.ParseUint: parsing \\\"65536\\\": value out of range" },
        { "ports=80,81&ports=82", "pod p does not have a host assigned" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < countof(cases); i++) {
        char path[256];
        snprintf(path, sizeof(path), "/api/v1/namespaces/x/pods/p/portforward?%s", cases[i].query);
        send_request(f, "GET", path, "connection: Upgrade\r\nupgrade: websocket\r\n", "");
        expect(f, cases[i].answer);
    }
}

static void test_upgraded(void **state)
{
    struct fixture *f = *state;
    char path[256];
    send_request(f, "GET", proxy_path(f, "/", path), "connection: Upgrade\r\nupgrade: raw\r\n", "");
    expect(f, "101 Switching Protocols");
    stream_write(f->stream, STR("one"));
    expect(f, "echo:one");
    stream_write(f->stream, STR("two"));
    expect(f, "echo:two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_carried_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_of_a_pod_without_a_node, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options_of_logs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(test_upgraded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
