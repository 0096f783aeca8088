/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_run.h - a Job and its pods in one pass.
 *
 * A finished pod is counted exactly once: its uid goes into status.uncountedTerminatedPods, then its
 * finalizer goes, then the uid becomes a number. A crash between any two of these loses nothing. */
#ifndef CONTROLLERS_JOB_JOB_RUN_H
#define CONTROLLERS_JOB_JOB_RUN_H

#include "controllers/runtime/controller.h"
#include "controllers/workload/ownership.h"
#include "controllers/workload/pod_state.h"

#define JOB_FINALIZER "batch.kubernetes.io/job-tracking"
#define JOB_INDEX     "batch.kubernetes.io/job-completion-index"
#define JOB_INDEX_MAX 100000 /* as upstream's validation */

struct job_run {
    struct reconcile *r;
    const struct object *object;
    const struct api_batch_job *job;
    struct api_batch_job next; /* with the new status */
    bool indexed;
    struct ranked_pod *active;
    size_t n_active;
    int32_t ready;
    int32_t terminating;
    int32_t failed; /* counted and uncounted */
    int32_t succeeded;
    usec_t last_failure;              /* when the newest failed pod ended */
    uint8_t *completed;               /* bits, when indexed */
    const struct object **to_release; /* pods whose finalizer is to go */
    size_t n_to_release;
};

void job_count_pods(struct job_run *run); /* job_pods.c: fills in all of the above */
void job_make_pods(struct job_run *run, int32_t count);
void job_delete_active(struct job_run *run, size_t count);
void job_release_pods(struct job_run *run);
void job_release_orphan(struct reconcile *r, const struct object *pod);

#endif
