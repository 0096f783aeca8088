/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/metrics.h"

static const char *const name_label[] = { "name", NULL };
static const double bounds[] = { 1e-8, 0.005, 1, 1e6 };
static const struct metric_family adds = { "queue_adds_total", "[BETA] Added.", METRIC_COUNTER, name_label, NULL, 0 };
static const struct metric_family depth = { "queue_depth", "[BETA] Waiting.", METRIC_GAUGE, NULL, NULL, 0 };
static const struct metric_family times = { "queue_seconds", "[BETA] Time.", METRIC_HISTOGRAM, name_label, bounds, 4 };

static const char *write_all(struct metrics *metrics, usec_t now)
{
    static char answer[4096];
    auto_buffer struct buffer text = { 0 };
    metrics_write(metrics, now, &text);
    snprintf(answer, sizeof(answer), "%s", text.data == NULL ? "" : text.data);
    return answer;
}

static void all_kinds_are_written(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    const char *const a[] = { "a" }, *const odd[] = { "say \"no\"\\\n" };
    metric_add(metrics_get(metrics, &adds, a), 1);
    metric_add(metrics_get(metrics, &adds, a), 2);
    metric_add(metrics_get(metrics, &adds, odd), 12345678);
    metric_set(metrics_get(metrics, &depth, NULL), 0.25);
    struct metric *time = metrics_get(metrics, &times, a);
    metric_observe(time, 0.005);
    metric_observe(time, 0.5);
    metric_observe(time, 2e6);
    assert_int_equal(metric_count(time), 3);
    assert_string_equal(write_all(metrics, 0), "# HELP queue_adds_total [BETA] Added.\n"
                                               "# TYPE queue_adds_total counter\n"
                                               "queue_adds_total{name=\"a\"} 3\n"
                                               "queue_adds_total{name=\"say \\\"no\\\"\\\\\\n\"} 12345678\n"
                                               "# HELP queue_depth [BETA] Waiting.\n"
                                               "# TYPE queue_depth gauge\n"
                                               "queue_depth 0.25\n"
                                               "# HELP queue_seconds [BETA] Time.\n"
                                               "# TYPE queue_seconds histogram\n"
                                               "queue_seconds_bucket{name=\"a\",le=\"1e-08\"} 0\n"
                                               "queue_seconds_bucket{name=\"a\",le=\"0.005\"} 1\n"
                                               "queue_seconds_bucket{name=\"a\",le=\"1\"} 2\n"
                                               "queue_seconds_bucket{name=\"a\",le=\"1e+06\"} 2\n"
                                               "queue_seconds_bucket{name=\"a\",le=\"+Inf\"} 3\n"
                                               "queue_seconds_sum{name=\"a\"} 2000000.505\n"
                                               "queue_seconds_count{name=\"a\"} 3\n");
    metrics_destroy(metrics);
}

static void ages_grow_by_themselves(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metric *age = metrics_get(metrics, &depth, NULL);
    metric_set_age(age, 2, (10 + 13) * USEC_PER_SEC);
    assert_non_null(strstr(write_all(metrics, 15 * USEC_PER_SEC), "queue_depth 7\n"));
    metric_set_age(age, 0, 0);
    assert_non_null(strstr(write_all(metrics, 20 * USEC_PER_SEC), "queue_depth 0\n"));
    metrics_destroy(metrics);
}

static void there_is_an_end_to_labels(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    char text[32];
    const char *const value[] = { text };
    for (int i = 0; i < METRICS_MAX; i++) {
        snprintf(text, sizeof(text), "%d", i);
        assert_non_null(metrics_get(metrics, &adds, value));
    }
    snprintf(text, sizeof(text), "more");
    assert_null(metrics_get(metrics, &adds, value));
    snprintf(text, sizeof(text), "7");
    assert_non_null(metrics_get(metrics, &adds, value));
    metrics_destroy(metrics);
}

static void nobody_need_look(void **state)
{
    (void)state;
    assert_null(metrics_get(NULL, &depth, NULL));
    metric_add(NULL, 1);
    metric_set(NULL, 1);
    metric_observe(NULL, 1);
    metric_set_age(NULL, 1, 1);
    assert_string_equal(write_all(NULL, 0), "");
    metrics_destroy(NULL);
}

static void *work(void *argument)
{
    const char *const value[] = { "shared" };
    for (int i = 0; i < 10000; i++) {
        metric_add(metrics_get(argument, &adds, value), 1);
        metric_observe(metrics_get(argument, &times, value), 1);
    }
    return NULL;
}

static void threads_share_them(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    const char *const value[] = { "shared" };
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, metrics), 0);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_true(metric_value(metrics_get(metrics, &adds, value)) == 30000);
    assert_int_equal(metric_count(metrics_get(metrics, &times, value)), 30000);
    metrics_destroy(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_are_written),     cmocka_unit_test(ages_grow_by_themselves),
        cmocka_unit_test(there_is_an_end_to_labels), cmocka_unit_test(nobody_need_look),
        cmocka_unit_test(threads_share_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
