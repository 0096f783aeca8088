/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_gc.c - removes pods that nobody else will: of nodes that are gone, deleted ones that never had a node,
 * and the oldest of too many finished ones. */
#include <stdlib.h>

#include "controllers/controllers.h"
#include "controllers/node/disruption_target.h"
#include "controllers/workload/pod_state.h"

#define FINISHED_KEY  "finished"          /* no pod's key: those have a slash */
#define FINISHED_WAIT (20 * USEC_PER_SEC) /* upstream's period */
#define QUARANTINE    (40 * USEC_PER_SEC) /* a node that is gone may come back */

static void pod_and_finished(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    keys_own(keys, watch, object);
    if (pod_finished(api_pod_of(object)))
        keys_add_after(keys, FINISHED_KEY, FINISHED_WAIT);
}

/* Only when it is gone: then the cache no longer has it. */
static void pods_of_gone_node(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    if (informer_get(keys_cache(keys, &api_resource_node), object_key(object)) != NULL)
        return;
    const struct informer *pods = keys_cache(keys, &api_resource_pod);
    for (const struct object *o = NULL; (o = informer_next(pods, o)) != NULL;) {
        if (text_equal(api_pod_of(o)->spec.node_name, object_name(object)))
            keys_add_after(keys, object_key(o), QUARANTINE);
    }
}

static void force_delete(struct reconcile *r, const struct object *object)
{
    struct action *action = reconcile_delete(r, object);
    action->grace_seconds = 0;
    action->barrier = true;
}

static int by_age(const void *left, const void *right)
{
    const struct object *a = *(const struct object *const *)left, *b = *(const struct object *const *)right;
    usec_t x = object_meta(a)->creation_timestamp, y = object_meta(b)->creation_timestamp;
    return x != y ? (x < y ? -1 : 1) : strcmp(object_key(a), object_key(b));
}

static void thin_finished(struct reconcile *r)
{
    const struct informer *pods = reconcile_cache(r, &api_resource_pod);
    size_t count = 0;
    for (const struct object *o = NULL; (o = informer_next(pods, o)) != NULL;)
        count += pod_finished(api_pod_of(o));
    if (count <= r->settings->terminated_pod_threshold)
        return;
    size_t surplus = count - r->settings->terminated_pod_threshold;
    const struct object **finished = arena_new_array(r->arena, const struct object *, count);
    count = 0;
    for (const struct object *o = NULL; (o = informer_next(pods, o)) != NULL;) {
        if (pod_finished(api_pod_of(o)))
            finished[count++] = o;
    }
    qsort(finished, count, sizeof(*finished), by_age);
    for (size_t i = 0; i < surplus; i++)
        reconcile_delete(r, finished[i])->grace_seconds = 0;
}

static int reconcile_pod(struct reconcile *r, struct error *err)
{
    (void)err;
    if (text_equal(r->key, FINISHED_KEY)) {
        thin_finished(r);
        return 0;
    }
    const struct informer *pods = reconcile_cache(r, &api_resource_pod);
    const struct object *object = informer_get(pods, r->key);
    if (object == NULL)
        return 0;
    const struct api_pod *pod = api_pod_of(object);
    if (text_empty(pod->spec.node_name)) {
        if (pod->metadata.deletion_timestamp != 0)
            force_delete(r, object);
        return 0;
    }
    if (informer_get(reconcile_cache(r, &api_resource_node), pod->spec.node_name) != NULL)
        return 0;
    usec_t due = informer_arrived(pods, r->key) + QUARANTINE;
    if (r->now < due) {
        reconcile_again_in(r, due - r->now);
        return 0;
    }
    reconcile_confirm_absent(r, &api_resource_node, NULL, pod->spec.node_name, NULL);
    disruption_target_mark(r, object, pod_finished(pod) ? NULL : "Failed", "DeletionByPodGC",
                           "PodGC: node no longer exists");
    force_delete(r, object);
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_pod, .map = pod_and_finished },
    { .resource = &api_resource_node, .map = pods_of_gone_node },
};

const struct controller pod_gc_controller = {
    .name = "pod-garbage-collector",
    .account = "pod-garbage-collector",
    .queue = "orphaned_pods_nodes",
    .component = "pod-garbage-collector",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_pod,
};
