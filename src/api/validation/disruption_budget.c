/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* disruption_budget.c - PodDisruptionBudgets. */
#include "api/validation/apps/workload.h"
#include "api/validation/conditions.h"
#include "api/validation/kind_rules.h"

static const char *const eviction_policies[] = { "AlwaysAllow", "IfHealthyBudget", NULL };
static const char *const counts[] = { "disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods", NULL };

static void validate_spec(const struct api_policy_pod_disruption_budget_spec *spec,
                          const struct api_label_selector *old, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    if (spec->min_available != NULL && spec->max_unavailable != NULL)
        invalid_object(errors, at, &api_type_policy_pod_disruption_budget_spec, spec,
                       "minAvailable and maxUnavailable cannot be both set");
    validate_int_or_percent(spec->min_available, at_field(at, "minAvailable"), errors);
    validate_at_most_100_percent(spec->min_available, at_field(at, "minAvailable"), errors);
    validate_int_or_percent(spec->max_unavailable, at_field(at, "maxUnavailable"), errors);
    validate_at_most_100_percent(spec->max_unavailable, at_field(at, "maxUnavailable"), errors);
    validate_label_selector_update(spec->selector, old, at_field(at, "selector"), errors);
    if (spec->unhealthy_pod_eviction_policy != NULL)
        invalid_one_of(errors, at_field(at, "unhealthyPodEvictionPolicy"), spec->unhealthy_pod_eviction_policy,
                       eviction_policies, false);
}

void validate_disruption_budget_create(const void *object, struct api_invalid *errors)
{
    validate_spec(&((const struct api_policy_pod_disruption_budget *)object)->spec, NULL, errors);
}

void validate_disruption_budget_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_spec(&((const struct api_policy_pod_disruption_budget *)object)->spec,
                  ((const struct api_policy_pod_disruption_budget *)old)->spec.selector, errors);
}

void validate_disruption_budget_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_policy_pod_disruption_budget_status *status =
        &((const struct api_policy_pod_disruption_budget *)object)->status;
    const struct field_at *at = at_field(NULL, "status");

    (void)old;
    validate_conditions(status->conditions, status->n_conditions, at_field(at, "conditions"), errors);
    validate_counts(&api_type_policy_pod_disruption_budget_status, status, counts, at, errors);
}
