/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"

static void test_set_and_wrap(void **state)
{
    (void)state;
    struct error err = { 0 };
    assert_int_equal(error_set(&err, ERROR_NOT_FOUND, "pods \"%s\" not found", "a"), -ERROR_NOT_FOUND);
    assert_int_equal(err.code, -ERROR_NOT_FOUND);
    assert_string_equal(err.message, "pods \"a\" not found");
    assert_int_equal(error_wrap(&err, "delete %d", 7), -ERROR_NOT_FOUND);
    assert_string_equal(err.message, "delete 7: pods \"a\" not found");
    assert_int_equal(error_wrap_code(NULL, -ERROR_GONE, "x"), -ERROR_GONE);
    assert_int_equal(error_set(NULL, ERROR_GONE, "x"), -ERROR_GONE);
    error_clear(&err);
    assert_int_equal(err.code, 0);
    assert_string_equal(err.message, "");
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    char text[2 * ERROR_MESSAGE_SIZE];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct error err = { 0 };
    error_set(&err, ERROR_INTERNAL, "%s", text);
    assert_int_equal(strlen(err.message), ERROR_MESSAGE_SIZE - 1);
    error_wrap(&err, "%s", "front");
    assert_int_equal(strlen(err.message), ERROR_MESSAGE_SIZE - 1);
    assert_memory_equal(err.message, "front: xxx", 10);
}

static void test_errno(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum error_code code;
    } rows[] = { { ENOENT, ERROR_NOT_FOUND },    { EEXIST, ERROR_ALREADY_EXISTS }, { ENOSPC, ERROR_STORAGE_FULL },
                 { EDQUOT, ERROR_STORAGE_FULL }, { EAGAIN, ERROR_AGAIN },          { ETIMEDOUT, ERROR_TIMEOUT },
                 { EPERM, ERROR_SYSTEM } };
    for (size_t i = 0; i < countof(rows); i++) {
        struct error err;
        errno = rows[i].number;
        assert_int_equal(error_errno(&err, "open %s", "/x"), -(int)rows[i].code);
        assert_memory_equal(err.message, "open /x: ", 9);
    }
}

static void test_table(void **state)
{
    (void)state;
    assert_int_equal(error_http_status(-ERROR_NOT_FOUND), 404);
    assert_int_equal(error_http_status(ERROR_CONFLICT), 409);
    assert_int_equal(error_http_status(12345), 500);
    assert_string_equal(error_reason(-ERROR_EXPIRED), "Expired");
    assert_true(strlen(error_text(-ERROR_INVALID)) > 0);
    for (int code = 1; code < ERROR_CODE_COUNT; code++)
        assert_true(error_http_status(code) >= 400);
    for (int code = 1; code < ERROR_AGAIN; code++)
        assert_int_equal(error_from_http(error_http_status(code), error_reason(code)), code);
    assert_int_equal(error_from_http(409, "AlreadyExists"), ERROR_ALREADY_EXISTS);
    assert_int_equal(error_from_http(409, "Conflict"), ERROR_CONFLICT);
    assert_int_equal(error_from_http(404, NULL), ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_and_wrap),
        cmocka_unit_test(test_long_messages_are_cut),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
