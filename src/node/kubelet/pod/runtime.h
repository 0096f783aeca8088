/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* runtime.h - what the container runtime has of one pod: its sandboxes and containers, dead ones too.
 *
 * Read-only for all but the runtime cache (runtime_cache.h), which fills it from CRI. */
#ifndef NODE_KUBELET_POD_RUNTIME_H
#define NODE_KUBELET_POD_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "generated/cri.h"

struct runtime_container {
    const char *id;
    const char *name;
    const char *sandbox_id;
    uint32_t attempt;
    int32_t state; /* enum cri_container_state */
    usec_t created_at;
    usec_t started_at;
    usec_t finished_at;
    int32_t exit_code;
    const char *reason;
    const char *message;
    const char *image;
    const char *image_id;
    const char *log_path;
    uint64_t spec_hash;            /* of the container's spec that it was made from; 0: unknown */
    int32_t pid;                   /* of its first process while it runs; 0: unknown */
    int64_t grace;                 /* seconds, from its annotations; -1: unknown */
    int64_t cpu_shares, cpu_quota; /* as the runtime says; 0: it does not, as are the next one */
    int64_t memory_limit;          /* bytes */
};

struct runtime_sandbox {
    const char *id;
    uint32_t attempt;
    bool ready;
    bool host_network;
    usec_t created_at;
    const char **ips; /* first the main one */
    size_t n_ips;
};

struct pod_runtime {
    const char *uid;
    const char *name;
    const char *namespace_;
    struct runtime_sandbox *sandboxes; /* newest first */
    size_t n_sandboxes;
    struct runtime_container *containers; /* newest attempt first */
    size_t n_containers;
};

/* The newest of that name; NULL when there is none, or 'runtime' is NULL. */
const struct runtime_container *pod_runtime_newest(const struct pod_runtime *runtime, const char *name);
/* The one before it. */
const struct runtime_container *pod_runtime_previous(const struct pod_runtime *runtime, const char *name);
const struct runtime_container *pod_runtime_by_id(const struct pod_runtime *runtime, const char *id);
/* The newest sandbox when it is ready (and has an address unless it is on the host's network). */
const struct runtime_sandbox *pod_runtime_sandbox(const struct pod_runtime *runtime);

#endif
