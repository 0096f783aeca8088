/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cronjob.c - makes Jobs by the clock, and keeps only the latest of them.
 *
 * Time zones other than UTC are not here: such a CronJob says so in an event and does not run. */
#include <stdlib.h>

#include "api/codec.h"
#include "api/value/cron_schedule.h"
#include "client/events.h"
#include "controllers/controllers.h"
#include "controllers/workload/ownership.h"

#define MISSED_MAX 100
#define SCHEDULED  "batch.kubernetes.io/cronjob-scheduled-timestamp"

struct cron {
    struct reconcile *r;
    const struct object *object;
    const struct api_batch_cron_job *cron;
    struct api_batch_cron_job next;
    const struct object **finished; /* oldest first */
    size_t n_finished;
};

/* NULL: it runs. */
static const char *outcome(const struct api_batch_job *job)
{
    for (size_t i = 0; i < job->status.n_conditions; i++) {
        const struct api_batch_job_condition *condition = &job->status.conditions[i];
        if (text_equal(condition->status, "True") &&
            (text_equal(condition->type, "Complete") || text_equal(condition->type, "Failed")))
            return condition->type;
    }
    return NULL;
}

static bool was_active(const struct cron *cron, const char *uid)
{
    for (size_t i = 0; i < cron->cron->status.n_active; i++) {
        if (text_equal(cron->cron->status.active[i].uid, uid))
            return true;
    }
    return false;
}

/* Of ours, made by this controller: what somebody made by hand ('kubectl create job --from') neither counts nor hinders. */
static bool is_expected(const struct cron *cron, const struct object *job)
{
    const struct api_object_meta *meta = object_meta(job);
    struct str when;
    return entries_find(meta->annotations, meta->n_annotations, SCHEDULED, &when) || was_active(cron, meta->uid);
}

static int by_age(const void *left, const void *right)
{
    const struct object *a = *(const struct object *const *)left, *b = *(const struct object *const *)right;
    usec_t x = api_batch_job_of(a)->status.start_time, y = api_batch_job_of(b)->status.start_time;
    return x != y ? (x < y ? -1 : 1) : strcmp(object_name(a), object_name(b));
}

/* Jobs that somebody deleted while they ran leave the list of active ones; a CronJob that forbids two at a time would wait for
 * them for ever. */
static void tell_missing(struct cron *cron)
{
    const struct informer *jobs = reconcile_cache(cron->r, &api_resource_batch_job);
    for (size_t i = 0; i < cron->cron->status.n_active; i++) {
        const struct api_object_reference *active = &cron->cron->status.active[i];
        const struct object *job = NULL;
        while ((job = informer_next_owned(jobs, object_uid(cron->object), job)) != NULL) {
            if (text_equal(object_uid(job), active->uid))
                break;
        }
        if (job == NULL)
            reconcile_event(cron->r, cron->object, "Normal", "MissingJob", "Active job went missing: %s",
                            text_or_empty(active->name));
    }
}

static void gather_jobs(struct cron *cron)
{
    const struct informer *jobs = reconcile_cache(cron->r, &api_resource_batch_job);
    const char *uid = object_uid(cron->object);
    struct arena *arena = cron->r->arena;
    size_t count = 0;
    for (const struct object *o = NULL; (o = informer_next_owned(jobs, uid, o)) != NULL;)
        count++;
    cron->finished = arena_new_array(arena, const struct object *, count + 1);
    cron->next.status.active = arena_new_array(arena, struct api_object_reference, count + 2);
    cron->next.status.n_active = 0;
    for (const struct object *o = NULL; (o = informer_next_owned(jobs, uid, o)) != NULL;) {
        const struct api_batch_job *job = api_batch_job_of(o);
        const char *ended = outcome(job);
        if (ended == NULL && !is_expected(cron, o)) {
            reconcile_event(cron->r, cron->object, "Warning", "UnexpectedJob",
                            "Saw a job that the controller did not create or forgot: %s", object_name(o));
            continue;
        }
        if (ended == NULL) {
            char version[128];
            struct api_object_reference reference = event_reference(o, version);
            reference.api_version = "batch/v1";
            cron->next.status.active[cron->next.status.n_active++] = reference;
            continue;
        }
        cron->finished[cron->n_finished++] = o;
        if (text_equal(ended, "Complete") && job->status.completion_time > cron->next.status.last_successful_time)
            cron->next.status.last_successful_time = job->status.completion_time;
        if (was_active(cron, object_uid(o)))
            reconcile_event(cron->r, cron->object, "Normal", "SawCompletedJob", "Saw completed job: %s, condition: %s",
                            object_name(o), ended);
    }
    qsort(cron->finished, cron->n_finished, sizeof(*cron->finished), by_age);
}

static void trim(struct cron *cron, const char *kind, const int32_t *limit, int32_t otherwise)
{
    size_t keep = (size_t)(limit == NULL ? otherwise : *limit < 0 ? 0 : *limit), count = 0;
    for (size_t i = 0; i < cron->n_finished; i++)
        count += text_equal(outcome(api_batch_job_of(cron->finished[i])), kind);
    for (size_t i = 0; i < cron->n_finished && count > keep; i++) {
        if (!text_equal(outcome(api_batch_job_of(cron->finished[i])), kind))
            continue;
        struct action *action = reconcile_delete(cron->r, cron->finished[i]);
        action->propagation = CLIENT_PROPAGATION_BACKGROUND;
        action->about = cron->object;
        action->succeeded = (struct action_event){ "Normal", "SuccessfulDelete", "Deleted job %s" };
        count--;
    }
}

static void make_job(struct cron *cron, usec_t when)
{
    struct reconcile *r = cron->r;
    const struct api_batch_job_template_spec *template = &cron->cron->spec.job_template;
    struct api_batch_job job = { .spec = template->spec };
    char text[TIME_TEXT_SIZE];
    time_format(when, false, text);
    /* The name tells the minute, so that no instance can start it twice. */
    job.metadata.name = arena_format(r->arena, "%s-%lld", r->name, (long long)(when / USEC_PER_SEC / 60));
    job.metadata.namespace = r->namespace_;
    job.metadata.labels = template->metadata.labels;
    job.metadata.n_labels = template->metadata.n_labels;
    job.metadata.annotations = template->metadata.annotations;
    job.metadata.n_annotations = template->metadata.n_annotations;
    entries_set(r->arena, &job.metadata.annotations, &job.metadata.n_annotations, SCHEDULED, text);
    job.metadata.owner_references = ownership_reference(r->arena, cron->object);
    job.metadata.n_owner_references = 1;
    struct action *action = reconcile_create(r, &api_resource_batch_job, &job);
    action->present_is_fine = true;
    action->about = cron->object;
    action->succeeded = (struct action_event){ "Normal", "SuccessfulCreate", "Created job %s" };
    action->failed = (struct action_event){ "Warning", "FailedCreate", "Error creating job: %s" };
    cron->next.status.last_schedule_time = when;
}

/* The newest start that is due; 0: none. */
static usec_t due_start(struct cron *cron, const struct cron_schedule *schedule)
{
    usec_t now = cron->r->now, since = cron->cron->metadata.creation_timestamp, due = 0;
    if (cron->cron->status.last_schedule_time > since)
        since = cron->cron->status.last_schedule_time;
    const int64_t *deadline = cron->cron->spec.starting_deadline_seconds;
    if (deadline != NULL && now - *deadline * USEC_PER_SEC > since)
        since = now - *deadline * USEC_PER_SEC;
    size_t missed = 0;
    for (usec_t next = cron_schedule_next(schedule, since); next != 0 && next <= now;
         next = cron_schedule_next(schedule, next)) {
        due = next;
        if (++missed > MISSED_MAX * 1000)
            break;
    }
    if (missed > MISSED_MAX)
        reconcile_event(
            cron->r, cron->object, "Warning", "TooManyMissedTimes",
            "too many missed start times: %zu. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
            missed);
    return due;
}

static void start_due(struct cron *cron, const struct cron_schedule *schedule)
{
    struct reconcile *r = cron->r;
    usec_t next = cron_schedule_next(schedule, r->now), due = due_start(cron, schedule);
    if (next != 0)
        reconcile_again_in(r, next - r->now);
    if (due == 0)
        return;
    const struct informer *jobs = reconcile_cache(r, &api_resource_batch_job);
    if (cron->next.status.n_active > 0 && text_equal(cron->cron->spec.concurrency_policy, "Forbid")) {
        reconcile_event(r, cron->object, "Normal", "JobAlreadyActive",
                        "Not starting job because prior execution is running and concurrency policy is Forbid");
        return;
    }
    if (text_equal(cron->cron->spec.concurrency_policy, "Replace")) {
        for (size_t i = 0; i < cron->next.status.n_active; i++) {
            const struct object *job = informer_find(jobs, r->namespace_, cron->next.status.active[i].name);
            struct action *action = reconcile_delete(r, job);
            action->propagation = CLIENT_PROPAGATION_BACKGROUND;
            action->about = cron->object;
            action->succeeded = (struct action_event){ "Normal", "SuccessfulDelete", "Deleted job %s" };
        }
        cron->next.status.n_active = 0;
    }
    make_job(cron, due);
}

static int reconcile_cron(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_batch_cron_job), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp != 0)
        return 0;
    struct cron cron = { .r = r, .object = object, .cron = api_batch_cron_job_of(object) };
    const struct api_batch_cron_job_spec *spec = &cron.cron->spec;
    struct cron_schedule schedule;
    cron.next = *cron.cron;
    gather_jobs(&cron);
    tell_missing(&cron);
    trim(&cron, "Complete", spec->successful_jobs_history_limit, 3);
    trim(&cron, "Failed", spec->failed_jobs_history_limit, 1);
    bool utc =
        text_empty(spec->time_zone) || text_equal(spec->time_zone, "UTC") || text_equal(spec->time_zone, "Etc/UTC");
    (void)err; /* a wrong schedule waits for another: told, not tried again */
    struct error wrong = { 0 };
    if (!utc)
        reconcile_event(r, object, "Warning", "UnknownTimeZone", "time zone %s is not supported", spec->time_zone);
    else if (cron_schedule_parse(str_of(text_or_empty(spec->schedule)), &schedule, &wrong) < 0)
        reconcile_event(r, object, "Warning", "UnparseableSchedule", "unparseable schedule: \"%s\" : %s",
                        text_or_empty(spec->schedule), wrong.message);
    else if (spec->suspend == NULL || !*spec->suspend)
        start_due(&cron, &schedule);
    if (cron.next.status.n_active == 0)
        cron.next.status.active = NULL;
    if (!api_equal(&api_type_batch_cron_job_status, &cron.next.status, &cron.cron->status))
        reconcile_update_status(r, &api_resource_batch_cron_job, &cron.next);
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_batch_cron_job, .map = keys_own },
    { .resource = &api_resource_batch_job, .map = keys_of_owner, .owner = &api_resource_batch_cron_job },
};

const struct controller cronjob_controller = {
    .name = "cronjob",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_cron,
};
