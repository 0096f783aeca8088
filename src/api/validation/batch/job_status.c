/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_status.c - what a Job's status may say. Most rules look only at what an update changes, so that Jobs which broke
 * them before the rules were made can still be finished. */
#include "api/codec.h"
#include "api/validation/batch/index_list.h"
#include "api/validation/kind_rules.h"

static const char *const counts[] = { "active", "succeeded", "failed", "ready", "terminating", NULL };

/* What a Job has come to, by its conditions. */
struct outcome {
    bool complete, failed, failure_target, success_criteria_met, finished;
};

static bool is_true(const struct api_batch_job_status *status, const char *type)
{
    for (size_t i = 0; i < status->n_conditions; i++)
        if (text_equal(status->conditions[i].type, type) && text_equal(status->conditions[i].status, "True"))
            return true;
    return false;
}

static struct outcome outcome_of(const struct api_batch_job_status *status)
{
    struct outcome outcome = {
        .complete = is_true(status, "Complete"),
        .failed = is_true(status, "Failed"),
        .failure_target = is_true(status, "FailureTarget"),
        .success_criteria_met = is_true(status, "SuccessCriteriaMet"),
    };
    outcome.finished = outcome.complete || outcome.failed;
    return outcome;
}

/* Both sides of an update, and what of it is new. */
struct change {
    const struct api_batch_job_spec *spec;
    const struct api_batch_job_status *now, *old;
    struct outcome is, was;
    bool complete, failed, failure_target, success, finished; /* did it change? */
    bool active, ready, terminating, started, ended, uncounted, completed_indexes, failed_indexes;
};

static bool same_number(const int32_t *a, const int32_t *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || *a == *b);
}

static bool same_uncounted(const struct api_batch_uncounted_terminated_pods *a,
                           const struct api_batch_uncounted_terminated_pods *b)
{
    return a == b || (a != NULL && b != NULL && api_equal(&api_type_batch_uncounted_terminated_pods, a, b));
}

static struct change change_of(const struct api_batch_job *job, const struct api_batch_job *old_job)
{
    const struct api_batch_job_status *now = &job->status, *old = &old_job->status;
    struct change change = {
        .spec = &job->spec, .now = now, .old = old, .is = outcome_of(now), .was = outcome_of(old)
    };

    change.complete = change.is.complete != change.was.complete;
    change.failed = change.is.failed != change.was.failed;
    change.failure_target = change.is.failure_target != change.was.failure_target;
    change.success = change.is.success_criteria_met != change.was.success_criteria_met;
    change.finished = change.is.finished != change.was.finished;
    change.active = now->active != old->active;
    change.ready = !same_number(now->ready, old->ready);
    change.terminating = !same_number(now->terminating, old->terminating);
    change.started = now->start_time != old->start_time;
    change.ended = now->completion_time != old->completion_time;
    change.uncounted = !same_uncounted(now->uncounted_terminated_pods, old->uncounted_terminated_pods);
    change.completed_indexes = !text_equal(now->completed_indexes, old->completed_indexes);
    change.failed_indexes = (now->failed_indexes == NULL) != (old->failed_indexes == NULL) ||
                            !text_equal(now->failed_indexes, old->failed_indexes);
    return change;
}

static void refuse_conditions(const char *detail, struct api_invalid *errors)
{
    invalid_raw(errors, at_field(at_field(NULL, "status"), "conditions"), NULL, "%s", detail);
}

static void refuse_time(usec_t time, const char *name, const char *detail, struct api_invalid *errors)
{
    char text[TIME_TEXT_SIZE];

    time_format(time, false, text);
    invalid_string(errors, at_field(at_field(NULL, "status"), name), text, "%s", detail);
}

static bool seen_before(const struct api_batch_uncounted_terminated_pods *pods, bool failed, size_t index)
{
    const char *uid = failed ? pods->failed[index] : pods->succeeded[index];

    for (size_t i = 0; i < (failed ? pods->n_succeeded : index); i++)
        if (text_equal(pods->succeeded[i], uid))
            return true;
    for (size_t i = 0; failed && i < index; i++)
        if (text_equal(pods->failed[i], uid))
            return true;
    return false;
}

static void validate_uncounted(const struct api_batch_uncounted_terminated_pods *pods, bool failed,
                               const struct field_at *at, struct api_invalid *errors)
{
    size_t count = failed ? pods->n_failed : pods->n_succeeded;

    for (size_t i = 0; i < count; i++) {
        const char *uid = failed ? pods->failed[i] : pods->succeeded[i];
        if (text_empty(uid))
            invalid_string(errors, at_index(at, i), uid, "must not be empty");
        else if (seen_before(pods, failed, i))
            invalid_duplicate(errors, at_index(at, i), uid);
    }
}

static void validate_end(const struct change *change, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_batch_job_status *now = change->now;

    if ((change->complete || change->failed) && change->is.complete && change->is.failed)
        refuse_conditions("cannot set Complete=True and Failed=true conditions", errors);
    if ((change->complete || change->failure_target) && change->is.complete && change->is.failure_target)
        refuse_conditions("cannot set Complete=True and FailureTarget=true conditions", errors);
    if ((change->complete || change->ended) && now->completion_time != 0 && !change->is.complete)
        refuse_time(now->completion_time, "completionTime",
                    "cannot set completionTime when there is no Complete=True condition", errors);
    if ((change->complete || change->ended) && now->completion_time == 0 && change->is.complete)
        invalid_required(errors, at_field(at, "completionTime"), "completionTime is required for Complete jobs");
    if ((change->started || change->ended) && now->start_time != 0 && now->completion_time != 0 &&
        now->completion_time < now->start_time)
        refuse_time(now->completion_time, "completionTime", "must be equal to or after `startTime`", errors);
    if ((change->failed || change->failure_target) && change->is.failed && !change->is.failure_target)
        refuse_conditions("cannot set Failed=True condition without the FailureTarget=true condition", errors);
    if ((change->complete || change->success) && change->is.complete && !change->is.success_criteria_met)
        refuse_conditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition", errors);
}

/* Nothing is left to do for a finished Job. */
static void validate_finished(const struct change *change, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_batch_job_status *now = change->now;
    const struct api_batch_uncounted_terminated_pods *uncounted = now->uncounted_terminated_pods;

    if (!change->is.finished)
        return;
    if ((change->finished || change->active) && now->active > 0)
        invalid_number(errors, at_field(at, "active"), now->active, "active>0 is invalid for finished job");
    if ((change->finished || change->started) && now->start_time == 0)
        invalid_required(errors, at_field(at, "startTime"), "startTime is required for finished job");
    if ((change->finished || change->uncounted) && uncounted != NULL &&
        uncounted->n_failed + uncounted->n_succeeded > 0)
        invalid_object(errors, at_field(at, "uncountedTerminatedPods"), &api_type_batch_uncounted_terminated_pods,
                       uncounted, "must be empty for finished job");
}

static void validate_list(const char *list, const char *name, int32_t completions, struct api_invalid *errors)
{
    struct error err = { 0 };
    int32_t count;

    if (index_list_count(str_of(text_or_empty(list)), completions, &count, &err) < 0)
        invalid_string(errors, at_field(at_field(NULL, "status"), name), list, "error parsing %s: %s", name,
                       err.message);
}

static void validate_indexes(const struct change *change, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_batch_job_status *now = change->now;
    const struct api_batch_job_spec *spec = change->spec;
    int32_t index = 0;

    if (change->completed_indexes && spec->completions != NULL)
        validate_list(now->completed_indexes, "completedIndexes", *spec->completions, errors);
    if (change->failed_indexes && spec->completions != NULL && spec->backoff_limit_per_index != NULL &&
        now->failed_indexes != NULL)
        validate_list(now->failed_indexes, "failedIndexes", *spec->completions, errors);
    if (change->completed_indexes && !text_empty(now->completed_indexes) &&
        !text_equal(spec->completion_mode, "Indexed"))
        invalid_string(errors, at_field(at, "completedIndexes"), now->completed_indexes,
                       "cannot set non-empty completedIndexes when non-indexed completion mode");
    if (change->failed_indexes && now->failed_indexes != NULL && spec->backoff_limit_per_index == NULL)
        invalid_string(errors, at_field(at, "failedIndexes"), now->failed_indexes,
                       "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
    if ((change->failed_indexes || change->completed_indexes) && spec->completions != NULL &&
        now->failed_indexes != NULL &&
        index_lists_overlap(str_of(text_or_empty(now->completed_indexes)), str_of(now->failed_indexes),
                            *spec->completions, &index))
        invalid_string(errors, at_field(at, "failedIndexes"), now->failed_indexes,
                       "failedIndexes and completedIndexes overlap at index: %d", index);
}

static void validate_pods_left(const struct change *change, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_batch_job_status *now = change->now;

    if ((change->finished || change->terminating) && change->is.finished && now->terminating != NULL &&
        *now->terminating > 0)
        invalid_number(errors, at_field(at, "terminating"), *now->terminating,
                       "terminating>0 is invalid for finished job");
    if ((change->ready || change->active) && now->ready != NULL && *now->ready > now->active)
        invalid_number(errors, at_field(at, "ready"), *now->ready, "cannot set more ready pods than active");
}

static void validate_success(const struct change *change, struct api_invalid *errors)
{
    if (change->is.success_criteria_met && change->is.failed)
        refuse_conditions("cannot set SuccessCriteriaMet=True and Failed=true conditions", errors);
    if (change->is.success_criteria_met && change->is.failure_target)
        refuse_conditions("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions", errors);
    if (change->spec->success_policy != NULL && !change->is.success_criteria_met && change->is.complete)
        refuse_conditions("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True", errors);
}

/* What was reached stays reached. */
static void validate_progress(const struct change *change, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_batch_job_status *now = change->now, *old = change->old;
    const struct api_batch_job_spec *spec = change->spec;
    /* Indexed jobs whose two numbers are equal can be scaled down. */
    bool may_shrink = text_equal(spec->completion_mode, "Indexed") && same_number(spec->completions, spec->parallelism);

    if (change->was.failed && !change->is.failed)
        refuse_conditions("cannot disable the terminal Failed=True condition", errors);
    if (change->was.complete && !change->is.complete)
        refuse_conditions("cannot disable the terminal Complete=True condition", errors);
    if (change->was.failure_target && !change->is.failure_target)
        refuse_conditions("cannot disable the terminal FailureTarget=True condition", errors);
    if (now->failed < old->failed)
        invalid_number(errors, at_field(at, "failed"), now->failed, "cannot decrease the failed counter");
    if (now->succeeded < old->succeeded && !may_shrink)
        invalid_number(errors, at_field(at, "succeeded"), now->succeeded, "cannot decrease the succeeded counter");
    if (now->completion_time != 0 && old->completion_time != 0 && change->ended)
        refuse_time(now->completion_time, "completionTime", INVALID_IMMUTABLE, errors);
    if (old->start_time != 0 && change->started && (spec->suspend == NULL || !*spec->suspend))
        invalid_required(errors, at_field(at, "startTime"), "startTime cannot be removed for unsuspended job");
    if (change->was.success_criteria_met && !change->is.success_criteria_met)
        refuse_conditions("cannot disable the SuccessCriteriaMet=True condition", errors);
    if (change->was.complete && !change->was.success_criteria_met && change->is.success_criteria_met)
        refuse_conditions("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions", errors);
}

void validate_job_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct change change = change_of(object, old);
    const struct field_at *at = at_field(NULL, "status");
    const struct api_batch_uncounted_terminated_pods *uncounted = change.now->uncounted_terminated_pods;

    validate_counts(&api_type_batch_job_status, change.now, counts, at, errors);
    if (uncounted != NULL) {
        const struct field_at *here = at_field(at, "uncountedTerminatedPods");
        validate_uncounted(uncounted, false, at_field(here, "succeeded"), errors);
        validate_uncounted(uncounted, true, at_field(here, "failed"), errors);
    }
    validate_end(&change, at, errors);
    validate_finished(&change, at, errors);
    validate_indexes(&change, at, errors);
    validate_pods_left(&change, at, errors);
    validate_success(&change, errors);
    validate_progress(&change, at, errors);
}
