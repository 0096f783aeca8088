/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* statefulset.c - pods with names, order and claims of their own.
 *
 * Not here: deletion of claims by persistentVolumeClaimRetentionPolicy, and maxUnavailable above one. */
#include <stdio.h>
#include <stdlib.h>

#include "api/codec.h"
#include "controllers/controllers.h"
#include "controllers/workload/ownership.h"
#include "controllers/workload/pod_state.h"
#include "controllers/workload/revision_history.h"

#define POD_NAME     "statefulset.kubernetes.io/pod-name"
#define POD_INDEX    "apps.kubernetes.io/pod-index"
#define REPLICAS_MAX 100000

struct stateful {
    struct reconcile *r;
    const struct object *object;
    const struct api_apps_stateful_set *set;
    struct api_apps_stateful_set next;
    struct revision_history history;
    const char *current; /* revision name of pods that are not to be updated yet */
    int32_t start, replicas, partition;
    bool ordered, on_delete;
    struct ranked_pod *pods; /* rank: the ordinal */
    size_t n_pods;
    bool waiting; /* ordered, and something must happen before anything else is done */
};

static int64_t ordinal_of(const struct stateful *state, const char *pod)
{
    struct str name = str_of(pod), parent = str_of(state->set->metadata.name);
    int64_t ordinal = -1;
    if (!str_starts(name, parent) || name.size < parent.size + 2 || name.data[parent.size] != '-' ||
        !str_to_int64(str_skip(name, parent.size + 1), &ordinal))
        return -1;
    return ordinal;
}

static bool has_revision(const struct object *pod, const char *name)
{
    struct str label = { 0 };
    return object_label(pod, STR(REVISION_HASH_LABEL), &label) && str_is(label, name);
}

static void make_claims(struct stateful *state, struct api_pod *pod, int32_t ordinal)
{
    struct reconcile *r = state->r;
    const struct api_apps_stateful_set_spec *spec = &state->set->spec;
    const struct informer *cache = reconcile_cache(r, &api_resource_persistent_volume_claim);
    struct api_volume *volumes =
        arena_new_array(r->arena, struct api_volume, pod->spec.n_volumes + spec->n_volume_claim_templates + 1);
    size_t count = 0;
    for (size_t i = 0; i < spec->n_volume_claim_templates; i++) {
        const struct api_persistent_volume_claim *template = &spec->volume_claim_templates[i];
        const char *name =
            arena_format(r->arena, "%s-%s-%d", template->metadata.name, state->set->metadata.name, ordinal);
        volumes[count].name = template->metadata.name;
        volumes[count].persistent_volume_claim = arena_new(r->arena, struct api_persistent_volume_claim_volume_source);
        volumes[count++].persistent_volume_claim->claim_name = name;
        if (informer_find(cache, r->namespace_, name) != NULL)
            continue;
        struct api_persistent_volume_claim claim = *template;
        claim.metadata.name = name;
        claim.metadata.namespace = r->namespace_;
        for (size_t j = 0; spec->selector != NULL && j < spec->selector->n_match_labels; j++)
            entries_set(r->arena, &claim.metadata.labels, &claim.metadata.n_labels, spec->selector->match_labels[j].key,
                        spec->selector->match_labels[j].value);
        struct action *action = reconcile_create(r, &api_resource_persistent_volume_claim, &claim);
        action->present_is_fine = true;
        action->about = state->object;
        action->failed = (struct action_event){ "Warning", "FailedCreate", "create Claim failed error: %s" };
    }
    for (size_t i = 0; i < pod->spec.n_volumes; i++) { /* a claim takes the place of a volume of its name */
        bool replaced = false;
        for (size_t j = 0; j < spec->n_volume_claim_templates; j++)
            replaced |= text_equal(pod->spec.volumes[i].name, spec->volume_claim_templates[j].metadata.name);
        if (!replaced)
            volumes[count++] = pod->spec.volumes[i];
    }
    pod->spec.volumes = volumes;
    pod->spec.n_volumes = count;
}

/* Below the partition, and while a roll-out is under way, a lost pod comes back as it was. */
static const char *revision_for(struct stateful *state, int32_t ordinal)
{
    if (state->on_delete || text_equal(state->current, state->history.name))
        return state->history.name;
    bool old =
        ordinal - state->start < state->partition || ordinal - state->start < state->set->status.current_replicas;
    return old ? state->current : state->history.name;
}

static void make_pod(struct stateful *state, int32_t ordinal)
{
    struct reconcile *r = state->r;
    const char *revision = revision_for(state, ordinal);
    const struct api_pod_template_spec *template = &state->set->spec.template;
    if (!text_equal(revision, state->history.name)) {
        const struct api_pod_template_spec *old = revision_history_template(r, &state->history, revision);
        if (old != NULL)
            template = old;
        else
            revision = state->history.name;
    }
    struct api_pod *pod = pod_of_template(r->arena, state->object, template);
    pod->metadata.generate_name = NULL;
    pod->metadata.name = arena_format(r->arena, "%s-%d", state->set->metadata.name, ordinal);
    entries_set(r->arena, &pod->metadata.labels, &pod->metadata.n_labels, POD_NAME, pod->metadata.name);
    entries_set(r->arena, &pod->metadata.labels, &pod->metadata.n_labels, POD_INDEX,
                arena_format(r->arena, "%d", ordinal));
    entries_set(r->arena, &pod->metadata.labels, &pod->metadata.n_labels, REVISION_HASH_LABEL, revision);
    pod->spec.hostname = pod->metadata.name;
    pod->spec.subdomain = state->set->spec.service_name;
    make_claims(state, pod, ordinal);
    struct action *action = reconcile_create(r, &api_resource_pod, pod);
    const char *set = state->set->metadata.name;
    action->about = state->object;
    action->succeeded = (struct action_event){ "Normal", "SuccessfulCreate",
                                               arena_format(r->arena, "create Pod %s in StatefulSet %s successful",
                                                            pod->metadata.name, set) };
    action->failed = (struct action_event){ "Warning", "FailedCreate",
                                            arena_format(r->arena, "create Pod %s in StatefulSet %s failed error: %%s",
                                                         pod->metadata.name, set) };
}

static void drop_pod(struct stateful *state, const struct object *pod)
{
    struct action *action = reconcile_delete(state->r, pod);
    const char *set = state->set->metadata.name, *name = object_name(pod);
    action->about = state->object;
    action->succeeded =
        (struct action_event){ "Normal", "SuccessfulDelete",
                               arena_format(state->r->arena, "delete Pod %s in StatefulSet %s successful", name, set) };
    action->failed =
        (struct action_event){ "Warning", "FailedDelete",
                               arena_format(state->r->arena, "delete Pod %s in StatefulSet %s failed error: %%s", name,
                                            set) };
}

static const struct ranked_pod *find_pod(const struct stateful *state, int32_t ordinal)
{
    for (size_t i = 0; i < state->n_pods; i++) {
        if (state->pods[i].rank == (size_t)ordinal)
            return &state->pods[i];
    }
    return NULL;
}

static bool is_available(struct stateful *state, const struct ranked_pod *pod)
{
    int32_t wait = state->set->spec.min_ready_seconds;
    if (pod_available(pod->pod, wait, state->r->now))
        return true;
    if (pod_ready(pod->pod))
        reconcile_again_in(state->r, pod_condition(pod->pod, "Ready")->last_transition_time + wait * USEC_PER_SEC -
                                         state->r->now);
    return false;
}

static bool is_healthy(struct stateful *state, const struct ranked_pod *pod)
{
    return pod->pod->metadata.deletion_timestamp == 0 && is_available(state, pod);
}

static void fill(struct stateful *state)
{
    for (int32_t i = state->start; i < state->start + state->replicas && !state->waiting; i++) {
        const struct ranked_pod *pod = find_pod(state, i);
        if (pod == NULL)
            make_pod(state, i);
        else if (pod_finished(pod->pod) && pod->pod->metadata.deletion_timestamp == 0)
            drop_pod(state, pod->object); /* made again when it is gone */
        else if (is_healthy(state, pod))
            continue;
        state->waiting = state->ordered;
    }
}

/* The lowest pod that is to stay and is not healthy; when all of those are, the lowest that is to go. */
static const struct ranked_pod *first_unhealthy(struct stateful *state)
{
    const struct ranked_pod *leaving = NULL;
    for (size_t i = 0; i < state->n_pods; i++) {
        const struct ranked_pod *pod = &state->pods[i];
        if (pod->pod->metadata.deletion_timestamp == 0 && pod_ready(pod->pod))
            continue;
        if ((int64_t)pod->rank >= state->start && (int64_t)pod->rank < state->start + state->replicas)
            return pod;
        if (leaving == NULL)
            leaving = pod;
    }
    return leaving;
}

/* From the highest ordinal down. In order, none goes that is not healthy, unless it is the one that keeps the others waiting. */
static void shrink(struct stateful *state)
{
    const struct ranked_pod *broken = first_unhealthy(state);
    for (size_t i = state->n_pods; i-- > 0 && !state->waiting;) {
        const struct ranked_pod *pod = &state->pods[i];
        int64_t ordinal = (int64_t)pod->rank;
        if (ordinal >= state->start && ordinal < state->start + state->replicas)
            continue;
        bool leaves = pod->pod->metadata.deletion_timestamp == 0;
        if (leaves && (!state->ordered || pod == broken || is_available(state, pod)))
            drop_pod(state, pod->object);
        state->waiting = state->ordered;
    }
}

static void roll(struct stateful *state)
{
    if (state->on_delete || state->waiting)
        return;
    for (int32_t i = state->start + state->replicas - 1; i >= state->start + state->partition; i--) {
        const struct ranked_pod *pod = find_pod(state, i);
        if (pod == NULL || pod->pod->metadata.deletion_timestamp != 0)
            return;
        if (!has_revision(pod->object, state->history.name)) {
            drop_pod(state, pod->object);
            return;
        }
        if (!is_healthy(state, pod))
            return;
    }
}

static void write_status(struct stateful *state)
{
    struct api_apps_stateful_set_status *status = &state->next.status;
    status->replicas = (int32_t)state->n_pods;
    status->ready_replicas = status->available_replicas = status->current_replicas = status->updated_replicas = 0;
    for (size_t i = 0; i < state->n_pods; i++) {
        const struct ranked_pod *pod = &state->pods[i];
        bool ending = pod->pod->metadata.deletion_timestamp != 0;
        status->ready_replicas += pod_ready(pod->pod);
        status->available_replicas += is_available(state, pod);
        status->current_replicas += !ending && has_revision(pod->object, state->current);
        status->updated_replicas += !ending && has_revision(pod->object, state->history.name);
    }
    status->observed_generation = state->set->metadata.generation;
    status->current_revision = state->current;
    status->update_revision = state->history.name;
    if (status->updated_replicas == status->replicas && status->ready_replicas == status->replicas &&
        status->replicas == state->replicas && !state->on_delete && state->partition == 0) {
        status->current_revision = status->update_revision;
        status->current_replicas = status->updated_replicas;
    }
    if (status->collision_count == NULL)
        status->collision_count = arena_new(state->r->arena, int32_t);
    if (!api_equal(&api_type_apps_stateful_set_status, status, &state->set->status))
        reconcile_update_status(state->r, &api_resource_apps_stateful_set, &state->next);
}

static int by_ordinal(const void *left, const void *right)
{
    size_t a = ((const struct ranked_pod *)left)->rank, b = ((const struct ranked_pod *)right)->rank;
    return a < b ? -1 : a > b;
}

static int gather(struct stateful *state, struct error *err)
{
    struct reconcile *r = state->r;
    const struct api_apps_stateful_set_spec *spec = &state->set->spec;
    struct label_selector selector = { 0 };
    int rc = label_selector_of(spec->selector, r->arena, &selector, err);
    if (rc < 0)
        return rc;
    state->replicas = spec->replicas == NULL ? 1 : *spec->replicas;
    if (state->replicas < 0 || state->replicas > REPLICAS_MAX)
        return error_set(err, ERROR_INVALID, "%d replicas are not possible", state->replicas);
    state->start = spec->ordinals == NULL ? 0 : spec->ordinals->start;
    state->ordered = !text_equal(spec->pod_management_policy, "Parallel");
    state->on_delete = text_equal(spec->update_strategy.type, "OnDelete");
    const struct api_apps_rolling_update_stateful_set_strategy *rolling = spec->update_strategy.rolling_update;
    state->partition = rolling == NULL || rolling->partition == NULL ? 0 : *rolling->partition;
    size_t count = 0;
    const struct object **claimed = ownership_claim(r, state->object, &selector, &api_resource_pod, &count);
    state->pods = arena_new_array(r->arena, struct ranked_pod, count + 1);
    for (size_t i = 0; i < count; i++) {
        int64_t ordinal = ordinal_of(state, object_name(claimed[i]));
        if (ordinal >= 0)
            state->pods[state->n_pods++] =
                (struct ranked_pod){ .object = claimed[i], .pod = api_pod_of(claimed[i]), .rank = (size_t)ordinal };
    }
    qsort(state->pods, state->n_pods, sizeof(*state->pods), by_ordinal);
    return 0;
}

static int reconcile_stateful(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_apps_stateful_set), r->key);
    if (object == NULL)
        return 0;
    struct stateful state = { .r = r, .object = object, .set = api_apps_stateful_set_of(object) };
    state.next = *state.set;
    int rc = gather(&state, err);
    if (rc < 0)
        return rc;
    revision_history_sync(r, object, &state.set->spec.template, &state.history);
    state.current =
        text_empty(state.set->status.current_revision) ? state.history.name : state.set->status.current_revision;
    if (state.set->metadata.deletion_timestamp == 0) {
        fill(&state);
        shrink(&state);
        roll(&state);
    }
    write_status(&state);
    const int32_t *limit = state.set->spec.revision_history_limit;
    revision_history_trim(r, &state.history, limit == NULL ? 10 : *limit, state.current, state.pods, state.n_pods);
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_apps_stateful_set, .map = keys_own },
    { .resource = &api_resource_pod, .map = keys_of_owner, .owner = &api_resource_apps_stateful_set },
    { .resource = &api_resource_apps_controller_revision,
      .map = keys_of_owner,
      .owner = &api_resource_apps_stateful_set },
    { .resource = &api_resource_persistent_volume_claim },
};

const struct controller statefulset_controller = {
    .name = "statefulset",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_stateful,
};
