/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* taint_eviction.c - deletes pods that do not tolerate a NoExecute taint of their node, or no longer. */
#include "api/pod/node_fit.h"
#include "controllers/controllers.h"
#include "controllers/node/disruption_target.h"

static bool has_no_execute(const struct object *node)
{
    const struct api_node_spec *spec = &api_node_of(node)->spec;
    for (size_t i = 0; i < spec->n_taints; i++) {
        if (text_equal(spec->taints[i].effect, "NoExecute"))
            return true;
    }
    return false;
}

static void pods_of_node(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    if (!has_no_execute(object))
        return;
    const struct informer *pods = keys_cache(keys, &api_resource_pod);
    for (const struct object *o = NULL; (o = informer_next(pods, o)) != NULL;) {
        if (text_equal(api_pod_of(o)->spec.node_name, object_name(object)))
            keys_add(keys, object_key(o));
    }
}

/* When this taint drives the pod out: 0 now, INT64_MAX never. */
static usec_t deadline(const struct api_pod *pod, const struct api_taint *taint, usec_t since)
{
    usec_t latest = 0;
    for (size_t i = 0; i < pod->spec.n_tolerations; i++) {
        const struct api_toleration *toleration = &pod->spec.tolerations[i];
        if (!toleration_covers(toleration, taint))
            continue;
        if (toleration->toleration_seconds == NULL)
            return INT64_MAX;
        int64_t seconds = *toleration->toleration_seconds < 0 ? 0 : *toleration->toleration_seconds;
        usec_t due = seconds > INT32_MAX ? INT64_MAX : since + seconds * USEC_PER_SEC;
        if (latest == 0 || due < latest)
            latest = due;
    }
    return latest;
}

static int reconcile_pod(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_pod), r->key);
    if (object == NULL)
        return 0;
    const struct api_pod *pod = api_pod_of(object);
    const struct informer *nodes = reconcile_cache(r, &api_resource_node);
    const struct object *node = text_empty(pod->spec.node_name) ? NULL : informer_get(nodes, pod->spec.node_name);
    if (node == NULL || pod->metadata.deletion_timestamp != 0 || !has_no_execute(node))
        return 0;
    const struct api_node_spec *spec = &api_node_of(node)->spec;
    usec_t due = INT64_MAX;
    for (size_t i = 0; i < spec->n_taints; i++) {
        if (!text_equal(spec->taints[i].effect, "NoExecute"))
            continue;
        usec_t since =
            spec->taints[i].time_added != 0 ? spec->taints[i].time_added : informer_seen(nodes, pod->spec.node_name);
        usec_t until = deadline(pod, &spec->taints[i], since);
        if (until < due)
            due = until;
    }
    if (due == INT64_MAX)
        return 0;
    if (due > r->now) {
        reconcile_again_in(r, due - r->now);
        return 0;
    }
    disruption_target_mark(r, object, NULL, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
    struct action *action = reconcile_delete(r, object);
    action->about = object;
    action->succeeded = (struct action_event){ "Normal", "TaintManagerEviction",
                                               arena_format(r->arena, "Marking for deletion Pod %s", r->key) };
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_pod, .map = keys_own },
    { .resource = &api_resource_node, .map = pods_of_node },
};

const struct controller taint_eviction_controller = {
    .name = "taint-eviction",
    .account = "node-controller",
    .queue = "noexec_taint_pod",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_pod,
};
