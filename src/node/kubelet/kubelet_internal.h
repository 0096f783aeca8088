/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kubelet_internal.h - what the kubelet's own files share. */
#ifndef NODE_KUBELET_KUBELET_INTERNAL_H
#define NODE_KUBELET_KUBELET_INTERNAL_H

#include "base/container/map.h"
#include "client/informer.h"
#include "generated/types.h"
#include "node/kubelet/kubelet.h"
#include "node/kubelet/node_setup.h"
#include "node/kubelet/runtime_cache.h"
#include "node/volume/volume.h"

struct dependencies;   /* dependency.h */
struct tokens;         /* token.h */
struct event_recorder; /* client/events.h */
struct node_agent;     /* node_agent.h */
struct kubelet_server; /* server.h */
struct log_rotator;    /* log_rotator.h */

struct kubelet {
    struct loop *loop;
    struct client *client;
    struct cri *cri;
    struct arena arena; /* copies of the options */
    struct kubelet_options options;
    struct node_setup setup;
    struct volume_host volumes;
    char runtime_name[64]; /* "containerd" */

    struct informer *pods;
    struct informer_listener pods_listener;
    struct informer *services;
    struct runtime_cache *runtime;
    struct dependencies *dependencies;
    struct tokens *tokens;
    struct event_recorder *recorder;
    struct node_agent *node;
    struct kubelet_server *server;
    struct log_rotator *rotator;
    struct map workers; /* of struct pod_worker, by uid */
    struct loop_timer housekeeping;
    struct loop_task resizes; /* room may have come for a resize */
    bool runtime_synced, pods_synced;
    bool network_ready;
};

/* The worker of that pod; NULL: none. */
struct pod_worker *kubelet_find_worker(const struct kubelet *kubelet, const char *uid);
void kubelet_poke_all(struct kubelet *kubelet);

/* Those that take room on the node with what they were promised, but for the one that asks. In the arena. */
const struct api_pod **kubelet_taken_pods(const struct kubelet *kubelet, const struct pod_worker *asking,
                                          struct arena *arena, size_t *ret_count);

/* What the pod may know of itself; pod_ips is an array of the caller's. */
struct downward kubelet_downward(const struct kubelet *kubelet, const struct api_pod *pod, const char *const *pod_ips);

#endif
