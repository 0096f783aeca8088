/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/kubelet/server/container_log.h"

static void lines_are_read(void **state)
{
    (void)state;
    struct log_line line;
    assert_true(container_log_parse(STR("2026-11-21T12:00:00.123456789Z stdout F hello  world"), &line));
    assert_true(str_is(line.text, "hello  world"));
    assert_false(line.is_stderr);
    assert_false(line.partial);
    assert_int_equal(123456, line.moment % 1000000);
    assert_true(container_log_parse(STR("2026-11-21T12:00:00Z stderr P part"), &line));
    assert_true(line.is_stderr);
    assert_true(line.partial);
    assert_true(container_log_parse(STR("2026-11-21T12:00:00Z stdout F "), &line));
    assert_int_equal(0, line.text.size);
    static const char *const bad[] = { "",
                                       "x",
                                       "2026-11-21T12:00:00Z stdout",
                                       "2026-11-21T12:00:00Z stdin F x",
                                       "now stdout F x",
                                       "2026-11-21T12:00:00Z stdout Q x" };
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(container_log_parse(str_of(bad[i]), &line));
}

static void tails_are_found(void **state)
{
    (void)state;
    char path[] = "/tmp/coracle-log-XXXXXX";
    autoclose int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (int i = 0; i < 5000; i++) {
        char text[64];
        int n = snprintf(text, sizeof(text), "2026-11-21T12:00:00Z stdout F line %d\n", i);
        assert_int_equal(n, write(fd, text, (size_t)n));
    }
    int64_t offset;
    struct error err = { 0 };
    assert_int_equal(0, container_log_tail_offset(fd, 2, &offset, &err));
    char text[200] = "";
    assert_true(pread(fd, text, sizeof(text) - 1, offset) > 0);
    assert_string_equal("2026-11-21T12:00:00Z stdout F line 4998\n2026-11-21T12:00:00Z stdout F line 4999\n", text);
    assert_int_equal(0, container_log_tail_offset(fd, 100000, &offset, &err));
    assert_int_equal(0, offset);
    int64_t end = lseek(fd, 0, SEEK_END);
    assert_int_equal(0, container_log_tail_offset(fd, 0, &offset, &err));
    assert_int_equal(end, offset);

    auto_buffer struct buffer out = { 0 };
    container_log_tail(path, 3, 15, &out);
    assert_string_equal("998\nline 4999\n", out.data + (out.size - 14));
    assert_int_equal(15, out.size);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(tails_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
