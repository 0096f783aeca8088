/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* allocation.h - what the node has promised a pod: the resources it was admitted with, until a resize is accepted.
 *
 *   desired (spec) --accepted--> allocated --carried out--> actuated
 *
 * While they are the same nothing but 'allocated' is kept. The record is a pod with little in it: spec has the allocated resources,
 * the container statuses and status.resources those that are still in force and differ, status.resize says that a resize is
 * under way. It is written to ALLOCATION_FILE in the pod's directory, so that the next kubelet goes on with it. */
#ifndef NODE_KUBELET_RESIZE_ALLOCATION_H
#define NODE_KUBELET_RESIZE_ALLOCATION_H

#include "base/arena.h"
#include "base/error.h"
#include "generated/types.h"

#define ALLOCATION_FILE "allocated.json"

/* Zeroed is one that knows nothing. */
struct pod_allocation {
    struct arena arena;
    struct api_pod *record; /* NULL: nothing known */
};

void pod_allocation_fini(struct pod_allocation *allocation);

/* The spec as it is: the pod is new here. */
void pod_allocation_take(struct pod_allocation *allocation, const struct api_pod *pod);

/* What the API server was told last, where it was told, else the spec: of a pod that a kubelet before this one has admitted. */
void pod_allocation_recall(struct pod_allocation *allocation, const struct api_pod *pod);

/* The spec asks for what is allocated. */
bool pod_allocation_is_current(const struct pod_allocation *allocation, const struct api_pod *pod);

/* The node grants what the spec asks for; a resize is under way until pod_allocation_finish(). */
void pod_allocation_accept(struct pod_allocation *allocation, const struct api_pod *pod);
bool pod_allocation_in_progress(const struct pod_allocation *allocation);
int64_t
pod_allocation_generation(const struct pod_allocation *allocation); /* of the pod that was accepted last; 0: none */

/* The container has what is allocated to it. False when it had that before. */
bool pod_allocation_settle(struct pod_allocation *allocation, const char *container);
void pod_allocation_finish(struct pod_allocation *allocation); /* all have, and the pod's cgroup has */

/* The pod with its allocated or its actuated resources: itself when those are the spec's, else a copy in the arena that borrows. */
const struct api_pod *pod_allocation_view(const struct pod_allocation *allocation, const struct api_pod *pod,
                                          struct arena *arena);
const struct api_pod *pod_allocation_actuated_view(const struct pod_allocation *allocation, const struct api_pod *pod,
                                                   struct arena *arena);

/* To and from DIRECTORY/UID/ALLOCATION_FILE. load: -ERROR_NOT_FOUND when there is none; errors leave the allocation as it was. */
int pod_allocation_save(const struct pod_allocation *allocation, const char *directory, const char *uid,
                        struct error *err) must_check;
int pod_allocation_load(struct pod_allocation *allocation, const char *directory, const char *uid,
                        struct error *err) must_check;

/* Same resources in the same amounts, however they are written. */
bool requirements_equal(const struct api_resource_requirements *a, const struct api_resource_requirements *b);

#endif
