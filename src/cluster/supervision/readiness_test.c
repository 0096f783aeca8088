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
#include <sys/wait.h>

#include "base/system/notify.h"
#include "cluster/supervision/readiness.h"

struct heard {
    struct loop *loop;
    pid_t pid;
};

static void heard_ready(void *context, pid_t pid)
{
    struct heard *heard = context;
    heard->pid = pid;
    loop_stop(heard->loop);
}

static void say(const char *path, const char *text)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, sizeof(address)),
                     (int)strlen(text));
    close(fd);
}

/* A child says so; other words, which come first, are passed over. */
static void test_names_the_process(void **state)
{
    char directory[] = "/tmp/readiness-XXXXXX", path[64];
    struct error err = { 0 };
    struct heard heard = { 0 };
    struct readiness *readiness = NULL;
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/notify", directory);
    assert_int_equal(loop_create_real(&heard.loop, &err), 0);
    assert_int_equal(readiness_open(heard.loop, path, heard_ready, &heard, &readiness, &err), 0);
    assert_string_equal(getenv("NOTIFY_SOCKET"), path);
    say(path, "");
    say(path, "STATUS=READY=1");
    pid_t child = fork();
    if (child == 0)
        _exit(notify_ready(NULL) == 0 ? 0 : 1);
    loop_run(heard.loop);
    assert_int_equal(heard.pid, child);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);

    readiness_close(readiness);
    assert_int_equal(readiness_open(heard.loop, path, heard_ready, &heard, &readiness, &err),
                     0); /* the next supervisor's */
    say(path, "READY=1\nSTATUS=serving");
    heard.pid = 0;
    loop_run(heard.loop);
    assert_int_equal(heard.pid, getpid());

    readiness_close(readiness);
    loop_destroy(heard.loop);
    unlink(path);
    rmdir(directory);
    unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_names_the_process) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
