/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "base/system/file.h"
#include "cluster/lock.h"

static void set_up_layout(struct cluster_layout *layout, char *directory)
{
    assert_non_null(mkdtemp(directory));
    *layout = (struct cluster_layout){ .name = "locked" };
    snprintf(layout->run, sizeof(layout->run), "%s/run/locked", directory);
}

static void test_held_until_every_copy_is_closed(void **state)
{
    (void)state;
    char directory[] = "/tmp/lock-test-XXXXXX", path[CLUSTER_PATH_MAX];
    struct cluster_layout layout;
    struct error err = { 0 };
    int first = -1;
    set_up_layout(&layout, directory);
    assert_int_equal(cluster_lock_take(&layout, &first, &err), 0);
    cluster_run_path(&layout, path, "lock");
    int other = open(path, O_RDWR | O_CLOEXEC);
    int copy = dup(first);
    close(first);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    close(copy);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
    assert_int_equal(file_remove_tree(AT_FDCWD, directory, &err), 0);
}

/* 'down' removes the lock's directory while it holds it: who waited gets a lock on what is there afterwards. */
static void test_who_waited_locks_what_is_there_then(void **state)
{
    (void)state;
    char directory[] = "/tmp/lock-test-XXXXXX", path[CLUSTER_PATH_MAX];
    struct cluster_layout layout;
    struct error err = { 0 };
    int held = -1, status = -1;
    set_up_layout(&layout, directory);
    assert_int_equal(cluster_lock_take(&layout, &held, &err), 0);
    pid_t child = fork();
    if (child == 0) {
        int mine = -1;
        close(held);
        _exit(cluster_lock_take(&layout, &mine, &err) == 0 ? 0 : 1);
    }
    assert_int_equal(cluster_lock_remove(&layout, &err), 0);
    close(held);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    cluster_run_path(&layout, path, "lock");
    assert_true(file_exists(AT_FDCWD, path));
    assert_int_equal(file_remove_tree(AT_FDCWD, directory, &err), 0);
}

/* The same many times, so that the other one arrives at every point of the removal. */
static void test_removal_minds_who_arrives_in_between(void **state)
{
    (void)state;
    char directory[] = "/tmp/lock-test-XXXXXX", path[CLUSTER_PATH_MAX];
    struct cluster_layout layout;
    struct error err = { 0 };
    set_up_layout(&layout, directory);
    for (int round = 0; round < 50; round++) {
        int held = -1, ready[2], status = -1;
        char byte = 0;
        assert_int_equal(cluster_lock_take(&layout, &held, &err), 0);
        cluster_run_path(&layout, path, "pids");
        assert_int_equal(file_make_directories(AT_FDCWD, path, 0755, &err), 0);
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0) {
            int mine = -1;
            close(held);
            if (write(ready[1], "x", 1) != 1 || cluster_lock_take(&layout, &mine, &err) < 0)
                _exit(1);
            _exit(file_exists(AT_FDCWD, path) ? 2 : 0); /* what was removed is gone once the lock is ours */
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_int_equal(cluster_lock_remove(&layout, &err), 0);
        close(held);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        close(ready[0]);
        close(ready[1]);
    }
    assert_int_equal(file_remove_tree(AT_FDCWD, directory, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_until_every_copy_is_closed),
        cmocka_unit_test(test_who_waited_locks_what_is_there_then),
        cmocka_unit_test(test_removal_minds_who_arrives_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
