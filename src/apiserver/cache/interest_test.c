/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Whatever selectors mean, one of the groups that are found for an object is theirs; and mostly no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "apiserver/cache/interest.h"
#include "base/memory.h"
#include "base/random.h"
#include "generated/types.h"

static const struct object *pod(const char *name, const char *label, const char *node)
{
    char json[512];
    snprintf(json, sizeof(json),
             "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"d\",\"labels\":{\"app\":\"%s\"}},\"spec\":{%s}}", name,
             label, node);
    struct object *object;
    assert_int_equal(object_from_stored(&api_resource_pod, str_of(json), 1, &object, NULL), 0);
    return object;
}

static struct cache_interest interest_of(struct arena *arena, const char *only, const char *prefix, const char *labels,
                                         const char *fields)
{
    struct label_selector label_selector = { 0 };
    struct field_selector field_selector = { 0 };
    assert_int_equal(label_selector_parse(str_of(labels), arena, &label_selector, NULL), 0);
    assert_int_equal(field_selector_parse(str_of(fields), arena, &field_selector, NULL), 0);
    assert_int_equal(field_selector_check(&field_selector, &api_resource_pod, NULL), 0);
    return cache_interest_of(only == NULL ? (struct str){ 0 } : str_of(only), str_of(prefix), &label_selector,
                             &field_selector);
}

static void test_narrowest(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    static const struct {
        const char *only, *prefix, *labels, *fields;
        int kind;
        const char *value;
    } rows[] = {
        { NULL, "", "", "", INTEREST_ALL, "" },
        { "d/p", "d/", "app=a", "metadata.name=p", INTEREST_KEY, "d/p" },
        { NULL, "d/", "app=a", "spec.nodeName=n1", INTEREST_FIELD, "n1" },
        { NULL, "d/", "app=a", "spec.nodeName!=n1", INTEREST_LABEL, "a" },
        { NULL, "", "app", "spec.nodeName=", INTEREST_FIELD, "" },
        { NULL, "", "a in (b),c!=d", "", INTEREST_LABEL, "b" },
        { NULL, "d/", "a in (b,c)", "", INTEREST_NAMESPACE, "d" },
        { NULL, "d/", "a notin (b)", "", INTEREST_NAMESPACE, "d" },
        { NULL, "", "!a,b!=c", "spec.hostNetwork=false,metadata.namespace=x", INTEREST_ALL, "" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct cache_interest interest =
            interest_of(&arena, rows[i].only, rows[i].prefix, rows[i].labels, rows[i].fields);
        assert_int_equal(interest.kind, rows[i].kind);
        assert_true(str_is(interest.value, rows[i].value));
    }
}

struct search {
    const struct interest_group *wanted;
    size_t found, others;
};

static void found(void *context, struct interest_group *group)
{
    struct search *search = context;
    if (group == search->wanted)
        search->found++;
    else
        search->others++;
}

static struct search search_for(const struct interest_index *index, const struct interest_group *wanted,
                                const struct object *object)
{
    struct search search = { .wanted = wanted };
    interest_find(index, object, found, &search);
    object_unref(object);
    return search;
}

static void test_groups(void **state)
{
    (void)state;
    enum { NODES = 100 };
    auto_arena struct arena arena = { 0 };
    struct interest_index index;
    struct interest_group *nodes[NODES];
    interest_index_init(&index);
    for (int i = 0; i < NODES; i++) {
        struct cache_interest interest =
            interest_of(&arena, NULL, "", "", arena_format(&arena, "spec.nodeName=n%d", i));
        nodes[i] = interest_join(&index, &interest);
    }
    struct cache_interest app = interest_of(&arena, NULL, "", "app=web", ""),
                          none = interest_of(&arena, NULL, "", "", "spec.nodeName=");
    struct interest_group *apps = interest_join(&index, &app), *again = interest_join(&index, &app);
    struct interest_group *unbound = interest_join(&index, &none);
    assert_ptr_equal(apps, again);

    struct search search = search_for(&index, nodes[7], pod("p", "db", "\"nodeName\":\"n7\""));
    assert_int_equal(search.found, 1);
    assert_int_equal(search.others, 0);
    search = search_for(&index, apps, pod("p", "web", "\"nodeName\":\"n7\""));
    assert_int_equal(search.found, 1);
    assert_int_equal(search.others, 1);
    search = search_for(&index, unbound, pod("p", "db", ""));
    assert_int_equal(search.found, 1);
    assert_int_equal(search.others, 0);
    search = search_for(&index, nodes[7], pod("p", "db", "\"nodeName\":\"n\\u0037\"")); /* n7, too */
    assert_int_equal(search.found, 1);

    interest_leave(apps);
    search = search_for(&index, again, pod("p", "web", "\"nodeName\":\"elsewhere\""));
    assert_int_equal(search.found, 1);
    interest_leave(again);
    interest_leave(unbound);
    for (int i = 0; i < NODES; i++)
        interest_leave(nodes[i]);
    assert_true(list_empty(&index.aspects));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_narrowest), cmocka_unit_test(test_groups) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
