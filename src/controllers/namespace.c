/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* namespace.c - empties a namespace that is being deleted, says what still holds it, then lets it go. Pods first:
 * nothing that they need may vanish while they run.
 *
 * The caches say what is left and wake the namespace when the last object of a resource goes; before the namespace
 * goes, the server itself is asked to delete everything once more and must have found nothing. */
#include <stdlib.h>

#include "controllers/controllers.h"

#define FINALIZER          "kubernetes"
#define FINALIZER_ESTIMATE 15 /* seconds that finalizers are given between two looks, twice: as upstream */

static void wake(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    if (watch->resource == &api_resource_namespace) {
        keys_own(keys, watch, object);
        return;
    }
    const char *name = object_namespace(object);
    const struct object *space = name[0] == '\0' ? NULL : informer_get(keys_cache(keys, &api_resource_namespace), name);
    const struct informer *own = keys_cache(keys, watch->resource);
    if (space != NULL && object_meta(space)->deletion_timestamp != 0 &&
        (own == NULL || informer_next_in(own, name, NULL) == NULL))
        keys_add(keys, name);
}

/* ---------------------------------------------------------------- what is left */

struct tally {
    const char *name;
    size_t count;
};

struct content {
    struct reconcile *r;
    struct tally *resources, *finalizers;
    size_t n_resources, n_finalizers;
    bool pods;
    int64_t estimate; /* seconds until it may be gone; 0: nothing is left that takes time */
};

static void tally_add(struct content *content, struct tally **tallies, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (text_equal((*tallies)[i].name, name)) {
            (*tallies)[i].count++;
            return;
        }
    }
    struct tally *more = arena_new_array(content->r->arena, struct tally, *count + 1);
    if (*count > 0)
        memcpy(more, *tallies, *count * sizeof(*more));
    more[*count] = (struct tally){ name, 1 };
    *tallies = more;
    ++*count;
}

/* A bound pod has its grace, and an object its finalizers; anything else goes when it is deleted. */
static bool takes_time(const struct content *content, const struct object *object, int64_t *ret_estimate)
{
    *ret_estimate = object_meta(object)->n_finalizers > 0 ? FINALIZER_ESTIMATE : 0;
    if (object_resource(object) != &api_resource_pod)
        return *ret_estimate > 0;
    const struct api_pod *pod = api_pod_of(object);
    if (text_empty(pod->spec.node_name) || text_equal(pod->status.phase, "Succeeded") ||
        text_equal(pod->status.phase, "Failed"))
        return *ret_estimate > 0;
    const struct object *space = informer_get(reconcile_cache(content->r, &api_resource_namespace), content->r->key);
    int64_t grace =
        pod->spec.termination_grace_period_seconds != NULL ? *pod->spec.termination_grace_period_seconds : 30;
    bool over = content->r->now - object_meta(space)->deletion_timestamp >= grace * USEC_PER_SEC;
    *ret_estimate = over ? FINALIZER_ESTIMATE : grace;
    return true;
}

/* Counts what of a resource will be left, and asks for the deletion of what has no mark yet. */
static void look_at(struct content *content, const struct informer *cache)
{
    struct reconcile *r = content->r;
    const struct api_resource *resource = informer_resource(cache);
    const char *name = NULL;
    bool unmarked = false;
    for (const struct object *o = NULL; (o = informer_next_in(cache, r->key, o)) != NULL;) {
        const struct api_object_meta *meta = object_meta(o);
        int64_t estimate = 0;
        unmarked |= meta->deletion_timestamp == 0;
        content->pods |= resource == &api_resource_pod;
        if (!takes_time(content, o, &estimate))
            continue;
        content->estimate = estimate > content->estimate ? estimate : content->estimate;
        if (name == NULL)
            name = arena_format(r->arena, "%s.%s", resource->plural, resource->kind->group);
        tally_add(content, &content->resources, &content->n_resources, name);
        for (size_t i = 0; i < meta->n_finalizers; i++)
            tally_add(content, &content->finalizers, &content->n_finalizers, meta->finalizers[i]);
    }
    if (unmarked && (resource->verbs & API_DELETE_COLLECTION) != 0)
        reconcile_clear(r, resource, r->key)->failed.reason = "ContentDeletionFailed";
}

static void look_at_all(struct content *content)
{
    look_at(content, reconcile_cache(content->r, &api_resource_pod));
    if (content->pods)
        return;
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(content->r, cache)) != NULL;) {
        if ((informer_resource(cache)->flags & API_NAMESPACED) != 0)
            look_at(content, cache);
    }
}

/* ---------------------------------------------------------------- what is said */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

/* NULL when there is nothing to say. */
static const char *tell_tallies(struct arena *arena, const char *start, struct tally *tallies, size_t count,
                                const char *format)
{
    if (count == 0)
        return NULL;
    qsort(tallies, count, sizeof(*tallies), by_name);
    const char *text = start;
    for (size_t i = 0; i < count; i++)
        text = arena_format(arena, "%s%s%s%s%zu resource instances", text, i == 0 ? "" : ", ", tallies[i].name, format,
                            tallies[i].count);
    return text;
}

struct remark {
    const char *type;
    const char *reason, *message; /* while all is well */
    const char *bad_reason;
};

enum { REMARK_FAILURE = 2, REMARK_CONTENT, REMARK_FINALIZERS, REMARKS };

/* All resources are built in: the first two cannot go wrong. */
static const struct remark remarks[REMARKS] = {
    { "NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered", NULL },
    { "NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed",
      NULL },
    [REMARK_FAILURE] = { "NamespaceDeletionContentFailure", "ContentDeleted",
                         "All content successfully deleted, may be waiting on finalization", "ContentDeletionFailed" },
    [REMARK_CONTENT] = { "NamespaceContentRemaining", "ContentRemoved", "All content successfully removed",
                         "SomeResourcesRemain" },
    [REMARK_FINALIZERS] = { "NamespaceFinalizersRemaining", "ContentHasNoFinalizers",
                            "All content-preserving finalizers finished", "SomeFinalizersRemain" },
};

static struct api_namespace_condition *condition_of(struct api_namespace_status *status, const char *type)
{
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (text_equal(status->conditions[i].type, type))
            return &status->conditions[i];
    }
    struct api_namespace_condition *condition = &status->conditions[status->n_conditions++];
    *condition = (struct api_namespace_condition){ .type = type };
    return condition;
}

/* True: the conditions differ from those that are there, and are going to be written. */
static bool tell(struct content *content, const struct api_namespace *space)
{
    struct reconcile *r = content->r;
    const char *bad[REMARKS] = { 0 };
    if (r->failure_message != NULL)
        bad[REMARK_FAILURE] =
            arena_format(r->arena, "Failed to delete all resource types, 1 remaining: %s", r->failure_message);
    bad[REMARK_CONTENT] =
        tell_tallies(r->arena, "Some resources are remaining: ", content->resources, content->n_resources, " has ");
    bad[REMARK_FINALIZERS] =
        tell_tallies(r->arena, "Some content in the namespace has finalizers remaining: ", content->finalizers,
                     content->n_finalizers, " in ");
    struct api_namespace next = *space;
    next.status.conditions =
        arena_new_array(r->arena, struct api_namespace_condition, space->status.n_conditions + REMARKS);
    if (space->status.n_conditions > 0)
        memcpy(next.status.conditions, space->status.conditions,
               space->status.n_conditions * sizeof(*next.status.conditions));
    bool changed = false;
    for (size_t i = 0; i < REMARKS; i++) {
        struct api_namespace_condition *condition = condition_of(&next.status, remarks[i].type);
        const char *status = bad[i] != NULL ? "True" : "False";
        const char *reason = bad[i] != NULL ? remarks[i].bad_reason : remarks[i].reason;
        const char *message = bad[i] != NULL ? bad[i] : remarks[i].message;
        if (text_equal(condition->status, status) && text_equal(condition->reason, reason) &&
            text_equal(condition->message, message))
            continue;
        if (!text_equal(condition->status, status))
            condition->last_transition_time = r->now;
        condition->status = status;
        condition->reason = reason;
        condition->message = message;
        changed = true;
    }
    if (changed)
        reconcile_update_status(r, &api_resource_namespace, &next);
    return changed;
}

/* ---------------------------------------------------------------- the end */

static bool is_cleared(const struct api_resource *resource)
{
    return (resource->flags & API_NAMESPACED) != 0 && (resource->verbs & API_DELETE_COLLECTION) != 0 &&
           resource != &api_resource_pod && resource != &api_resource_events_event;
}

/* Everything, also what no cache has seen yet; then our finalizer is taken away. Others have controllers of their own. */
static void finish(struct reconcile *r, const struct api_namespace *space)
{
    reconcile_clear(r, &api_resource_pod, r->key)->failed.reason = "ContentDeletionFailed";
    bool first = true;
    for (size_t i = 0; i < api_resource_count; i++) {
        if (!is_cleared(&api_resources[i]))
            continue;
        struct action *action = reconcile_clear(r, &api_resources[i], r->key);
        action->failed.reason = "ContentDeletionFailed";
        action->barrier = first;
        first = false;
    }
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(r, cache)) != NULL;) {
        const struct api_resource *resource = informer_resource(cache);
        if (resource->references == NULL || (resource->flags & API_NAMESPACED) == 0)
            continue;
        struct action *action = reconcile_clear(r, resource, r->key);
        action->failed.reason = "ContentDeletionFailed";
        action->absent_is_fine = true; /* its definition has gone, and all objects with it */
    }
    struct api_namespace next = *space;
    next.spec.finalizers = arena_new_array(r->arena, const char *, space->spec.n_finalizers + 1);
    next.spec.n_finalizers = 0;
    for (size_t i = 0; i < space->spec.n_finalizers; i++) {
        if (!text_equal(space->spec.finalizers[i], FINALIZER))
            next.spec.finalizers[next.spec.n_finalizers++] = space->spec.finalizers[i];
    }
    if (next.spec.n_finalizers == space->spec.n_finalizers)
        return;
    struct action *action = reconcile_update(r, &api_resource_namespace, &next);
    action->subresource = "finalize";
    action->barrier = true;
    action->absent_is_fine = true;
}

static int reconcile_namespace(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_namespace), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp == 0)
        return 0;
    const struct api_namespace *space = api_namespace_of(object);
    struct content content = { .r = r };
    look_at_all(&content);
    bool told = tell(&content, space); /* that wakes us again */
    if (content.estimate > 0 || content.pods)
        reconcile_again_in(r, (content.estimate / 2 + 1) * USEC_PER_SEC);
    else if (!told)
        finish(r, space);
    return 0;
}

/* Nothing is watched for itself: map_all sees namespaces too. */
const struct controller namespace_controller = {
    .name = "namespace",
    .map_all = wake,
    .reconcile = reconcile_namespace,
};
