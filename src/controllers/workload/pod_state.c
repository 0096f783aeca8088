/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_state.c - see the header. */
#include "controllers/workload/pod_state.h"

#include <stdlib.h>

#include "controllers/workload/ownership.h"

#define DELETION_COST "controller.kubernetes.io/pod-deletion-cost"

const struct api_pod_condition *pod_condition(const struct api_pod *pod, const char *type)
{
    for (size_t i = 0; i < pod->status.n_conditions; i++) {
        if (text_equal(pod->status.conditions[i].type, type))
            return &pod->status.conditions[i];
    }
    return NULL;
}

bool pod_finished(const struct api_pod *pod)
{
    return text_equal(pod->status.phase, "Succeeded") || text_equal(pod->status.phase, "Failed");
}

bool pod_active(const struct api_pod *pod)
{
    return !pod_finished(pod) && pod->metadata.deletion_timestamp == 0;
}

bool pod_ready(const struct api_pod *pod)
{
    const struct api_pod_condition *ready = pod_condition(pod, "Ready");
    return ready != NULL && text_equal(ready->status, "True");
}

bool pod_available(const struct api_pod *pod, int32_t min_ready_seconds, usec_t now)
{
    if (!pod_ready(pod))
        return false;
    usec_t since = pod_condition(pod, "Ready")->last_transition_time;
    return min_ready_seconds == 0 || (since != 0 && since + min_ready_seconds * USEC_PER_SEC <= now);
}

static int phase_rank(const struct api_pod *pod)
{
    if (text_equal(pod->status.phase, "Running"))
        return 2;
    return text_equal(pod->status.phase, "Unknown") ? 1 : 0;
}

static int64_t deletion_cost(const struct api_pod *pod)
{
    int64_t cost = 0;
    struct str text = { 0 };
    if (entries_find(pod->metadata.annotations, pod->metadata.n_annotations, DELETION_COST, &text) &&
        !str_to_int64(text, &cost))
        cost = 0;
    return cost;
}

static int64_t restarts(const struct api_pod *pod)
{
    int64_t most = 0;
    for (size_t i = 0; i < pod->status.n_container_statuses; i++) {
        if (pod->status.container_statuses[i].restart_count > most)
            most = pod->status.container_statuses[i].restart_count;
    }
    return most;
}

/* Ages compare by their order of magnitude, so that of pods about as old any may go. */
static int magnitude(usec_t since, usec_t now)
{
    if (since == 0)
        return 0;
    int64_t seconds = (now - since) / USEC_PER_SEC;
    int bits = 0;
    for (; seconds > 0; seconds >>= 1)
        bits++;
    return bits;
}

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_pods(const void *left, const void *right, void *context)
{
    const struct ranked_pod *a = left, *b = right;
    usec_t now = *(const usec_t *)context;
    int result = compare(!text_empty(a->pod->spec.node_name), !text_empty(b->pod->spec.node_name));
    if (result == 0)
        result = compare(phase_rank(a->pod), phase_rank(b->pod));
    if (result == 0)
        result = compare(pod_ready(a->pod), pod_ready(b->pod));
    if (result == 0)
        result = compare(deletion_cost(a->pod), deletion_cost(b->pod));
    if (result == 0)
        result = compare((int64_t)b->rank, (int64_t)a->rank);
    if (result == 0 && pod_ready(a->pod) && pod_ready(b->pod))
        result = compare(magnitude(pod_condition(a->pod, "Ready")->last_transition_time, now),
                         magnitude(pod_condition(b->pod, "Ready")->last_transition_time, now));
    if (result == 0)
        result = compare(restarts(b->pod), restarts(a->pod));
    if (result == 0)
        result = compare(magnitude(a->pod->metadata.creation_timestamp, now),
                         magnitude(b->pod->metadata.creation_timestamp, now));
    return result != 0 ? result : strcmp(text_or_empty(a->pod->metadata.uid), text_or_empty(b->pod->metadata.uid));
}

void pods_rank(struct ranked_pod *pods, size_t count, usec_t now)
{
    if (count > 1)
        qsort_r(pods, count, sizeof(*pods), compare_pods, &now);
}

struct api_pod *pod_of_template(struct arena *arena, const struct object *owner,
                                const struct api_pod_template_spec *template)
{
    struct api_pod *pod = arena_new(arena, struct api_pod);
    const struct api_object_meta *meta = object_meta(owner);
    pod->metadata.generate_name = arena_format(arena, "%s-", meta->name);
    pod->metadata.namespace = meta->namespace;
    pod->metadata.labels = template->metadata.labels;
    pod->metadata.n_labels = template->metadata.n_labels;
    pod->metadata.annotations = template->metadata.annotations;
    pod->metadata.n_annotations = template->metadata.n_annotations;
    pod->metadata.finalizers = template->metadata.finalizers;
    pod->metadata.n_finalizers = template->metadata.n_finalizers;
    pod->metadata.owner_references = ownership_reference(arena, owner);
    pod->metadata.n_owner_references = 1;
    pod->spec = template->spec;
    return pod;
}
