/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_pods.c - counting, making and releasing the pods of a Job. */
#include <stdio.h>

#include "codec/json.h"
#include "controllers/job/job_run.h"

#define BURST 500

static bool has_finalizer(const struct api_object_meta *meta)
{
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        if (text_equal(meta->finalizers[i], JOB_FINALIZER))
            return true;
    }
    return false;
}

static bool listed(const char *const *uids, size_t count, const char *uid)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(uids[i], uid))
            return true;
    }
    return false;
}

int64_t job_index_of(const struct api_pod *pod)
{
    struct str text = { 0 };
    int64_t index = -1;
    const struct api_object_meta *meta = &pod->metadata;
    if (!entries_find(meta->annotations, meta->n_annotations, JOB_INDEX, &text) || !str_to_int64(text, &index) ||
        index >= JOB_INDEX_MAX)
        return -1;
    return index;
}

usec_t job_pod_end(const struct api_pod *pod)
{
    usec_t end = 0;
    for (size_t i = 0; i < pod->status.n_container_statuses; i++) {
        const struct api_container_state_terminated *state = pod->status.container_statuses[i].state.terminated;
        if (state != NULL && state->finished_at > end)
            end = state->finished_at;
    }
    return end != 0 ? end : pod->metadata.deletion_timestamp;
}

struct uncounted {
    const char **succeeded;
    size_t n_succeeded;
    const char **failed;
    size_t n_failed;
};

static void take_pod(struct job_run *run, const struct object *object,
                     const struct api_batch_uncounted_terminated_pods *old, struct uncounted *uncounted)
{
    const struct api_pod *pod = api_pod_of(object);
    const char *uid = pod->metadata.uid;
    bool deleting = pod->metadata.deletion_timestamp != 0;
    bool failed = text_equal(pod->status.phase, "Failed") || (deleting && !text_equal(pod->status.phase, "Succeeded"));
    bool only_failed = text_equal(run->job->spec.pod_replacement_policy, "Failed");
    if (deleting && !pod_finished(pod)) {
        run->terminating++;
        if (only_failed)
            return; /* it takes its place until it has come to its end */
    }
    if (pod_active(pod)) {
        run->active[run->n_active++] = (struct ranked_pod){ .object = object, .pod = pod };
        run->ready += pod_ready(pod);
        return;
    }
    if (failed && job_pod_end(pod) > run->last_failure)
        run->last_failure = job_pod_end(pod);
    const char *message = NULL;
    enum job_verdict verdict = failed ? job_verdict_on(run, pod, &message) : JOB_COUNT;
    if (message != NULL && run->policy_message == NULL)
        run->policy_message = message;
    if (!has_finalizer(&pod->metadata))
        return; /* counted */
    int64_t index = run->indexed ? job_index_of(pod) : -1;
    if (failed && index >= 0 && job_limits_indexes(run)) {
        job_failures_add(run, object, index, verdict);
        return;
    }
    run->to_release[run->n_to_release++] = object;
    if (failed && verdict != JOB_IGNORE && !listed(old->failed, old->n_failed, uid))
        uncounted->failed[uncounted->n_failed++] = uid;
    if (!failed && !listed(old->succeeded, old->n_succeeded, uid)) {
        if (!run->indexed)
            uncounted->succeeded[uncounted->n_succeeded++] = uid;
        else if (index >= 0)
            job_indexes_add(run->completed, index);
    }
}

/* Failed pods of indexes with limits of their own: those of an index that is tried again wait, the others are counted. */
static void take_failures(struct job_run *run, const struct api_batch_uncounted_terminated_pods *old,
                          struct uncounted *uncounted, int32_t *ret_held)
{
    bool ending = job_is_ending(run);
    job_failures_settle(run);
    for (size_t i = 0; i < run->n_failures; i++) {
        struct job_failure *failure = &run->failures[i];
        const char *uid = object_uid(failure->object);
        if (!ending && !failure->retried) {
            run->n_held++;
            *ret_held += !failure->uncounted;
            continue;
        }
        run->to_release[run->n_to_release++] = failure->object;
        if (!failure->uncounted && !listed(old->failed, old->n_failed, uid))
            uncounted->failed[uncounted->n_failed++] = uid;
    }
}

/* Uids whose pods have lost the finalizer become numbers; the others stay. */
static void settle(struct job_run *run, const char *const *uids, size_t count, const char **kept, size_t *n_kept,
                   int32_t *number)
{
    const struct informer *pods = reconcile_cache(run->r, &api_resource_pod);
    for (size_t i = 0; i < count; i++) {
        bool held = false;
        for (const struct object *o = NULL;
             !held && (o = informer_next_owned(pods, object_uid(run->object), o)) != NULL;)
            held = text_equal(object_uid(o), uids[i]) && has_finalizer(object_meta(o));
        if (held)
            kept[(*n_kept)++] = uids[i];
        else
            (*number)++;
    }
}

void job_count_pods(struct job_run *run)
{
    static const struct api_batch_uncounted_terminated_pods none;
    struct arena *arena = run->r->arena;
    struct api_batch_job_status *status = &run->next.status;
    const struct api_batch_uncounted_terminated_pods *old =
        status->uncounted_terminated_pods != NULL ? status->uncounted_terminated_pods : &none;
    size_t count = run->n_pods;
    run->active = arena_new_array(arena, struct ranked_pod, count + 1);
    run->to_release = arena_new_array(arena, const struct object *, count + 1);
    if (run->indexed) {
        run->completed = arena_zalloc(arena, JOB_INDEX_BYTES);
        job_indexes_read(run->completed, text_or_empty(status->completed_indexes));
    }
    if (job_limits_indexes(run)) {
        run->failures = arena_new_array(arena, struct job_failure, count + 1);
        run->failed_bits = arena_zalloc(arena, JOB_INDEX_BYTES);
        job_indexes_read(run->failed_bits, text_or_empty(status->failed_indexes));
    }
    struct uncounted next = { .succeeded = arena_new_array(arena, const char *, count + old->n_succeeded + 1),
                              .failed = arena_new_array(arena, const char *, count + old->n_failed + 1) };
    settle(run, old->succeeded, old->n_succeeded, next.succeeded, &next.n_succeeded, &status->succeeded);
    settle(run, old->failed, old->n_failed, next.failed, &next.n_failed, &status->failed);
    for (size_t i = 0; i < count; i++)
        take_pod(run, run->pods[i], old, &next);
    int32_t held = 0;
    take_failures(run, old, &next, &held);
    status->uncounted_terminated_pods = arena_new(arena, struct api_batch_uncounted_terminated_pods);
    *status->uncounted_terminated_pods =
        (struct api_batch_uncounted_terminated_pods){ .succeeded = next.n_succeeded > 0 ? next.succeeded : NULL,
                                                      .n_succeeded = next.n_succeeded,
                                                      .failed = next.n_failed > 0 ? next.failed : NULL,
                                                      .n_failed = next.n_failed };
    if (run->indexed)
        status->completed_indexes = job_indexes_write(run->completed, arena, &status->succeeded);
    if (run->failed_bits != NULL)
        status->failed_indexes = job_indexes_write(run->failed_bits, arena, &run->n_failed_indexes);
    run->failed = status->failed + (int32_t)next.n_failed + held;
    run->succeeded = status->succeeded + (int32_t)next.n_succeeded;
}

/* The pod of one index: named, labelled and told by it. */
static void give_index(struct job_run *run, struct api_pod *pod, int64_t index)
{
    struct arena *arena = run->r->arena;
    const char *text = arena_format(arena, "%lld", (long long)index);
    struct api_object_meta *meta = &pod->metadata;
    meta->generate_name = arena_format(arena, "%s-%s-", run->job->metadata.name, text);
    entries_set(arena, &meta->annotations, &meta->n_annotations, JOB_INDEX, text);
    entries_set(arena, &meta->labels, &meta->n_labels, JOB_INDEX, text);
    pod->spec.hostname = arena_format(arena, "%s-%s", run->job->metadata.name, text);
    struct api_container *containers = arena_new_array(arena, struct api_container, pod->spec.n_containers + 1);
    for (size_t i = 0; i < pod->spec.n_containers; i++) {
        struct api_container *container = &containers[i];
        *container = pod->spec.containers[i];
        container->env = arena_new_array(arena, struct api_env_var, container->n_env + 1);
        if (container->n_env > 0)
            memcpy(container->env, pod->spec.containers[i].env, container->n_env * sizeof(*container->env));
        container->env[container->n_env++] = (struct api_env_var){ .name = "JOB_COMPLETION_INDEX", .value = text };
    }
    pod->spec.containers = containers;
}

/* The next pod of an index with a limit of its own carries how often it failed before. */
static void give_failures(struct job_run *run, struct api_pod *pod, int64_t index)
{
    struct arena *arena = run->r->arena;
    struct api_object_meta *meta = &pod->metadata;
    const struct job_failure *failure = job_failure_of(run, index);
    entries_set(arena, &meta->annotations, &meta->n_annotations, JOB_FAILURES,
                arena_format(arena, "%d", failure == NULL ? 0 : failure->counted));
    if (failure != NULL && failure->ignored > 0)
        entries_set(arena, &meta->annotations, &meta->n_annotations, JOB_IGNORED,
                    arena_format(arena, "%d", failure->ignored));
}

static bool index_runs(const struct job_run *run, int64_t index)
{
    for (size_t i = 0; i < run->n_active; i++) {
        if (job_index_of(run->active[i].pod) == index)
            return true;
    }
    return false;
}

/* The next index from 'index' on that wants a pod now; 'end' when there is none. */
static int64_t next_index(struct job_run *run, int64_t index, int64_t end)
{
    for (; index < end; index++) {
        if (job_indexes_has(run->completed, index) || job_indexes_has(run->failed_bits, index) ||
            index_runs(run, index))
            continue;
        const struct job_failure *failure = job_failure_of(run, index);
        usec_t wait = failure == NULL ? 0 : job_failure_wait(run, failure);
        if (wait <= 0)
            return index;
        reconcile_again_in(run->r, wait);
    }
    return end;
}

void job_make_pods(struct job_run *run, int32_t count)
{
    struct arena *arena = run->r->arena;
    int64_t index = 0, end = run->job->spec.completions == NULL ? 0 : *run->job->spec.completions;
    for (int32_t i = 0; i < count && i < BURST; i++) {
        struct api_pod *pod = pod_of_template(arena, run->object, &run->job->spec.template);
        const char **finalizers = arena_new_array(arena, const char *, pod->metadata.n_finalizers + 1);
        for (size_t j = 0; j < pod->metadata.n_finalizers; j++)
            finalizers[j] = pod->metadata.finalizers[j];
        finalizers[pod->metadata.n_finalizers++] = JOB_FINALIZER;
        pod->metadata.finalizers = finalizers;
        if (run->indexed) {
            index = next_index(run, index, end);
            if (index >= end)
                return;
            give_index(run, pod, index);
            if (job_limits_indexes(run))
                give_failures(run, pod, index);
            index++;
        }
        struct action *action = reconcile_create(run->r, &api_resource_pod, pod);
        action->about = run->object;
        action->succeeded = (struct action_event){ "Normal", "SuccessfulCreate", "Created pod: %s" };
        action->failed = (struct action_event){ "Warning", "FailedCreate", "Error creating: %s" };
    }
}

void job_delete_active(struct job_run *run, size_t count)
{
    pods_rank(run->active, run->n_active, run->r->now);
    for (size_t i = 0; i < count && i < run->n_active && i < BURST; i++) {
        struct action *action = reconcile_delete(run->r, run->active[i].object);
        action->about = run->object;
        action->succeeded = (struct action_event){ "Normal", "SuccessfulDelete", "Deleted pod: %s" };
        action->failed = (struct action_event){ "Warning", "FailedDelete", "Error deleting: %s" };
    }
}

void job_release_orphan(struct reconcile *r, const struct object *pod)
{
    const struct api_object_meta *meta = object_meta(pod);
    if (!has_finalizer(meta))
        return;
    auto_buffer struct buffer patch = { 0 };
    buffer_format(&patch, "{\"metadata\":{\"resourceVersion\":\"%s\",\"finalizers\":[", meta->resource_version);
    bool any = false;
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        if (text_equal(meta->finalizers[i], JOB_FINALIZER))
            continue;
        buffer_append_text(&patch, any ? "," : "");
        json_append_string(&patch, str_of(meta->finalizers[i]));
        any = true;
    }
    buffer_append_text(&patch, "]}}");
    struct action *action = reconcile_patch(r, pod, buffer_str(&patch));
    action->barrier = true; /* behind the status that remembers it */
    action->absent_is_fine = true;
}

void job_release_pods(struct job_run *run)
{
    for (size_t i = 0; i < run->n_to_release; i++)
        job_release_orphan(run->r, run->to_release[i]);
}
