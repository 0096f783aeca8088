/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workload.c - Deployments and their relatives, Jobs and CronJobs. */
#include "api/validation/formats/formats.h"
#include "api/warnings/kind_warnings.h"

#define MANY_COMPLETIONS 100000
#define MANY_PODS        10000

/* Names that pods get theirs from. */
static void warn_of_name(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_object_meta *meta = object;
    struct format_errors found = { .count = 0 };
    auto_buffer struct buffer texts = { .max = 4096 };

    if (old != NULL)
        return;
    format_dns1123_label(str_of(text_or_empty(meta->name)), &found);
    if (found.count == 0)
        return;
    for (size_t i = 0; i < found.count; i++)
        buffer_format(&texts, "%s%s", i > 0 ? " " : "", found.texts[i]);
    warning_add(list, at_field(at_field(NULL, "metadata"), "name"),
                "this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is "
                "recommended: [%s]",
                text_or_empty(texts.data));
}

void warn_of_deployment(const void *object, const void *old, const struct warning_list *list)
{
    warn_of_name(object, old, list);
}

void warn_of_replica_set(const void *object, const void *old, const struct warning_list *list)
{
    warn_of_name(object, old, list);
}

void warn_of_stateful_set(const void *object, const void *old, const struct warning_list *list)
{
    const int32_t *limit = ((const struct api_apps_stateful_set *)object)->spec.revision_history_limit;

    (void)old;
    if (limit != NULL && *limit < 0)
        warning_add(list, at_field(at_field(NULL, "spec"), "revisionHistoryLimit"),
                    "a negative value retains all historical revisions; a value >= 0 is recommended");
}

static bool changed(const void *object, const void *old)
{
    return old == NULL ||
           ((const struct api_object_meta *)object)->generation != ((const struct api_object_meta *)old)->generation;
}

static void warn_of_job_spec(const struct api_batch_job_spec *spec, const struct warning_list *list)
{
    if (text_equal(spec->completion_mode, "Indexed") && spec->completions != NULL &&
        *spec->completions > MANY_COMPLETIONS && spec->parallelism != NULL && *spec->parallelism > MANY_PODS)
        warning_add(list, NULL,
                    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, "
                    "Kubernetes might not be able to track completedIndexes when a big number of indexes fail");
}

void warn_of_job(const void *object, const void *old, const struct warning_list *list)
{
    warn_of_name(object, old, list);
    if (changed(object, old))
        warn_of_job_spec(&((const struct api_batch_job *)object)->spec, list);
}

void warn_of_cron_job(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_batch_cron_job_spec *spec = &((const struct api_batch_cron_job *)object)->spec;

    warn_of_name(object, old, list);
    if (changed(object, old))
        warn_of_job_spec(&spec->job_template.spec, list);
    if (old != NULL && strstr(text_or_empty(spec->schedule), "TZ") != NULL)
        warning_add(list, NULL,
                    "CRON_TZ or TZ used in spec.schedule is not officially supported, see "
                    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details");
}
