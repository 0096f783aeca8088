/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* runtime_cache.h - a current copy of what the container runtime has, by pod; tells which pods changed.
 *
 * Filled by CRI's lists and statuses. Changes come from the runtime's event stream where it has one; without, ends of
 * containers are seen by their processes (exit_watch.h), the rest by listing again: every ten seconds, or every second
 * where a process cannot be watched, while there are pods. */
#ifndef NODE_KUBELET_RUNTIME_CACHE_H
#define NODE_KUBELET_RUNTIME_CACHE_H

#include "base/container/map.h"
#include "node/cri/cri.h"
#include "node/kubelet/pod/runtime.h"

struct runtime_cache;

struct runtime_cache_options {
    struct cri *cri;
    const char *pods_directory;                                     /* for termination messages; NULL: none */
    void (*changed)(void *context, const char *uid);                /* something of that pod is not as it was */
    void (*synced)(void *context);                                  /* once, after the first complete list */
    void (*health)(void *context, int rc, const struct error *err); /* after every list of everything */
    void *context;
};

struct runtime_cache *runtime_cache_create(const struct runtime_cache_options *options);
void runtime_cache_destroy(struct runtime_cache *cache); /* NULL is fine */
void runtime_cache_start(struct runtime_cache *cache);

/* The pod's state; NULL: the runtime has nothing of it. Borrowed until the next turn of the loop. */
const struct pod_runtime *runtime_cache_get(const struct runtime_cache *cache, const char *uid);

/* Reads one pod again, now; done() always comes, after changed() if there was a change. One at a time for a pod's worker. */
struct runtime_refresh {
    void (*done)(struct runtime_refresh *refresh, int rc, const struct error *err);
    struct list_node node; /* private */
    char uid[64];
    uint64_t sequence; /* of the sweep it waits for */
};
void runtime_cache_refresh(struct runtime_cache *cache, struct runtime_refresh *refresh, const char *uid);
/* Containers of the pod were changed: the next refresh asks for what otherwise stays as it was. */
void runtime_cache_forget(struct runtime_cache *cache, const char *uid);
void runtime_cache_refresh_cancel(struct runtime_cache *cache, struct runtime_refresh *refresh); /* fine when idle */

/* Every pod the runtime knows, for those the API does not; start with NULL. */
const struct pod_runtime *runtime_cache_next(const struct runtime_cache *cache, const struct pod_runtime *previous);

/* Whether there is anything worth watching for: the kubelet has pods. */
void runtime_cache_set_busy(struct runtime_cache *cache, bool busy);

#endif
