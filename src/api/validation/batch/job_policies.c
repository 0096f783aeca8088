/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_policies.c - when a Job gives up or has succeeded: podFailurePolicy, successPolicy, podReplacementPolicy. */
#include <stdio.h>

#include "api/validation/batch/index_list.h"
#include "api/validation/batch/job_rules.h"

#define RULES_MAX             20
#define EXIT_CODES_MAX        255
#define POD_CONDITIONS_MAX    20
#define SUCCEEDED_INDEXES_MAX 65536

static const char *const actions[] = { "Count", "FailIndex", "FailJob", "Ignore", NULL };
static const char *const operators[] = { "In", "NotIn", NULL };
static const char *const statuses[] = { "False", "True", "Unknown", NULL };
static const char *const replacement[] = { "Failed", "TerminatingOrFailed", NULL };
static const char *const replacement_failed[] = { "Failed", NULL };

static bool names_container(const struct api_pod_spec *pod, const char *name)
{
    for (size_t i = 0; i < pod->n_containers; i++)
        if (text_equal(pod->containers[i].name, name))
            return true;
    for (size_t i = 0; i < pod->n_init_containers; i++)
        if (text_equal(pod->init_containers[i].name, name))
            return true;
    return false;
}

static void text_numbers(const int32_t *values, size_t count, struct buffer *text)
{
    buffer_append_char(text, '[');
    for (size_t i = 0; i < count; i++)
        buffer_format(text, "%s%d", i > 0 ? "," : "", values[i]);
    buffer_append_char(text, ']');
}

static bool seen_before(const int32_t *values, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (values[i] == values[index])
            return true;
    return false;
}

static void validate_exit_code_values(const struct api_batch_pod_failure_policy_on_exit_codes_requirement *codes,
                                      const struct field_at *at, struct api_invalid *errors)
{
    auto_buffer struct buffer text = { .max = INVALID_VALUE_SIZE_MAX };
    bool ordered = true;

    if (codes->n_values == 0)
        invalid_raw(errors, at, codes->values == NULL ? "null" : "[]", "at least one value is required");
    else if (codes->n_values > EXIT_CODES_MAX)
        invalid_too_many(errors, at, codes->n_values, EXIT_CODES_MAX);
    for (size_t i = 0; i < codes->n_values && i < INVALID_ERRORS_MAX; i++) {
        int32_t value = codes->values[i];
        char number[16];
        if (value == 0 && text_equal(codes->operator, "In"))
            invalid_number(errors, at_index(at, i), value, "must not be 0 for the In operator");
        snprintf(number, sizeof(number), "%d", value);
        if (seen_before(codes->values, i))
            invalid_duplicate_raw(errors, at_index(at, i), number);
        ordered = ordered && (i == 0 || codes->values[i - 1] <= value);
    }
    if (ordered)
        return;
    text_numbers(codes->values, codes->n_values, &text);
    invalid_raw(errors, at, text_or_empty(text.data), "must be ordered");
}

static void validate_exit_codes(const struct api_batch_pod_failure_policy_on_exit_codes_requirement *codes,
                                const struct api_pod_spec *pod, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *operator= at_field(at, "operator");

    if (text_empty(codes->operator))
        invalid_required(errors, operator, "valid values: [\"In\" \"NotIn\"]");
    else
        invalid_one_of(errors, operator, codes->operator, operators, false);
    if (codes->container_name != NULL && !names_container(pod, codes->container_name))
        invalid_string(errors, at_field(at, "containerName"), codes->container_name,
                       "must be one of the container or initContainer names in the pod template");
    validate_exit_code_values(codes, at_field(at, "values"), errors);
}

static void validate_pod_conditions(const struct api_batch_pod_failure_policy_on_pod_conditions_pattern *patterns,
                                    size_t count, const struct field_at *at, struct api_invalid *errors)
{
    if (count > POD_CONDITIONS_MAX)
        invalid_too_many(errors, at, count, POD_CONDITIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct field_at *status = at_field(at_index(at, i), "status");
        invalid_format(errors, at_field(at_index(at, i), "type"), format_qualified_name, patterns[i].type);
        if (text_empty(patterns[i].status))
            invalid_required(errors, status, "valid values: [\"False\" \"True\" \"Unknown\"]");
        else
            invalid_one_of(errors, status, patterns[i].status, statuses, false);
    }
}

static void validate_failure_rule(const struct api_batch_job_spec *spec,
                                  const struct api_batch_pod_failure_policy_rule *rule, const struct field_at *at,
                                  struct api_invalid *errors)
{
    const struct field_at *action = at_field(at, "action");

    if (text_empty(rule->action))
        invalid_required(errors, action, "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
    else if (invalid_one_of(errors, action, rule->action, actions, false) && text_equal(rule->action, "FailIndex") &&
             spec->backoff_limit_per_index == NULL)
        invalid_string(errors, action, rule->action, "requires the backoffLimitPerIndex to be set");
    if (rule->on_exit_codes != NULL)
        validate_exit_codes(rule->on_exit_codes, &spec->template.spec, at_field(at, "onExitCodes"), errors);
    validate_pod_conditions(rule->on_pod_conditions, rule->n_on_pod_conditions, at_field(at, "onPodConditions"),
                            errors);
    if (rule->on_exit_codes != NULL && rule->n_on_pod_conditions > 0)
        invalid_raw(errors, at, NULL, "specifying both OnExitCodes and OnPodConditions is not supported");
    if (rule->on_exit_codes == NULL && rule->n_on_pod_conditions == 0)
        invalid_raw(errors, at, NULL, "specifying one of OnExitCodes and OnPodConditions is required");
}

void validate_pod_failure_policy(const struct api_batch_job_spec *spec, const struct field_at *at,
                                 struct api_invalid *errors)
{
    const struct field_at *rules = at_field(at, "rules");
    const struct api_batch_pod_failure_policy *policy = spec->pod_failure_policy;

    if (policy->n_rules > RULES_MAX)
        invalid_too_many(errors, rules, policy->n_rules, RULES_MAX);
    for (size_t i = 0; i < policy->n_rules; i++)
        validate_failure_rule(spec, &policy->rules[i], at_index(rules, i), errors);
}

static void validate_success_rule(const struct api_batch_success_policy_rule *rule, int32_t completions,
                                  const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *indexes = at_field(at, "succeededIndexes");
    const struct field_at *count_at = at_field(at, "succeededCount");
    struct error err = { 0 };
    int32_t total = 0;

    if (rule->succeeded_count == NULL && rule->succeeded_indexes == NULL)
        invalid_required(errors, at, "at least one of succeededCount or succeededIndexes must be specified");
    if (rule->succeeded_indexes != NULL) {
        if (strlen(rule->succeeded_indexes) > SUCCEEDED_INDEXES_MAX)
            invalid_too_long(errors, indexes, SUCCEEDED_INDEXES_MAX);
        if (index_list_count(str_of(rule->succeeded_indexes), completions, &total, &err) < 0)
            invalid_string(errors, indexes, rule->succeeded_indexes, "error parsing succeededIndexes: %s", err.message);
    }
    if (rule->succeeded_count == NULL)
        return;
    invalid_not_negative(errors, count_at, *rule->succeeded_count);
    if (*rule->succeeded_count > completions)
        invalid_number(errors, count_at, *rule->succeeded_count,
                       "must be less than or equal to %d (the number of specified completions)", completions);
    if (rule->succeeded_indexes != NULL && *rule->succeeded_count > total)
        invalid_number(errors, count_at, *rule->succeeded_count,
                       "must be less than or equal to %d (the number of indexes in the specified succeededIndexes "
                       "field)",
                       total);
}

void validate_success_policy(const struct api_batch_job_spec *spec, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *rules = at_field(at, "rules");
    const struct api_batch_success_policy *policy = spec->success_policy;

    if (!text_equal(spec->completion_mode, "Indexed")) {
        invalid_object(errors, at, &api_type_batch_success_policy, policy, "requires indexed completion mode");
        return;
    }
    if (policy->n_rules == 0)
        invalid_required(errors, rules, "at least one rules must be specified when the successPolicy is specified");
    if (policy->n_rules > RULES_MAX)
        invalid_too_many(errors, rules, policy->n_rules, RULES_MAX);
    for (size_t i = 0; i < policy->n_rules; i++)
        validate_success_rule(&policy->rules[i], spec->completions != NULL ? *spec->completions : 0, at_index(rules, i),
                              errors);
}

void validate_pod_replacement(const struct api_batch_job_spec *spec, const struct field_at *at,
                              struct api_invalid *errors)
{
    if (spec->pod_replacement_policy != NULL)
        invalid_one_of(errors, at, spec->pod_replacement_policy,
                       spec->pod_failure_policy != NULL ? replacement_failed : replacement, false);
}
