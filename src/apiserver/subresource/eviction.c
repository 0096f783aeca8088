/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pods/eviction: a deletion that the disruption budgets have to agree to. */

#include <string.h>

#include "api/codec.h"
#include "api/selector/selector.h"
#include "api/status.h"
#include "apiserver/admission/admission.h"
#include "apiserver/failure.h"
#include "apiserver/handlers.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/server_internal.h"

#define DISRUPTED_MAX 2000

struct eviction {
    struct request *request;
    const struct api_delete_options *options;
};

static void evicted(struct deletion *deletion, const struct object *object, bool gone, const struct error *err)
{
    struct request *request = deletion->request;
    (void)object;
    (void)gone;
    if (err != NULL) {
        request_fail(request, err);
        return;
    }
    struct api_status *status = arena_new(&request->arena, struct api_status);
    status->status = "Success";
    status->code = 201;
    request_respond_document(request, 201, &api_kind_status, status);
}

static void delete_pod(struct eviction *eviction)
{
    struct request *request = eviction->request;
    struct deletion *deletion = arena_new(&request->arena, struct deletion);
    deletion->request = request;
    deletion->registry = request->registry;
    deletion->namespace_ = request->namespace_;
    deletion->name = request->name;
    deletion->options = eviction->options;
    deletion->done = evicted;
    deletion_start(deletion);
}

/* ---------------------------------------------------------------- DisruptionTarget */

static int mark_pod(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    struct request *request = update->request;
    struct api_pod *pod = api_copy(&api_type_pod, object_typed(current), &request->arena);
    (void)err;
    struct api_pod_condition *conditions =
        arena_new_array(&request->arena, struct api_pod_condition, pod->status.n_conditions + 1);
    size_t count = 0;
    for (size_t i = 0; i < pod->status.n_conditions; i++)
        if (!text_equal(pod->status.conditions[i].type, "DisruptionTarget"))
            conditions[count++] = pod->status.conditions[i];
    conditions[count++] = (struct api_pod_condition){ .type = "DisruptionTarget",
                                                      .status = "True",
                                                      .reason = "EvictionByEvictionAPI",
                                                      .message = "Eviction API: evicting",
                                                      .last_transition_time = prepare_now(request) };
    pod->status.conditions = conditions;
    pod->status.n_conditions = count;
    pod->metadata.resource_version = NULL;
    *ret_object = pod;
    return 0;
}

static void pod_marked(struct update *update, const struct object *object, const struct error *err)
{
    (void)object;
    if (err != NULL)
        request_fail(update->request, err);
    else
        delete_pod(update->context);
}

static void mark_then_delete(struct eviction *eviction)
{
    struct update *update = arena_new(&eviction->request->arena, struct update);
    update->request = eviction->request;
    update->part = UPDATE_RAW;
    update->change = mark_pod;
    update->done = pod_marked;
    update->context = eviction;
    update_start(update);
}

/* ---------------------------------------------------------------- budgets */

static int too_many(struct request *request, const char *name, const char *detail, int32_t retry, struct error *err)
{
    int rc =
        error_set(err, ERROR_TOO_MANY_REQUESTS, "Cannot evict pod as it would violate the pod's disruption budget.");
    struct api_status *status = api_status_retry(&request->arena, err, retry);
    failure_add_cause(request, status, "DisruptionBudget",
                      arena_format(&request->arena, "The disruption budget %s %s", name, detail), NULL);
    request->failure = status;
    return rc;
}

/* That was the last one: the budget says so before its controller does. */
static void disallow(struct request *request, struct api_policy_pod_disruption_budget *budget)
{
    struct api_policy_pod_disruption_budget_status *status = &budget->status;
    struct api_condition *conditions = arena_new_array(&request->arena, struct api_condition, status->n_conditions + 1);
    size_t at = 0;
    if (status->n_conditions > 0)
        memcpy(conditions, status->conditions, status->n_conditions * sizeof(*conditions));
    while (at < status->n_conditions && !text_equal(conditions[at].type, "DisruptionAllowed"))
        at++;
    if (at == status->n_conditions)
        status->n_conditions++;
    if (!text_equal(conditions[at].status, "False"))
        conditions[at].last_transition_time = prepare_now(request);
    conditions[at].type = "DisruptionAllowed";
    conditions[at].status = "False";
    conditions[at].reason = "InsufficientPods";
    conditions[at].observed_generation = status->observed_generation;
    status->conditions = conditions;
}

/* One disruption fewer is allowed from now on, and the budget's controller knows why. */
static int change_budget(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    struct request *request = update->request;
    struct arena *arena = &request->arena;
    struct api_policy_pod_disruption_budget *budget =
        api_copy(&api_type_policy_pod_disruption_budget, object_typed(current), arena);
    struct api_policy_pod_disruption_budget_status *status = &budget->status;
    if (status->observed_generation < budget->metadata.generation)
        return too_many(request, budget->metadata.name, "is still being processed by the server.", 10, err);
    if (status->disruptions_allowed < 0)
        return error_set(err, ERROR_FORBIDDEN, "pod disruption budget disruptions allowed is negative");
    if (status->n_disrupted_pods > DISRUPTED_MAX)
        return error_set(err, ERROR_FORBIDDEN,
                         "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    if (status->disruptions_allowed == 0)
        return too_many(request, budget->metadata.name,
                        arena_format(arena, "needs %d healthy pods and has %d currently", status->desired_healthy,
                                     status->current_healthy),
                        0, err);
    if (--status->disruptions_allowed == 0)
        disallow(request, budget);
    size_t count = status->n_disrupted_pods, at = 0;
    struct api_time_entry *disrupted = arena_new_array(arena, struct api_time_entry, count + 1);
    while (at < count && strcmp(status->disrupted_pods[at].key, request->name) < 0)
        at++;
    for (size_t i = 0; i < count; i++)
        disrupted[i + (i >= at ? 1 : 0)] = status->disrupted_pods[i];
    disrupted[at] = (struct api_time_entry){ request->name, prepare_now(request) };
    status->disrupted_pods = disrupted;
    status->n_disrupted_pods = count + 1;
    budget->metadata.resource_version = NULL;
    *ret_object = budget;
    return 0;
}

static void budget_changed(struct update *update, const struct object *object, const struct error *err)
{
    (void)object;
    if (err != NULL)
        request_fail(update->request, err);
    else
        mark_then_delete(update->context);
}

/* The budgets that select the pod. */
static size_t budgets_of(struct request *request, const struct api_pod *pod, const struct object **ret_first)
{
    struct watch_cache *cache = server_cache(request->server, &api_resource_policy_pod_disruption_budget);
    const struct cache_entry *entry;
    size_t count = 0;
    tree_for_each (watch_cache_objects(cache), entry, node) {
        const struct api_policy_pod_disruption_budget *budget = api_policy_pod_disruption_budget_of(entry->object);
        struct label_selector selector;
        if (!text_equal(budget->metadata.namespace, request->namespace_) ||
            label_selector_of(budget->spec.selector, &request->arena, &selector, NULL) < 0)
            continue;
        if (!label_selector_matches(&selector, pod->metadata.labels, pod->metadata.n_labels))
            continue;
        if (count++ == 0)
            *ret_first = entry->object;
    }
    return count;
}

static bool is_ready(const struct api_pod *pod)
{
    for (size_t i = 0; i < pod->status.n_conditions; i++)
        if (text_equal(pod->status.conditions[i].type, "Ready"))
            return text_equal(pod->status.conditions[i].status, "True");
    return false;
}

/* Pods that do not count as available disrupt nothing when they go. */
static bool exempt(const struct api_pod *pod, const struct api_policy_pod_disruption_budget *budget)
{
    if (is_ready(pod))
        return false;
    if (text_equal(budget->spec.unhealthy_pod_eviction_policy, "AlwaysAllow"))
        return true;
    return budget->status.current_healthy >= budget->status.desired_healthy && budget->status.desired_healthy > 0;
}

static void ask_budget(struct eviction *eviction, const struct object *budget)
{
    struct request *request = eviction->request;
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->registry = server_registry_of(request->server, &api_resource_policy_pod_disruption_budget);
    update->namespace_ = request->namespace_;
    update->name = arena_strdup(&request->arena, object_name(budget));
    update->part = UPDATE_RAW;
    update->change = change_budget;
    update->done = budget_changed;
    update->context = eviction;
    update_start(update);
}

static bool needs_no_budget(const struct api_pod *pod)
{
    static const char *const phases[] = { "Succeeded", "Failed", "Pending" };
    for (size_t i = 0; i < countof(phases); i++)
        if (text_equal(pod->status.phase, phases[i]))
            return true;
    return pod->metadata.deletion_timestamp != 0;
}

void serve_eviction(struct request *request)
{
    static const struct api_delete_options none;
    struct error err = { 0 };
    void *value;
    if (request_decode(request, &api_kind_policy_eviction, &value, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    struct api_policy_eviction *body = value;
    if (!text_equal(body->metadata.name, request->name)) {
        request_refuse(request, ERROR_BAD_REQUEST, "name in URL does not match name in Eviction object");
        return;
    }
    const struct object *object = registry_current(request);
    if (object == NULL)
        return;
    if (admission_check_creation(request, body, &err) < 0 ||
        (body->delete_options != NULL && delete_options_heed(request, body->delete_options, &err) < 0)) {
        request_fail(request, &err);
        return;
    }
    const struct api_pod *pod = api_pod_of(object);
    struct eviction *eviction = arena_new(&request->arena, struct eviction);
    eviction->request = request;
    eviction->options = body->delete_options != NULL ? body->delete_options : &none;
    const struct object *budget = NULL;
    size_t budgets = needs_no_budget(pod) ? 0 : budgets_of(request, pod, &budget);
    if (budgets > 1) {
        (void)failure_untyped(request,
                              "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
                              "support.",
                              &err);
        request_fail(request, &err);
    } else if (budgets == 0 || exempt(pod, api_policy_pod_disruption_budget_of(budget)))
        mark_then_delete(eviction);
    else
        ask_budget(eviction, budget);
}
