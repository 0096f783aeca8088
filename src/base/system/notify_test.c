/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/system/notify.h"

/* Bound to an address of the kernel's choosing: "@" and five hexadecimal digits. */
static int listen_anywhere(char name[16])
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t length = sizeof(address);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(name, 16, "@%.*s", (int)(length - offsetof(struct sockaddr_un, sun_path) - 1), address.sun_path + 1);
    return fd;
}

static void test_ready_arrives(void **state)
{
    char name[16], text[32] = "";
    struct error err = { 0 };
    (void)state;
    int fd = listen_anywhere(name);
    setenv("NOTIFY_SOCKET", name, 1);
    assert_int_equal(notify_ready(&err), 0);
    assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), (int)strlen("READY=1"));
    assert_string_equal(text, "READY=1");
    close(fd);
}

static void test_without_a_supervisor(void **state)
{
    struct error err = { 0 };
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_ready(&err), 0);
}

static void test_bad_addresses(void **state)
{
    struct error err = { 0 };
    (void)state;
    setenv("NOTIFY_SOCKET", "relative/path", 1);
    assert_int_equal(notify_ready(&err), -ERROR_INVALID);
    setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
    assert_true(notify_ready(&err) < 0);
    unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_arrives),
        cmocka_unit_test(test_without_a_supervisor),
        cmocka_unit_test(test_bad_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
