/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Watches over WebSockets, byte by byte, and tokens among their protocols. */
#include "apiserver/fixture.h"

#include "apiserver/access/socket_token.h"

#define MAPS      "/api/v1/namespaces/default/configmaps"
#define HANDSHAKE "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
#define KEY       "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void open_socket(struct fixture *f, struct connection *peer, const char *query, const char *headers)
{
    char *text = NULL;
    *peer = (struct connection){ 0 };
    connection_open(f, peer);
    assert_true(asprintf(&text, "GET " MAPS "?%s HTTP/1.1\r\nhost: t\r\n" HANDSHAKE "%s\r\n", query, headers) > 0);
    stream_write(peer->stream, str_of(text));
    free(text);
    run(f);
}

/* The server's next frame, taken off; data NULL: none. */
static struct str next_frame(struct connection *peer, int *ret_first)
{
    struct str in = buffer_str(&peer->in);
    if (in.size < 2)
        return (struct str){ 0 };
    size_t head = 2, size = (unsigned char)in.data[1];
    if (size == 126) {
        size = (size_t)(unsigned char)in.data[2] << 8 | (unsigned char)in.data[3];
        head = 4;
    }
    static char text[70000];
    assert_true(size < sizeof(text) && head + size <= in.size);
    *ret_first = (unsigned char)in.data[0];
    memcpy(text, in.data + head, size);
    text[size] = '\0';
    buffer_consume(&peer->in, head + size);
    return (struct str){ text, size };
}

static void skip_head(struct connection *peer)
{
    const char *end = strstr(peer->in.data, "\r\n\r\n");
    assert_non_null(end);
    buffer_consume(&peer->in, (size_t)(end - peer->in.data) + 4);
}

static void make(struct fixture *f, const char *name)
{
    char body[128];
    snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\"}}", name);
    expect(ask(f, "POST", MAPS, body), "201 Created");
}

/* "watch transports: websocket" */
static void test_messages(void **state)
{
    struct fixture *f = *state;
    struct connection peer;
    int first = 0;
    make(f, "a");
    open_socket(f, &peer, "watch=1&timeoutSeconds=30&allowWatchBookmarks=1", KEY);
    expect(peer.in.data, "HTTP/1.1 101 Switching Protocols\r\n");
    expect(peer.in.data, "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    assert_null(strstr(peer.in.data, "sec-websocket-protocol"));
    skip_head(&peer);
    struct str text = next_frame(&peer, &first);
    assert_int_equal(first, 0x81); /* text */
    expect(text.data, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"ConfigMap\",");
    expect(next_frame(&peer, &first).data, "\"k8s.io/initial-events-end\":\"true\"");
    make(f, "b");
    expect(next_frame(&peer, &first).data, "\"name\":\"b\"");
    stream_write(peer.stream, (struct str){ "\x81\x82\1\2\3\4jk", 8 }); /* is of no interest */
    stream_write(peer.stream, (struct str){ "\x89\x80\1\2\3\4", 6 });   /* a ping is answered */
    run(f);
    (void)next_frame(&peer, &first);
    assert_int_equal(first, 0x8a);
    loop_run_until(f->loop, loop_now(f->loop) + 31 * USEC_PER_SEC);
    expect(next_frame(&peer, &first).data, "{\"type\":\"BOOKMARK\"");
    text = next_frame(&peer, &first);
    assert_int_equal(first, 0x88);
    assert_memory_equal(text.data, "\3\xe8", 2); /* 1000 */
    connection_close(&peer);
    /* The peer ends it. */
    open_socket(f, &peer, "watch=1", KEY);
    stream_write(peer.stream, (struct str){ "\x88\x82\0\0\0\0\3\xe8", 8 });
    run(f);
    connection_close(&peer);
    make(f, "c");
}

static void test_forms(void **state)
{
    struct fixture *f = *state;
    struct connection peer;
    int first = 0;
    make(f, "a");
    open_socket(f, &peer, "watch=1&resourceVersion=2",
                KEY "accept: application/vnd.kubernetes.protobuf;stream=watch\r\n"
                    "sec-websocket-protocol: base64.binary.k8s.io\r\n");
    expect(peer.in.data, "sec-websocket-protocol: base64.binary.k8s.io\r\n");
    skip_head(&peer);
    struct str message = next_frame(&peer, &first);
    assert_int_equal(first, 0x82);
    assert_memory_equal(message.data,
                        "\x0a\x05"
                        "ADDED",
                        7); /* no length before it */
    assert_non_null(memmem(message.data, message.size, "k8s\0", 4));
    connection_close(&peer);
    open_socket(f, &peer, "watch=1&resourceVersion=0",
                KEY "accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io\r\n");
    skip_head(&peer);
    expect(next_frame(&peer, &first).data, "\"kind\":\"PartialObjectMetadata\"");
    connection_close(&peer);
}

/* What is wrong before the handshake is an answer like any. */
static void test_refusals(void **state)
{
    struct fixture *f = *state;
    struct connection peer;
    open_socket(f, &peer, "watch=1", KEY "sec-websocket-protocol: x, y\r\n"); /* upstream takes no choice */
    expect(peer.in.data, "400 Bad Request");
    connection_close(&peer);
    int first = 0;
    open_socket(f, &peer, "watch=1&labelSelector=x+in", KEY);
    expect(peer.in.data, "400 Bad Request");
    expect(peer.in.data, "\"kind\":\"Status\"");
    connection_close(&peer);
    open_socket(f, &peer, "watch=1", "");
    expect(peer.in.data, "400 Bad Request");
    connection_close(&peer);
    /* ... and what is wrong with the revision an event. */
    open_socket(f, &peer, "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999", KEY);
    loop_run_until(f->loop, loop_now(f->loop) + 4 * USEC_PER_SEC);
    expect(peer.in.data, "101 Switching");
    skip_head(&peer);
    expect(next_frame(&peer, &first).data, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\"");
    (void)next_frame(&peer, &first);
    assert_int_equal(first, 0x88);
    connection_close(&peer);
    expect(ask(f, "GET", MAPS, ""), "200 OK");
    /* One that is open when the server ends. */
    open_socket(f, &peer, "watch=1", KEY);
    connection_close(&f->main);
    f->main = (struct connection){ 0 };
    api_server_destroy(f->server);
    f->server = NULL;
    run(f);
    connection_close(&peer);
}

/* A token among the protocols. */
static void test_tokens(void **state)
{
    static const struct {
        const char *protocols;
        int rc;
        const char *token, *rest;
    } cases[] = {
        { "v4.channel.k8s.io", 0, "", "v4.channel.k8s.io" },
        { SOCKET_TOKEN_PREFIX "c2VjcmV0, a.b", 0, "secret", "a.b" },
        { "a.b," SOCKET_TOKEN_PREFIX "c2VjcmV0, c.d", 0, "secret", "a.b, c.d" },
        { SOCKET_TOKEN_PREFIX "c2VjcmV0", -ERROR_UNAUTHORIZED, "", "" },
        { "a.b, " SOCKET_TOKEN_PREFIX "!", -ERROR_UNAUTHORIZED, "", "" },
        { "a, " SOCKET_TOKEN_PREFIX "c2VjcmV0, " SOCKET_TOKEN_PREFIX "c2VjcmV0", -ERROR_UNAUTHORIZED, "", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct http_header items[] = { { STR("upgrade"), STR("websocket") },
                                             { STR("sec-websocket-protocol"), str_of(cases[i].protocols) } };
        const struct http_headers headers = { items, 2 };
        struct request request = { .headers = &headers };
        struct str token = { 0 };
        assert_int_equal(socket_token_take(&request, &token, NULL), cases[i].rc);
        assert_true(str_is(token, cases[i].token));
        if (cases[i].rc == 0)
            assert_true(str_is(http_header(request.headers, "sec-websocket-protocol"), cases[i].rest));
        arena_fini(&request.arena);
    }
}

static void test_token_of_nobody(void **state)
{
    struct fixture *f = *state;
    struct connection peer;
    open_socket(f, &peer, "watch=1", KEY "sec-websocket-protocol: x, " SOCKET_TOKEN_PREFIX "c2VjcmV0\r\n");
    expect(peer.in.data, "401 Unauthorized");
    connection_close(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test_setup_teardown(test_token_of_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
