/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job.c - Jobs. The selector and the labels that go with it are generated before validation. */
#include <stdio.h>

#include "api/codec.h"
#include "api/selector/selector.h"
#include "api/validation/apps/workload.h"
#include "api/validation/batch/job_rules.h"
#include "api/validation/formats/names.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"
#include "api/value/entry.h"

#define INDEXED_MAX          100000 /* parallelism, and failed indexes */
#define COMPLETIONS_SOFT_MAX 100000
#define INDEXED_MANY_MAX     10000 /* the same two when there are more completions than that */
#define MANAGED_BY_SIZE_MAX  63
#define POD_NAME_SIZE_MAX    300

#define NAME_LABEL       "batch.kubernetes.io/job-name"
#define UID_LABEL        "batch.kubernetes.io/controller-uid"
#define LEGACY_UID_LABEL "controller-uid"

static const char *const completion_modes[] = { "NonIndexed", "Indexed", NULL };
static const char *const restart_policies[] = { "OnFailure", "Never", NULL };
static const char *const counts[] = { "parallelism",
                                      "completions",
                                      "activeDeadlineSeconds",
                                      "backoffLimit",
                                      "ttlSecondsAfterFinished",
                                      "backoffLimitPerIndex",
                                      "maxFailedIndexes",
                                      NULL };

/* Many completions with a limit for each index would make status.failedIndexes too long. */
static void validate_many_indexes(const struct api_batch_job_spec *spec, const struct field_at *at,
                                  struct api_invalid *errors)
{
    static const char text[] =
        "must be less than or equal to %d when completions are above %d and used with backoff limit per index";

    if (spec->max_failed_indexes == NULL)
        invalid_required(errors, at_field(at, "maxFailedIndexes"), "must be specified when completions is above %d",
                         COMPLETIONS_SOFT_MAX);
    if (spec->parallelism != NULL && *spec->parallelism > INDEXED_MANY_MAX)
        invalid_number(errors, at_field(at, "parallelism"), *spec->parallelism, text, INDEXED_MANY_MAX,
                       COMPLETIONS_SOFT_MAX);
    if (spec->max_failed_indexes != NULL && *spec->max_failed_indexes > INDEXED_MANY_MAX)
        invalid_number(errors, at_field(at, "maxFailedIndexes"), *spec->max_failed_indexes, text, INDEXED_MANY_MAX,
                       COMPLETIONS_SOFT_MAX);
}

static void validate_indexed(const struct api_batch_job_spec *spec, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *failed = at_field(at, "maxFailedIndexes");

    if (spec->completions == NULL)
        invalid_required(errors, at_field(at, "completions"), "when completion mode is Indexed");
    if (spec->parallelism != NULL && *spec->parallelism > INDEXED_MAX)
        invalid_number(errors, at_field(at, "parallelism"), *spec->parallelism,
                       "must be less than or equal to %d when completion mode is Indexed", INDEXED_MAX);
    if (spec->completions != NULL && spec->max_failed_indexes != NULL && *spec->max_failed_indexes > *spec->completions)
        invalid_number(errors, failed, *spec->max_failed_indexes, "must be less than or equal to completions");
    if (spec->max_failed_indexes != NULL && *spec->max_failed_indexes > INDEXED_MAX)
        invalid_number(errors, failed, *spec->max_failed_indexes, "must be less than or equal to %d", INDEXED_MAX);
    if (spec->completions != NULL && *spec->completions > COMPLETIONS_SOFT_MAX && spec->backoff_limit_per_index != NULL)
        validate_many_indexes(spec, at, errors);
}

static void validate_mode(const struct api_batch_job_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    if (spec->completion_mode != NULL)
        invalid_one_of(errors, at_field(at, "completionMode"), spec->completion_mode, completion_modes, false);
    if (text_equal(spec->completion_mode, "Indexed")) {
        validate_indexed(spec, at, errors);
        return;
    }
    if (spec->completion_mode != NULL && !text_equal(spec->completion_mode, "NonIndexed"))
        return;
    if (spec->backoff_limit_per_index != NULL)
        invalid_number(errors, at_field(at, "backoffLimitPerIndex"), *spec->backoff_limit_per_index,
                       "requires indexed completion mode");
    if (spec->max_failed_indexes != NULL)
        invalid_number(errors, at_field(at, "maxFailedIndexes"), *spec->max_failed_indexes,
                       "requires indexed completion mode");
}

static void validate_restart(const struct api_batch_job_spec *spec, const struct field_at *template,
                             struct api_invalid *errors)
{
    const struct field_at *policy = at_field(at_field(template, "spec"), "restartPolicy");
    const char *restart = spec->template.spec.restart_policy;

    if (text_empty(restart) || text_equal(restart, "Always"))
        invalid_required(errors, policy, "valid values: \"OnFailure\", \"Never\"");
    else if (invalid_one_of(errors, policy, restart, restart_policies, false) && spec->pod_failure_policy != NULL &&
             !text_equal(restart, "Never"))
        invalid_string(errors, policy, restart, "only \"Never\" is supported when podFailurePolicy is specified");
}

void validate_job_spec(const struct api_batch_job_spec *spec, const struct api_pod_template_spec *old,
                       const struct field_at *at, struct api_invalid *errors)
{
    validate_counts(&api_type_batch_job_spec, spec, counts, at, errors);
    if (spec->max_failed_indexes != NULL && spec->backoff_limit_per_index == NULL)
        invalid_required(errors, at_field(at, "backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    if (spec->managed_by != NULL) {
        validate_domain_prefixed_path(spec->managed_by, at_field(at, "managedBy"), errors);
        if (strlen(spec->managed_by) > MANAGED_BY_SIZE_MAX)
            invalid_too_long(errors, at_field(at, "managedBy"), MANAGED_BY_SIZE_MAX);
    }
    validate_mode(spec, at, errors);
    if (spec->pod_failure_policy != NULL)
        validate_pod_failure_policy(spec, at_field(at, "podFailurePolicy"), errors);
    if (spec->success_policy != NULL)
        validate_success_policy(spec, at_field(at, "successPolicy"), errors);
    validate_pod_replacement(spec, at_field(at, "podReplacementPolicy"), errors);
    validate_pod_template(&spec->template, old, at_field(at, "template"), errors);
    validate_restart(spec, at_field(at, "template"), errors);
}

static void validate_has_label(const struct api_object_meta *meta, const char *key, const char *value,
                               struct api_invalid *errors)
{
    const struct field_at *metadata = at_field(at_field(at_field(NULL, "spec"), "template"), "metadata");
    const struct field_at *at = at_key(at_field(metadata, "labels"), key);
    const char *found = string_entry_value(meta->labels, meta->n_labels, key);

    if (found == NULL)
        invalid_required(errors, at, "must be '%s'", value);
    else if (!text_equal(found, value))
        invalid_string_map(errors, at, meta->labels, meta->n_labels, "must be '%s'", value);
}

/* No two Jobs select each other's pods: that is what the generated selector is for. */
static void validate_generated_selector(const struct api_batch_job *job, bool prefixed, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const struct api_object_meta *meta = &job->spec.template.metadata;
    const char *uid = text_or_empty(job->metadata.uid), *name = text_or_empty(job->metadata.name);
    struct api_string_entry labels[] = {
        { UID_LABEL, uid }, { NAME_LABEL, name }, { LEGACY_UID_LABEL, uid }, { "job-name", name }
    };
    struct label_selector selector;

    if ((job->spec.manual_selector != NULL && *job->spec.manual_selector) || job->spec.selector == NULL)
        return;
    if (uid[0] == '\0')
        invalid_missing(errors, at_field(at_field(NULL, "metadata"), "uid"));
    validate_has_label(meta, LEGACY_UID_LABEL, uid, errors);
    validate_has_label(meta, "job-name", name, errors);
    if (prefixed) {
        validate_has_label(meta, UID_LABEL, uid, errors);
        validate_has_label(meta, NAME_LABEL, name, errors);
    }
    if (label_selector_of(job->spec.selector, &arena, &selector, NULL) == 0 &&
        !label_selector_matches(&selector, prefixed ? labels : labels + 2, prefixed ? 4 : 2))
        invalid_object(errors, at_field(at_field(NULL, "spec"), "selector"), &api_type_label_selector,
                       job->spec.selector, "`selector` not auto-generated");
}

static void validate_spec_and_selector(const struct api_batch_job *job, const struct api_batch_job *old,
                                       struct api_invalid *errors)
{
    const struct api_batch_job_spec *spec = &job->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_job_spec(spec, old == NULL ? NULL : &old->spec.template, at, errors);
    if (spec->selector == NULL)
        invalid_missing(errors, at_field(at, "selector"));
    validate_label_selector_update(spec->selector, old == NULL ? NULL : old->spec.selector, at_field(at, "selector"),
                                   errors);
    validate_selected(spec->selector, &spec->template, at, errors);
}

/* The highest index becomes part of a hostname. */
static void validate_longest_name(const struct api_batch_job *job, struct api_invalid *errors)
{
    char name[POD_NAME_SIZE_MAX];

    if (!text_equal(job->spec.completion_mode, "Indexed") || job->spec.completions == NULL ||
        *job->spec.completions <= 0)
        return;
    snprintf(name, sizeof(name), "%s-%d", text_or_empty(job->metadata.name), *job->spec.completions - 1);
    if (!format_ok(format_dns1123_label, str_of(name)))
        invalid_string(errors, at_field(at_field(NULL, "metadata"), "name"), job->metadata.name,
                       "will not able to create pod with invalid DNS label: %s", name);
}

static void validate_job(const struct api_batch_job *job, const struct api_batch_job *old, struct api_invalid *errors)
{
    const struct api_object_meta *before = old == NULL ? NULL : &old->spec.template.metadata;
    bool prefixed = before == NULL || (string_entry_value(before->labels, before->n_labels, NAME_LABEL) != NULL &&
                                       string_entry_value(before->labels, before->n_labels, UID_LABEL) != NULL);

    validate_generated_selector(job, prefixed, errors);
    validate_spec_and_selector(job, old, errors);
    validate_longest_name(job, errors);
}

void validate_job_create(const void *object, struct api_invalid *errors)
{
    validate_job(object, NULL, errors);
}

static bool same_number(const int32_t *a, const int32_t *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || *a == *b);
}

static void validate_number_kept(const int32_t *value, const int32_t *old, const struct field_at *at,
                                 struct api_invalid *errors)
{
    if (same_number(value, old))
        return;
    if (value == NULL)
        invalid_raw(errors, at, "null", INVALID_IMMUTABLE);
    else
        invalid_number(errors, at, *value, INVALID_IMMUTABLE);
}

/* An indexed Job may grow and shrink, together with how many run at a time. */
static void validate_completions_update(const struct api_batch_job_spec *spec, const struct api_batch_job_spec *old,
                                        const struct field_at *at, struct api_invalid *errors)
{
    if (!text_equal(spec->completion_mode, "Indexed"))
        validate_number_kept(spec->completions, old->completions, at, errors);
    else if (spec->completions != NULL && !same_number(spec->completions, old->completions) &&
             !same_number(spec->completions, spec->parallelism))
        invalid_number(errors, at, *spec->completions, "can only be modified in tandem with spec.parallelism");
}

void validate_job_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_batch_job_spec *spec = &((const struct api_batch_job *)object)->spec;
    const struct api_batch_job *old = old_object;
    const struct field_at *at = at_field(NULL, "spec");

    validate_job(object, old, errors);
    validate_spec_and_selector(object, old, errors); /* causes are listed twice, as upstream */
    validate_completions_update(spec, &old->spec, at_field(at, "completions"), errors);
    validate_immutable(&api_type_label_selector, spec->selector, old->spec.selector, at_field(at, "selector"), errors);
    validate_job_template_update(spec, old, at_field(at, "template"), errors);
    validate_immutable_string(spec->completion_mode, old->spec.completion_mode, at_field(at, "completionMode"), errors);
    validate_immutable(&api_type_batch_pod_failure_policy, spec->pod_failure_policy, old->spec.pod_failure_policy,
                       at_field(at, "podFailurePolicy"), errors);
    validate_number_kept(spec->backoff_limit_per_index, old->spec.backoff_limit_per_index,
                         at_field(at, "backoffLimitPerIndex"), errors);
    validate_immutable_string(spec->managed_by, old->spec.managed_by, at_field(at, "managedBy"), errors);
    validate_immutable(&api_type_batch_success_policy, spec->success_policy, old->spec.success_policy,
                       at_field(at, "successPolicy"), errors);
}
