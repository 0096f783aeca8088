/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/text/unified_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect_diff(const char *before, const char *after, const char *wanted)
{
    auto_buffer struct buffer out = { 0 };
    unified_diff(str_of(before), str_of(after), &out);
    assert_string_equal(text_or_empty(out.data), wanted);
}

/* The answers are those of Python's difflib.unified_diff(). */
static void test_small_texts(void **state)
{
    (void)state;
    expect_diff("a\nb\nc", "a\nb\nc", "");
    expect_diff("a", "b", "@@ -1 +1 @@\n-a\n+b\n");
    expect_diff("", "x", "@@ -1 +1 @@\n-\n+x\n");
    expect_diff("1\n2\n3", "0\n1\n2\n3", "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n");
    expect_diff("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl", "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nK\nl",
                "@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -8,5 +8,5 @@\n h\n i\n j\n-k\n+K\n l\n");
    expect_diff("x\ny\nz\nx\ny\nz\nw", "x\nz\nx\nw\ny\nz", "@@ -1,7 +1,6 @@\n x\n+z\n+x\n+w\n y\n z\n-x\n-y\n-z\n-w\n");
}

/* In a long text a line that is everywhere begins no run: the one change is found, not a shift of all that follows. */
static void test_popular_lines(void **state)
{
    auto_buffer struct buffer before = { 0 };
    auto_buffer struct buffer after = { 0 };
    (void)state;
    for (int i = 0; i < 300; i++) {
        buffer_format(&before, "%s\n", i % 2 == 0 ? "null" : (char[]){ 'a' + (i / 2) % 26, '0' + i % 10, '\0' });
        if (i != 151)
            buffer_format(&after, "%s\n", i % 2 == 0 ? "null" : (char[]){ 'a' + (i / 2) % 26, '0' + i % 10, '\0' });
    }
    expect_diff(before.data, after.data, "@@ -149,7 +149,6 @@\n null\n w9\n null\n-x1\n null\n y3\n null\n");
}

static void test_bounded(void **state)
{
    auto_buffer struct buffer text = { 0 };
    (void)state;
    for (int i = 0; i <= UNIFIED_DIFF_LINES_MAX; i++)
        buffer_append_char(&text, '\n');
    expect_diff(text.data, "", "too long to be compared\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_texts),
        cmocka_unit_test(test_popular_lines),
        cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
