/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replicas.h - as many pods of a template as asked for: what ReplicaSets and ReplicationControllers share.
 *
 * Both say the same in other words, so a ReplicationController is looked at as the ReplicaSet that it could be. */
#ifndef CONTROLLERS_REPLICAS_REPLICAS_H
#define CONTROLLERS_REPLICAS_REPLICAS_H

#include "controllers/runtime/controller.h"
#include "generated/types.h"

struct replicas_kind {
    const struct api_resource *resource;
    /* In the arena, or the object's own; borrows the object's texts. */
    const struct api_apps_replica_set *(*view)(struct arena *arena, const struct object *object);
    void (*update_status)(struct reconcile *reconcile, const struct object *object,
                          const struct api_apps_replica_set_status *status);
};

int replicas_reconcile(struct reconcile *reconcile, const struct replicas_kind *kind, struct error *err);

/* For a watch of pods (its owner: kind->resource): the owner of a pod, or who may adopt it. */
void replicas_keys_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *pod,
                          const struct replicas_kind *kind);

#endif
