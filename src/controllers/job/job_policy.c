/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_policy.c - spec.podFailurePolicy: what a failed pod means; spec.successPolicy: when it is enough. */
#include "controllers/job/job_run.h"

static bool code_matches(const struct api_batch_pod_failure_policy_on_exit_codes_requirement *codes, int32_t code)
{
    bool listed = false;
    for (size_t i = 0; i < codes->n_values && !listed; i++)
        listed = codes->values[i] == code;
    return code != 0 && listed == text_equal(codes->operator, "In");
}

static const struct api_container_status *
container_matching(const struct api_batch_pod_failure_policy_on_exit_codes_requirement *codes,
                   const struct api_container_status *statuses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_container_state_terminated *end = statuses[i].state.terminated;
        if (end != NULL && (codes->container_name == NULL || text_equal(codes->container_name, statuses[i].name)) &&
            code_matches(codes, end->exit_code))
            return &statuses[i];
    }
    return NULL;
}

static const struct api_pod_condition *condition_matching(const struct api_batch_pod_failure_policy_rule *rule,
                                                          const struct api_pod *pod)
{
    for (size_t i = 0; i < rule->n_on_pod_conditions; i++) {
        const struct api_batch_pod_failure_policy_on_pod_conditions_pattern *pattern = &rule->on_pod_conditions[i];
        const struct api_pod_condition *condition = pod_condition(pod, pattern->type);
        if (condition != NULL && text_equal(condition->status, text_empty(pattern->status) ? "True" : pattern->status))
            return condition;
    }
    return NULL;
}

/* What the rule found, as a sentence; NULL: it does not speak of this pod. */
static const char *match(const struct job_run *run, const struct api_batch_pod_failure_policy_rule *rule, size_t number,
                         const struct api_pod *pod)
{
    const struct api_object_meta *meta = &pod->metadata;
    if (rule->on_exit_codes != NULL) {
        const struct api_pod_status *status = &pod->status;
        const struct api_container_status *container =
            container_matching(rule->on_exit_codes, status->container_statuses, status->n_container_statuses);
        if (container == NULL)
            container = container_matching(rule->on_exit_codes, status->init_container_statuses,
                                           status->n_init_container_statuses);
        if (container != NULL)
            return arena_format(run->r->arena,
                                "Container %s for pod %s/%s failed with exit code %d matching %s rule at index %zu",
                                container->name, meta->namespace, meta->name, container->state.terminated->exit_code,
                                rule->action, number);
    }
    const struct api_pod_condition *condition = condition_matching(rule, pod);
    if (condition == NULL)
        return NULL;
    return arena_format(run->r->arena, "Pod %s/%s has condition %s matching %s rule at index %zu", meta->namespace,
                        meta->name, condition->type, rule->action, number);
}

enum job_verdict job_verdict_on(const struct job_run *run, const struct api_pod *pod, const char **ret_message)
{
    static const struct {
        const char *action;
        enum job_verdict verdict;
    } verdicts[] = { { "Ignore", JOB_IGNORE }, { "FailIndex", JOB_FAIL_INDEX }, { "FailJob", JOB_FAIL_JOB } };
    const struct api_batch_pod_failure_policy *policy = run->job->spec.pod_failure_policy;
    if (policy == NULL || !text_equal(pod->status.phase, "Failed"))
        return JOB_COUNT;
    for (size_t i = 0; i < policy->n_rules; i++) {
        const struct api_batch_pod_failure_policy_rule *rule = &policy->rules[i];
        if (text_equal(rule->action, "FailIndex") && !job_limits_indexes(run))
            continue;
        const char *message = match(run, rule, i, pod);
        if (message == NULL)
            continue;
        for (size_t j = 0; j < countof(verdicts); j++) {
            if (!text_equal(rule->action, verdicts[j].action))
                continue;
            if (verdicts[j].verdict == JOB_FAIL_JOB)
                *ret_message = message;
            return verdicts[j].verdict;
        }
        return JOB_COUNT; /* the first rule that matches decides */
    }
    return JOB_COUNT;
}

static bool rule_is_met(const struct job_run *run, const struct api_batch_success_policy_rule *rule)
{
    if (rule->succeeded_indexes == NULL)
        return rule->succeeded_count != NULL && run->next.status.succeeded >= *rule->succeeded_count;
    auto_arena struct arena scratch = { 0 };
    uint8_t *asked = arena_zalloc(&scratch, JOB_INDEX_BYTES);
    job_indexes_read(asked, rule->succeeded_indexes);
    int32_t all = 0, met = 0;
    for (int64_t i = 0; i < JOB_INDEX_MAX; i++) {
        all += job_indexes_has(asked, i);
        met += job_indexes_has(asked, i) && job_indexes_has(run->completed, i);
    }
    return met >= (rule->succeeded_count == NULL ? all : *rule->succeeded_count);
}

const char *job_policy_success(const struct job_run *run)
{
    const struct api_batch_success_policy *policy = run->job->spec.success_policy;
    for (size_t i = 0; run->indexed && policy != NULL && i < policy->n_rules; i++) {
        if (rule_is_met(run, &policy->rules[i]))
            return arena_format(run->r->arena, "Matched rules at index %zu", i);
    }
    return NULL;
}
