/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* spec.h - a pod's containers as one row, and the questions everybody asks about a pod.
 *
 * Containers are numbered init first, then main, then ephemeral ones; memos, probes and plans use that number. */
#ifndef NODE_KUBELET_POD_SPEC_H
#define NODE_KUBELET_POD_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generated/core_v1.h"
#include "generated/types.h"

enum pod_container_kind { POD_INIT_CONTAINER, POD_MAIN_CONTAINER, POD_EPHEMERAL_CONTAINER };

#define POD_CONTAINERS_MAX 256 /* of one pod, all kinds; a spec with more is refused */

size_t pod_container_count(const struct api_pod *pod);
const struct api_container *pod_container(const struct api_pod *pod, size_t index); /* index below the count */
enum pod_container_kind pod_container_kind(const struct api_pod *pod, size_t index);
size_t pod_container_find(const struct api_pod *pod, const char *name); /* the count when there is none */

/* An init container with restartPolicy Always: a sidecar. */
bool pod_container_is_sidecar(const struct api_pod *pod, size_t index);

/* Whether an exit with that code is followed by a restart; rules of the container come before the policy. */
bool pod_container_restarts(const struct api_pod *pod, size_t index, int32_t exit_code);

/* "spec.containers{web}", "spec.initContainers{x}", "spec.ephemeralContainers{x}": as events name it. */
void pod_container_field_path(const struct api_pod *pod, size_t index, char *text, size_t size);

bool pod_policy_is(const struct api_pod *pod, const char *policy); /* restartPolicy, Always when empty */
int64_t pod_grace_seconds(const struct api_pod *pod); /* deletion's when being deleted, else the spec's, else 30 */
bool pod_is_terminal(const struct api_pod *pod);      /* status.phase Succeeded or Failed */

/* The value of an optional bool. */
static inline bool flag_of(const bool *flag, bool absent)
{
    return flag != NULL ? *flag : absent;
}

#endif
