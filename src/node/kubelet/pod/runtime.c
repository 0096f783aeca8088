/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/runtime.h"

static const struct runtime_container *nth(const struct pod_runtime *runtime, const char *name, unsigned skip)
{
    for (size_t i = 0; runtime != NULL && i < runtime->n_containers; i++) {
        if (text_equal(runtime->containers[i].name, name) && skip-- == 0)
            return &runtime->containers[i];
    }
    return NULL;
}

const struct runtime_container *pod_runtime_newest(const struct pod_runtime *runtime, const char *name)
{
    return nth(runtime, name, 0);
}

const struct runtime_container *pod_runtime_previous(const struct pod_runtime *runtime, const char *name)
{
    return nth(runtime, name, 1);
}

const struct runtime_container *pod_runtime_by_id(const struct pod_runtime *runtime, const char *id)
{
    for (size_t i = 0; runtime != NULL && i < runtime->n_containers; i++) {
        if (text_equal(runtime->containers[i].id, id))
            return &runtime->containers[i];
    }
    return NULL;
}

const struct runtime_sandbox *pod_runtime_sandbox(const struct pod_runtime *runtime)
{
    if (runtime == NULL || runtime->n_sandboxes == 0)
        return NULL;
    const struct runtime_sandbox *sandbox = &runtime->sandboxes[0];
    return sandbox->ready && (sandbox->host_network || sandbox->n_ips > 0) ? sandbox : NULL;
}
