/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job.c - Jobs. The selector and the labels that go with it are generated before validation. */
#include "api/codec.h"
#include "api/selector.h"
#include "api/validation/apps/workload.h"
#include "api/validation/batch/job_rules.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"

#define INDEXED_PARALLELISM_MAX 100000
#define MANAGED_BY_SIZE_MAX     63

static const char *const completion_modes[] = { "Indexed", "NonIndexed", NULL };
static const char *const restart_policies[] = { "Never", "OnFailure", NULL };
static const char *const replacement[] = { "Failed", "TerminatingOrFailed", NULL };

static void validate_indexed(const struct api_batch_job_spec *spec, const struct field_at *at,
                             struct api_invalid *errors)
{
    bool indexed = text_equal(spec->completion_mode, "Indexed");

    if (spec->completion_mode != NULL)
        invalid_one_of(errors, at_field(at, "completionMode"), spec->completion_mode, completion_modes, false);
    if (indexed) {
        if (spec->completions == NULL)
            invalid_required(errors, at_field(at, "completions"), "when completion mode is Indexed");
        if (spec->parallelism != NULL && *spec->parallelism > INDEXED_PARALLELISM_MAX)
            invalid_number(errors, at_field(at, "parallelism"), *spec->parallelism,
                           "must be less than or equal to %d when completion mode is Indexed", INDEXED_PARALLELISM_MAX);
        return;
    }
    if (spec->backoff_limit_per_index != NULL)
        invalid_number(errors, at_field(at, "backoffLimitPerIndex"), *spec->backoff_limit_per_index,
                       "requires indexed completion mode");
    if (spec->max_failed_indexes != NULL)
        invalid_number(errors, at_field(at, "maxFailedIndexes"), *spec->max_failed_indexes,
                       "requires indexed completion mode");
}

static void validate_job_template(const struct api_batch_job_spec *spec, const struct field_at *at,
                                  struct api_invalid *errors)
{
    const struct field_at *template = at_field(at, "template");
    const struct field_at *policy = at_field(at_field(template, "spec"), "restartPolicy");
    const char *restart = spec->template.spec.restart_policy;

    validate_pod_template(&spec->template, NULL, template, errors);
    if (text_empty(restart) || text_equal(restart, "Always"))
        invalid_required(errors, policy, "valid values: \"OnFailure\", \"Never\"");
    else if (!text_equal(restart, "OnFailure") && !text_equal(restart, "Never"))
        invalid_not_supported(errors, policy, restart, restart_policies);
    else if (spec->pod_failure_policy != NULL && !text_equal(restart, "Never"))
        invalid_string(errors, policy, restart, "only \"Never\" is supported when podFailurePolicy is specified");
}

void validate_job_spec(const struct api_batch_job_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    validate_optional_count(spec->parallelism, at_field(at, "parallelism"), errors);
    validate_optional_count(spec->completions, at_field(at, "completions"), errors);
    if (spec->active_deadline_seconds != NULL)
        invalid_not_negative(errors, at_field(at, "activeDeadlineSeconds"), *spec->active_deadline_seconds);
    validate_optional_count(spec->backoff_limit, at_field(at, "backoffLimit"), errors);
    validate_optional_count(spec->ttl_seconds_after_finished, at_field(at, "ttlSecondsAfterFinished"), errors);
    validate_optional_count(spec->backoff_limit_per_index, at_field(at, "backoffLimitPerIndex"), errors);
    validate_optional_count(spec->max_failed_indexes, at_field(at, "maxFailedIndexes"), errors);
    if (spec->max_failed_indexes != NULL && spec->backoff_limit_per_index == NULL)
        invalid_required(errors, at_field(at, "backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    if (spec->managed_by != NULL) {
        invalid_format(errors, at_field(at, "managedBy"), format_domain_prefixed_path, spec->managed_by);
        if (strlen(spec->managed_by) > MANAGED_BY_SIZE_MAX)
            invalid_too_long(errors, at_field(at, "managedBy"), MANAGED_BY_SIZE_MAX);
    }
    validate_indexed(spec, at, errors);
    if (spec->pod_replacement_policy != NULL)
        invalid_one_of(errors, at_field(at, "podReplacementPolicy"), spec->pod_replacement_policy, replacement, false);
    validate_job_template(spec, at, errors);
}

void validate_job_create(const void *object, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const struct api_batch_job_spec *spec = &((const struct api_batch_job *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    struct label_selector selector;

    validate_job_spec(spec, at, errors);
    if (spec->selector == NULL)
        invalid_missing(errors, at_field(at, "selector"));
    validate_label_selector(spec->selector, at_field(at, "selector"), errors);
    if (spec->selector != NULL && label_selector_of(spec->selector, &arena, &selector, NULL) == 0 &&
        !label_selector_matches(&selector, spec->template.metadata.labels, spec->template.metadata.n_labels))
        invalid_raw(errors, at_field(at_field(at_field(at, "template"), "metadata"), "labels"), "{}",
                    "`selector` does not match template `labels`");
}

void validate_job_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_batch_job_spec *spec = &((const struct api_batch_job *)object)->spec;
    const struct api_batch_job *old = old_object;
    const struct field_at *at = at_field(NULL, "spec");
    bool suspended = old->spec.suspend != NULL && *old->spec.suspend && old->status.start_time == 0;

    validate_job_create(object, errors);
    if (!text_equal(spec->completion_mode, "Indexed") &&
        ((spec->completions == NULL) != (old->spec.completions == NULL) ||
         (spec->completions != NULL && *spec->completions != *old->spec.completions)))
        invalid_raw(errors, at_field(at, "completions"), "null", INVALID_IMMUTABLE);
    validate_immutable(&api_type_label_selector, spec->selector, old->spec.selector, at_field(at, "selector"), errors);
    validate_immutable_string(spec->completion_mode, old->spec.completion_mode, at_field(at, "completionMode"), errors);
    validate_immutable_string(spec->managed_by, old->spec.managed_by, at_field(at, "managedBy"), errors);
    /* A job that has not begun may still be told where to run. */
    struct api_pod_template_spec template = spec->template;
    if (suspended) {
        template.metadata = old->spec.template.metadata;
        template.spec.affinity = old->spec.template.spec.affinity;
        template.spec.node_selector = old->spec.template.spec.node_selector;
        template.spec.n_node_selector = old->spec.template.spec.n_node_selector;
        template.spec.tolerations = old->spec.template.spec.tolerations;
        template.spec.n_tolerations = old->spec.template.spec.n_tolerations;
        template.spec.scheduling_gates = old->spec.template.spec.scheduling_gates;
        template.spec.n_scheduling_gates = old->spec.template.spec.n_scheduling_gates;
    }
    validate_immutable(&api_type_pod_template_spec, &template, &old->spec.template, at_field(at, "template"), errors);
}
