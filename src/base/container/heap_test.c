/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/container/heap.h"
#include "base/random.h"

struct item {
    struct heap_node node;
    uint64_t value;
};

static uint64_t value_of(const struct heap_node *node)
{
    return container_of(node, struct item, node)->value;
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return value_of(a) < value_of(b);
}

static void test_comes_out_sorted(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static struct item items[COUNT];
    struct random random;
    random_init(&random, 7);
    struct heap heap;
    heap_init(&heap, before);
    for (int i = 0; i < COUNT; i++) {
        items[i].value = random_below(&random, 300);
        heap_insert(&heap, &items[i].node);
    }
    for (int i = 0; i < COUNT; i += 3) /* from the middle */
        heap_remove(&heap, &items[i].node);
    heap_remove(&heap, &items[0].node); /* a second time: nothing */
    for (int i = 1; i < COUNT; i += 3) {
        items[i].value = random_below(&random, 300);
        heap_update(&heap, &items[i].node);
    }
    uint64_t last = 0;
    size_t seen = 0;
    for (struct heap_node *node; (node = heap_first(&heap)) != NULL; seen++) {
        assert_true(value_of(node) >= last);
        last = value_of(node);
        heap_remove(&heap, node);
        assert_false(heap_linked(node));
    }
    assert_int_equal(seen, COUNT - (COUNT + 2) / 3);
    heap_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_comes_out_sorted) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
