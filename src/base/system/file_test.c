/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"

struct fixture {
    char path[64];
    int fd;
};

static int setup(void **state)
{
    static struct fixture fixture;
    snprintf(fixture.path, sizeof(fixture.path), "/tmp/file-test-XXXXXX");
    assert_non_null(mkdtemp(fixture.path));
    fixture.fd = open(fixture.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fixture.fd >= 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    close(fixture->fd);
    struct error err = { 0 };
    int rc = file_remove_tree(AT_FDCWD, fixture->path, &err);
    assert_false(file_exists(AT_FDCWD, fixture->path));
    return rc;
}

static void test_several_files_together(void **state)
{
    int directory = ((struct fixture *)*state)->fd;
    struct error err = { 0 };
    auto_buffer struct buffer content = { .max = 1000 };
    struct stat status;
    assert_int_equal(mkdirat(directory, "d", 0700), 0);
    const struct file_content files[] = { { "a", STR("one"), 0600 },
                                          { "b", STR(""), 0644 },
                                          { "d/c", STR("two"), 0640 } };
    assert_int_equal(file_write_all(directory, files, 3, &err), 0);
    assert_int_equal(file_read(directory, "a", 100, &content, &err), 0);
    assert_int_equal(file_read(directory, "b", 100, &content, &err), 0);
    assert_int_equal(file_read(directory, "d/c", 100, &content, &err), 0);
    assert_true(str_is(buffer_str(&content), "onetwo"));
    assert_int_equal(fstatat(directory, "a", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(file_write_all(directory, files, 0, &err), 0);

    /* One that cannot be written: none has changed, and teardown finds no drafts. */
    const struct file_content bad[] = { { "a", STR("new"), 0600 }, { "no/such", STR("x"), 0600 } };
    assert_int_equal(file_write_all(directory, bad, 2, &err), -ERROR_NOT_FOUND);
    buffer_clear(&content);
    assert_int_equal(file_read(directory, "a", 100, &content, &err), 0);
    assert_true(str_is(buffer_str(&content), "one"));
}

/* Between its two steps nothing is there under its path, and giving up leaves nothing. */
static void test_in_two_steps(void **state)
{
    int directory = ((struct fixture *)*state)->fd;
    struct error err = { 0 };
    auto_buffer struct buffer content = { .max = 1000 };
    struct file_content files[20];
    char paths[countof(files)][8];
    struct file_writing *writing = NULL;
    for (size_t i = 0; i < countof(files); i++) {
        snprintf(paths[i], sizeof(paths[i]), "f%zu", i);
        files[i] = (struct file_content){ paths[i], STR("x"), 0600 };
    }
    assert_int_equal(file_writing_start(directory, files, countof(files), &writing, &err), 0);
    assert_false(file_exists(directory, "f0"));
    file_writing_cancel(writing);
    file_writing_cancel(NULL);
    assert_false(file_exists(directory, "f0"));
    assert_int_equal(file_writing_start(directory, files, countof(files), &writing, &err), 0);
    memset(paths, 0, sizeof(paths)); /* they are borrowed for the first step alone */
    assert_int_equal(file_writing_finish(writing, &err), 0);
    assert_int_equal(file_read(directory, "f0", 100, &content, &err), 0);
    assert_int_equal(file_read(directory, "f19", 100, &content, &err), 0);
    assert_true(str_is(buffer_str(&content), "xx"));
}

static void test_write_and_read(void **state)
{
    int directory = ((struct fixture *)*state)->fd;
    struct error err = { 0 };
    umask(077);
    assert_int_equal(file_write(directory, "a", STR("first"), 0644, &err), 0);
    assert_int_equal(file_write(directory, "a", STR("second"), 0640, &err), 0);
    struct stat status;
    assert_int_equal(fstatat(directory, "a", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0640);

    auto_buffer struct buffer content = { .max = 1000 };
    assert_int_equal(file_read(directory, "a", 6, &content, &err), 0);
    assert_true(str_is(buffer_str(&content), "second"));
    assert_int_equal(file_read(directory, "a", 5, &content, &err), -ERROR_LIMIT);
    assert_int_equal(file_read(directory, "b", 5, &content, &err), -ERROR_NOT_FOUND);
    assert_int_equal(file_write(directory, "no/such", STR("x"), 0600, &err), -ERROR_NOT_FOUND);
    assert_int_equal(mkdirat(directory, "d", 0700), 0);
    assert_true(file_write(directory, "d", STR("x"), 0600, &err) < 0); /* nothing is left behind: see teardown */
    assert_int_equal(unlinkat(directory, "d", AT_REMOVEDIR), 0);
}

static void test_make_and_remove_trees(void **state)
{
    int directory = ((struct fixture *)*state)->fd;
    struct error err = { 0 };
    assert_int_equal(file_make_directories(directory, "x/y//z/", 0755, &err), 0);
    assert_int_equal(file_make_directories(directory, "x/y/z", 0755, &err), 0);
    assert_int_equal(file_write(directory, "x/y/file", STR("1"), 0600, &err), 0);
    assert_true(file_make_directories(directory, "x/y/file/z", 0755, &err) < 0);
    assert_int_equal(file_make_directories(directory, "kept", 0755, &err), 0);
    assert_int_equal(file_write(directory, "kept/file", STR("1"), 0600, &err), 0);
    assert_int_equal(symlinkat("../kept", directory, "x/link"), 0);
    assert_int_equal(symlinkat("nowhere", directory, "x/y/dangling"), 0);
    assert_true(file_exists(directory, "x/y/dangling"));
    assert_int_equal(file_remove_tree(directory, "x", &err), 0);
    assert_false(file_exists(directory, "x"));
    assert_true(file_exists(directory, "kept/file"));
    assert_int_equal(file_remove_tree(directory, "x", &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_several_files_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_in_two_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_make_and_remove_trees, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
