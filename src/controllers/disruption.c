/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* disruption.c - how many pods of a PodDisruptionBudget may be evicted now.
 *
 * What the budget is a share of is asked of the pods' controllers: a pod that is missing counts as unhealthy. */
#include "api/codec.h"
#include "controllers/controllers.h"
#include "controllers/workload/ownership.h"
#include "controllers/workload/pod_state.h"

#define EVICTION_WAIT (120 * USEC_PER_SEC) /* an evicted pod that lives on after this was not deleted */

struct budget {
    struct reconcile *r;
    const struct api_policy_pod_disruption_budget *budget;
    struct api_policy_pod_disruption_budget_status status;
    const char **owners; /* uids that were counted */
    size_t n_owners;
    int32_t pods;
    int32_t expected; /* of all controllers together, or the pods without one */
    int32_t healthy;
};

static void budgets_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    const struct informer *budgets = keys_cache(keys, &api_resource_policy_pod_disruption_budget);
    const struct api_object_meta *meta = object_meta(object);
    for (const struct object *o = NULL; (o = informer_next_in(budgets, object_namespace(object), o)) != NULL;) {
        auto_arena struct arena scratch = { 0 };
        struct label_selector selector = { 0 };
        if (label_selector_of(api_policy_pod_disruption_budget_of(o)->spec.selector, &scratch, &selector, NULL) == 0 &&
            label_selector_matches(&selector, meta->labels, meta->n_labels))
            keys_add(keys, object_key(o));
    }
}

/* A workload's size matters to the budgets of its namespace. */
static void budgets_of_namespace(struct key_sink *keys, const struct controller_watch *watch,
                                 const struct object *object)
{
    (void)watch;
    const struct informer *budgets = keys_cache(keys, &api_resource_policy_pod_disruption_budget);
    for (const struct object *o = NULL; (o = informer_next_in(budgets, object_namespace(object), o)) != NULL;)
        keys_add(keys, object_key(o));
}

static const struct object *owner_in(struct reconcile *r, const struct api_resource *resource,
                                     const struct api_owner_reference *owner)
{
    const struct object *object = informer_find(reconcile_cache(r, resource), r->namespace_, owner->name);
    return object != NULL && text_equal(object_uid(object), owner->uid) ? object : NULL;
}

/* The top of the chain that has a size: a Deployment above its replica sets. 0 when there is none. */
static int32_t size_of_owner(struct reconcile *r, const struct api_owner_reference *owner, const char **ret_uid)
{
    const struct object *object;
    const int32_t *replicas = NULL;
    *ret_uid = owner->uid;
    if (text_equal(owner->kind, "ReplicaSet") &&
        (object = owner_in(r, &api_resource_apps_replica_set, owner)) != NULL) {
        const struct api_owner_reference *above = ownership_controller(object_meta(object));
        const struct object *deployment = above == NULL || !text_equal(above->kind, "Deployment")
                                              ? NULL
                                              : owner_in(r, &api_resource_apps_deployment, above);
        replicas = api_apps_replica_set_of(object)->spec.replicas;
        if (deployment != NULL) {
            *ret_uid = object_uid(deployment);
            replicas = api_apps_deployment_of(deployment)->spec.replicas;
        }
        return replicas == NULL ? 1 : *replicas;
    }
    if (text_equal(owner->kind, "StatefulSet") &&
        (object = owner_in(r, &api_resource_apps_stateful_set, owner)) != NULL) {
        replicas = api_apps_stateful_set_of(object)->spec.replicas;
        return replicas == NULL ? 1 : *replicas;
    }
    if (text_equal(owner->kind, "ReplicationController") &&
        (object = owner_in(r, &api_resource_replication_controller, owner)) != NULL) {
        replicas = api_replication_controller_of(object)->spec.replicas;
        return replicas == NULL ? 1 : *replicas;
    }
    return 0;
}

/* A pod that was allowed to be evicted counts as gone until it is, or until it plainly will not be. */
static bool is_being_evicted(struct budget *budget, const struct api_pod *pod)
{
    const struct api_policy_pod_disruption_budget_status *old = &budget->budget->status;
    for (size_t i = 0; i < old->n_disrupted_pods; i++) {
        if (!text_equal(old->disrupted_pods[i].key, pod->metadata.name))
            continue;
        usec_t due = old->disrupted_pods[i].value + EVICTION_WAIT;
        if (due <= budget->r->now)
            return false;
        reconcile_again_in(budget->r, due - budget->r->now);
        budget->status.disrupted_pods[budget->status.n_disrupted_pods++] = old->disrupted_pods[i];
        return true;
    }
    return false;
}

static void count_pod(struct budget *budget, const struct api_pod *pod)
{
    budget->pods++;
    const struct api_owner_reference *owner = ownership_controller(&pod->metadata);
    if (owner != NULL) {
        const char *uid = NULL;
        int32_t size = size_of_owner(budget->r, owner, &uid);
        bool counted = false;
        for (size_t i = 0; i < budget->n_owners && !counted; i++)
            counted = text_equal(budget->owners[i], uid);
        if (!counted) {
            budget->owners[budget->n_owners++] = uid;
            budget->expected += size;
        }
    }
    if (pod->metadata.deletion_timestamp == 0 && pod_ready(pod) && !is_being_evicted(budget, pod))
        budget->healthy++;
}

static int count_pods(struct budget *budget, struct error *err)
{
    struct reconcile *r = budget->r;
    struct label_selector selector = { 0 };
    int rc = label_selector_of(budget->budget->spec.selector, r->arena, &selector, err);
    if (rc < 0)
        return rc;
    const struct informer *pods = reconcile_cache(r, &api_resource_pod);
    size_t most = 1;
    for (const struct object *o = NULL; (o = informer_next_in(pods, r->namespace_, o)) != NULL;)
        most++;
    budget->owners = arena_new_array(r->arena, const char *, most);
    budget->status.disrupted_pods =
        arena_new_array(r->arena, struct api_time_entry, budget->budget->status.n_disrupted_pods + 1);
    for (const struct object *o = NULL; (o = informer_next_in(pods, r->namespace_, o)) != NULL;) {
        const struct api_pod *pod = api_pod_of(o);
        if (!pod_finished(pod) && label_selector_matches(&selector, pod->metadata.labels, pod->metadata.n_labels))
            count_pod(budget, pod);
    }
    return 0;
}

static int decide(struct budget *budget, struct error *err)
{
    const struct api_policy_pod_disruption_budget_spec *spec = &budget->budget->spec;
    int32_t expected = budget->expected, wanted = 0;
    int rc = 0;
    if (spec->max_unavailable != NULL) {
        int32_t most = 0;
        rc = int_or_string_scale(spec->max_unavailable, expected, true, &most, err);
        wanted = expected > most ? expected - most : 0;
    } else if (spec->min_available != NULL && int_or_string_is_text(spec->min_available)) {
        rc = int_or_string_scale(spec->min_available, expected, true, &wanted, err);
    } else if (spec->min_available != NULL) {
        expected = budget->pods;
        wanted = spec->min_available->number;
    }
    budget->status.expected_pods = expected;
    budget->status.desired_healthy = wanted;
    budget->status.current_healthy = budget->healthy;
    budget->status.disruptions_allowed = expected > 0 && budget->healthy > wanted ? budget->healthy - wanted : 0;
    return rc;
}

static void set_condition(struct budget *budget)
{
    const struct api_policy_pod_disruption_budget_status *old = &budget->budget->status;
    bool allowed = budget->status.disruptions_allowed > 0;
    struct api_condition *conditions = arena_new_array(budget->r->arena, struct api_condition, old->n_conditions + 1);
    struct api_condition next = { .type = "DisruptionAllowed",
                                  .status = allowed ? "True" : "False",
                                  .observed_generation = budget->status.observed_generation,
                                  .last_transition_time = budget->r->now / USEC_PER_SEC * USEC_PER_SEC,
                                  .reason = allowed ? "SufficientPods" : "InsufficientPods",
                                  .message = "" };
    size_t count = 0;
    for (size_t i = 0; i < old->n_conditions; i++) {
        if (!text_equal(old->conditions[i].type, next.type))
            conditions[count++] = old->conditions[i];
        else if (text_equal(old->conditions[i].status, next.status))
            next.last_transition_time = old->conditions[i].last_transition_time;
    }
    conditions[count++] = next;
    budget->status.conditions = conditions;
    budget->status.n_conditions = count;
}

static int reconcile_budget(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_policy_pod_disruption_budget), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp != 0)
        return 0;
    struct budget budget = { .r = r, .budget = api_policy_pod_disruption_budget_of(object) };
    int rc = count_pods(&budget, err);
    if (rc == 0)
        rc = decide(&budget, err);
    if (rc < 0) {
        reconcile_event(r, object, "Warning", "CalculateExpectedPodCountFailed",
                        "Failed to calculate the number of expected pods: %s", err->message);
        return rc;
    }
    budget.status.observed_generation = budget.budget->metadata.generation;
    if (budget.status.n_disrupted_pods == 0)
        budget.status.disrupted_pods = NULL;
    set_condition(&budget);
    if (api_equal(&api_type_policy_pod_disruption_budget_status, &budget.status, &budget.budget->status))
        return 0;
    struct api_policy_pod_disruption_budget next = *budget.budget;
    next.status = budget.status;
    reconcile_update_status(r, &api_resource_policy_pod_disruption_budget, &next);
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_policy_pod_disruption_budget, .map = keys_own },
    { .resource = &api_resource_pod, .map = budgets_of_pod },
    { .resource = &api_resource_apps_replica_set, .map = budgets_of_namespace },
    { .resource = &api_resource_apps_deployment, .map = budgets_of_namespace },
    { .resource = &api_resource_apps_stateful_set, .map = budgets_of_namespace },
    { .resource = &api_resource_replication_controller, .map = budgets_of_namespace },
};

const struct controller disruption_controller = {
    .name = "disruption",
    .component = "controllermanager",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_budget,
};
