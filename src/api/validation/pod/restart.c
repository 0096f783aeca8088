/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* restart.c - when a container starts again: after it ended, and when its resources change. */
#include "api/validation/pod/pod_rules.h"

#define RULES_MAX      20
#define EXIT_CODES_MAX 255

static const char *const restart_policies[] = { "Always", "Never", "OnFailure", NULL };
static const char *const resize_policies[] = { "NotRequired", "RestartContainer", NULL };
static const char *const resizable[] = { "cpu", "memory", NULL };
static const char *const actions[] = { "Restart", "RestartAllContainers", NULL };
static const char *const operators[] = { "In", "NotIn", NULL };

void validate_restart_rules(const struct api_container *container, const struct field_at *at,
                            struct api_invalid *errors)
{
    const struct field_at *rules = at_field(at, "restartPolicyRules");

    if (container->restart_policy != NULL)
        invalid_one_of(errors, at_field(at, "restartPolicy"), container->restart_policy, restart_policies, false);
    else if (container->n_restart_policy_rules > 0)
        invalid_required(errors, at_field(at, "restartPolicy"),
                         "must specify restartPolicy when restart rules are used");
    if (container->n_restart_policy_rules > RULES_MAX)
        invalid_too_many(errors, rules, container->n_restart_policy_rules, RULES_MAX);
    for (size_t i = 0; i < container->n_restart_policy_rules; i++) {
        const struct api_container_restart_rule *rule = &container->restart_policy_rules[i];
        const struct field_at *here = at_index(rules, i);
        const struct field_at *codes = at_field(here, "exitCodes");
        invalid_one_of(errors, at_field(here, "action"), rule->action, actions, false);
        if (rule->exit_codes == NULL) {
            invalid_required(errors, codes, "must be specified");
            continue;
        }
        invalid_one_of(errors, at_field(codes, "operator"), rule->exit_codes->operator, operators, false);
        if (rule->exit_codes->n_values > EXIT_CODES_MAX)
            invalid_too_many(errors, at_field(codes, "values"), rule->exit_codes->n_values, EXIT_CODES_MAX);
    }
}

void validate_resize_policies(const struct pod_scope *scope, const struct api_container *container,
                              const struct field_at *at, struct api_invalid *errors)
{
    bool never = text_equal(scope->spec->restart_policy, "Never");

    for (size_t i = 0; i < container->n_resize_policy; i++) {
        const struct api_container_resize_policy *policy = &container->resize_policy[i];
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(container->resize_policy[k].resource_name, policy->resource_name);
        if (repeated)
            invalid_duplicate(errors, at_index(at, i), policy->resource_name);
        invalid_one_of(errors, at, policy->resource_name, resizable, true);
        invalid_one_of(errors, at, policy->restart_policy, resize_policies, true);
        if (never && !text_equal(policy->restart_policy, "NotRequired"))
            invalid_string(errors, at, policy->restart_policy, "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
}
