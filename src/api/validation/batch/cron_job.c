/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cron_job.c - CronJobs. */
#include <strings.h>

#include "api/validation/batch/job_rules.h"
#include "api/validation/kind_rules.h"
#include "api/value/cron_schedule.h"
#include "api/value/time_zones.h"

#define NAME_SIZE_MAX           52 /* the names of its jobs get eleven characters more */
#define TIME_ZONE_PART_SIZE_MAX 14

static const char *const concurrency[] = { "Allow", "Forbid", "Replace", NULL };
static const char *const selector_kinds[] = { "nil", "false", NULL };

static void validate_schedule(const struct api_batch_cron_job_spec *spec, const struct api_batch_cron_job_spec *old,
                              const struct field_at *at, struct api_invalid *errors)
{
    bool zone_allowed = old != NULL && strstr(text_or_empty(old->schedule), "TZ") != NULL;
    struct cron_schedule schedule;
    struct error err = { 0 };

    if (text_empty(spec->schedule)) {
        invalid_missing(errors, at);
        return;
    }
    if (cron_schedule_parse(str_of(spec->schedule), &schedule, &err) < 0)
        invalid_string(errors, at, spec->schedule, "%s", err.message);
    if (strstr(spec->schedule, "TZ") == NULL)
        return;
    if (!zone_allowed)
        invalid_string(errors, at, spec->schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    else if (spec->time_zone != NULL)
        invalid_string(errors, at, spec->schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
}

static bool is_zone_part(struct str part)
{
    if (part.size == 0 || part.size > TIME_ZONE_PART_SIZE_MAX || part.data[0] == '-' || str_is(part, ".") ||
        str_is(part, ".."))
        return false;
    for (size_t i = 0; i < part.size; i++) {
        char c = part.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '-' && c != '_' && c != '+')
            return false;
    }
    return true;
}

static bool is_zone_name(struct str name)
{
    struct str piece;
    size_t slashes = 0, pieces = 0;

    for (size_t i = 0; i < name.size; i++)
        slashes += name.data[i] == '/';
    while (str_next(&name, '/', &piece)) {
        pieces++;
        if (!is_zone_part(piece))
            return false;
    }
    return pieces == slashes + 1;
}

static void validate_time_zone(const char *zone, const struct field_at *at, struct api_invalid *errors)
{
    if (zone == NULL)
        return;
    if (zone[0] == '\0') {
        invalid_string(errors, at, zone, "timeZone must be nil or non-empty string");
        return;
    }
    if (!is_zone_name(str_of(zone))) {
        invalid_string(errors, at, zone, "unknown time zone %s", zone);
        return;
    }
    if (strcasecmp(zone, "Local") == 0)
        invalid_string(errors, at, zone,
                       "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    if (strcmp(zone, "Local") != 0 && !time_zone_known(str_of(zone)))
        invalid_string(errors, at, zone, "unknown time zone %s", zone);
}

static void validate_job_template(const struct api_batch_job_spec *spec, const struct api_pod_template_spec *old,
                                  const struct field_at *at, struct api_invalid *errors)
{
    validate_job_spec(spec, old, at, errors);
    if (spec->selector != NULL)
        invalid_object(errors, at_field(at, "selector"), &api_type_label_selector, spec->selector,
                       "`selector` will be auto-generated");
    if (spec->manual_selector != NULL && *spec->manual_selector)
        invalid_not_supported_raw(errors, at_field(at, "manualSelector"), "true", selector_kinds);
}

static void validate_spec(const struct api_batch_cron_job_spec *spec, const struct api_batch_cron_job_spec *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    validate_schedule(spec, old, at_field(at, "schedule"), errors);
    if (spec->starting_deadline_seconds != NULL)
        invalid_not_negative(errors, at_field(at, "startingDeadlineSeconds"), *spec->starting_deadline_seconds);
    if (old == NULL || (spec->time_zone == NULL) != (old->time_zone == NULL) ||
        !text_equal(spec->time_zone, old->time_zone))
        validate_time_zone(spec->time_zone, at_field(at, "timeZone"), errors);
    invalid_one_of(errors, at_field(at, "concurrencyPolicy"), spec->concurrency_policy, concurrency, true);
    validate_job_template(&spec->job_template.spec, old == NULL ? NULL : &old->job_template.spec.template,
                          at_field(at_field(at, "jobTemplate"), "spec"), errors);
    validate_optional_count(spec->successful_jobs_history_limit, at_field(at, "successfulJobsHistoryLimit"), errors);
    validate_optional_count(spec->failed_jobs_history_limit, at_field(at, "failedJobsHistoryLimit"), errors);
}

void validate_cron_job_create(const void *object, struct api_invalid *errors)
{
    const struct api_batch_cron_job *job = object;

    validate_spec(&job->spec, NULL, errors);
    if (strlen(text_or_empty(job->metadata.name)) > NAME_SIZE_MAX)
        invalid_string(errors, at_field(at_field(NULL, "metadata"), "name"), job->metadata.name,
                       "must be no more than %d characters", NAME_SIZE_MAX);
}

void validate_cron_job_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_spec(&((const struct api_batch_cron_job *)object)->spec, &((const struct api_batch_cron_job *)old)->spec,
                  errors);
}
