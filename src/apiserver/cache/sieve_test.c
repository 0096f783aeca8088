/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Whatever a selector means is among what the sieve finds, while objects come, change and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "apiserver/cache/sieve.h"
#include "apiserver/cache/watch_cache.h"
#include "base/memory.h"
#include "base/random.h"
#include "generated/types.h"

enum { OBJECTS = 600, STEPS = 2000 };

static const char *const label_selectors[] = {
    "app=a1", "app==a2,tier=t0", "tier in (t1)",      "tier in (t0,t1)", "!app",
    "app",    "app!=a1",         "app notin (a1,a2)", "app=none",        ""
};
static const char *const field_selectors[] = { "",
                                               "spec.nodeName=n1",
                                               "spec.nodeName=",
                                               "spec.nodeName!=n1",
                                               "status.phase=Running,spec.nodeName=n2",
                                               "metadata.name=p7",
                                               "spec.hostNetwork=false",
                                               "status.podIPs=1.2.3.4",
                                               "spec.nodeName=none" };

static const struct object *random_pod(struct random *random, unsigned number)
{
    char json[512], labels[128] = "", node[64] = "";
    int size = 0;
    if (random_below(random, 3) > 0)
        size = snprintf(labels, sizeof(labels), "\"app\":\"a%u\"", (unsigned)random_below(random, 4));
    if (random_below(random, 2) > 0)
        snprintf(labels + size, sizeof(labels) - (size_t)size, "%s\"tier\":\"t%u\"", size > 0 ? "," : "",
                 (unsigned)random_below(random, 3));
    if (random_below(random, 4) > 0)
        snprintf(node, sizeof(node),
                 random_below(random, 10) == 0 ? "\"nodeName\":\"n\\u003%u\"" : "\"nodeName\":\"n%u\"",
                 (unsigned)random_below(random, 4));
    snprintf(json, sizeof(json),
             "{\"metadata\":{\"name\":\"p%u\",\"namespace\":\"d\",\"labels\":{%s}},\"spec\":{%s},\"status\":{%s}}",
             number, labels, node, random_below(random, 2) ? "\"phase\":\"Running\"" : "");
    struct object *object;
    assert_int_equal(object_from_stored(&api_resource_pod, str_of(json), 1, &object, NULL), 0);
    return object;
}

static void check(const struct sieve *sieve, struct cache_entry *const *entries, const char *label_text,
                  const char *field_text)
{
    static uint32_t slots[OBJECTS];
    static bool found[OBJECTS];
    auto_arena struct arena arena = { 0 };
    struct label_selector labels;
    struct field_selector fields;
    assert_int_equal(label_selector_parse(str_of(label_text), &arena, &labels, NULL), 0);
    assert_int_equal(field_selector_parse(str_of(field_text), &arena, &fields, NULL), 0);
    assert_int_equal(field_selector_check(&fields, &api_resource_pod, NULL), 0);
    struct sieve_bits wanted = sieve_wanted(&labels, &fields);
    size_t count = sieve_find(sieve, &wanted, slots, OBJECTS);
    assert_true(count <= OBJECTS);
    memset(found, 0, sizeof(found));
    for (size_t i = 0; i < count; i++)
        found[slots[i]] = true;
    for (size_t i = 0; i < OBJECTS; i++) {
        if (entries[i] == NULL)
            continue;
        bool by_text = field_selector_matches_object(&fields, entries[i]->object);
        assert_int_equal(by_text, field_selector_matches(&fields, &api_resource_pod, object_typed(entries[i]->object)));
        if (by_text && label_selector_matches_object(&labels, entries[i]->object))
            assert_true(found[entries[i]->slot]);
    }
    if (strstr(label_text, "none") != NULL)
        assert_true(count < OBJECTS / 8); /* escapes make a tenth of a quarter's objects candidates of everything */
}

static void test_nothing_is_missed(void **state)
{
    (void)state;
    static struct cache_entry *entries[OBJECTS];
    struct sieve sieve = { 0 };
    struct random random;
    random_init(&random, 5);
    sieve_start(&sieve, &api_resource_pod);
    assert_true(sieve.n_fields >= 5);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)random_below(&random, OBJECTS);
        if (entries[i] == NULL) {
            entries[i] = memory_new(struct cache_entry);
            entries[i]->object = random_pod(&random, i);
            sieve_add(&sieve, entries[i]);
        } else if (random_below(&random, 3) > 0) {
            object_unref(entries[i]->object);
            entries[i]->object = random_pod(&random, i);
            sieve_change(&sieve, entries[i]);
        } else {
            sieve_remove(&sieve, entries[i]);
            object_unref(entries[i]->object);
            free(take_pointer(&entries[i]));
        }
        if (step % 100 == 0)
            for (size_t l = 0; l < countof(label_selectors); l++)
                for (size_t f = 0; f < countof(field_selectors); f++)
                    check(&sieve, entries, label_selectors[l], field_selectors[f]);
    }
    for (size_t i = 0; i < OBJECTS; i++) {
        if (entries[i] != NULL)
            object_unref(entries[i]->object);
        free(entries[i]);
    }
    sieve_fini(&sieve);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_nothing_is_missed) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
