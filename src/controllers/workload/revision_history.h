/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* revision_history.h - ControllerRevisions: the templates that a DaemonSet or StatefulSet has had. */
#ifndef CONTROLLERS_WORKLOAD_REVISION_HISTORY_H
#define CONTROLLERS_WORKLOAD_REVISION_HISTORY_H

#include "controllers/runtime/controller.h"
#include "controllers/workload/pod_state.h"

#define REVISION_HASH_LABEL "controller-revision-hash"

struct revision_history {
    const struct object **items; /* the owner's, oldest revision first; in the arena */
    size_t count;
    const char *name; /* of the current template's revision */
    const char *hash; /* what its pods are labelled with */
};

/* Finds or creates the revision of the template, and makes it the newest. */
void revision_history_sync(struct reconcile *reconcile, const struct object *owner,
                           const struct api_pod_template_spec *template, struct revision_history *ret_history);

/* Deletes the oldest ones beyond the limit, but not the current one, nor 'kept' (a name or a hash), nor those of pods. */
void revision_history_trim(struct reconcile *reconcile, const struct revision_history *history, int32_t limit,
                           const char *kept, const struct ranked_pod *pods, size_t n_pods);

/* The template that a revision holds; NULL when it is unknown or does not parse. */
const struct api_pod_template_spec *revision_history_template(struct reconcile *reconcile,
                                                              const struct revision_history *history, const char *name);

#endif
