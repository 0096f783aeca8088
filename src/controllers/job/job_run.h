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
#define JOB_FAILURES  "batch.kubernetes.io/job-index-failure-count"
#define JOB_IGNORED   "batch.kubernetes.io/job-index-ignored-failure-count"

/* What a rule of spec.podFailurePolicy says of a failed pod. */
enum job_verdict {
    JOB_COUNT, /* no rule says otherwise */
    JOB_IGNORE,
    JOB_FAIL_INDEX,
    JOB_FAIL_JOB,
};

/* The newest failed pod of an index that may be tried again: it is kept until the next try runs, as it knows how many there were. */
struct job_failure {
    const struct object *object;
    int64_t index;
    int32_t counted; /* failures of the index, this one among them */
    int32_t ignored;
    bool retried;   /* another pod runs, or none is needed any more */
    bool uncounted; /* private: by a rule */
};

struct job_run {
    struct reconcile *r;
    const struct object *object;
    const struct api_batch_job *job;
    struct api_batch_job next; /* with the new status */
    bool indexed;
    const struct object **pods; /* that it controls and selects, or adopts now */
    size_t n_pods;
    struct ranked_pod *active;
    size_t n_active;
    int32_t ready;
    int32_t terminating;
    int32_t failed; /* counted and uncounted */
    int32_t succeeded;
    usec_t last_failure;  /* when the newest failed pod ended */
    uint8_t *completed;   /* bits, when indexed */
    uint8_t *failed_bits; /* bits of the indexes that are given up; only with a limit for each index */
    int32_t n_failed_indexes;
    struct job_failure *failures; /* by index; only with a limit for each index */
    size_t n_failures;
    size_t n_held;                    /* of them, not counted in status yet */
    const char *policy_message;       /* a pod whose rule fails the Job; NULL: none */
    const struct object **to_release; /* pods whose finalizer is to go */
    size_t n_to_release;
};

bool job_is_true(const struct job_run *run, const char *condition); /* of the new status */
bool job_is_ending(const struct job_run *run);                      /* or has ended, or is being deleted */

void job_count_pods(struct job_run *run); /* job_pods.c: fills in all of the above */
void job_make_pods(struct job_run *run, int32_t count);
int64_t job_index_of(const struct api_pod *pod); /* negative: none */
usec_t job_pod_end(const struct api_pod *pod);   /* when it ended, as far as it says */
void job_delete_active(struct job_run *run, size_t count);
void job_release_pods(struct job_run *run);
void job_release_orphan(struct reconcile *r, const struct object *pod);

/* job_policy.c. The message is in the arena; set only with JOB_FAIL_JOB. */
enum job_verdict job_verdict_on(const struct job_run *run, const struct api_pod *pod, const char **ret_message);
const char *job_policy_success(const struct job_run *run); /* which rule of spec.successPolicy is met; NULL: none */

/* job_indexes.c: sets of indexes, as bits and as text ("0-2,5"). */
#define JOB_INDEX_BYTES (JOB_INDEX_MAX / 8 + 1)
void job_indexes_read(uint8_t *bits, const char *text);
const char *job_indexes_write(const uint8_t *bits, struct arena *arena, int32_t *ret_count);
bool job_indexes_has(const uint8_t *bits, int64_t index); /* bits may be NULL: none */
void job_indexes_add(uint8_t *bits, int64_t index);

/* job_failures.c: limits for each index. */
bool job_limits_indexes(const struct job_run *run);
void job_failures_add(struct job_run *run, const struct object *object, int64_t index, enum job_verdict verdict);
void job_failures_settle(struct job_run *run); /* sorts them; the newest of each index stays, the others are counted */
const struct job_failure *job_failure_of(const struct job_run *run, int64_t index); /* NULL: none */
usec_t job_failure_wait(const struct job_run *run,
                        const struct job_failure *failure); /* until its next try; may be negative */

#endif
