/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/resize/pending.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/value/entry.h"
#include "base/log.h"
#include "client/events.h"
#include "node/kubelet/config/qos.h"
#include "node/kubelet/node_agent.h"
#include "node/kubelet/pod/admission.h"
#include "node/kubelet/pod/worker.h"
#include "node/kubelet/resize/message.h"

#define DEFERRED   "Deferred"
#define INFEASIBLE "Infeasible"

bool resize_is_wanted(const struct pod_worker *worker)
{
    return worker->pod != NULL && !worker->gone && !worker->stopping && !worker->ended && worker->reason == NULL &&
           worker->allocation.record != NULL && !pod_is_terminal(worker->pod) &&
           !pod_allocation_is_current(&worker->allocation, worker->pod);
}

bool resize_is_decided(const struct pod_worker *worker)
{
    return !resize_is_wanted(worker) || worker->resize.decided == worker->pod->metadata.generation;
}

void resize_forget_pending(struct pod_worker *worker)
{
    worker->resize.pending_reason = NULL;
    worker->resize.pending_since = 0;
}

void resize_recall_pending(struct pod_worker *worker)
{
    const struct api_pod_status *status = &worker->pod->status;
    struct pod_resize *resize = &worker->resize;
    for (size_t i = 0; i < status->n_conditions; i++) {
        const struct api_pod_condition *told = &status->conditions[i];
        if (!text_equal(told->type, "PodResizePending"))
            continue;
        resize->pending_reason = text_equal(told->reason, INFEASIBLE) ? INFEASIBLE : DEFERRED;
        resize->pending_generation = told->observed_generation;
        resize->pending_since = told->last_transition_time;
        snprintf(resize->pending_message, sizeof(resize->pending_message), "%s", text_or_empty(told->message));
    }
}

/* --- the order --- */

static bool asks_for_more(const struct pod_worker *worker)
{
    int64_t cpu, memory, cpu_now, memory_now;
    pod_requests(worker->pod, &cpu, &memory);
    pod_requests(worker->allocated, &cpu_now, &memory_now);
    return cpu > cpu_now || memory > memory_now;
}

static int by_turn(const void *a, const void *b)
{
    const struct pod_worker *one = *(const struct pod_worker *const *)a, *other = *(const struct pod_worker *const *)b;
    bool more = asks_for_more(one), other_more = asks_for_more(other);
    if (more != other_more)
        return more ? 1 : -1;
    int32_t priority = one->pod->spec.priority != NULL ? *one->pod->spec.priority : 0;
    int32_t other_priority = other->pod->spec.priority != NULL ? *other->pod->spec.priority : 0;
    if (priority != other_priority)
        return priority > other_priority ? -1 : 1;
    bool guaranteed = text_equal(one->pod->status.qos_class, "Guaranteed"),
         other_guaranteed = text_equal(other->pod->status.qos_class, "Guaranteed");
    if (guaranteed != other_guaranteed)
        return guaranteed ? -1 : 1;
    usec_t since = one->resize.pending_since, other_since = other->resize.pending_since;
    if (since == 0 || other_since == 0) /* one that has not waited yet comes last */
        return since == other_since ? strcmp(one->uid, other->uid) : since == 0 ? 1 : -1;
    return since < other_since ? -1 : since > other_since ? 1 : strcmp(one->uid, other->uid);
}

/* --- one decision --- */

static bool is_infeasible(const struct pod_worker *worker, const struct api_node *node, char *message, size_t size)
{
    static const char *const names[] = { "memory", "cpu" };
    int64_t wanted[2];
    pod_requests(worker->pod, &wanted[1], &wanted[0]);
    for (size_t i = 0; i < countof(names); i++) {
        const struct quantity *most =
            quantity_entry_value(node->status.allocatable, node->status.n_allocatable, names[i]);
        int64_t capacity = most == NULL ? INT64_MAX : i == 1 ? quantity_milli_value(most) : quantity_value(most);
        if (wanted[i] <= capacity)
            continue;
        snprintf(message, size, "Node didn't have enough capacity: %s, requested: %lld, capacity: %lld", names[i],
                 (long long)wanted[i], (long long)capacity);
        return true;
    }
    return false;
}

/* An event for every answer that is new, not for every change of what is free. */
static void wait_for_room(struct pod_worker *worker, const char *reason, const char *message)
{
    struct pod_resize *resize = &worker->resize;
    int64_t generation = worker->pod->metadata.generation;
    bool known = resize->pending_reason != NULL && text_equal(resize->pending_reason, reason) &&
                 resize->pending_generation == generation;
    snprintf(resize->pending_message, sizeof(resize->pending_message), "%s", message);
    if (known)
        return;
    if (resize->pending_since == 0)
        resize->pending_since = loop_now(worker->kubelet->loop);
    resize->pending_reason = reason;
    resize->pending_generation = generation;
    auto_buffer struct buffer text = { .max = 65536 };
    resize_message(worker->pod, reason, generation, message, &text);
    pod_event(worker, SIZE_MAX, EVENT_WARNING, text_equal(reason, INFEASIBLE) ? "ResizeInfeasible" : "ResizeDeferred",
              "%s", buffer_failed(&text) ? message : text.data);
}

static void accept(struct pod_worker *worker)
{
    struct pod_resize *resize = &worker->resize;
    pod_allocation_accept(&worker->allocation, worker->pod);
    *resize = (struct pod_resize){ .decided = resize->decided };
    pod_worker_save_allocation(worker);
    pod_worker_resources_changed(worker);
    auto_buffer struct buffer text = { .max = 65536 };
    resize_message(worker->pod, "started", worker->pod->metadata.generation, NULL, &text);
    pod_event(worker, SIZE_MAX, EVENT_NORMAL, "ResizeStarted", "%s",
              buffer_failed(&text) ? "Pod resize started" : text.data);
}

/* True when the pod got what it asks for. */
static bool decide(struct kubelet *kubelet, struct pod_worker *worker, const struct api_node *node)
{
    auto_arena struct arena scratch = { 0 };
    char message[256];
    struct pod_refusal refusal;
    struct pod_admission admission = { .pod = worker->pod, .node = node, .max_pods = kubelet->options.max_pods };
    worker->resize.decided = worker->pod->metadata.generation;
    if (is_infeasible(worker, node, message, sizeof(message))) {
        wait_for_room(worker, INFEASIBLE, message);
    } else {
        admission.others = kubelet_taken_pods(kubelet, worker, &scratch, &admission.n_others);
        if (!pod_admission_lacks(&admission, &refusal)) {
            accept(worker);
            pod_worker_poke(worker);
            return true;
        }
        wait_for_room(worker, DEFERRED, refusal.message);
    }
    pod_worker_poke(worker);
    return false;
}

/* What one pod gives back may be what another waits for. */
void resizes_decide(struct kubelet *kubelet)
{
    const struct api_node *node = node_agent_node(kubelet->node);
    if (node == NULL || !kubelet->pods_synced)
        return;
    auto_arena struct arena scratch = { 0 };
    struct pod_worker **waiting = arena_new_array(&scratch, struct pod_worker *, kubelet->workers.size + 1), *worker;
    for (bool again = true; again;) {
        size_t count = 0;
        again = false;
        map_for_each (&kubelet->workers, worker, node) {
            if (resize_is_wanted(worker) && !worker->resize.running)
                waiting[count++] = worker;
        }
        qsort(waiting, count, sizeof(*waiting), by_turn);
        for (size_t i = 0; i < count; i++)
            again = decide(kubelet, waiting[i], node) || again;
    }
}

void resizes_decide_soon(struct kubelet *kubelet)
{
    loop_defer(kubelet->loop, &kubelet->resizes);
}
