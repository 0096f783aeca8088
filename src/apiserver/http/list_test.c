/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* "streaming list encoding: big JSON/protobuf lists written item by item": all forms say the same, to slow readers too, and
 * whoever goes away leaves nothing behind. */
#include "apiserver/fixture.h"

#include <zlib.h>

#include "api/codec.h"

#define MAPS     "/api/v1/namespaces/default/configmaps"
#define GZIP     "accept-encoding: gzip\r\n"
#define PROTOBUF "accept: application/vnd.kubernetes.protobuf\r\n"

enum { OBJECTS = 300, VALUE = 4000 };

static int setup_many(void **state)
{
    assert_int_equal(setup(state), 0);
    struct fixture *f = *state;
    static char body[VALUE + 256];
    for (int i = 0; i < OBJECTS; i++) {
        int head = snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"m%03d\"},\"data\":{\"x\":\"", i);
        for (int k = 0; k < VALUE; k++)
            body[head + k] = (char)('a' + (i * 7 + k * k) % 26);
        snprintf(body + head + VALUE, sizeof(body) - VALUE - (size_t)head, "\"}}");
        expect(ask(f, "POST", MAPS, body), "201 Created");
    }
    return 0;
}

/* The body of a chunked answer; the head is checked for some text. */
static void take_body(struct connection *peer, const char *head, struct buffer *body)
{
    const char *at = strstr(peer->in.data, "\r\n\r\n"), *end = peer->in.data + peer->in.size;
    assert_non_null(at);
    expect(peer->in.data, "200 OK");
    expect(peer->in.data, "transfer-encoding: chunked");
    expect(peer->in.data, head);
    at += 4;
    for (;;) {
        char *behind;
        size_t size = strtoul(at, &behind, 16);
        if (size == 0)
            break;
        assert_true(behind + 2 + size < end);
        buffer_append(body, behind + 2, size);
        at = behind + 2 + size + 2;
    }
    assert_memory_equal(at, "0\r\n\r\n", 5); /* nothing is missing */
}

static void begin(struct fixture *f, struct connection *peer, const char *headers)
{
    char text[512];
    *peer = (struct connection){ 0 };
    connection_open(f, peer);
    snprintf(text, sizeof(text), "GET " MAPS " HTTP/1.1\r\nhost: t\r\n%s\r\n", headers);
    stream_write(peer->stream, str_of(text));
}

static void get(struct fixture *f, const char *headers, const char *head, struct buffer *body)
{
    struct connection peer;
    begin(f, &peer, headers);
    run(f);
    take_body(&peer, head, body);
    connection_close(&peer);
}

static void gunzip(struct str packed, struct buffer *text)
{
    z_stream stream = { .next_in = (unsigned char *)(uintptr_t)packed.data, .avail_in = (unsigned)packed.size };
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    int rc = Z_OK;
    while (rc == Z_OK) {
        char *space = buffer_reserve(text, 1 << 16);
        stream.next_out = (unsigned char *)space;
        stream.avail_out = 1 << 16;
        rc = inflate(&stream, Z_NO_FLUSH);
        buffer_commit(text, (1 << 16) - stream.avail_out);
    }
    assert_int_equal(rc, Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    inflateEnd(&stream);
}

static void test_forms(void **state)
{
    struct fixture *f = *state;
    auto_buffer struct buffer json = { 0 }, packed = { 0 }, text = { 0 }, protobuf = { 0 };
    auto_arena struct arena arena = { 0 };
    get(f, "", "content-type: application/json\r\n", &json);
    assert_true(json.size > OBJECTS * VALUE);
    get(f, GZIP, "content-encoding: gzip\r\n", &packed);
    gunzip(buffer_str(&packed), &text);
    assert_true(str_equal(buffer_str(&json), buffer_str(&text)));
    get(f, PROTOBUF, "content-type: application/vnd.kubernetes.protobuf\r\n", &protobuf);
    const struct api_kind *kind = NULL;
    void *value = NULL;
    struct error err;
    if (api_decode_protobuf_envelope(buffer_str(&protobuf), &arena, &kind, &value, &err) < 0)
        fail_msg("%s", err.message);
    assert_string_equal(kind->kind, "ConfigMapList");
    const struct api_config_map_list *list = value;
    assert_int_equal(list->n_items, OBJECTS);
    assert_string_equal(list->items[7].metadata.name, "m007");
    assert_string_equal(list->metadata.resource_version, "302");
    assert_int_equal(strlen(list->items[OBJECTS - 1].data[0].value), VALUE);
    buffer_clear(&text);
    api_encode_protobuf_envelope(kind, value, &text);
    assert_true(str_equal(buffer_str(&protobuf), buffer_str(&text)));
    buffer_clear(&packed);
    buffer_clear(&text);
    get(f, PROTOBUF GZIP, "content-encoding: gzip\r\n", &packed);
    gunzip(buffer_str(&packed), &text);
    assert_true(str_equal(buffer_str(&protobuf), buffer_str(&text)));
}

static void test_slow_readers(void **state)
{
    static const char *const headers[] = { "", GZIP, PROTOBUF, PROTOBUF GZIP };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        auto_buffer struct buffer whole = { 0 }, slow = { 0 };
        struct connection peer;
        get(f, headers[i], "", &whole);
        begin(f, &peer, headers[i]);
        for (int turn = 0; turn < 40; turn++) { /* now it reads, now it does not */
            if (turn % 2 == 0)
                stream_read_stop(peer.stream);
            else
                stream_read_start(peer.stream);
            loop_run_until(f->loop, loop_now(f->loop) + USEC_PER_MSEC);
        }
        run(f);
        take_body(&peer, "", &slow);
        assert_true(str_equal(buffer_str(&whole), buffer_str(&slow)));
        connection_close(&peer);
        begin(f, &peer, headers[i]); /* and goes */
        stream_read_stop(peer.stream);
        loop_run_until(f->loop, loop_now(f->loop));
        connection_close(&peer);
        run(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forms, setup_many, teardown),
        cmocka_unit_test_setup_teardown(test_slow_readers, setup_many, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
