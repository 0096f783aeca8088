/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* wire_test.c - the bytes of both codecs are those of upstream: documents that its own codecs made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/document_format.h"
#include "base/system/file.h"
#include "base/text/base64.h"
#include "generated/types.h"

enum { FIXTURE_MAX = 1 << 20 };

static void check_line(struct str line)
{
    struct str hex;
    if (line.size == 0 || line.data[0] == '#' || !str_next(&line, '\t', &hex))
        return;
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer json = { 0 }, protobuf = { 0 };
    size_t size = hex.size / 2;
    uint8_t *wire = arena_alloc(&arena, size);
    assert_true(hex_decode(hex, wire, size));

    const struct api_kind *kind = NULL, *same = NULL;
    void *from_json = NULL, *from_protobuf = NULL;
    struct error err = { 0 };
    struct api_strict_errors strict;
    if (document_decode(DOCUMENT_JSON, line, &arena, &strict, &kind, &from_json, &err) < 0 ||
        document_decode(DOCUMENT_PROTOBUF, (struct str){ (const char *)wire, size }, &arena, NULL, &same,
                        &from_protobuf, &err) < 0)
        fail_msg("%s", err.message);
    assert_ptr_equal(kind, same);
    assert_int_equal(strict.count, 0);
    assert_int_equal(document_encode(DOCUMENT_JSON, kind, from_protobuf, &json, NULL), 0);
    assert_int_equal(document_encode(DOCUMENT_PROTOBUF, kind, from_json, &protobuf, NULL), 0);
    if (!str_equal(str_trim(buffer_str(&json)), line))
        fail_msg("%s: JSON differs", kind->kind);
    assert_int_equal(protobuf.size, size);
    assert_memory_equal(protobuf.data, wire, size);
}

static void bytes_are_those_of_upstream(void **state)
{
    (void)state;
    const char *root = getenv("SOURCE_ROOT");
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer text = { .max = FIXTURE_MAX };
    const char *path = arena_format(&arena, "%s/tests/fixtures/api/wire.tsv", root != NULL ? root : ".");
    assert_int_equal(file_read(AT_FDCWD, path, FIXTURE_MAX, &text, NULL), 0);
    struct str rest = buffer_str(&text), line;
    while (str_next(&rest, '\n', &line))
        check_line(line);
}

/* The data of a ControllerRevision stands in its document as it is. */
static void embedded_bytes_must_be_json(void **state)
{
    static const struct {
        const char *data;
        int rc;
    } rows[] = {
        { "{\"a\":1}", 0 }, { "", 0 }, { "{\"a\":1", -ERROR_BAD_REQUEST }, { "1,\"x\":2", -ERROR_BAD_REQUEST }
    };
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer wire = { .max = 4096 };
        struct api_apps_controller_revision revision = { .data = str_of(rows[i].data) }, read = { 0 };
        struct error err = { 0 };
        api_encode_protobuf(&api_type_apps_controller_revision, &revision, &wire);
        assert_int_equal(
            api_decode_protobuf(&api_type_apps_controller_revision, buffer_str(&wire), &arena, &read, &err),
            rows[i].rc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_upstream),
        cmocka_unit_test(embedded_bytes_must_be_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
