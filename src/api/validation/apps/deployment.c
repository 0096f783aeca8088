/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deployment.c - Deployments. */
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"

static const char *const deployment_strategies[] = { "Recreate", "RollingUpdate", NULL };

static void validate_rolling(const struct api_apps_rolling_update_deployment *rolling, const struct field_at *at,
                             struct api_invalid *errors)
{
    validate_int_or_percent(rolling->max_unavailable, true, at_field(at, "maxUnavailable"), errors);
    validate_int_or_percent(rolling->max_surge, false, at_field(at, "maxSurge"), errors);
    if (int_or_percent_raw(rolling->max_unavailable) == 0 && int_or_percent_raw(rolling->max_surge) == 0) {
        char space[INT_OR_STRING_TEXT_SIZE] = "0";
        const struct int_or_string *value = rolling->max_unavailable;
        if (value != NULL && value->text != NULL)
            invalid_string(errors, at_field(at, "maxUnavailable"), value->text, "may not be 0 when `maxSurge` is 0");
        else
            invalid_raw(errors, at_field(at, "maxUnavailable"), space, "may not be 0 when `maxSurge` is 0");
    }
}

void validate_deployment_create(const void *object, struct api_invalid *errors)
{
    const struct api_apps_deployment_spec *spec = &((const struct api_apps_deployment *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *strategy = at_field(at, "strategy");

    validate_optional_count(spec->replicas, at_field(at, "replicas"), errors);
    validate_workload_template(spec->selector, &spec->template, "deployment", at, errors);
    if (text_equal(spec->strategy.type, "Recreate")) {
        if (spec->strategy.rolling_update != NULL)
            invalid_forbidden(errors, at_field(strategy, "rollingUpdate"),
                              "may not be specified when strategy `type` is 'Recreate'");
    } else if (text_equal(spec->strategy.type, "RollingUpdate")) {
        if (spec->strategy.rolling_update == NULL)
            invalid_required(errors, at_field(strategy, "rollingUpdate"), "this should be defaulted and never be nil");
        else
            validate_rolling(spec->strategy.rolling_update, at_field(strategy, "rollingUpdate"), errors);
    } else {
        invalid_not_supported(errors, strategy, spec->strategy.type, deployment_strategies);
    }
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_optional_count(spec->revision_history_limit, at_field(at, "revisionHistoryLimit"), errors);
    if (spec->progress_deadline_seconds != NULL) {
        const struct field_at *here = at_field(at, "progressDeadlineSeconds");
        invalid_not_negative(errors, here, *spec->progress_deadline_seconds);
        if (*spec->progress_deadline_seconds <= spec->min_ready_seconds)
            invalid_number(errors, here, *spec->progress_deadline_seconds, "must be greater than minReadySeconds");
    }
}

void validate_deployment_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_deployment_create(object, errors);
    validate_selector_kept(((const struct api_apps_deployment *)object)->spec.selector,
                           ((const struct api_apps_deployment *)old)->spec.selector, errors);
}

void validate_deployment_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_deployment_status *status = &((const struct api_apps_deployment *)object)->status;
    const int32_t *old_collisions = ((const struct api_apps_deployment *)old)->status.collision_count;
    const struct field_at *at = at_field(NULL, "status");
    static const char more[] = "cannot be greater than status.replicas";

    invalid_not_negative(errors, at_field(at, "observedGeneration"), status->observed_generation);
    invalid_not_negative(errors, at_field(at, "replicas"), status->replicas);
    invalid_not_negative(errors, at_field(at, "updatedReplicas"), status->updated_replicas);
    invalid_not_negative(errors, at_field(at, "readyReplicas"), status->ready_replicas);
    invalid_not_negative(errors, at_field(at, "availableReplicas"), status->available_replicas);
    invalid_not_negative(errors, at_field(at, "unavailableReplicas"), status->unavailable_replicas);
    validate_optional_count(status->collision_count, at_field(at, "collisionCount"), errors);
    validate_status_at_most(status->updated_replicas, status->replicas, "updatedReplicas", more, errors);
    validate_status_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                            "cannot be greater than readyReplicas", errors);
    int32_t collisions = status->collision_count != NULL ? *status->collision_count : 0;
    if (old_collisions != NULL && collisions < *old_collisions)
        invalid_number(errors, at_field(at, "collisionCount"), collisions, "cannot be decremented");
}
