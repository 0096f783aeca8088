/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/wal_frame.h"

static void build(struct buffer *buffer)
{
    wal_frame_begin(buffer);
    wal_frame_add(
        buffer,
        &(struct wal_record){
            .revision = 7, .create_revision = 3, .key = STR("/a"), .value = STR("one"), .previous_revision = 5 });
    wal_frame_add(buffer, &(struct wal_record){ .revision = 8,
                                                .create_revision = 4,
                                                .key = STR("/b"),
                                                .is_deletion = true,
                                                .previous_revision = 6,
                                                .previous = STR("old") });
    wal_frame_add(buffer, &(struct wal_record){ .revision = 9, .create_revision = 9, .key = STR("/c") });
    wal_frame_end(buffer, 42, 1000, 3);
    wal_frame_seal(buffer);
}

static void test_round_trip(void **state)
{
    (void)state;
    auto_buffer struct buffer buffer = { 0 };
    build(&buffer);
    assert_int_equal(buffer.size, WAL_BLOCK);
    buffer_append_text(&buffer, "what follows");
    struct wal_frame frame;
    struct wal_record record;
    size_t size;
    assert_true(wal_frame_parse(buffer_str(&buffer), &frame, &size));
    assert_int_equal(size, WAL_BLOCK);
    assert_true(frame.sequence == 42 && frame.reserved == 1000 && frame.count == 3);
    assert_true(wal_frame_next(&frame, &record));
    assert_true(record.revision == 7 && record.create_revision == 3 && !record.is_deletion);
    assert_true(str_is(record.key, "/a") && str_is(record.value, "one"));
    assert_true(record.previous_revision == 5 && record.previous.data == NULL);
    assert_true(wal_frame_next(&frame, &record));
    assert_true(record.is_deletion && str_is(record.key, "/b"));
    assert_true(record.previous_revision == 6 && str_is(record.previous, "old"));
    assert_true(wal_frame_next(&frame, &record));
    assert_true(!record.is_deletion && record.value.size == 0);
    assert_false(wal_frame_next(&frame, &record));
    assert_int_equal(frame.records.size, 0);
}

static void test_any_changed_or_missing_byte_is_noticed(void **state)
{
    (void)state;
    auto_buffer struct buffer buffer = { 0 };
    build(&buffer);
    struct wal_frame frame;
    size_t size, used = WAL_FRAME_HEADER_SIZE + 3 * WAL_RECORD_SIZE + 6 + 3 + 3;
    for (size_t i = 0; i < used; i++) {
        buffer.data[i] ^= 0x10;
        assert_false(wal_frame_parse(buffer_str(&buffer), &frame, &size));
        buffer.data[i] ^= 0x10;
        assert_false(wal_frame_parse((struct str){ buffer.data, i }, &frame, &size));
    }
    assert_true(wal_frame_parse((struct str){ buffer.data, used }, &frame, &size));
    assert_int_equal(size, used);
}

static void test_sizes_that_lie(void **state)
{
    (void)state;
    auto_buffer struct buffer buffer = { 0 };
    wal_frame_begin(&buffer);
    buffer_append(&buffer,
                  "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f"
                  "\0\0\0\0\0\0\0\0\xff\xff\xff\x7f\0\0\0\0",
                  WAL_RECORD_SIZE);
    wal_frame_end(&buffer, 1, 1, 1);
    wal_frame_seal(&buffer);
    struct wal_frame frame;
    struct wal_record record;
    size_t size;
    assert_true(wal_frame_parse(buffer_str(&buffer), &frame, &size));
    assert_false(wal_frame_next(&frame, &record));
    assert_true(frame.records.size > 0);
}

/* A log that an earlier version left. */
static void test_first_format(void **state)
{
    (void)state;
    static const char text[] = "CWAL\x48\xb1\xcb\x1d\5\0\0\0\0\0\0\0\x64\0\0\0\0\0\0\0\x1c\0\0\0\1\0\0\0"
                               "\7\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\2\0\0\0\2\0\0\0/aon";
    struct wal_frame frame;
    struct wal_record record;
    size_t size;
    assert_true(wal_frame_parse_checked((struct str){ text, sizeof(text) - 1 }, &frame, &size));
    assert_true(frame.sequence == 5 && frame.reserved == 100 && frame.count == 1 && !frame.says_previous);
    assert_true(wal_frame_next(&frame, &record));
    assert_true(record.revision == 7 && record.create_revision == 3 && str_is(record.key, "/a"));
    assert_true(str_is(record.value, "on") && record.previous.data == NULL);
    assert_false(wal_frame_next(&frame, &record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_format),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_any_changed_or_missing_byte_is_noticed),
        cmocka_unit_test(test_sizes_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
