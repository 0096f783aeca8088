/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job.c - runs pods until enough have succeeded, or too many have failed. */
#include "api/codec.h"
#include "controllers/controllers.h"
#include "controllers/job/job_run.h"

#define BACKOFF_FIRST (10 * USEC_PER_SEC)
#define BACKOFF_MAX   (600 * USEC_PER_SEC)

static const struct api_batch_job_condition *find(const struct job_run *run, const char *type)
{
    for (size_t i = 0; i < run->next.status.n_conditions; i++) {
        if (text_equal(run->next.status.conditions[i].type, type))
            return &run->next.status.conditions[i];
    }
    return NULL;
}

bool job_is_true(const struct job_run *run, const char *type)
{
    const struct api_batch_job_condition *condition = find(run, type);
    return condition != NULL && text_equal(condition->status, "True");
}

bool job_is_ending(const struct job_run *run)
{
    return job_is_true(run, "FailureTarget") || job_is_true(run, "SuccessCriteriaMet") ||
           run->job->metadata.deletion_timestamp != 0;
}

/* True when it changed. */
static bool set(struct job_run *run, const char *type, bool value, const char *reason, const char *message)
{
    const char *status = value ? "True" : "False";
    const struct api_batch_job_condition *old = find(run, type);
    if ((old == NULL && !value) || (old != NULL && text_equal(old->status, status)))
        return false;
    struct api_batch_job_status *next = &run->next.status;
    struct api_batch_job_condition *conditions =
        arena_new_array(run->r->arena, struct api_batch_job_condition, next->n_conditions + 1);
    size_t count = 0;
    for (size_t i = 0; i < next->n_conditions; i++) {
        if (!text_equal(next->conditions[i].type, type))
            conditions[count++] = next->conditions[i];
    }
    conditions[count++] = (struct api_batch_job_condition){ .type = type,
                                                            .status = status,
                                                            .last_probe_time = run->r->now,
                                                            .last_transition_time = run->r->now,
                                                            .reason = reason,
                                                            .message = message };
    next->conditions = conditions;
    next->n_conditions = count;
    return true;
}

static int64_t restarts(const struct job_run *run)
{
    int64_t total = 0;
    for (size_t i = 0; i < run->n_active; i++) {
        const struct api_pod_status *status = &run->active[i].pod->status;
        for (size_t j = 0; j < status->n_container_statuses; j++)
            total += status->container_statuses[j].restart_count;
    }
    return total;
}

/* Indexes that were given up fail the Job: at once when there are too many, else when nothing is left to do. */
static const char *failure_of_indexes(const struct job_run *run, const char **ret_message)
{
    const struct api_batch_job_spec *spec = &run->job->spec;
    if (spec->max_failed_indexes != NULL && run->n_failed_indexes > *spec->max_failed_indexes) {
        *ret_message = "Job has exceeded the specified maximal number of failed indexes";
        return "MaxFailedIndexesExceeded";
    }
    if (run->n_failed_indexes == 0 || spec->completions == NULL ||
        run->n_failed_indexes + run->succeeded < *spec->completions)
        return NULL;
    *ret_message = "Job has failed indexes";
    return "FailedIndexes";
}

/* Why it has failed; NULL: it has not. */
static const char *failure(struct job_run *run, const char **ret_message)
{
    const struct api_batch_job_spec *spec = &run->job->spec;
    if (run->policy_message != NULL) {
        *ret_message = run->policy_message;
        return "PodFailurePolicy";
    }
    int32_t limit = spec->backoff_limit == NULL ? 6 : *spec->backoff_limit;
    bool restarting = text_equal(spec->template.spec.restart_policy, "OnFailure");
    if (run->failed > limit || (restarting && restarts(run) > 0 && restarts(run) >= limit)) {
        *ret_message = "Job has reached the specified backoff limit";
        return "BackoffLimitExceeded";
    }
    if (spec->active_deadline_seconds == NULL || run->next.status.start_time == 0)
        return failure_of_indexes(run, ret_message);
    usec_t due = run->next.status.start_time + *spec->active_deadline_seconds * USEC_PER_SEC;
    if (run->r->now >= due) {
        *ret_message = "Job was active longer than specified deadline";
        return "DeadlineExceeded";
    }
    reconcile_again_in(run->r, due - run->r->now);
    return failure_of_indexes(run, ret_message);
}

static bool is_complete(const struct job_run *run)
{
    const int32_t *completions = run->job->spec.completions;
    if (completions == NULL)
        return run->succeeded > 0 && run->n_active == 0;
    return run->succeeded >= *completions;
}

/* The outcome is said at once, the end when the last pod is gone and counted. */
static void finish(struct job_run *run)
{
    bool failed = job_is_true(run, "FailureTarget");
    const struct api_batch_job_condition *outcome = find(run, failed ? "FailureTarget" : "SuccessCriteriaMet");
    job_delete_active(run, run->n_active);
    run->next.status.active = 0;
    if (run->n_active > 0 || run->terminating > 0 || run->n_held > 0 ||
        run->next.status.uncounted_terminated_pods->n_failed > 0 ||
        run->next.status.uncounted_terminated_pods->n_succeeded > 0)
        return;
    if (failed) {
        if (set(run, "Failed", true, outcome->reason, outcome->message))
            reconcile_event(run->r, run->object, "Warning", outcome->reason, "%s", outcome->message);
        return;
    }
    if (set(run, "Complete", true, outcome->reason, outcome->message))
        reconcile_event(run->r, run->object, "Normal", "Completed", "Job completed");
    run->next.status.completion_time = run->r->now / USEC_PER_SEC * USEC_PER_SEC;
}

static void suspend(struct job_run *run)
{
    job_delete_active(run, run->n_active);
    run->next.status.active = 0;
    if (set(run, "Suspended", true, "JobSuspended", "Job suspended"))
        reconcile_event(run->r, run->object, "Normal", "Suspended", "Job suspended");
    run->next.status.start_time = 0;
}

static usec_t backoff(const struct job_run *run)
{
    usec_t delay = BACKOFF_FIRST;
    if (run->failed == 0 || run->last_failure == 0 || job_limits_indexes(run))
        return 0; /* limited indexes wait each by itself */
    for (int32_t i = 1; i < run->failed && delay < BACKOFF_MAX; i++)
        delay *= 2;
    return run->last_failure + (delay > BACKOFF_MAX ? BACKOFF_MAX : delay) - run->r->now;
}

static void manage_pods(struct job_run *run)
{
    const struct api_batch_job_spec *spec = &run->job->spec;
    int32_t wanted = spec->parallelism == NULL ? 1 : *spec->parallelism, active = (int32_t)run->n_active;
    if (spec->completions == NULL) {
        if (run->succeeded > 0)
            wanted = active < wanted ? active : wanted;
    } else if (wanted > *spec->completions - run->succeeded - run->n_failed_indexes) {
        wanted = *spec->completions - run->succeeded - run->n_failed_indexes;
    }
    if (text_equal(spec->pod_replacement_policy, "Failed"))
        wanted -= run->terminating;
    if (active > wanted) {
        job_delete_active(run, (size_t)(active - (wanted < 0 ? 0 : wanted)));
        return;
    }
    usec_t wait = active < wanted ? backoff(run) : 0;
    if (wait > 0)
        reconcile_again_in(run->r, wait);
    else if (active < wanted)
        job_make_pods(run, wanted - active);
}

static void decide(struct job_run *run)
{
    const struct api_batch_job_spec *spec = &run->job->spec;
    struct api_batch_job_status *status = &run->next.status;
    const char *message = "";
    if (job_is_true(run, "FailureTarget") || job_is_true(run, "SuccessCriteriaMet")) {
        finish(run);
        return;
    }
    bool suspended = spec->suspend != NULL && *spec->suspend;
    if (!suspended && status->start_time == 0)
        status->start_time = run->r->now / USEC_PER_SEC * USEC_PER_SEC;
    const char *reason = failure(run, &message);
    if (reason != NULL) {
        set(run, "FailureTarget", true, reason, message);
        finish(run);
    } else if ((message = job_policy_success(run)) != NULL) {
        set(run, "SuccessCriteriaMet", true, "SuccessPolicy", message);
        finish(run);
    } else if (is_complete(run)) {
        set(run, "SuccessCriteriaMet", true, "CompletionsReached", "Reached expected number of succeeded pods");
        finish(run);
    } else if (suspended) {
        suspend(run);
    } else {
        if (set(run, "Suspended", false, "JobResumed", "Job resumed")) {
            status->start_time = run->r->now / USEC_PER_SEC * USEC_PER_SEC;
            reconcile_event(run->r, run->object, "Normal", "Resumed", "Job resumed");
        }
        manage_pods(run);
    }
}

/* A Job that is gone keeps no pod from going. */
static void release_orphans(struct reconcile *r)
{
    const struct informer *pods = reconcile_cache(r, &api_resource_pod);
    for (const struct object *o = NULL; (o = informer_next_in(pods, r->namespace_, o)) != NULL;) {
        const struct api_owner_reference *owner = ownership_controller(object_meta(o));
        if (owner != NULL && text_equal(owner->kind, "Job") && text_equal(owner->name, r->name))
            job_release_orphan(r, o);
    }
}

static int reconcile_job(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_batch_job), r->key);
    if (object == NULL) {
        release_orphans(r);
        return 0;
    }
    struct job_run run = { .r = r, .object = object, .job = api_batch_job_of(object) };
    run.next = *run.job;
    run.indexed = text_equal(run.job->spec.completion_mode, "Indexed");
    if (!text_empty(run.job->spec.managed_by) && !text_equal(run.job->spec.managed_by, "kubernetes.io/job-controller"))
        return 0;
    struct label_selector selector = { 0 };
    int rc = label_selector_of(run.job->spec.selector, r->arena, &selector, err);
    if (rc < 0)
        return rc;
    run.pods = ownership_claim_guarded(r, object, &selector, &api_resource_pod, JOB_FINALIZER, &run.n_pods);
    job_count_pods(&run);
    struct api_batch_job_status *status = &run.next.status;
    status->active = (int32_t)run.n_active;
    status->ready = arena_new(r->arena, int32_t);
    *status->ready = run.ready;
    status->terminating = arena_new(r->arena, int32_t);
    *status->terminating = run.terminating;
    if (!job_is_true(&run, "Complete") && !job_is_true(&run, "Failed") && run.job->metadata.deletion_timestamp == 0)
        decide(&run);
    if (!api_equal(&api_type_batch_job_status, status, &run.job->status))
        reconcile_update_status(r, &api_resource_batch_job, &run.next);
    job_release_pods(&run);
    return 0;
}

/* A pod that nobody controls may be adopted by the Jobs that select it. */
static void jobs_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    keys_of_owner(keys, watch, object);
    const struct api_object_meta *meta = object_meta(object);
    if (ownership_controller(meta) != NULL)
        return;
    const struct informer *jobs = keys_cache(keys, &api_resource_batch_job);
    for (const struct object *o = NULL; (o = informer_next_in(jobs, object_namespace(object), o)) != NULL;) {
        auto_arena struct arena scratch = { 0 };
        struct label_selector selector = { 0 };
        if (label_selector_of(api_batch_job_of(o)->spec.selector, &scratch, &selector, NULL) == 0 &&
            label_selector_matches(&selector, meta->labels, meta->n_labels))
            keys_add(keys, object_key(o));
    }
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_batch_job, .map = keys_own },
    { .resource = &api_resource_pod, .map = jobs_of_pod, .owner = &api_resource_batch_job },
};

const struct controller job_controller = {
    .name = "job",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_job,
};

/* ---------------------------------------------------------------- ttl-after-finished */

static int reconcile_ttl(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_batch_job), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp != 0)
        return 0;
    const struct api_batch_job *job = api_batch_job_of(object);
    if (job->spec.ttl_seconds_after_finished == NULL)
        return 0;
    for (size_t i = 0; i < job->status.n_conditions; i++) {
        const struct api_batch_job_condition *condition = &job->status.conditions[i];
        bool ended = text_equal(condition->type, "Complete") || text_equal(condition->type, "Failed");
        if (!ended || !text_equal(condition->status, "True"))
            continue;
        usec_t due = condition->last_transition_time + *job->spec.ttl_seconds_after_finished * USEC_PER_SEC;
        if (due > r->now) {
            reconcile_again_in(r, due - r->now);
        } else {
            struct action *action = reconcile_delete(r, object);
            action->revision = arena_strdup(r->arena, job->metadata.resource_version);
            action->propagation = CLIENT_PROPAGATION_FOREGROUND;
        }
        return 0;
    }
    return 0;
}

static const struct controller_watch ttl_watches[] = { { .resource = &api_resource_batch_job, .map = keys_own } };

const struct controller ttl_after_finished_controller = {
    .name = "ttl-after-finished",
    .queue = "ttl_jobs_to_delete",
    .watches = ttl_watches,
    .n_watches = countof(ttl_watches),
    .reconcile = reconcile_ttl,
};
