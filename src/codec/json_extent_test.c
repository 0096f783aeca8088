/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "codec/json_extent.h"

static void values_end_at_their_bracket(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {
        { "{}", 2 },
        { "[]", 2 },
        { "{},{}", 2 },
        { "{\"a\":[1,{\"b\":2}]}]", 17 },
        { "{\"}\":\"]\"}", 9 },
        { "{\"a\\\"}\":1},", 10 },
        { "{\"a\\\\\":1},", 9 },
        { "[\"a\\\\\\\"]\"]}", 10 },
        { "[[[[]]]]]]", 8 },
        { "", 0 },
        { "{", 0 },
        { "{\"a\":[}", 0 },
        { "{\"}", 0 },
        { "{\"\\\"}", 0 },
        { "{\"a\":\"\\", 0 },
    };
    for (size_t i = 0; i < countof(cases); i++)
        assert_int_equal(json_extent(str_of(cases[i].text)), cases[i].size);
}

/* The same, a byte at a time. */
static size_t plain_extent(struct str text)
{
    size_t depth = 0;
    bool string = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '\\' && i + 1 < text.size && (text.data[i + 1] == '"' || text.data[i + 1] == '\\'))
            i++; /* brackets outside of strings count, whatever stands before them */
        else if (c == '"')
            string = !string;
        else if (!string && (c == '{' || c == '['))
            depth++;
        else if (!string && (c == '}' || c == ']') && --depth == 0)
            return i + 1;
    }
    return 0;
}

static uint64_t step(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Whatever stands on the borders of blocks. Each text in memory of its own size: nothing behind it is read. */
static void any_text_ends_where_a_plain_reader_says(void **state)
{
    (void)state;
    static const char alphabet[] = "{[}]{}{[}]{}\"\"\\\\\\aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:,;[\x5b\x7b\x7d\xdb\xfb";
    uint64_t seed = 0x9e3779b97f4a7c15;
    size_t ended = 0;
    for (size_t round = 0; round < 20000; round++) {
        size_t size = 1 + step(&seed) % 260, filler = step(&seed) % 200;
        char *text = memory_alloc(size);
        for (size_t i = 0; i < size; i++)
            text[i] = i < filler ? 'x' : alphabet[step(&seed) % (sizeof(alphabet) - 1)];
        text[0] = '{';
        size_t wanted = plain_extent((struct str){ text, size });
        assert_int_equal(json_extent((struct str){ text, size }), wanted);
        ended += wanted > 0;
        free(text);
    }
    assert_true(ended > 2000);
}

static void long_strings_and_deep_values_are_passed_over(void **state)
{
    (void)state;
    for (size_t size = 0; size < 200; size++) {
        auto_buffer struct buffer text = { 0 };
        buffer_append_text(&text, "{\"a\":\"");
        for (size_t i = 0; i < size; i++)
            buffer_append_char(&text, i % 5 == 0 ? '}' : '{');
        buffer_append_text(&text, "\\\\\",\"b\":");
        for (size_t i = 0; i < size; i++)
            buffer_append_char(&text, '[');
        for (size_t i = 0; i < size; i++)
            buffer_append_char(&text, ']');
        buffer_append_text(&text, "}");
        size_t whole = text.size;
        assert_int_equal(json_extent(buffer_str(&text)), whole);
        assert_int_equal(json_extent((struct str){ text.data, whole - 1 }), 0);
        buffer_append_text(&text, "}}");
        assert_int_equal(json_extent(buffer_str(&text)), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_end_at_their_bracket),
        cmocka_unit_test(any_text_ends_where_a_plain_reader_says),
        cmocka_unit_test(long_strings_and_deep_values_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
