/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* A server whose connections are spread over threads, on real loops; what is tested of answers elsewhere is not tested
 * again here: that they come from every lane, and how lanes end. For the thread sanitizer, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver/apiserver.h"
#include "base/memory.h"
#include "net/websocket.h"

enum { LANES = 3, CLIENTS = 12 };

#define PATIENCE (60 * USEC_PER_SEC)
#define MAPS     "/api/v1/namespaces/default/configmaps"

struct fixture {
    struct loop *loop;
    struct store *store;
    struct api_server *server;
    struct http_client *clients[CLIENTS]; /* a connection each */
    struct loop_timer patience;
    int waiting;
    bool stopped;
};

/* One request of a client. */
struct ask {
    struct fixture *fixture;
    struct http_request *request;
    struct buffer body;
    int status, rc;
    bool done;
    size_t wanted; /* lines of the body; 0: its end */
    size_t lines;
    bool introduced; /* it has credentials, of a sort that nobody knows here */
    char warnings[512];
};

static void settle_one(struct ask *ask)
{
    if (ask->done)
        return;
    ask->done = true;
    if (--ask->fixture->waiting == 0)
        loop_stop(ask->fixture->loop);
}

static void on_response(void *context, int status, const struct http_headers *headers)
{
    struct ask *ask = context;
    ask->status = status;
    for (size_t i = 0; i < headers->count; i++)
        if (str_is(headers->items[i].name, "warning"))
            strncat(ask->warnings, headers->items[i].value.data, sizeof(ask->warnings) - strlen(ask->warnings) - 1);
}

static void on_body(void *context, struct str bytes)
{
    struct ask *ask = context;
    buffer_append_str(&ask->body, bytes);
    for (size_t i = 0; i < bytes.size; i++)
        ask->lines += bytes.data[i] == '\n';
    if (ask->wanted > 0 && ask->lines >= ask->wanted)
        settle_one(ask);
}

static void on_done(void *context, int rc, const struct error *err)
{
    struct ask *ask = context;
    (void)err;
    ask->request = NULL;
    ask->rc = rc;
    settle_one(ask);
}

static const struct http_request_events events = { .response = on_response, .body = on_body, .done = on_done };

static void start(struct fixture *f, struct ask *ask, int client, const char *method, const char *path,
                  const char *body)
{
    static const struct http_header json[] = { { STR("content-type"), STR("application/json") },
                                               { STR("authorization"), STR("Basic eDp5") } };
    ask->fixture = f;
    ask->body.max = (size_t)256 << 20;
    struct bytes *bytes = body == NULL ? NULL : bytes_create(body, strlen(body));
    const struct http_request_options options = {
        .method = method, .path = path, .headers = { json, ask->introduced ? 2 : 1 }, .body = bytes
    };
    f->waiting++;
    ask->request = http_request_start(f->clients[client % CLIENTS], &options, &events, ask);
    bytes_unref(bytes);
}

static void again(struct fixture *f, struct ask *ask, size_t wanted)
{
    ask->wanted = wanted;
    if (ask->lines >= wanted)
        return;
    ask->done = false;
    f->waiting++;
}

static void out_of_patience(struct loop_timer *timer)
{
    print_error("nothing comes any more\n");
    loop_stop(timer->loop);
}

static void run(struct fixture *f)
{
    if (f->waiting > 0) {
        loop_timer_start(f->loop, &f->patience, PATIENCE);
        loop_run(f->loop);
        loop_timer_stop(&f->patience);
    }
    assert_int_equal(f->waiting, 0);
}

static void ask_fini(struct ask *ask)
{
    http_request_cancel(ask->request);
    buffer_fini(&ask->body);
}

static void create(struct fixture *f, int count, int from, size_t size)
{
    struct ask *asks = memory_zalloc((size_t)count * sizeof(*asks));
    char *value = memory_zalloc(size + 1);
    memset(value, 'v', size);
    for (int i = 0; i < count; i++) {
        autofree char *body =
            memory_format("{\"metadata\":{\"name\":\"m%d\"},\"data\":{\"k\":\"%s\"}}", from + i, value);
        start(f, &asks[i], i, "POST", MAPS, body);
    }
    run(f);
    for (int i = 0; i < count; i++) {
        assert_int_equal(asks[i].status, 201);
        ask_fini(&asks[i]);
    }
    free(value);
    free(asks);
}

static int setup(void **state)
{
    struct fixture *f = memory_new(struct fixture);
    struct error err;
    f->patience.callback = out_of_patience;
    assert_int_equal(loop_create_real(&f->loop, &err), 0);
    assert_int_equal(store_open_memory(f->loop, &f->store, &err), 0);
    const struct stream_target listen = { .address = "tcp:127.0.0.1:0" };
    const struct api_server_options options = { .loop = f->loop,
                                                .store = f->store,
                                                .listen = &listen,
                                                .n_listen = 1,
                                                .serving_loops = LANES,
                                                .anonymous = true,
                                                .authorization = AUTHORIZATION_ALWAYS_ALLOW };
    assert_int_equal(api_server_create(&options, &f->server, &err), 0);
    assert_int_equal(api_server_start(f->server, &err), 0);
    char address[64];
    snprintf(address, sizeof(address), "tcp:127.0.0.1:%d", api_server_port(f->server));
    for (int i = 0; i < CLIENTS; i++)
        f->clients[i] = http_client_create(
            f->loop, &(struct http_client_options){ .target = { .address = address }, .http2_only = true });
    struct ask namespace_ = { 0 };
    start(f, &namespace_, 0, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"default\"}}");
    run(f);
    assert_int_equal(namespace_.status, 201);
    ask_fini(&namespace_);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < CLIENTS; i++)
        http_client_destroy(f->clients[i]);
    api_server_destroy(f->server); /* lets the lanes end when they were not stopped */
    store_close(f->store);
    loop_settle(f->loop, USEC_PER_SEC);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static void stopped(void *context)
{
    struct fixture *f = context;
    f->stopped = true;
    f->waiting--;
    loop_stop(f->loop);
}

static void test_every_lane_answers(void **state)
{
    struct fixture *f = *state;
    create(f, 4 * CLIENTS, 0, 10);
    struct ask got[CLIENTS] = { 0 }, lists[CLIENTS] = { 0 }, missing[CLIENTS] = { 0 }, bad[CLIENTS] = { 0 };
    struct ask texts[CLIENTS] = { 0 };
    for (int i = 0; i < CLIENTS; i++) {
        start(f, &got[i], i, "GET", MAPS "/m7", NULL);
        start(f, &lists[i], i, "GET", MAPS, NULL);
        start(f, &missing[i], i, "GET", MAPS "/nobody", NULL);
        start(f, &bad[i], i, "GET", MAPS "?limit=x", NULL);
        start(f, &texts[i], i, "GET", "/readyz", NULL);
    }
    run(f);
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(got[i].status, 200);
        assert_non_null(strstr(got[i].body.data, "\"name\":\"m7\""));
        assert_int_equal(lists[i].status, 200);
        assert_non_null(strstr(lists[i].body.data, "\"name\":\"m47\""));
        assert_int_equal(missing[i].status, 404);
        assert_non_null(strstr(missing[i].body.data, "configmaps \\\"nobody\\\" not found"));
        assert_int_equal(bad[i].status, 400);
        assert_int_equal(texts[i].status, 200);
        ask_fini(&got[i]);
        ask_fini(&lists[i]);
        ask_fini(&missing[i]);
        ask_fini(&bad[i]);
        ask_fini(&texts[i]);
    }
}

/* Bodies of who has credentials are decoded on the lane, before anybody has looked at the rest: the answers are the same. */
static void test_bodies_are_decoded_anywhere(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path, *body;
        int status;
        const char *says;
    } cases[] = {
        { MAPS "?fieldValidation=Strict", "{\"metadata\":{\"name\":\"a\"},\"x\":1}", 400, "strict decoding error" },
        { MAPS "?dryRun=All&fieldValidation=Warn", "{\"metadata\":{\"name\":\"a\"},\"x\":1,\"y\":{}}", 201, "" },
        { MAPS, "{\"metadata\":{\"name\":\"a\"}", 400, "unrecognized" },
        { MAPS, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}", 400, "cannot be handled as a ConfigMap" },
        { MAPS, "{\"metadata\":{\"name\":\"a\"},\"data\":7}", 400, "cannot be handled as a ConfigMap" },
        { "/api/v1/nonsense", "{}", 404, "could not find the requested resource" },
        { MAPS "/nobody/status", "{}", 404, "could not find the requested resource" },
    };
    for (size_t c = 0; c < countof(cases); c++) {
        struct ask asks[CLIENTS] = { 0 };
        for (int i = 0; i < CLIENTS; i++) {
            asks[i].introduced = i > 0;
            start(f, &asks[i], i, "POST", cases[c].path, cases[c].body);
        }
        run(f);
        for (int i = 0; i < CLIENTS; i++) {
            assert_int_equal(asks[i].status, cases[c].status);
            assert_non_null(strstr(asks[i].body.data, cases[c].says));
            assert_string_equal(asks[i].warnings, asks[0].warnings);
            if (cases[c].status != 201)
                assert_string_equal(asks[i].body.data, asks[0].body.data);
            else
                assert_non_null(strstr(asks[i].warnings, "unknown field \\\"y\\\""));
        }
        for (int i = 0; i < CLIENTS; i++)
            ask_fini(&asks[i]);
    }
}

/* Twelve clients: four of them on the server's own loop, or fewer, as it does the work behind all of them, too. */
static void test_connections_are_spread(void **state)
{
    struct fixture *f = *state;
    create(f, CLIENTS, 0, 10);
    struct ask metrics = { 0 };
    start(f, &metrics, 0, "GET", "/metrics", NULL);
    run(f);
    int sum = 0;
    for (int i = 0; i < LANES; i++) {
        char name[64];
        snprintf(name, sizeof(name), "coracle_serving_connections{thread=\"%d\"} ", i);
        const char *at = strstr(metrics.body.data, name);
        assert_non_null(at);
        int count = atoi(at + strlen(name));
        assert_true(count >= 1 && count <= (i == 0 ? 4 : 6));
        sum += count;
    }
    assert_int_equal(sum, CLIENTS);
    ask_fini(&metrics);
}

static void test_watches_on_every_lane(void **state)
{
    struct fixture *f = *state;
    create(f, 3, 0, 10);
    struct ask watches[CLIENTS] = { 0 };
    for (int i = 0; i < CLIENTS; i++) {
        watches[i].wanted = 3;
        start(f, &watches[i], i, "GET", MAPS "?watch=true&resourceVersion=0", NULL);
    }
    run(f);
    for (int i = 0; i < CLIENTS; i += 3)
        ask_fini(&watches[i]); /* the peer goes away; others stay */
    for (int i = 0; i < CLIENTS; i++)
        if (i % 3 != 0)
            again(f, &watches[i], 3 + 20);
    create(f, 20, 100, 10);
    run(f);
    for (int i = 0; i < CLIENTS; i++) {
        if (i % 3 == 0)
            continue;
        char *at = watches[i].body.data;
        for (int n = 0; n < 3; n++)
            at = strstr(at, "\"type\":\"ADDED\"") + 1;
        assert_non_null(strstr(watches[i].body.data, "\"name\":\"m119\""));
        again(f, &watches[i], SIZE_MAX); /* to its end */
    }
    f->waiting++;
    api_server_stop(f->server, USEC_PER_SEC, stopped, f);
    while (f->waiting > 0)
        loop_run(f->loop);
    assert_true(f->stopped);
    for (int i = 0; i < CLIENTS; i++) {
        if (i % 3 == 0)
            continue;
        assert_int_equal(watches[i].rc, 0); /* politely */
        ask_fini(&watches[i]);
    }
}

/* More than the credit and the sockets hold waits in the watch cache, and comes when the peer reads again. */
static void test_a_slow_reader_gets_everything(void **state)
{
    struct fixture *f = *state;
    struct ask watches[4] = { 0 };
    for (int i = 0; i < 4; i++) {
        watches[i].wanted = 1;
        start(f, &watches[i], CLIENTS - 1 - i, "GET", MAPS "?watch=true", NULL);
    }
    create(f, 1, 0, 10);
    run(f);
    for (int i = 0; i < 4; i++)
        http_request_body_stop(watches[i].request);
    create(f, 200, 1, 50000);
    for (int i = 0; i < 4; i++) {
        assert_true(watches[i].lines < 201);
        again(f, &watches[i], 201);
        http_request_body_start(watches[i].request);
    }
    run(f);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(watches[i].lines, 201);
        ask_fini(&watches[i]);
    }
}

/* The same over WebSockets: these leave the exchange behind. */
struct socket {
    struct fixture *fixture;
    struct websocket_connect *connect;
    struct websocket *socket;
    int messages, code;
};

static void socket_settled(struct socket *socket)
{
    if (--socket->fixture->waiting == 0)
        loop_stop(socket->fixture->loop);
}

static void socket_message(void *context, enum websocket_type type, struct str message)
{
    struct socket *socket = context;
    assert_int_equal(type, WEBSOCKET_TEXT);
    assert_true(str_starts(message, STR("{\"type\":\"ADDED\"")));
    if (++socket->messages == 20)
        socket_settled(socket);
}

static void socket_closed(void *context, int code, struct str reason, const struct error *err)
{
    struct socket *socket = context;
    (void)reason;
    (void)err;
    socket->code = code;
    socket_settled(socket);
}

static void socket_open(void *context, struct websocket *opened, int status, const struct error *err)
{
    static const struct websocket_events socket_events = { .message = socket_message, .closed = socket_closed };
    struct socket *socket = context;
    (void)status;
    (void)err;
    socket->connect = NULL;
    socket->socket = opened;
    if (opened != NULL)
        websocket_set_events(opened, &socket_events, socket);
    socket_settled(socket);
}

static void test_sockets_on_every_lane(void **state)
{
    struct fixture *f = *state;
    struct socket sockets[CLIENTS] = { 0 };
    char address[64];
    snprintf(address, sizeof(address), "tcp:127.0.0.1:%d", api_server_port(f->server));
    struct http_client *client = http_client_create(
        f->loop, &(struct http_client_options){ .target = { .address = address }, .http1_only = true });
    f->waiting = CLIENTS;
    for (int i = 0; i < CLIENTS; i++) {
        sockets[i].fixture = f;
        const struct websocket_connect_options options = { .path = MAPS "?watch=1&resourceVersion=0" };
        sockets[i].connect = websocket_connect_start(client, &options, socket_open, &sockets[i]);
    }
    run(f);
    f->waiting = CLIENTS;
    struct ask asks[20] = { 0 };
    for (int i = 0; i < 20; i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"m%d\"}}", i);
        start(f, &asks[i], i, "POST", MAPS, body);
    }
    run(f);
    for (int i = 0; i < 20; i++)
        ask_fini(&asks[i]);
    for (int i = 0; i < CLIENTS; i += 3)
        websocket_close(take_pointer(&sockets[i].socket), 1000, ""); /* the peer goes away; others stay */
    f->waiting = 1;
    for (int i = 0; i < CLIENTS; i++)
        f->waiting += sockets[i].socket != NULL;
    api_server_stop(f->server, USEC_PER_SEC, stopped, f);
    while (f->waiting > 0)
        loop_run(f->loop);
    for (int i = 0; i < CLIENTS; i++) {
        if (sockets[i].socket != NULL)
            assert_int_equal(sockets[i].code, 1000); /* politely */
        websocket_close(sockets[i].socket, 1000, "");
    }
    http_client_destroy(client);
}

/* Peers go while the server has their requests, and the server goes while peers are there. */
static void test_ends_in_the_middle(void **state)
{
    struct fixture *f = *state;
    create(f, 5, 0, 10);
    struct ask asks[CLIENTS] = { 0 };
    for (int i = 0; i < CLIENTS; i++)
        start(f, &asks[i], i, "GET", i % 2 == 0 ? MAPS "/m1" : MAPS "?watch=1&resourceVersion=0", NULL);
    for (int i = 0; i < CLIENTS; i++) {
        if (!asks[i].done)
            f->waiting--;
        ask_fini(&asks[i]);
    }
    struct ask watch = { .wanted = 5 };
    start(f, &watch, 5, "GET", MAPS "?watch=1&resourceVersion=0", NULL);
    run(f);
    ask_fini(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_lane_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bodies_are_decoded_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connections_are_spread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watches_on_every_lane, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_gets_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sockets_on_every_lane, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends_in_the_middle, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
