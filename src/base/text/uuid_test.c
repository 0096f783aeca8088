/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/text/uuid.h"

static void test_text(void **state)
{
    (void)state;
    char text[UUID_TEXT_SIZE];
    uuid_format((const uint8_t[16]){ 0 }, text);
    assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
    uint8_t bytes[16];
    memset(bytes, 0xff, sizeof(bytes));
    uuid_format(bytes, text);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");

    struct random random;
    random_init(&random, 5);
    char other[UUID_TEXT_SIZE];
    uuid_generate(&random, text);
    uuid_generate(&random, other);
    assert_string_not_equal(text, other);
    random_init(&random, 5);
    uuid_generate(&random, other);
    assert_string_equal(text, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
