/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* daemonset.c - one pod on every node that the template allows.
 *
 * Pods are bound to their node by a required affinity to its name, so that the scheduler places them.
 * maxSurge is not here: roll-outs go by maxUnavailable. */
#include "api/codec.h"
#include "api/pod/node_fit.h"
#include "controllers/controllers.h"
#include "controllers/workload/ownership.h"
#include "controllers/workload/pod_state.h"
#include "controllers/workload/revision_history.h"

struct daemon {
    struct reconcile *r;
    const struct object *object;
    const struct api_apps_daemon_set *set;
    struct api_pod_spec spec; /* of its pods, with the tolerations that all of them have */
    struct revision_history history;
    struct ranked_pod *pods;
    size_t n_pods;
    const struct object **old_objects; /* available pods of older templates, one a node */
    size_t n_old;
    int32_t unavailable;
    struct api_apps_daemon_set_status status;
};

static void all_sets(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch, (void)object;
    const struct informer *sets = keys_cache(keys, &api_resource_apps_daemon_set);
    for (const struct object *o = NULL; (o = informer_next(sets, o)) != NULL;)
        keys_add(keys, object_key(o));
}

static void tolerate(struct daemon *daemon)
{
    static const struct api_toleration always[] = {
        { .key = "node.kubernetes.io/not-ready", .operator= "Exists", .effect = "NoExecute" },
        { .key = "node.kubernetes.io/unreachable", .operator= "Exists", .effect = "NoExecute" },
        { .key = "node.kubernetes.io/disk-pressure", .operator= "Exists", .effect = "NoSchedule" },
        { .key = "node.kubernetes.io/memory-pressure", .operator= "Exists", .effect = "NoSchedule" },
        { .key = "node.kubernetes.io/pid-pressure", .operator= "Exists", .effect = "NoSchedule" },
        { .key = "node.kubernetes.io/unschedulable", .operator= "Exists", .effect = "NoSchedule" },
        { .key = "node.kubernetes.io/network-unavailable", .operator= "Exists", .effect = "NoSchedule" },
    };
    struct api_pod_spec *spec = &daemon->spec;
    *spec = daemon->set->spec.template.spec;
    size_t extra = countof(always) - (spec->host_network ? 0 : 1);
    struct api_toleration *all = arena_new_array(daemon->r->arena, struct api_toleration, spec->n_tolerations + extra);
    if (spec->n_tolerations > 0)
        memcpy(all, spec->tolerations, spec->n_tolerations * sizeof(*all));
    memcpy(all + spec->n_tolerations, always, extra * sizeof(*all));
    spec->tolerations = all;
    spec->n_tolerations += extra;
}

/* Where it is, or is going to be. */
static const char *target_node(const struct api_pod *pod)
{
    if (!text_empty(pod->spec.node_name))
        return pod->spec.node_name;
    const struct api_node_affinity *affinity = pod->spec.affinity == NULL ? NULL : pod->spec.affinity->node_affinity;
    const struct api_node_selector *required =
        affinity == NULL ? NULL : affinity->required_during_scheduling_ignored_during_execution;
    if (required == NULL || required->n_node_selector_terms == 0 ||
        required->node_selector_terms[0].n_match_fields == 0 ||
        required->node_selector_terms[0].match_fields[0].n_values == 0)
        return "";
    return required->node_selector_terms[0].match_fields[0].values[0];
}

/* The template's terms, each with the node's name; or one with only that. */
static struct api_affinity *bind_to(struct daemon *daemon, const char *node)
{
    struct arena *arena = daemon->r->arena;
    struct api_affinity *affinity = arena_new(arena, struct api_affinity);
    if (daemon->spec.affinity != NULL)
        *affinity = *daemon->spec.affinity;
    struct api_node_affinity *of_node = arena_new(arena, struct api_node_affinity);
    if (affinity->node_affinity != NULL)
        *of_node = *affinity->node_affinity;
    const struct api_node_selector *given = of_node->required_during_scheduling_ignored_during_execution;
    struct api_node_selector *required = arena_new(arena, struct api_node_selector);
    size_t count = given == NULL || given->n_node_selector_terms == 0 ? 1 : given->n_node_selector_terms;
    required->node_selector_terms = arena_new_array(arena, struct api_node_selector_term, count);
    required->n_node_selector_terms = count;
    for (size_t i = 0; i < count; i++) {
        struct api_node_selector_term *term = &required->node_selector_terms[i];
        if (given != NULL && given->n_node_selector_terms > 0)
            *term = given->node_selector_terms[i];
        term->match_fields = arena_new_array(arena, struct api_node_selector_requirement, 1);
        term->n_match_fields = 1;
        term->match_fields[0].key = "metadata.name";
        term->match_fields[0].operator= "In";
        term->match_fields[0].values = arena_new_array(arena, const char *, 1);
        term->match_fields[0].values[0] = node;
        term->match_fields[0].n_values = 1;
    }
    of_node->required_during_scheduling_ignored_during_execution = required;
    affinity->node_affinity = of_node;
    return affinity;
}

static void make_pod(struct daemon *daemon, const char *node)
{
    struct reconcile *r = daemon->r;
    struct api_pod *pod = pod_of_template(r->arena, daemon->object, &daemon->set->spec.template);
    pod->spec = daemon->spec;
    pod->spec.affinity = bind_to(daemon, node);
    entries_set(r->arena, &pod->metadata.labels, &pod->metadata.n_labels, REVISION_HASH_LABEL, daemon->history.hash);
    struct action *action = reconcile_create(r, &api_resource_pod, pod);
    action->about = daemon->object;
    action->succeeded = (struct action_event){ "Normal", "SuccessfulCreate", "Created pod: %s" };
    action->failed = (struct action_event){ "Warning", "FailedCreate", "Error creating: %s" };
}

static void drop_pod(struct daemon *daemon, const struct object *pod)
{
    if (object_meta(pod)->deletion_timestamp != 0)
        return;
    struct action *action = reconcile_delete(daemon->r, pod);
    action->about = daemon->object;
    action->succeeded = (struct action_event){ "Normal", "SuccessfulDelete", "Deleted pod: %s" };
    action->failed = (struct action_event){ "Warning", "FailedDelete", "Error deleting: %s" };
}

static bool is_updated(const struct daemon *daemon, const struct object *pod)
{
    struct str label = { 0 };
    return object_label(pod, STR(REVISION_HASH_LABEL), &label) && str_is(label, daemon->history.hash);
}

/* Counts the one pod that stays on the node. */
static void count_pod(struct daemon *daemon, const struct ranked_pod *pod)
{
    const struct api_apps_daemon_set_spec *spec = &daemon->set->spec;
    bool updated = is_updated(daemon, pod->object), available = false;
    daemon->status.current_number_scheduled++;
    daemon->status.updated_number_scheduled += updated;
    if (pod_ready(pod->pod)) {
        daemon->status.number_ready++;
        available = pod_available(pod->pod, spec->min_ready_seconds, daemon->r->now);
        daemon->status.number_available += available;
        if (!available)
            reconcile_again_in(daemon->r, pod_condition(pod->pod, "Ready")->last_transition_time +
                                              spec->min_ready_seconds * USEC_PER_SEC - daemon->r->now);
    }
    daemon->unavailable += !available;
    if (updated || text_equal(spec->update_strategy.type, "OnDelete"))
        return;
    if (!available) /* it serves nobody: no reason to wait */
        drop_pod(daemon, pod->object);
    else
        daemon->old_objects[daemon->n_old++] = pod->object;
}

static void manage_node(struct daemon *daemon, const struct api_node *node)
{
    const char *name = node->metadata.name;
    bool selected = node_fit_selected(&daemon->spec, node);
    bool should_run = selected && node_fit_tolerated(&daemon->spec, node, NULL);
    bool may_stay = selected && node_fit_tolerated(&daemon->spec, node, "NoExecute");
    const struct ranked_pod *kept = NULL;
    bool ending = false;
    for (size_t i = 0; i < daemon->n_pods; i++) {
        const struct ranked_pod *pod = &daemon->pods[i];
        if (!text_equal(target_node(pod->pod), name))
            continue;
        if (pod->pod->metadata.deletion_timestamp != 0) {
            ending = true;
        } else if (!may_stay || pod_finished(pod->pod)) {
            daemon->status.number_misscheduled += !should_run && !pod_finished(pod->pod);
            if (text_equal(pod->pod->status.phase, "Failed"))
                reconcile_event(daemon->r, daemon->object, "Warning", "FailedDaemonPod",
                                "Found failed daemon pod %s on node %s, will try to kill it", object_key(pod->object),
                                name);
            drop_pod(daemon, pod->object);
            ending = true;
        } else if (kept == NULL) {
            kept = pod;
        } else {
            drop_pod(daemon, pod->object);
        }
    }
    daemon->status.desired_number_scheduled += should_run;
    if (kept != NULL && should_run)
        count_pod(daemon, kept);
    else if (kept != NULL)
        daemon->status.number_misscheduled++;
    else if (should_run)
        daemon->unavailable++;
    if (kept == NULL && should_run && !ending)
        make_pod(daemon, name);
}

static int roll(struct daemon *daemon, struct error *err)
{
    const struct api_apps_rolling_update_daemon_set *bounds = daemon->set->spec.update_strategy.rolling_update;
    int32_t limit = 1;
    if (bounds != NULL && bounds->max_unavailable != NULL) {
        int rc =
            int_or_string_scale(bounds->max_unavailable, daemon->status.desired_number_scheduled, true, &limit, err);
        if (rc < 0)
            return rc;
    }
    if (limit < 1)
        limit = 1;
    for (size_t i = 0; i < daemon->n_old && daemon->unavailable < limit; i++, daemon->unavailable++)
        drop_pod(daemon, daemon->old_objects[i]);
    return 0;
}

static int reconcile_daemon(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_apps_daemon_set), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp != 0)
        return 0;
    struct daemon daemon = { .r = r, .object = object, .set = api_apps_daemon_set_of(object) };
    struct label_selector selector = { 0 };
    int rc = label_selector_of(daemon.set->spec.selector, r->arena, &selector, err);
    if (rc < 0)
        return rc;
    tolerate(&daemon);
    revision_history_sync(r, object, &daemon.set->spec.template, &daemon.history);
    const struct object **claimed = ownership_claim(r, object, &selector, &api_resource_pod, &daemon.n_pods);
    daemon.pods = arena_new_array(r->arena, struct ranked_pod, daemon.n_pods + 1);
    for (size_t i = 0; i < daemon.n_pods; i++)
        daemon.pods[i] = (struct ranked_pod){ .object = claimed[i], .pod = api_pod_of(claimed[i]) };
    daemon.old_objects = arena_new_array(r->arena, const struct object *, daemon.n_pods + 1);
    const struct informer *nodes = reconcile_cache(r, &api_resource_node);
    for (const struct object *o = NULL; (o = informer_next(nodes, o)) != NULL;)
        manage_node(&daemon, api_node_of(o));
    rc = roll(&daemon, err);
    if (rc < 0)
        return rc;
    const int32_t *limit = daemon.set->spec.revision_history_limit;
    revision_history_trim(r, &daemon.history, limit == NULL ? 10 : *limit, NULL, daemon.pods, daemon.n_pods);
    struct api_apps_daemon_set next = *daemon.set;
    daemon.status.number_unavailable = daemon.status.desired_number_scheduled - daemon.status.number_available;
    daemon.status.observed_generation = next.metadata.generation;
    daemon.status.conditions = next.status.conditions;
    daemon.status.n_conditions = next.status.n_conditions;
    daemon.status.collision_count = next.status.collision_count;
    next.status = daemon.status;
    if (!api_equal(&api_type_apps_daemon_set_status, &next.status, &daemon.set->status))
        reconcile_update_status(r, &api_resource_apps_daemon_set, &next);
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_apps_daemon_set, .map = keys_own },
    { .resource = &api_resource_pod, .map = keys_of_owner, .owner = &api_resource_apps_daemon_set },
    { .resource = &api_resource_apps_controller_revision,
      .map = keys_of_owner,
      .owner = &api_resource_apps_daemon_set },
    { .resource = &api_resource_node, .map = all_sets },
};

const struct controller daemonset_controller = {
    .name = "daemonset",
    .account = "daemon-set-controller",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_daemon,
};
