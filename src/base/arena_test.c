/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena_pool.h"

static void test_allocations_are_aligned_and_apart(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    unsigned char *pieces[200];
    for (size_t i = 0; i < countof(pieces); i++) {
        size_t size = i * 97 % 5000 + 1; /* some larger than a block */
        pieces[i] = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, size);
    }
    for (size_t i = 0; i < countof(pieces); i++)
        for (size_t k = 0; k < i * 97 % 5000 + 1; k++)
            assert_int_equal(pieces[i][k], (unsigned char)i);
    assert_true(arena.used >= 200 * 97);
    char *zeroed = arena_zalloc(&arena, 3000);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(zeroed[i], 0);
    assert_non_null(arena_alloc(&arena, 0));
    arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 10));
}

static void test_texts(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    assert_null(arena_strdup(&arena, NULL));
    assert_string_equal(arena_strdup(&arena, "abc"), "abc");
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    struct str copy = arena_str(&arena, (struct str){ "xyz!", 3 });
    assert_int_equal(copy.size, 3);
    assert_string_equal(copy.data, "xyz");
    assert_string_equal(arena_format(&arena, "%s-%d", "a", 5), "a-5");
    char long_text[3000];
    memset(long_text, 'l', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    assert_string_equal(arena_format(&arena, "%s", long_text), long_text);
}

static void note(void *pointer)
{
    char *text = *(char **)pointer;
    text[strlen(text)] = *((char *)pointer + sizeof(char *));
}

struct drop {
    char *text;
    char letter;
};

static void test_drops_run_newest_first(void **state)
{
    (void)state;
    char text[8] = "";
    struct drop a = { text, 'a' }, b = { text, 'b' };
    struct arena arena = { 0 };
    arena_hold(&arena, note, &a);
    arena_hold(&arena, note, &b);
    arena_clear(&arena);
    assert_string_equal(text, "ba");
    arena_hold(&arena, note, &a);
    arena_fini(&arena);
    arena_fini(&arena);
    assert_string_equal(text, "baa");
}

static void test_a_pool_keeps_first_blocks(void **state)
{
    (void)state;
    struct arena_pool pool = { 0 };
    struct arena one = { 0 }, other = { 0 };
    char text[8] = "";
    struct drop a = { text, 'a' };
    arena_borrow(&one, &pool);
    arena_borrow(&other, &pool);
    memset(arena_alloc(&one, ARENA_POOL_BLOCK / 2), 1, ARENA_POOL_BLOCK / 2);
    memset(arena_alloc(&one, ARENA_POOL_BLOCK), 1, ARENA_POOL_BLOCK); /* and more */
    const char *first = arena_alloc(&other, 1);
    arena_hold(&other, note, &a);
    arena_give_back(&one, &pool);
    arena_give_back(&other, &pool);
    assert_string_equal(text, "a");
    assert_true(pool.count == 2 || pool.count == 0); /* none with a sanitizer */
    for (int i = 0; i < 100; i++) {
        arena_borrow(&one, &pool);
        const char *again = arena_alloc(&one, 1);
        assert_true(pool.count == 0 || again == first);
        arena_give_back(&one, &pool);
    }
    assert_true(pool.count == 2 || pool.count == 0);
    arena_pool_fini(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations_are_aligned_and_apart),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_drops_run_newest_first),
        cmocka_unit_test(test_a_pool_keeps_first_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
