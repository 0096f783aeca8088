/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_columns.c - a pod in one line: what its init containers and containers are doing, how many are ready,
 * how often they were restarted. */
#include "api/table/pod_columns.h"

#include <stdio.h>

#define REASON_SIZE 256

struct summary {
    size_t total; /* containers that should be ready */
    size_t ready;
    int64_t restarts;
    usec_t last_restart;
    char reason[REASON_SIZE];
};

static const struct api_pod_condition *find_condition(const struct api_pod *pod, const char *type)
{
    for (size_t i = 0; i < pod->status.n_conditions; i++)
        if (text_equal(pod->status.conditions[i].type, type))
            return &pod->status.conditions[i];
    return NULL;
}

static bool condition_is_true(const struct api_pod *pod, const char *type)
{
    const struct api_pod_condition *condition = find_condition(pod, type);
    return condition != NULL && text_equal(condition->status, "True");
}

static bool is_restartable(const struct api_pod *pod, const char *name)
{
    for (size_t i = 0; i < pod->spec.n_init_containers; i++)
        if (text_equal(pod->spec.init_containers[i].name, name))
            return text_equal(pod->spec.init_containers[i].restart_policy, "Always");
    return false;
}

static void count_restarts(const struct api_container_status *status, int64_t *restarts, usec_t *last)
{
    *restarts += status->restart_count;
    if (status->last_state.terminated != NULL && status->last_state.terminated->finished_at > *last)
        *last = status->last_state.terminated->finished_at;
}

static void set_reason(struct summary *summary, const char *prefix, const char *reason)
{
    snprintf(summary->reason, sizeof(summary->reason), "%s%s", prefix, reason);
}

static void set_exit(struct summary *summary, const char *prefix, const struct api_container_state_terminated *exit)
{
    if (!text_empty(exit->reason))
        set_reason(summary, prefix, exit->reason);
    else if (exit->signal != 0)
        snprintf(summary->reason, sizeof(summary->reason), "%sSignal:%d", prefix, exit->signal);
    else
        snprintf(summary->reason, sizeof(summary->reason), "%sExitCode:%d", prefix, exit->exit_code);
}

/* The first init container that is not done speaks for the pod. True when there is one. */
static bool summarize_init(const struct api_pod *pod, struct summary *summary, int64_t *sidecar_restarts,
                           usec_t *sidecar_last)
{
    for (size_t i = 0; i < pod->status.n_init_container_statuses; i++) {
        const struct api_container_status *status = &pod->status.init_container_statuses[i];
        const struct api_container_state_terminated *exit = status->state.terminated;
        const struct api_container_state_waiting *waiting = status->state.waiting;
        bool restartable = is_restartable(pod, status->name);
        bool started = status->started != NULL && *status->started;

        count_restarts(status, &summary->restarts, &summary->last_restart);
        if (restartable)
            count_restarts(status, sidecar_restarts, sidecar_last);
        if (exit != NULL && exit->exit_code == 0)
            continue;
        if (restartable && started) {
            summary->ready += status->ready;
            continue;
        }
        if (exit != NULL)
            set_exit(summary, "Init:", exit);
        else if (waiting != NULL && !text_empty(waiting->reason) && !text_equal(waiting->reason, "PodInitializing"))
            set_reason(summary, "Init:", waiting->reason);
        else
            snprintf(summary->reason, sizeof(summary->reason), "Init:%zu/%zu", i, pod->spec.n_init_containers);
        return true;
    }
    return false;
}

static void summarize_containers(const struct api_pod *pod, struct summary *summary)
{
    char error_reason[REASON_SIZE] = "";
    bool running = false;

    for (size_t i = pod->status.n_container_statuses; i-- > 0;) {
        const struct api_container_status *status = &pod->status.container_statuses[i];
        const struct api_container_state_terminated *exit = status->state.terminated;
        count_restarts(status, &summary->restarts, &summary->last_restart);
        if (status->state.waiting != NULL && !text_empty(status->state.waiting->reason)) {
            set_reason(summary, "", status->state.waiting->reason);
        } else if (exit != NULL) {
            set_exit(summary, "", exit);
            if (exit->exit_code != 0)
                memcpy(error_reason, summary->reason, sizeof(error_reason));
        } else if (status->ready && status->state.running != NULL) {
            running = true;
            summary->ready++;
        }
    }
    if (strcmp(summary->reason, "Completed") != 0)
        return;
    if (running && condition_is_true(pod, "Ready"))
        set_reason(summary, "", "Running");
    else if (error_reason[0] != '\0')
        set_reason(summary, "", error_reason);
    else if (running)
        set_reason(summary, "", "NotReady");
}

static void summarize(const struct api_pod *pod, struct summary *summary)
{
    const struct api_pod_condition *scheduled = find_condition(pod, "PodScheduled");
    int64_t sidecar_restarts = 0;
    usec_t sidecar_last = 0;

    *summary = (struct summary){ .total = pod->spec.n_containers };
    for (size_t i = 0; i < pod->spec.n_init_containers; i++)
        summary->total += text_equal(pod->spec.init_containers[i].restart_policy, "Always");
    set_reason(summary, "", text_or_empty(text_empty(pod->status.reason) ? pod->status.phase : pod->status.reason));
    if (scheduled != NULL && text_equal(scheduled->reason, "SchedulingGated"))
        set_reason(summary, "", "SchedulingGated");

    bool initializing = summarize_init(pod, summary, &sidecar_restarts, &sidecar_last);
    if (!initializing || condition_is_true(pod, "Initialized")) {
        summary->restarts = sidecar_restarts;
        summary->last_restart = sidecar_last;
        summarize_containers(pod, summary);
    }

    bool ended = text_equal(pod->status.phase, "Succeeded") || text_equal(pod->status.phase, "Failed");
    if (pod->metadata.deletion_timestamp != 0 && text_equal(pod->status.reason, "NodeLost"))
        set_reason(summary, "", "Unknown");
    else if (pod->metadata.deletion_timestamp != 0 && !ended)
        set_reason(summary, "", "Terminating");
}

void cell_pod_ready(const struct row *row, struct buffer *text)
{
    struct summary summary;

    summarize(row->object, &summary);
    buffer_format(text, "%zu/%zu", summary.ready, summary.total);
}

void cell_pod_status(const struct row *row, struct buffer *text)
{
    struct summary summary;

    summarize(row->object, &summary);
    buffer_append_text(text, summary.reason);
}

void cell_pod_restarts(const struct row *row, struct buffer *text)
{
    struct summary summary;

    summarize(row->object, &summary);
    buffer_append_int64(text, summary.restarts);
    if (summary.restarts > 0 && summary.last_restart != 0) {
        buffer_append_text(text, " (");
        text_age(summary.last_restart, row->now, text);
        buffer_append_text(text, " ago)");
    }
}

void cell_pod_readiness_gates(const struct row *row, struct buffer *text)
{
    const struct api_pod *pod = row->object;
    size_t passed = 0;

    if (pod->spec.n_readiness_gates == 0) {
        buffer_append_text(text, "<none>");
        return;
    }
    for (size_t i = 0; i < pod->spec.n_readiness_gates; i++)
        passed += condition_is_true(pod, pod->spec.readiness_gates[i].condition_type);
    buffer_format(text, "%zu/%zu", passed, pod->spec.n_readiness_gates);
}
