/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/container/map.h"
#include "base/memory.h"

struct item {
    struct map_node node;
    char key[16];
};

static void test_insert_find_remove(void **state)
{
    (void)state;
    struct map map = { 0 };
    for (int i = 0; i < 1000; i++) {
        struct item *item = memory_new(struct item);
        snprintf(item->key, sizeof(item->key), "key-%d", i);
        map_insert(&map, str_of(item->key), &item->node);
    }
    assert_int_equal(map.size, 1000);
    assert_null(map_find(&map, STR("key-1000")));

    struct item *item = NULL;
    int expected = 0;
    map_for_each (&map, item, node) {
        char key[16];
        snprintf(key, sizeof(key), "key-%d", expected++);
        assert_string_equal(item->key, key);
        assert_ptr_equal(map_find_entry(&map, str_of(key), struct item, node), item);
        map_remove(&map, &item->node);
        free(item);
    }
    assert_int_equal(expected, 1000);
    assert_int_equal(map.size, 0);
    assert_null(map_first(&map));
    map_fini(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_insert_find_remove) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
