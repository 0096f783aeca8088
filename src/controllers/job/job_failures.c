/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_failures.c - how often each index of a Job has failed, when spec.backoffLimitPerIndex bounds it.
 *
 * The number is carried by the pods: each is told how many failed before it. So the newest failed pod of an index keeps its finalizer
 * until the next one runs, and is counted in status only then. */
#include <stdlib.h>

#include "controllers/job/job_run.h"

#define BACKOFF_FIRST (10 * USEC_PER_SEC)
#define BACKOFF_MAX   (600 * USEC_PER_SEC)

bool job_limits_indexes(const struct job_run *run)
{
    return run->indexed && run->job->spec.backoff_limit_per_index != NULL;
}

static int32_t number_in(const struct api_object_meta *meta, const char *key)
{
    struct str text = { 0 };
    int64_t number = 0;
    if (!entries_find(meta->annotations, meta->n_annotations, key, &text) || !str_to_int64(text, &number) ||
        number < 0 || number > INT32_MAX - 1)
        return 0;
    return (int32_t)number;
}

void job_failures_add(struct job_run *run, const struct object *object, int64_t index, enum job_verdict verdict)
{
    const struct api_object_meta *meta = object_meta(object);
    int32_t before = number_in(meta, JOB_FAILURES);
    bool ignored = verdict == JOB_IGNORE;
    struct job_failure *failure = &run->failures[run->n_failures++];
    *failure = (struct job_failure){ .object = object,
                                     .index = index,
                                     .counted = before + !ignored,
                                     .ignored = number_in(meta, JOB_IGNORED) + ignored,
                                     .uncounted = ignored };
    if (job_is_ending(run))
        return; /* what is deleted now was not given up */
    if (verdict == JOB_FAIL_INDEX || (!ignored && before >= *run->job->spec.backoff_limit_per_index))
        job_indexes_add(run->failed_bits, index);
}

static int compare(const void *a, const void *b)
{
    const struct job_failure *left = a, *right = b;
    int64_t left_tries = (int64_t)left->counted + left->ignored, right_tries = (int64_t)right->counted + right->ignored;
    if (left->index != right->index)
        return left->index < right->index ? -1 : 1;
    return left_tries < right_tries ? 1 : left_tries > right_tries ? -1 : 0;
}

void job_failures_settle(struct job_run *run)
{
    if (run->n_failures == 0)
        return;
    auto_arena struct arena scratch = { 0 };
    uint8_t *running = arena_zalloc(&scratch, JOB_INDEX_BYTES);
    for (size_t i = 0; i < run->n_active; i++) {
        int64_t index = job_index_of(run->active[i].pod);
        if (index >= 0)
            job_indexes_add(running, index);
    }
    qsort(run->failures, run->n_failures, sizeof(*run->failures), compare);
    for (size_t i = 0; i < run->n_failures; i++) {
        struct job_failure *failure = &run->failures[i];
        failure->retried = (i > 0 && failure[-1].index == failure->index) || job_indexes_has(running, failure->index) ||
                           job_indexes_has(run->completed, failure->index) ||
                           job_indexes_has(run->failed_bits, failure->index);
    }
}

const struct job_failure *job_failure_of(const struct job_run *run, int64_t index)
{
    size_t low = 0, high = run->n_failures;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->failures[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < run->n_failures && run->failures[low].index == index ? &run->failures[low] : NULL;
}

usec_t job_failure_wait(const struct job_run *run, const struct job_failure *failure)
{
    usec_t delay = BACKOFF_FIRST;
    for (int64_t i = 1; i < (int64_t)failure->counted + failure->ignored && delay < BACKOFF_MAX; i++)
        delay *= 2;
    return job_pod_end(api_pod_of(failure->object)) + (delay > BACKOFF_MAX ? BACKOFF_MAX : delay) - run->r->now;
}
