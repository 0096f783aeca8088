/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cron_job.c - CronJobs. */
#include "api/validation/apps/workload.h"
#include "api/validation/batch/job_rules.h"
#include "api/validation/kind_rules.h"

#define CRON_JOB_NAME_MAX 52
static const char *const concurrency[] = { "Allow", "Forbid", "Replace", NULL };

void validate_cron_job_create(const void *object, struct api_invalid *errors)
{
    const struct api_batch_cron_job *job = object;
    const struct field_at *at = at_field(NULL, "spec");

    if (text_empty(job->spec.schedule))
        invalid_missing(errors, at_field(at, "schedule"));
    if (job->spec.starting_deadline_seconds != NULL)
        invalid_not_negative(errors, at_field(at, "startingDeadlineSeconds"), *job->spec.starting_deadline_seconds);
    invalid_one_of(errors, at_field(at, "concurrencyPolicy"), job->spec.concurrency_policy, concurrency, true);
    validate_optional_count(job->spec.successful_jobs_history_limit, at_field(at, "successfulJobsHistoryLimit"),
                            errors);
    validate_optional_count(job->spec.failed_jobs_history_limit, at_field(at, "failedJobsHistoryLimit"), errors);
    validate_job_spec(&job->spec.job_template.spec, at_field(at_field(at, "jobTemplate"), "spec"), errors);
    /* The names of its jobs get eleven characters more. */
    if (strlen(text_or_empty(job->metadata.name)) > CRON_JOB_NAME_MAX)
        invalid_string(errors, at_field(at_field(NULL, "metadata"), "name"), job->metadata.name,
                       "must be no more than %d characters", CRON_JOB_NAME_MAX);
}

void validate_cron_job_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_cron_job_create(object, errors);
}
