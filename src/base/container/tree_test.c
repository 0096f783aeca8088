/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/container/tree.h"
#include "base/random.h"

enum { COUNT = 512 };

struct item {
    struct tree_node node;
    char key[16];
};

static int check_balance(const struct tree_node *node, const struct tree_node *parent)
{
    if (node == NULL)
        return 0;
    assert_ptr_equal(node->parent, parent);
    int left = check_balance(node->left, node), right = check_balance(node->right, node);
    assert_true(left - right <= 1 && right - left <= 1);
    assert_int_equal(node->height, 1 + (left > right ? left : right));
    uint32_t below = (node->left == NULL ? 0 : node->left->weight) + (node->right == NULL ? 0 : node->right->weight);
    assert_int_equal(node->weight, 1 + below);
    return (int)node->height;
}

static void check(const struct tree *tree, const bool present[COUNT])
{
    check_balance(tree->root, NULL);
    const struct tree_node *node = tree_first(tree), *last = NULL;
    for (int i = 0; i < COUNT; i++) {
        if (!present[i])
            continue;
        char key[16];
        snprintf(key, sizeof(key), "key-%04d", i);
        assert_non_null(node);
        assert_true(str_is(node->key, key));
        assert_ptr_equal(tree_previous(node), last);
        last = node;
        node = tree_next(node);
    }
    assert_null(node);
    assert_ptr_equal(tree_last(tree), last);
}

static void test_random_inserts_and_removes(void **state)
{
    (void)state;
    static struct item items[COUNT];
    bool present[COUNT] = { false };
    struct tree tree = { 0 };
    struct random random;
    random_init(&random, 3);
    size_t size = 0;
    for (int i = 0; i < COUNT; i++)
        snprintf(items[i].key, sizeof(items[i].key), "key-%04d", i);
    for (int round = 0; round < 6000; round++) {
        size_t i = random_below(&random, COUNT);
        if (present[i]) {
            assert_ptr_equal(tree_find_entry(&tree, str_of(items[i].key), struct item, node), &items[i]);
            struct item other = { 0 };
            assert_ptr_equal(tree_insert(&tree, str_of(items[i].key), &other.node), &items[i].node);
            assert_false(tree_linked(&other.node));
            tree_remove(&tree, &items[i].node);
            size--;
        } else {
            assert_null(tree_find(&tree, str_of(items[i].key)));
            assert_null(tree_insert(&tree, str_of(items[i].key), &items[i].node));
            size++;
        }
        present[i] = !present[i];
        assert_int_equal(tree.size, size);
        if (round % 50 == 0)
            check(&tree, present);
    }
    struct item *item = NULL;
    tree_for_each (&tree, item, node)
        tree_remove(&tree, &item->node);
    assert_int_equal(tree.size, 0);
    assert_null(tree.root);
}

/* What is counted is what a walk finds, wherever it starts. */
static void test_counts(void **state)
{
    (void)state;
    static struct item items[COUNT];
    struct tree tree = { 0 };
    struct random random;
    random_init(&random, 7);
    for (int i = 0; i < COUNT; i++) {
        snprintf(items[i].key, sizeof(items[i].key), "%c/%03u", (int)('a' + random_below(&random, 4)),
                 (unsigned)random_below(&random, 1000));
        (void)tree_insert(&tree, str_of(items[i].key), &items[i].node); /* the same twice: one of them is in it */
    }
    for (int round = 0; round < 1000; round++) {
        char prefix[3] = { (char)('a' + random_below(&random, 5)), '/', 0 }, start[8];
        snprintf(start, sizeof(start), "%c/%03u", (int)('a' + random_below(&random, 5)),
                 (unsigned)random_below(&random, 1000));
        prefix[random_below(&random, 3)] = '\0';
        struct item *item = NULL;
        size_t count = 0;
        tree_for_each (&tree, item, node)
            count += str_starts(item->node.key, str_of(prefix)) && str_compare(item->node.key, str_of(start)) >= 0;
        assert_int_equal(tree_count(&tree, str_of(prefix), str_of(start)), count);
    }
    assert_int_equal(tree_count(&tree, STR(""), STR("")), tree.size);
}

static void test_prefix_and_bounds(void **state)
{
    (void)state;
    const char *keys[] = { "/a", "/pods/", "/pods/x/1", "/pods/x/2", "/pods/y/1", "/podsmore", "/z" };
    struct item items[countof(keys)] = { 0 };
    struct tree tree = { 0 };
    for (size_t i = 0; i < countof(keys); i++)
        tree_insert(&tree, str_of(keys[i]), &items[i].node);
    struct item *item = NULL;
    char seen[128] = "";
    struct str prefix = STR("/pods/");
    tree_for_each_prefix(&tree, prefix, item, node)
    {
        strcat(seen, item->node.key.data);
        strcat(seen, " ");
    }
    assert_string_equal(seen, "/pods/ /pods/x/1 /pods/x/2 /pods/y/1 ");
    assert_true(str_is(tree_lower_bound(&tree, STR("/pods/x"))->key, "/pods/x/1"));
    assert_true(str_is(tree_lower_bound(&tree, STR("/z"))->key, "/z"));
    assert_null(tree_lower_bound(&tree, STR("/z0")));
    assert_true(str_is(tree_lower_bound(&tree, (struct str){ 0 })->key, "/a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_inserts_and_removes),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_prefix_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
