/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/container/list.h"

struct item {
    struct list_node node;
    char letter;
};

static void assert_letters(struct list *list, const char *letters)
{
    for (struct list_node *node = list_first(list); node != NULL && node != &list->head; node = node->next)
        assert_int_equal(container_of(node, struct item, node)->letter, *letters++);
    assert_int_equal(*letters, '\0');
}

static void test_order(void **state)
{
    (void)state;
    struct list list;
    list_init(&list);
    struct item a = { .letter = 'a' }, b = { .letter = 'b' }, c = { .letter = 'c' }, d = { .letter = 'd' };
    assert_true(list_empty(&list));
    assert_true(list_empty(&(struct list){ 0 }));
    assert_null(list_first(&list));
    list_append(&list, &b.node);
    list_append(&list, &d.node);
    list_prepend(&list, &a.node);
    list_insert_before(&d.node, &c.node);
    assert_letters(&list, "abcd");
    list_remove(&c.node);
    list_remove(&c.node);
    assert_false(list_linked(&c.node));
    assert_letters(&list, "abd");
    assert_ptr_equal(list_pop(&list), &a.node);
    assert_letters(&list, "bd");
    list_pop(&list);
    list_pop(&list);
    assert_true(list_empty(&list));
    assert_null(list_pop(&list));
}

static void test_move_all(void **state)
{
    (void)state;
    struct list to, from, zeroed = { 0 };
    struct item a = { .letter = 'a' }, b = { .letter = 'b' }, c = { .letter = 'c' };
    list_init(&to);
    list_init(&from);
    list_append(&from, &b.node);
    list_append(&from, &c.node);
    list_append(&to, &a.node);
    list_move_all(&to, &from);
    assert_letters(&to, "abc");
    assert_true(list_empty(&from));
    list_move_all(&to, &from);
    list_move_all(&to, &zeroed);
    assert_letters(&to, "abc");
    list_move_all(&from, &to);
    list_remove(&b.node);
    assert_letters(&from, "ac");
    assert_true(list_empty(&to));
    list_append(&to, list_pop(&from));
    assert_letters(&to, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_order), cmocka_unit_test(test_move_all) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
