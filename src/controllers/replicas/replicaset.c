/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replicaset.c - the controller of ReplicaSets. */
#include "controllers/controllers.h"
#include "controllers/replicas/replicas.h"

static const struct api_apps_replica_set *view(struct arena *arena, const struct object *object)
{
    (void)arena;
    return api_apps_replica_set_of(object);
}

static void update_status(struct reconcile *r, const struct object *object,
                          const struct api_apps_replica_set_status *status)
{
    struct api_apps_replica_set next = *api_apps_replica_set_of(object);
    next.status = *status;
    reconcile_update_status(r, &api_resource_apps_replica_set, &next);
}

static const struct replicas_kind kind = {
    .resource = &api_resource_apps_replica_set,
    .view = view,
    .update_status = update_status,
};

static void keys_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *pod)
{
    replicas_keys_of_pod(keys, watch, pod, &kind);
}

static int reconcile_set(struct reconcile *r, struct error *err)
{
    return replicas_reconcile(r, &kind, err);
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_apps_replica_set, .map = keys_own },
    { .resource = &api_resource_pod, .map = keys_of_pod, .owner = &api_resource_apps_replica_set },
};

const struct controller replicaset_controller = {
    .name = "replicaset",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_set,
};
