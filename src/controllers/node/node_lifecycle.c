/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_lifecycle.c - notices nodes that have fallen silent, and taints nodes by their conditions.
 *
 * A node lives as long as its Lease is renewed; what counts is when a renewal was seen here, not the node's clock. In each
 * zone one node after the other gets the taint that evicts its pods, as fast as zone.h says; the times of the taints that
 * are there are all that has to be known for it. When no node at all is ready, the fault is likely ours: none is evicted. */
#include <stdio.h>

#include "api/codec.h"
#include "codec/json.h"
#include "controllers/controllers.h"
#include "controllers/node/zone.h"
#include "controllers/workload/pod_state.h"

#define LEASE_NAMESPACE "kube-node-lease"

static const char *const watched_conditions[] = { "Ready", "MemoryPressure", "DiskPressure", "PIDPressure" };

struct rule {
    const char *condition;
    const char *status;
    const char *taint;
};

/* NoSchedule taints; those of Ready come as NoExecute too. */
static const struct rule rules[] = {
    { "Ready", "False", "node.kubernetes.io/not-ready" },
    { "Ready", "Unknown", "node.kubernetes.io/unreachable" },
    { "MemoryPressure", "True", "node.kubernetes.io/memory-pressure" },
    { "DiskPressure", "True", "node.kubernetes.io/disk-pressure" },
    { "PIDPressure", "True", "node.kubernetes.io/pid-pressure" },
    { "NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable" },
};

static void node_of_lease(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    if (text_equal(object_namespace(object), LEASE_NAMESPACE))
        keys_add(keys, object_name(object));
}

static const struct api_node_condition *condition_of(const struct api_node *node, const char *type)
{
    for (size_t i = 0; i < node->status.n_conditions; i++) {
        if (text_equal(node->status.conditions[i].type, type))
            return &node->status.conditions[i];
    }
    return NULL;
}

static usec_t last_sign_of_life(struct reconcile *r, const struct api_node *node)
{
    usec_t last = node->metadata.creation_timestamp;
    const struct api_node_condition *ready = condition_of(node, "Ready");
    if (ready != NULL && ready->last_heartbeat_time > last)
        last = ready->last_heartbeat_time;
    if (last > r->now)
        last = r->now;
    auto_buffer struct buffer key = { 0 };
    buffer_format(&key, LEASE_NAMESPACE "/%s", r->key);
    usec_t seen = informer_seen(reconcile_cache(r, &api_resource_coordination_lease), key.data);
    return seen > last ? seen : last;
}

/* True when the status is written: the rest is for the next pass, which sees it. */
static bool mark_silent(struct reconcile *r, const struct object *object)
{
    const struct api_node *node = api_node_of(object);
    struct api_node next = *node;
    size_t count = node->status.n_conditions;
    struct api_node_condition *conditions =
        arena_new_array(r->arena, struct api_node_condition, count + countof(watched_conditions));
    if (count > 0)
        memcpy(conditions, node->status.conditions, count * sizeof(*conditions));
    bool changed = false;
    for (size_t i = 0; i < countof(watched_conditions); i++) {
        struct api_node_condition *condition = NULL;
        for (size_t j = 0; j < count; j++) {
            if (text_equal(conditions[j].type, watched_conditions[i]))
                condition = &conditions[j];
        }
        if (condition != NULL && text_equal(condition->status, "Unknown"))
            continue;
        bool never = condition == NULL;
        if (never) {
            condition = &conditions[count++];
            condition->type = watched_conditions[i];
            condition->last_heartbeat_time = node->metadata.creation_timestamp;
        }
        condition->status = "Unknown";
        condition->reason = never ? "NodeStatusNeverUpdated" : "NodeStatusUnknown";
        condition->message = never ? "Kubelet never posted node status." : "Kubelet stopped posting node status.";
        condition->last_transition_time = r->now;
        changed = true;
    }
    if (!changed)
        return false;
    next.status.conditions = conditions;
    next.status.n_conditions = count;
    reconcile_update_status(r, &api_resource_node, &next);
    reconcile_event(r, object, "Normal", "NodeNotReady", "Node %s status is now: NodeNotReady", object_name(object));
    return true;
}

/* Nobody else will say that pods of a silent node are not ready. */
static void mark_pods(struct reconcile *r)
{
    const struct informer *pods = reconcile_cache(r, &api_resource_pod);
    for (const struct object *o = NULL; (o = informer_next(pods, o)) != NULL;) {
        const struct api_pod *pod = api_pod_of(o);
        if (!text_equal(pod->spec.node_name, r->key) || !pod_ready(pod))
            continue;
        struct api_pod next = *pod;
        next.status.conditions = arena_new_array(r->arena, struct api_pod_condition, pod->status.n_conditions);
        memcpy(next.status.conditions, pod->status.conditions,
               pod->status.n_conditions * sizeof(*next.status.conditions));
        for (size_t i = 0; i < next.status.n_conditions; i++) {
            if (!text_equal(next.status.conditions[i].type, "Ready"))
                continue;
            next.status.conditions[i].status = "False";
            next.status.conditions[i].last_transition_time = r->now;
        }
        struct action *action = reconcile_update_status(r, &api_resource_pod, &next);
        action->always = false;
        action->absent_is_fine = true;
        action->about = o;
        action->succeeded = (struct action_event){ "Warning", "NodeNotReady", "Node is not ready" };
    }
}

static bool any_node_ready(struct reconcile *r)
{
    const struct informer *nodes = reconcile_cache(r, &api_resource_node);
    for (const struct object *o = NULL; (o = informer_next(nodes, o)) != NULL;) {
        const struct api_node_condition *ready = condition_of(api_node_of(o), "Ready");
        if (ready != NULL && text_equal(ready->status, "True"))
            return true;
    }
    return false;
}

/* Ours to add and to remove. */
static bool is_managed(const struct api_taint *taint)
{
    bool execute = text_equal(taint->effect, "NoExecute");
    if (!execute && !text_equal(taint->effect, "NoSchedule"))
        return false;
    if (!execute && text_equal(taint->key, "node.kubernetes.io/unschedulable"))
        return true;
    for (size_t i = 0; i < countof(rules); i++) {
        if (text_equal(taint->key, rules[i].taint) && (!execute || i < 2))
            return true;
    }
    return false;
}

/* When its pods began to be evicted; 0: they are not. */
static usec_t evicted_since(const struct api_node *node)
{
    for (size_t i = 0; i < node->spec.n_taints; i++) {
        const struct api_taint *taint = &node->spec.taints[i];
        if (is_managed(taint) && text_equal(taint->effect, "NoExecute"))
            return taint->time_added != 0 ? taint->time_added : 1;
    }
    return 0;
}

/* Is it this node's turn in its zone? Otherwise it asks again when that may be so; changes of nodes wake it, too. */
static bool may_evict(struct reconcile *r, const struct api_node *node)
{
    const struct informer *nodes = reconcile_cache(r, &api_resource_node);
    const struct zone_limits *limits = &zone_limits_default;
    size_t ready = 0, silent = 0;
    usec_t newest = 0;
    for (const struct object *o = NULL; (o = informer_next(nodes, o)) != NULL;) {
        const struct api_node *other = api_node_of(o);
        if (!zone_same(node, other))
            continue;
        const struct api_node_condition *condition = condition_of(other, "Ready");
        if (condition != NULL && text_equal(condition->status, "True"))
            ready++;
        else
            silent++;
        newest = evicted_since(other) > newest ? evicted_since(other) : newest;
    }
    usec_t pause = zone_pause(limits, zone_state_of(limits, ready, silent), ready + silent);
    if (pause == ZONE_NEVER)
        return false;
    if (newest == 0 || newest + pause <= r->now)
        return true;
    reconcile_again_in(r, newest + pause - r->now);
    return false;
}

static size_t wanted_taints(struct reconcile *r, const struct api_node *node, struct api_taint *taints)
{
    size_t count = 0;
    for (size_t i = 0; i < countof(rules); i++) {
        const struct api_node_condition *condition = condition_of(node, rules[i].condition);
        if (condition == NULL || !text_equal(condition->status, rules[i].status))
            continue;
        taints[count++] = (struct api_taint){ .key = rules[i].taint, .effect = "NoSchedule", .time_added = r->now };
        if (i < 2 && any_node_ready(r) && (evicted_since(node) != 0 || may_evict(r, node)))
            taints[count++] = (struct api_taint){ .key = rules[i].taint, .effect = "NoExecute", .time_added = r->now };
    }
    if (node->spec.unschedulable)
        taints[count++] = (struct api_taint){ .key = "node.kubernetes.io/unschedulable",
                                              .effect = "NoSchedule",
                                              .time_added = r->now };
    return count;
}

static bool same_taint(const struct api_taint *a, const struct api_taint *b)
{
    return text_equal(a->key, b->key) && text_equal(a->effect, b->effect);
}

static const struct api_taint *find_taint(const struct api_taint *taints, size_t count, const struct api_taint *taint)
{
    for (size_t i = 0; i < count; i++) {
        if (same_taint(&taints[i], taint))
            return &taints[i];
    }
    return NULL;
}

static void write_taints(struct reconcile *r, const struct object *object)
{
    const struct api_node *node = api_node_of(object);
    struct api_taint wanted[2 * countof(rules) + 1];
    size_t n_wanted = wanted_taints(r, node, wanted), count = 0;
    struct api_taint *taints = arena_new_array(r->arena, struct api_taint, node->spec.n_taints + n_wanted + 1);
    bool changed = false;
    for (size_t i = 0; i < node->spec.n_taints; i++) {
        const struct api_taint *taint = &node->spec.taints[i];
        if (is_managed(taint) && find_taint(wanted, n_wanted, taint) == NULL)
            changed = true;
        else
            taints[count++] = *taint;
    }
    for (size_t i = 0; i < n_wanted; i++) {
        if (find_taint(node->spec.taints, node->spec.n_taints, &wanted[i]) != NULL)
            continue;
        taints[count++] = wanted[i];
        changed = true;
    }
    if (!changed)
        return;
    auto_buffer struct buffer patch = { 0 };
    buffer_format(&patch, "{\"metadata\":{\"resourceVersion\":\"%s\"},\"spec\":{\"taints\":[",
                  node->metadata.resource_version);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(&patch, i == 0 ? "" : ",");
        api_encode_json(&api_type_taint, NULL, &taints[i], &patch);
    }
    buffer_append_text(&patch, "]}}");
    reconcile_patch(r, object, buffer_str(&patch));
}

static int reconcile_node(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_node), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp != 0)
        return 0;
    const struct api_node *node = api_node_of(object);
    usec_t due = last_sign_of_life(r, node) + r->settings->node_monitor_grace;
    if (r->now < due)
        reconcile_again_in(r, due - r->now);
    else if (mark_silent(r, object))
        return 0;
    const struct api_node_condition *ready = condition_of(node, "Ready");
    if (ready != NULL && text_equal(ready->status, "Unknown"))
        mark_pods(r);
    write_taints(r, object);
    return 0;
}

/* Whether any node is ready at all matters to those that are not. */
static void node_and_silent_ones(struct key_sink *keys, const struct controller_watch *watch,
                                 const struct object *object)
{
    keys_own(keys, watch, object);
    const struct informer *nodes = keys_cache(keys, &api_resource_node);
    const struct api_node_condition *own = condition_of(api_node_of(object), "Ready");
    const struct object *now = informer_get(nodes, object_key(object));
    const struct api_node_condition *after = now == NULL ? NULL : condition_of(api_node_of(now), "Ready");
    if (now == object || (own != NULL && after != NULL && text_equal(own->status, after->status)))
        return;
    for (const struct object *o = NULL; (o = informer_next(nodes, o)) != NULL;)
        keys_add(keys, object_key(o));
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_node, .map = node_and_silent_ones },
    { .resource = &api_resource_coordination_lease, .map = node_of_lease },
    { .resource = &api_resource_pod },
};

const struct controller node_lifecycle_controller = {
    .name = "node-lifecycle",
    .account = "node-controller",
    .queue = "node_lifecycle_controller",
    .component = "node-controller",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_node,
    .workers = 1, /* whose turn it is rests on the taints of the others */
};
