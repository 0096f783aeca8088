/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replicas.c - as many pods of a template as asked for. */
#include "controllers/replicas/replicas.h"

#include "api/codec.h"
#include "base/container/map.h"
#include "controllers/workload/ownership.h"
#include "controllers/workload/pod_state.h"

#define BURST 500 /* pods made or deleted in one pass, as upstream */

struct crowd {
    struct map_node node; /* by node name */
    size_t count;
};

void replicas_keys_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *pod,
                          const struct replicas_kind *kind)
{
    keys_of_owner(keys, watch, pod);
    const struct api_object_meta *meta = object_meta(pod);
    if (ownership_controller(meta) != NULL)
        return;
    const struct informer *sets = keys_cache(keys, kind->resource);
    for (const struct object *o = NULL; (o = informer_next_in(sets, object_namespace(pod), o)) != NULL;) {
        auto_arena struct arena scratch = { 0 };
        struct label_selector selector = { 0 };
        if (label_selector_of(kind->view(&scratch, o)->spec.selector, &scratch, &selector, NULL) == 0 &&
            label_selector_matches(&selector, meta->labels, meta->n_labels))
            keys_add(keys, object_key(o));
    }
}

static void make_pods(struct reconcile *r, const struct object *object, const struct api_apps_replica_set *set,
                      size_t count)
{
    const struct api_pod *pod = pod_of_template(r->arena, object, &set->spec.template);
    for (size_t i = 0; i < count && i < BURST; i++) {
        struct action *action = reconcile_create(r, &api_resource_pod, pod);
        action->about = object;
        action->succeeded = (struct action_event){ "Normal", "SuccessfulCreate", "Created pod: %s" };
        action->failed = (struct action_event){ "Warning", "FailedCreate", "Error creating: %s" };
    }
}

/* How many active pods of the same owner's sets share each pod's node, so that crowded nodes are thinned first. */
static void count_neighbours(struct reconcile *r, const struct replicas_kind *kind, const struct object *set,
                             struct ranked_pod *pods, size_t count)
{
    const struct api_owner_reference *owner = ownership_controller(object_meta(set));
    const struct informer *sets = reconcile_cache(r, kind->resource);
    const struct informer *cache = reconcile_cache(r, &api_resource_pod);
    struct map crowds;
    map_init(&crowds);
    const struct object *sibling = owner == NULL ? set : NULL;
    while (owner == NULL || (sibling = informer_next_owned(sets, owner->uid, sibling)) != NULL) {
        for (const struct object *o = NULL; (o = informer_next_owned(cache, object_uid(sibling), o)) != NULL;) {
            const struct api_pod *pod = api_pod_of(o);
            if (!pod_active(pod) || text_empty(pod->spec.node_name))
                continue;
            struct str name = str_of(pod->spec.node_name);
            struct crowd *crowd = map_find_entry(&crowds, name, struct crowd, node);
            if (crowd == NULL) {
                crowd = arena_new(r->arena, struct crowd);
                map_insert(&crowds, name, &crowd->node);
            }
            crowd->count++;
        }
        if (owner == NULL)
            break;
    }
    for (size_t i = 0; i < count; i++) {
        struct crowd *crowd =
            map_find_entry(&crowds, str_of(text_or_empty(pods[i].pod->spec.node_name)), struct crowd, node);
        pods[i].rank = crowd == NULL ? 0 : crowd->count;
    }
    map_fini(&crowds);
}

static void delete_pods(struct reconcile *r, const struct replicas_kind *kind, const struct object *object,
                        struct ranked_pod *pods, size_t count, size_t surplus)
{
    count_neighbours(r, kind, object, pods, count);
    pods_rank(pods, count, r->now);
    for (size_t i = 0; i < surplus && i < BURST; i++) {
        struct action *action = reconcile_delete(r, pods[i].object);
        action->about = object;
        action->succeeded = (struct action_event){ "Normal", "SuccessfulDelete", "Deleted pod: %s" };
        action->failed = (struct action_event){ "Warning", "FailedDelete", "Error deleting: %s" };
    }
}

/* ReplicaFailure is there while the last pass failed to make or delete a pod. */
static void set_failure(struct reconcile *r, struct api_apps_replica_set_status *status)
{
    struct api_apps_replica_set_condition *old = NULL;
    size_t kept = 0;
    struct api_apps_replica_set_condition *conditions =
        arena_new_array(r->arena, struct api_apps_replica_set_condition, status->n_conditions + 1);
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (text_equal(status->conditions[i].type, "ReplicaFailure"))
            old = &status->conditions[i];
        else
            conditions[kept++] = status->conditions[i];
    }
    if (r->failure_reason != NULL && old != NULL)
        conditions[kept++] = *old;
    else if (r->failure_reason != NULL)
        conditions[kept++] = (struct api_apps_replica_set_condition){ .type = "ReplicaFailure",
                                                                      .status = "True",
                                                                      .last_transition_time = r->now,
                                                                      .reason = r->failure_reason,
                                                                      .message = r->failure_message };
    status->conditions = kept == 0 ? NULL : conditions;
    status->n_conditions = kept;
}

/* What the status is to be; the caller writes it when it is another one. */
static struct api_apps_replica_set_status next_status(struct reconcile *r, const struct api_apps_replica_set *set,
                                                      const struct ranked_pod *pods, size_t count, int32_t terminating)
{
    struct api_apps_replica_set_status next = set->status, *status = &next;
    struct label_selector template_labels =
        label_selector_of_map(set->spec.template.metadata.labels, set->spec.template.metadata.n_labels, r->arena);
    status->replicas = (int32_t)count;
    status->fully_labeled_replicas = status->ready_replicas = status->available_replicas = 0;
    usec_t soonest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct api_pod *pod = pods[i].pod;
        status->fully_labeled_replicas +=
            label_selector_matches(&template_labels, pod->metadata.labels, pod->metadata.n_labels);
        if (!pod_ready(pod))
            continue;
        status->ready_replicas++;
        if (pod_available(pod, set->spec.min_ready_seconds, r->now)) {
            status->available_replicas++;
            continue;
        }
        usec_t due = pod_condition(pod, "Ready")->last_transition_time + set->spec.min_ready_seconds * USEC_PER_SEC;
        if (soonest == 0 || due < soonest)
            soonest = due;
    }
    status->terminating_replicas = arena_new(r->arena, int32_t);
    *status->terminating_replicas = terminating;
    status->observed_generation = set->metadata.generation;
    set_failure(r, status);
    if (soonest != 0)
        reconcile_again_in(r, soonest - r->now);
    return next;
}

int replicas_reconcile(struct reconcile *r, const struct replicas_kind *kind, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, kind->resource), r->key);
    if (object == NULL)
        return 0;
    const struct api_apps_replica_set *set = kind->view(r->arena, object);
    struct label_selector selector = { 0 };
    int rc = label_selector_of(set->spec.selector, r->arena, &selector, err);
    if (rc < 0)
        return rc;
    size_t n_claimed = 0;
    const struct object **claimed = ownership_claim(r, object, &selector, &api_resource_pod, &n_claimed);
    struct ranked_pod *pods = arena_new_array(r->arena, struct ranked_pod, n_claimed + 1);
    size_t count = 0;
    int32_t terminating = 0;
    for (size_t i = 0; i < n_claimed; i++) {
        const struct api_pod *pod = api_pod_of(claimed[i]);
        if (pod_active(pod))
            pods[count++] = (struct ranked_pod){ .object = claimed[i], .pod = pod };
        else
            terminating += !pod_finished(pod);
    }
    size_t wanted = set->spec.replicas == NULL ? 1 : (size_t)(*set->spec.replicas < 0 ? 0 : *set->spec.replicas);
    if (set->metadata.deletion_timestamp == 0) {
        if (count < wanted)
            make_pods(r, object, set, wanted - count);
        else if (count > wanted)
            delete_pods(r, kind, object, pods, count, count - wanted);
    }
    struct api_apps_replica_set_status status = next_status(r, set, pods, count, terminating);
    if (!api_equal(&api_type_apps_replica_set_status, &status, &set->status))
        kind->update_status(r, object, &status);
    return 0;
}
