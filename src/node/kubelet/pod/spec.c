/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/spec.h"

#include <stdio.h>

/* The API keeps the two apart only to forbid fields; field for field they are the same struct. */
_Static_assert(sizeof(struct api_container) == sizeof(struct api_ephemeral_container_common), "same fields");
_Static_assert(offsetof(struct api_container, tty) == offsetof(struct api_ephemeral_container_common, tty),
               "same fields");

size_t pod_container_count(const struct api_pod *pod)
{
    return pod->spec.n_init_containers + pod->spec.n_containers + pod->spec.n_ephemeral_containers;
}

const struct api_container *pod_container(const struct api_pod *pod, size_t index)
{
    const struct api_pod_spec *spec = &pod->spec;
    if (index < spec->n_init_containers)
        return &spec->init_containers[index];
    index -= spec->n_init_containers;
    if (index < spec->n_containers)
        return &spec->containers[index];
    index -= spec->n_containers;
    return (const struct api_container *)(const void *)&spec->ephemeral_containers[index].ephemeral_container_common;
}

enum pod_container_kind pod_container_kind(const struct api_pod *pod, size_t index)
{
    if (index < pod->spec.n_init_containers)
        return POD_INIT_CONTAINER;
    return index < pod->spec.n_init_containers + pod->spec.n_containers ? POD_MAIN_CONTAINER : POD_EPHEMERAL_CONTAINER;
}

size_t pod_container_find(const struct api_pod *pod, const char *name)
{
    size_t count = pod_container_count(pod), i = 0;
    while (i < count && !text_equal(pod_container(pod, i)->name, name))
        i++;
    return i;
}

bool pod_container_is_sidecar(const struct api_pod *pod, size_t index)
{
    return pod_container_kind(pod, index) == POD_INIT_CONTAINER &&
           text_equal(pod_container(pod, index)->restart_policy, "Always");
}

static bool rule_matches(const struct api_container_restart_rule *rule, int32_t exit_code)
{
    if (rule->exit_codes == NULL)
        return false;
    bool in = false;
    for (size_t i = 0; i < rule->exit_codes->n_values; i++)
        in = in || rule->exit_codes->values[i] == exit_code;
    return text_equal(rule->exit_codes->operator, "NotIn") ? !in : in;
}

bool pod_container_restarts(const struct api_pod *pod, size_t index, int32_t exit_code)
{
    enum pod_container_kind kind = pod_container_kind(pod, index);
    if (kind == POD_EPHEMERAL_CONTAINER)
        return false;
    const struct api_container *container = pod_container(pod, index);
    for (size_t i = 0; i < container->n_restart_policy_rules; i++) {
        if (rule_matches(&container->restart_policy_rules[i], exit_code))
            return true;
    }
    const char *policy = container->restart_policy;
    if (text_empty(policy)) {
        policy = text_empty(pod->spec.restart_policy) ? "Always" : pod->spec.restart_policy;
        if (kind == POD_INIT_CONTAINER && text_equal(policy, "Always"))
            policy = "OnFailure"; /* a plain init container that succeeded is done */
    }
    return text_equal(policy, "Always") || (text_equal(policy, "OnFailure") && exit_code != 0);
}

void pod_container_field_path(const struct api_pod *pod, size_t index, char *text, size_t size)
{
    static const char *const lists[] = { "initContainers", "containers", "ephemeralContainers" };
    snprintf(text, size, "spec.%s{%s}", lists[pod_container_kind(pod, index)], pod_container(pod, index)->name);
}

bool pod_policy_is(const struct api_pod *pod, const char *policy)
{
    return text_equal(text_empty(pod->spec.restart_policy) ? "Always" : pod->spec.restart_policy, policy);
}

int64_t pod_grace_seconds(const struct api_pod *pod)
{
    if (pod->metadata.deletion_timestamp != 0 && pod->metadata.deletion_grace_period_seconds != NULL)
        return *pod->metadata.deletion_grace_period_seconds;
    return pod->spec.termination_grace_period_seconds != NULL ? *pod->spec.termination_grace_period_seconds : 30;
}

bool pod_is_terminal(const struct api_pod *pod)
{
    return text_equal(pod->status.phase, "Succeeded") || text_equal(pod->status.phase, "Failed");
}
