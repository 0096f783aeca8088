/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What is kept between cycles decides as if all nodes had just been looked at, whatever happens in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/memory.h"
#include "scheduler/framework.h"

enum { NODES = 40, STEPS = 3000 };

static struct object *object_of(const struct api_resource *resource, const char *json)
{
    struct object *object;
    assert_int_equal(object_from_stored(resource, str_of(json), 1, &object, NULL), 0);
    return object;
}

static void set_node(struct cache *cache, struct random *random, uint64_t number)
{
    static const char *const taints[] = { "", "{\"key\":\"gpu\",\"effect\":\"NoSchedule\"}",
                                          "{\"key\":\"slow\",\"effect\":\"PreferNoSchedule\"}",
                                          ("{\"key\":\"slow\",\"effect\":\"PreferNoSchedule\"},"
                                           "{\"key\":\"old\",\"effect\":\"PreferNoSchedule\"}") };
    char json[1024];
    snprintf(json, sizeof(json),
             "{\"metadata\":{\"name\":\"n%d\",\"labels\":{\"zone\":\"z%d\"}},\"spec\":{%s\"taints\":[%s]},"
             "\"status\":{\"allocatable\":{\"cpu\":\"%d\",\"memory\":\"%dGi\",\"pods\":\"20\"}}}",
             (int)number, (int)random_below(random, 3), random_below(random, 8) == 0 ? "\"unschedulable\":true," : "",
             taints[random_below(random, countof(taints))], (int)random_below(random, 4) + 1,
             (int)random_below(random, 8) + 1);
    struct object *node = object_of(&api_resource_node, json);
    cache_set_node(cache, node);
    object_unref(node);
}

static struct object *random_pod(struct random *random, int number)
{
    static const char *const more[] = {
        "",
        ",\"tolerations\":[{\"key\":\"gpu\",\"operator\":\"Exists\"}]",
        ",\"tolerations\":[{\"operator\":\"Exists\"}]",
        ",\"nodeSelector\":{\"zone\":\"z1\"}",
        ",\"nodeSelector\":{\"zone\":\"nowhere\"}",
        (",\"affinity\":{\"nodeAffinity\":{\"preferredDuringSchedulingIgnoredDuringExecution\":[{\"weight\":30,"
         "\"preference\":{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"In\",\"values\":[\"z2\"]}]}}]}}"),
    };
    char json[1024], owner[200] = "";
    int group = (int)random_below(random, 6);
    if (group > 0)
        snprintf(owner, sizeof(owner),
                 ",\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"r\",\"uid\":\"u%d\",\"controller\":true}]",
                 group);
    const char *port =
        random_below(random, 10) == 0 ? ",\"ports\":[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"TCP\"}]" : "";
    snprintf(json, sizeof(json),
             "{\"metadata\":{\"name\":\"p%d\",\"namespace\":\"d\"%s},\"spec\":{\"containers\":[{\"name\":\"c\"%s,"
             "\"resources\":{\"requests\":{\"cpu\":\"%dm\"}}}]%s}}",
             number, owner, port, (int)random_below(random, 3) * 200, more[random_below(random, countof(more))]);
    return object_of(&api_resource_pod, json);
}

static void forget_some_pod(struct cache *cache, struct random *random, int newest)
{
    char key[32];
    snprintf(key, sizeof(key), "d/p%d", (int)random_below(random, (uint64_t)newest + 1));
    cache_remove_pod(cache, key);
}

static void change_some_node(struct cache *cache, struct random *random)
{
    uint64_t number = random_below(random, NODES);
    char name[16];
    snprintf(name, sizeof(name), "n%d", (int)number);
    if (random_below(random, 3) == 0)
        cache_remove_node(cache, name);
    else
        set_node(cache, random, number);
}

static void assert_same(const struct cache *cache, struct cycle *kept, size_t row, struct cycle *fresh,
                        size_t fresh_row)
{
    assert_int_equal(row == cache->n_rows, fresh_row == cache->n_rows);
    for (size_t i = 0; i < cache->n_rows; i++)
        assert_int_equal(kept->outlooks->totals[i], fresh->outlooks->totals[i]);
    if (row == cache->n_rows) {
        assert_string_equal(cycle_explain(kept), cycle_explain(fresh));
        assert_int_equal(kept->waits_for, fresh->waits_for);
    }
}

static void test_kept_verdicts_are_as_good_as_fresh_ones(void **state)
{
    (void)state;
    struct random random, ties;
    struct cache *cache = memory_new(struct cache);
    struct outlooks outlooks;
    random_init(&random, 11);
    random_init(&ties, 12);
    cache_init(cache);
    outlooks_init(&outlooks, cache);
    for (uint64_t i = 0; i < NODES; i++)
        set_node(cache, &random, i);
    size_t placed = 0;
    for (int i = 0; i < STEPS; i++) {
        auto_arena struct arena arena = { 0 };
        struct outlooks none;
        struct cycle cycle, again;
        outlooks_init(&none, cache);
        struct object *pod = random_pod(&random, i);
        struct pod_info *info = pod_info_create(cache, pod);
        cycle_init(&cycle, &outlooks, info, &arena);
        cycle_init(&again, &none, info, &arena);
        size_t row = cycle_run(&cycle, &ties), other = cycle_run(&again, &ties);
        assert_same(cache, &cycle, row, &again, other);
        outlooks_fini(&none);
        object_unref(pod);
        if (row < cache->n_rows) {
            placed++;
            cache_place(cache, info, object_name(cache->rows[row]->object), true);
        } else {
            pod_info_destroy(info);
        }
        if (random_below(&random, 3) > 0)
            forget_some_pod(cache, &random, i);
        if (random_below(&random, 20) == 0)
            change_some_node(cache, &random);
    }
    assert_true(placed > STEPS / 4);
    outlooks_fini(&outlooks);
    cache_fini(cache);
    free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_kept_verdicts_are_as_good_as_fresh_ones) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
