/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scheduler.c - the shell: events in, one pod at a time through the framework, bindings out. */
#include "scheduler/scheduler.h"

#include <stdlib.h>

#include "api/codec.h"
#include "base/log.h"
#include "base/memory.h"
#include "scheduler/framework.h"
#include "scheduler/queue.h"
#include "scheduler/scheduler_metrics.h"

enum { PODS_PER_TURN = 64 /* then other work of the loop has its turn */ };

struct scheduler {
    struct loop *loop;
    struct client *client;
    struct event_recorder *events;
    const char *name;
    struct informer *pods, *nodes;
    struct informer_listener pod_listener, node_listener;
    struct cache cache;
    struct outlooks outlooks;
    struct queue queue;
    struct loop_task work;
    struct loop_timer due;
    bool work_queued;
    struct list bindings; /* struct binding, under way */
    struct list patches;  /* struct condition_patch, under way */
    struct scheduler_statistics statistics;
    struct scheduler_metrics metrics;
};

/* One Binding on its way to the API server. */
struct binding {
    struct client_call call;
    struct list_node node;
    struct scheduler *scheduler;
    struct queued_pod *queued;
    const struct object *pod;
    char *node_name;
    usec_t started; /* of the attempt, monotonic */
};

struct condition_patch {
    struct client_call call;
    struct list_node node;
    struct scheduler *scheduler;
    char *key;
};

static void wake(struct scheduler *scheduler)
{
    if (scheduler->work_queued)
        return;
    scheduler->work_queued = true;
    loop_defer(scheduler->loop, &scheduler->work);
}

static void wake_on(struct scheduler *scheduler, unsigned events)
{
    queue_event(&scheduler->queue, events, loop_monotonic(scheduler->loop));
    wake(scheduler);
}

/* ---------------------------------------------------------------- what the API server tells */

static bool is_finished(const struct api_pod *pod)
{
    return text_equal(pod->status.phase, "Succeeded") || text_equal(pod->status.phase, "Failed");
}

static bool is_placed(const struct object *object)
{
    const struct api_pod *pod = api_pod_of(object);
    return !text_empty(pod->spec.node_name) && !is_finished(pod);
}

static bool is_waiting(const struct scheduler *scheduler, const struct object *object)
{
    const struct api_pod *pod = api_pod_of(object);
    const char *wanted = text_empty(pod->spec.scheduler_name) ? "default-scheduler" : pod->spec.scheduler_name;
    return text_empty(pod->spec.node_name) && !is_finished(pod) && pod->metadata.deletion_timestamp == 0 &&
           pod->spec.n_scheduling_gates == 0 && strcmp(wanted, scheduler->name) == 0;
}

/* Status and annotations of a waiting pod change nothing for it; what the specification, labels and generation say does. */
static bool matters(const struct object *before, const struct object *after)
{
    const struct api_pod *old = api_pod_of(before), *new = api_pod_of(after);
    return !api_equal(&api_type_pod_spec, &old->spec, &new->spec) ||
           old->metadata.generation != new->metadata.generation;
}

static void pod_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct scheduler *scheduler = container_of(listener, struct scheduler, pod_listener);
    bool was_placed = before != NULL && is_placed(before);
    if (after != NULL && is_placed(after)) {
        queue_remove(&scheduler->queue, object_key(after));
        struct pod_info *known = cache_pod(&scheduler->cache, object_key(after));
        const char *node_name = api_pod_of(after)->spec.node_name;
        struct pod_info *info = pod_info_create(&scheduler->cache, after);
        bool gives_back = known != NULL && pod_info_gives_back(known, info);
        cache_place(&scheduler->cache, info, node_name, false);
        if (known == NULL || gives_back)
            wake_on(scheduler, known == NULL ? EVENT_POD_ADDED : EVENT_POD_REMOVED);
        return;
    }
    if (was_placed) {
        cache_remove_pod(&scheduler->cache, object_key(before));
        wake_on(scheduler, EVENT_POD_REMOVED);
    }
    if (after != NULL && is_waiting(scheduler, after)) {
        bool changed = before == NULL || matters(before, after);
        queue_put(&scheduler->queue, after, changed, loop_monotonic(scheduler->loop));
        wake(scheduler);
    } else if (before != NULL) {
        queue_remove(&scheduler->queue, object_key(before));
    }
}

static unsigned node_events(const struct object *before, const struct object *after)
{
    const struct api_node *old = api_node_of(before), *new = api_node_of(after);
    unsigned events = 0;
    for (size_t i = 0; i < new->status.n_allocatable; i++)
        if (i >= old->status.n_allocatable ||
            !text_equal(old->status.allocatable[i].key, new->status.allocatable[i].key) ||
            quantity_compare(&old->status.allocatable[i].value, &new->status.allocatable[i].value) != 0)
            events |= EVENT_NODE_ALLOCATABLE;
    if (!api_equal(&api_type_node_spec, &old->spec, &new->spec))
        events |= EVENT_NODE_TAINTS;
    if (old->metadata.n_labels != new->metadata.n_labels)
        events |= EVENT_NODE_LABELS;
    for (size_t i = 0; i < new->metadata.n_labels &&i < old->metadata.n_labels; i++)
        if (!text_equal(old->metadata.labels[i].key, new->metadata.labels[i].key) ||
            !text_equal(old->metadata.labels[i].value, new->metadata.labels[i].value))
            events |= EVENT_NODE_LABELS;
    return events;
}

static void node_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct scheduler *scheduler = container_of(listener, struct scheduler, node_listener);
    if (after == NULL) {
        cache_remove_node(&scheduler->cache, object_name(before));
        return;
    }
    cache_set_node(&scheduler->cache, after);
    unsigned events = before == NULL ? EVENT_NODE_ADDED : node_events(before, after);
    if (events != 0)
        wake_on(scheduler, events);
}

/* ---------------------------------------------------------------- what it tells the API server */

static void binding_free(struct binding *binding)
{
    list_remove(&binding->node);
    object_unref(binding->pod);
    free(binding->node_name);
    free(binding);
}

static void tell(struct scheduler *scheduler, const struct object *pod, const char *type, const char *reason,
                 const char *message)
{
    char version[128];
    struct api_object_reference reference = event_reference(pod, version);
    event_record(scheduler->events, &reference, type, reason, message);
}

static void bind_failed(struct scheduler *scheduler, struct binding *binding, const struct client_result *result)
{
    auto_arena struct arena arena = { 0 };
    scheduler->statistics.errors++;
    scheduler_metrics_ended(&scheduler->metrics, SCHEDULING_ERROR, binding->queued, binding->started,
                            loop_monotonic(scheduler->loop));
    struct pod_info *info = cache_pod(&scheduler->cache, object_key(binding->pod));
    if (info != NULL && info->assumed)
        cache_remove_pod(&scheduler->cache, object_key(binding->pod));
    tell(scheduler, binding->pod, EVENT_WARNING, "FailedScheduling",
         arena_format(&arena, "binding rejected: %s", result->err.message));
    queue_retry(&scheduler->queue, binding->queued, loop_monotonic(scheduler->loop));
    wake_on(scheduler, EVENT_POD_REMOVED); /* what was assumed is free again */
}

static void bind_done(struct client_call *call, const struct client_result *result)
{
    struct binding *binding = container_of(call, struct binding, call);
    struct scheduler *scheduler = binding->scheduler;
    if (result->rc < 0) {
        bind_failed(scheduler, binding, result);
    } else {
        scheduler->statistics.scheduled++;
        scheduler_metrics_ended(&scheduler->metrics, SCHEDULING_SCHEDULED, binding->queued, binding->started,
                                loop_monotonic(scheduler->loop));
        auto_arena struct arena arena = { 0 };
        tell(scheduler, binding->pod, EVENT_NORMAL, "Scheduled",
             arena_format(&arena, "Successfully assigned %s to %s", object_key(binding->pod), binding->node_name));
        queue_done(&scheduler->queue, binding->queued);
    }
    binding_free(binding);
}

static void bind(struct scheduler *scheduler, struct queued_pod *queued, const char *node_name, usec_t started)
{
    struct binding *binding = memory_new(struct binding);
    binding->scheduler = scheduler;
    binding->queued = queued;
    binding->started = started;
    binding->pod = object_ref(queued->object);
    binding->node_name = memory_strdup(node_name);
    binding->call.done = bind_done;
    list_append(&scheduler->bindings, &binding->node);

    const struct api_binding body = {
        .metadata = { .name = object_name(queued->object),
                      .namespace = object_namespace(queued->object),
                      .uid = object_uid(queued->object) },
        .target = { .kind = "Node", .name = node_name },
    };
    const struct client_request request = {
        .verb = API_CREATE,
        .resource = object_resource(queued->object),
        .namespace_ = object_namespace(queued->object),
        .name = object_name(queued->object),
        .subresource = "binding",
        .body_kind = &api_kind_binding,
        .body = &body,
    };
    client_call_start(scheduler->client, &binding->call, &request);
}

static void condition_patched(struct client_call *call, const struct client_result *result)
{
    struct condition_patch *patch = container_of(call, struct condition_patch, call);
    struct scheduler *scheduler = patch->scheduler;
    const struct object *now = informer_get(scheduler->pods, patch->key);
    if (result->rc == -ERROR_CONFLICT && now != NULL && is_waiting(scheduler, now)) {
        queue_put(&scheduler->queue, now, true, loop_monotonic(scheduler->loop)); /* another look at what it is now */
        wake(scheduler);
    } else if (result->rc < 0 && result->rc != -ERROR_NOT_FOUND) {
        log_warning("cannot write the PodScheduled condition", LOG_TEXT("pod", patch->key),
                    LOG_TEXT("error", result->err.message));
    }
    list_remove(&patch->node);
    free(patch->key);
    free(patch);
}

static const struct api_pod_condition *scheduled_condition(const struct api_pod *pod)
{
    for (size_t i = 0; i < pod->status.n_conditions; i++)
        if (text_equal(pod->status.conditions[i].type, "PodScheduled"))
            return &pod->status.conditions[i];
    return NULL;
}

/* A merge patch replaces lists as a whole, so it holds the other conditions too and says which version it knew. */
static void encode_conditions(const struct object *object, const struct api_pod_condition *old,
                              const struct api_pod_condition *condition, struct buffer *body)
{
    const struct api_pod *pod = api_pod_of(object);
    buffer_format(body, "{\"metadata\":{\"resourceVersion\":\"%s\"},\"status\":{\"conditions\":[",
                  text_or_empty(pod->metadata.resource_version));
    for (size_t i = 0; i < pod->status.n_conditions; i++) {
        if (&pod->status.conditions[i] == old)
            continue;
        api_encode_json(&api_type_pod_condition, NULL, &pod->status.conditions[i], body);
        buffer_append_char(body, ',');
    }
    api_encode_json(&api_type_pod_condition, NULL, condition, body);
    buffer_append_text(body, "]}}");
}

/* Tells the pod why it waits, when that is news. */
static void write_condition(struct scheduler *scheduler, const struct object *pod, const char *message,
                            struct arena *arena)
{
    const struct api_pod_condition *old = scheduled_condition(api_pod_of(pod));
    if (old != NULL && text_equal(old->status, "False") && text_equal(old->message, message))
        return;
    usec_t since =
        old != NULL && text_equal(old->status, "False") ? old->last_transition_time : loop_now(scheduler->loop);
    const struct api_pod_condition condition = {
        .type = "PodScheduled",
        .status = "False",
        .reason = "Unschedulable",
        .message = message,
        .last_transition_time = since,
        .observed_generation = api_pod_of(pod)->metadata.generation,
    };
    auto_buffer struct buffer body = { 0 };
    encode_conditions(pod, old, &condition, &body);
    struct condition_patch *patch = memory_new(struct condition_patch);
    patch->scheduler = scheduler;
    patch->key = memory_strdup(object_key(pod));
    patch->call.done = condition_patched;
    list_append(&scheduler->patches, &patch->node);
    const struct client_request request = {
        .verb = API_PATCH,
        .resource = object_resource(pod),
        .namespace_ = object_namespace(pod),
        .name = object_name(pod),
        .subresource = "status",
        .patch = { arena_strndup(arena, body.data, body.size), body.size },
        .patch_type = CLIENT_PATCH_MERGE,
    };
    client_call_start(scheduler->client, &patch->call, &request);
}

/* ---------------------------------------------------------------- one pod after the other */

static void schedule_one(struct scheduler *scheduler, struct queued_pod *queued)
{
    auto_arena struct arena arena = { 0 };
    struct cycle cycle;
    usec_t started = loop_monotonic(scheduler->loop);
    struct pod_info *info = pod_info_create(&scheduler->cache, queued->object);
    cycle_init(&cycle, &scheduler->outlooks, info, &arena);
    size_t row = cycle_run(&cycle, loop_random(scheduler->loop));
    scheduler_metrics_decided(&scheduler->metrics, started, loop_monotonic(scheduler->loop));
    if (row < scheduler->cache.n_rows) {
        const char *node_name = object_name(scheduler->cache.rows[row]->object);
        cache_place(&scheduler->cache, info, node_name, true);
        bind(scheduler, queued, node_name, started);
        return;
    }
    scheduler->statistics.unschedulable++;
    scheduler_metrics_ended(&scheduler->metrics, SCHEDULING_UNSCHEDULABLE, queued, started,
                            loop_monotonic(scheduler->loop));
    const char *message = cycle_explain(&cycle);
    tell(scheduler, queued->object, EVENT_WARNING, "FailedScheduling", message);
    write_condition(scheduler, queued->object, message, &arena);
    pod_info_destroy(info);
    queue_park(&scheduler->queue, queued, cycle.waits_for, loop_monotonic(scheduler->loop));
}

static void work_due(struct loop_task *task)
{
    struct scheduler *scheduler = container_of(task, struct scheduler, work);
    scheduler->work_queued = false;
    if (!informer_synced(scheduler->pods) || !informer_synced(scheduler->nodes))
        return; /* half a picture would place pods badly; synced() wakes us */
    usec_t now = loop_monotonic(scheduler->loop);
    for (int i = 0; i < PODS_PER_TURN; i++) {
        struct queued_pod *queued = queue_take(&scheduler->queue, now);
        if (queued == NULL) {
            usec_t due = queue_next_due(&scheduler->queue);
            scheduler_metrics_queue(&scheduler->metrics, &scheduler->queue);
            if (due != 0)
                loop_timer_start(scheduler->loop, &scheduler->due, due - now);
            return;
        }
        schedule_one(scheduler, queued);
    }
    scheduler_metrics_queue(&scheduler->metrics, &scheduler->queue);
    wake(scheduler);
}

static void timer_due(struct loop_timer *timer)
{
    wake(container_of(timer, struct scheduler, due));
}

static void pods_synced(struct informer_listener *listener)
{
    wake(container_of(listener, struct scheduler, pod_listener));
}

static void nodes_synced(struct informer_listener *listener)
{
    wake(container_of(listener, struct scheduler, node_listener));
}

struct scheduler *scheduler_create(const struct scheduler_options *options)
{
    struct scheduler *scheduler = memory_new(struct scheduler);
    scheduler->client = options->client;
    scheduler->loop = client_loop(options->client);
    scheduler->events = options->events;
    scheduler->name = options->name != NULL ? options->name : "default-scheduler";
    scheduler->pods = informer_set_get(options->informers, &(struct informer_options){ .resource = &api_resource_pod });
    scheduler->nodes =
        informer_set_get(options->informers, &(struct informer_options){ .resource = &api_resource_node });
    scheduler->pod_listener = (struct informer_listener){ .changed = pod_changed, .synced = pods_synced };
    scheduler->node_listener = (struct informer_listener){ .changed = node_changed, .synced = nodes_synced };
    scheduler->work.callback = work_due;
    scheduler->due.callback = timer_due;
    scheduler_metrics_init(&scheduler->metrics, options->metrics, scheduler->name);
    list_init(&scheduler->bindings);
    list_init(&scheduler->patches);
    cache_init(&scheduler->cache);
    outlooks_init(&scheduler->outlooks, &scheduler->cache);
    queue_init(&scheduler->queue);
    return scheduler;
}

void scheduler_start(struct scheduler *scheduler)
{
    informer_listen(scheduler->nodes, &scheduler->node_listener);
    informer_listen(scheduler->pods, &scheduler->pod_listener);
}

void scheduler_destroy(struct scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    informer_unlisten(scheduler->nodes, &scheduler->node_listener);
    informer_unlisten(scheduler->pods, &scheduler->pod_listener);
    loop_cancel(scheduler->loop, &scheduler->work);
    loop_timer_stop(&scheduler->due);
    struct binding *binding = NULL;
    list_for_each (&scheduler->bindings, binding, node) {
        client_call_cancel(&binding->call);
        binding_free(binding);
    }
    struct condition_patch *patch = NULL;
    list_for_each (&scheduler->patches, patch, node) {
        client_call_cancel(&patch->call);
        list_remove(&patch->node);
        free(patch->key);
        free(patch);
    }
    scheduler_metrics_fini(&scheduler->metrics);
    queue_fini(&scheduler->queue);
    outlooks_fini(&scheduler->outlooks);
    cache_fini(&scheduler->cache);
    free(scheduler);
}

void scheduler_statistics(const struct scheduler *scheduler, struct scheduler_statistics *statistics)
{
    *statistics = scheduler->statistics;
    statistics->active = queue_count(&scheduler->queue, QUEUE_ACTIVE);
    statistics->backoff = queue_count(&scheduler->queue, QUEUE_BACKOFF);
    statistics->unschedulable_now = queue_count(&scheduler->queue, QUEUE_UNSCHEDULABLE);
    statistics->binding = queue_count(&scheduler->queue, QUEUE_TAKEN);
}
