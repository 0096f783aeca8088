/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rollout.h - a Deployment, its replica sets and what is to become of them in this pass.
 *
 * deployment.c gathers it, revision.c finds or makes the new set, rolling.c and scale.c decide sizes,
 * status.c says how far it is. Sizes are changed here first; deployment.c turns differences into actions. */
#ifndef CONTROLLERS_DEPLOYMENT_ROLLOUT_H
#define CONTROLLERS_DEPLOYMENT_ROLLOUT_H

#include "controllers/runtime/controller.h"
#include "controllers/workload/ownership.h"
#include "generated/types.h"

#define REVISION_ANNOTATION         "deployment.kubernetes.io/revision"
#define REVISION_HISTORY_ANNOTATION "deployment.kubernetes.io/revision-history"
#define DESIRED_ANNOTATION          "deployment.kubernetes.io/desired-replicas"
#define MAX_ANNOTATION              "deployment.kubernetes.io/max-replicas"
#define HASH_LABEL                  "pod-template-hash"

/* A replica set of the Deployment. */
struct rollout_set {
    const struct object *object;
    const struct api_apps_replica_set *set;
    struct api_apps_replica_set next; /* as it shall be; a shallow copy */
    int32_t replicas;                 /* of 'next' */
    bool scaled;                      /* desired and max annotations are to be written */
    bool changed;                     /* something else of 'next' differs */
    bool removed;
};

struct rollout {
    struct reconcile *r;
    const struct object *object;
    const struct api_apps_deployment *deployment;
    int32_t wanted;           /* spec.replicas */
    struct rollout_set *sets; /* oldest first */
    size_t n_sets;
    struct rollout_set *fresh; /* the one of the current template; NULL: not there */
    int32_t max_surge;
    int32_t max_unavailable;
    bool rolling; /* strategy */
    bool made;    /* the new set is created in this pass, as large as 'made_replicas' */
    const char *made_name;
    int32_t made_replicas;
    bool collided;        /* its name belongs to somebody else: count it and try another */
    const char *revision; /* what the Deployment's annotation shall be; NULL: as it is */
    /* Conditions that the pass sets beside those of the status. */
    const char *progress_status; /* NULL: none */
    const char *progress_reason;
    const char *progress_message;
};

/* revision.c */
void rollout_find_fresh(struct rollout *rollout);
void rollout_prepare_fresh(struct rollout *rollout, bool create); /* annotations, revision; creates it when asked */
int64_t rollout_revision_of(const struct rollout_set *set);
void rollout_trim_history(struct rollout *rollout); /* marks sets beyond revisionHistoryLimit */

/* rolling.c */
void rollout_roll(struct rollout *rollout);
void rollout_recreate(struct rollout *rollout);
int32_t rollout_fresh_size(const struct rollout *rollout); /* what the new set may have now */
bool rollout_complete(const struct rollout *rollout, const struct api_apps_deployment_status *status);

/* scale.c */
bool rollout_is_scaling(const struct rollout *rollout);
void rollout_scale(struct rollout *rollout);
void rollout_resize(struct rollout *rollout, struct rollout_set *set, int32_t replicas);
int32_t rollout_total(const struct rollout *rollout); /* replicas of all sets as they shall be */

/* status.c */
void rollout_update_status(struct rollout *rollout);

#endif
