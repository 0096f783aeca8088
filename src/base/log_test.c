/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What the calls in between write to standard error. */
static int capture_start(int *ret_saved)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    *ret_saved = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    return fds[0];
}

static void capture_end(int fd, int saved, char *text, size_t size)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t count = read(fd, text, size - 1);
    text[count < 0 ? 0 : count] = '\0';
    close(fd);
}

static void test_formats_and_levels(void **state)
{
    (void)state;
    char text[1024];
    int saved, fd = capture_start(&saved);
    log_configure(LOG_INFO, LOG_FORMAT_TEXT);
    log_debug("hidden");
    log_info("pod started", LOG_TEXT("pod", "a \"b\"\n"), LOG_INT("attempt", -3));
    log_configure(LOG_WARNING, LOG_FORMAT_JSON);
    log_info("hidden");
    log_warning("bare", LOG_TEXT("none", NULL));
    capture_end(fd, saved, text, sizeof(text));
    log_configure(LOG_INFO, LOG_FORMAT_TEXT);
    assert_null(strstr(text, "hidden"));
    assert_non_null(strstr(text, "pod started pod=\"a \\\"b\\\"\\u000a\" attempt=-3\n"));
    assert_non_null(strstr(text, "\"msg\":\"bare\",\"none\":\"\"}\n"));
    assert_ptr_equal(strstr(strchr(text, '\n'), "\n{\"ts\":\"20"), strchr(text, '\n'));
}

static void test_a_line_too_long(void **state)
{
    (void)state;
    static char huge[100000];
    memset(huge, 'x', sizeof(huge) - 1);
    char text[256];
    int saved, fd = capture_start(&saved);
    log_error("big", LOG_TEXT("value", huge), LOG_INT("other", 1));
    log_error(huge);
    capture_end(fd, saved, text, sizeof(text));
    assert_non_null(strstr(text, " big droppedFields=2\n"));
    assert_non_null(strstr(text, " a log line was too long droppedFields=0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_formats_and_levels),
                                        cmocka_unit_test(test_a_line_too_long) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
