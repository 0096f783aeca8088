/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workqueue_test.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "client/workqueue.h"

struct fixture {
    struct loop *loop;
    struct workqueue *queue;
    int ready;
};

static void on_ready(void *context)
{
    ((struct fixture *)context)->ready++;
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .loop = loop_create_virtual(USEC_PER_SEC, 1) };
    fixture.queue = workqueue_create(fixture.loop, on_ready, &fixture);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    workqueue_destroy(fixture->queue);
    loop_destroy(fixture->loop);
    return 0;
}

static void key_is_queued_once(void **state)
{
    struct fixture *f = *state;
    workqueue_add(f->queue, STR("a"));
    workqueue_add(f->queue, STR("b"));
    workqueue_add(f->queue, STR("a"));
    assert_int_equal(f->ready, 0);
    loop_run(f->loop);
    assert_int_equal(f->ready, 1);
    assert_string_equal(workqueue_pop(f->queue), "a");
    assert_string_equal(workqueue_pop(f->queue), "b");
    assert_null(workqueue_pop(f->queue));
    assert_int_equal(workqueue_counters(f->queue).adds, 2);
    assert_int_equal(workqueue_counters(f->queue).unfinished, 2);
}

static void added_while_worked_on_comes_again(void **state)
{
    struct fixture *f = *state;
    workqueue_add(f->queue, STR("a"));
    const char *key = workqueue_pop(f->queue);
    workqueue_add(f->queue, STR("a"));
    assert_null(workqueue_pop(f->queue));
    workqueue_done(f->queue, key);
    key = workqueue_pop(f->queue);
    assert_string_equal(key, "a");
    workqueue_done(f->queue, key);
    assert_null(workqueue_pop(f->queue));
}

static void failures_wait_twice_as_long(void **state)
{
    struct fixture *f = *state;
    usec_t start = loop_monotonic(f->loop);
    usec_t delay = WORKQUEUE_BACKOFF_FIRST;
    for (int i = 0; i < 20; i++) {
        workqueue_retry(f->queue, STR("a"));
        assert_int_equal(workqueue_failures(f->queue, STR("a")), i + 1);
        loop_run(f->loop);
        assert_int_equal(loop_monotonic(f->loop) - start, delay);
        start = loop_monotonic(f->loop);
        delay = delay * 2 > WORKQUEUE_BACKOFF_MAX ? WORKQUEUE_BACKOFF_MAX : delay * 2;
        workqueue_done(f->queue, workqueue_pop(f->queue));
    }
    workqueue_forget(f->queue, STR("a"));
    assert_int_equal(workqueue_failures(f->queue, STR("a")), 0);
}

static void earlier_delay_wins(void **state)
{
    struct fixture *f = *state;
    usec_t start = loop_monotonic(f->loop);
    workqueue_add_after(f->queue, STR("a"), 5 * USEC_PER_SEC);
    workqueue_add_after(f->queue, STR("a"), 2 * USEC_PER_SEC);
    workqueue_add_after(f->queue, STR("a"), 9 * USEC_PER_SEC);
    loop_run(f->loop);
    assert_int_equal(loop_monotonic(f->loop) - start, 2 * USEC_PER_SEC);
    workqueue_done(f->queue, workqueue_pop(f->queue));
    assert_int_equal(f->ready, 1);
}

static void a_resting_key_waits(void **state)
{
    struct fixture *f = *state;
    usec_t start = loop_monotonic(f->loop);
    workqueue_add(f->queue, STR("a"));
    const char *key = workqueue_pop(f->queue);
    workqueue_add(f->queue, STR("a"));
    workqueue_rest(f->queue, STR("a"), start + USEC_PER_SEC);
    workqueue_done(f->queue, key);
    assert_null(workqueue_pop(f->queue));
    loop_run(f->loop);
    assert_int_equal(loop_monotonic(f->loop) - start, USEC_PER_SEC);
    key = workqueue_pop(f->queue);
    workqueue_rest(f->queue, STR("a"), start + 3 * USEC_PER_SEC);
    workqueue_done(f->queue, key); /* nothing to do, but the rest is remembered */
    loop_run_until(f->loop, loop_now(f->loop) + USEC_PER_SEC);
    workqueue_add_after(f->queue, STR("a"), USEC_PER_SEC / 2); /* too early, too */
    workqueue_add(f->queue, STR("a"));
    loop_run(f->loop);
    assert_int_equal(loop_monotonic(f->loop) - start, 3 * USEC_PER_SEC);
    workqueue_done(f->queue, workqueue_pop(f->queue));
    workqueue_add(f->queue, STR("a")); /* rested */
    assert_string_equal(workqueue_pop(f->queue), "a");
    workqueue_done(f->queue, "a");
}

static void nothing_ready(void *context)
{
    (void)context;
}

static void it_is_measured(void **state)
{
    (void)state;
    struct loop *loop = loop_create_virtual(0, 1);
    struct metrics *metrics = metrics_create();
    struct workqueue *queue = workqueue_create(loop, nothing_ready, NULL);
    workqueue_set_metrics(queue, metrics, "things");
    workqueue_add(queue, STR("a"));
    workqueue_add(queue, STR("b"));
    loop_run_until(loop, loop_now(loop) + 2 * USEC_PER_SEC);
    const char *a = workqueue_pop(queue);
    loop_run_until(loop, loop_now(loop) + 3 * USEC_PER_SEC);
    workqueue_retry(queue, STR("c"));
    auto_buffer struct buffer text = { 0 };
    metrics_write(metrics, loop_monotonic(loop), &text);
    assert_non_null(strstr(text.data, "\nworkqueue_adds_total{name=\"things\"} 2\n"));
    assert_non_null(strstr(text.data, "\nworkqueue_depth{name=\"things\"} 1\n"));
    assert_non_null(strstr(text.data, "\nworkqueue_retries_total{name=\"things\"} 1\n"));
    assert_non_null(strstr(text.data, "\nworkqueue_unfinished_work_seconds{name=\"things\"} 3\n"));
    assert_non_null(strstr(text.data, "\nworkqueue_longest_running_processor_seconds{name=\"things\"} 3\n"));
    assert_non_null(strstr(text.data, "\nworkqueue_queue_duration_seconds_sum{name=\"things\"} 2\n"));
    workqueue_done(queue, a);
    buffer_clear(&text);
    metrics_write(metrics, loop_monotonic(loop), &text);
    assert_non_null(strstr(text.data, "\nworkqueue_unfinished_work_seconds{name=\"things\"} 0\n"));
    assert_non_null(strstr(text.data, "\nworkqueue_work_duration_seconds_bucket{name=\"things\",le=\"10\"} 1\n"));
    assert_non_null(strstr(text.data, "\nworkqueue_work_duration_seconds_sum{name=\"things\"} 3\n"));
    workqueue_destroy(queue);
    buffer_clear(&text);
    metrics_write(metrics, loop_monotonic(loop), &text);
    assert_non_null(strstr(text.data, "\nworkqueue_depth{name=\"things\"} 0\n"));
    metrics_destroy(metrics);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(key_is_queued_once, setup, teardown),
        cmocka_unit_test_setup_teardown(added_while_worked_on_comes_again, setup, teardown),
        cmocka_unit_test_setup_teardown(failures_wait_twice_as_long, setup, teardown),
        cmocka_unit_test_setup_teardown(earlier_delay_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(a_resting_key_waits, setup, teardown),
        cmocka_unit_test(it_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
