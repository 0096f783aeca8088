/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deployment.c - Deployments. */
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"

static const char *const strategies[] = { "Recreate", "RollingUpdate", NULL };
static const char *const counts[] = { "observedGeneration",  "replicas",          "updatedReplicas",
                                      "readyReplicas",       "availableReplicas", "unavailableReplicas",
                                      "terminatingReplicas", "collisionCount",    NULL };

static void validate_rolling(const struct api_apps_rolling_update_deployment *rolling, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct int_or_string *unavailable = rolling->max_unavailable;
    const struct field_at *here = at_field(at, "maxUnavailable");

    validate_int_or_percent(unavailable, here, errors);
    validate_int_or_percent(rolling->max_surge, at_field(at, "maxSurge"), errors);
    if (int_or_percent_raw(unavailable) == 0 && int_or_percent_raw(rolling->max_surge) == 0) {
        if (unavailable != NULL && unavailable->text != NULL)
            invalid_string(errors, here, unavailable->text, "may not be 0 when `maxSurge` is 0");
        else
            invalid_number(errors, here, 0, "may not be 0 when `maxSurge` is 0");
    }
    validate_at_most_100_percent(unavailable, here, errors);
}

static void validate_strategy(const struct api_apps_deployment_strategy *strategy, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct field_at *rolling = at_field(at, "rollingUpdate");

    if (text_equal(strategy->type, "Recreate")) {
        if (strategy->rolling_update != NULL)
            invalid_forbidden(errors, rolling, "may not be specified when strategy `type` is 'Recreate'");
    } else if (!text_equal(strategy->type, "RollingUpdate")) {
        invalid_not_supported_object(errors, at, &api_type_apps_deployment_strategy, strategy, strategies);
    } else if (strategy->rolling_update == NULL) {
        invalid_required(errors, rolling, "this should be defaulted and never be nil");
    } else {
        validate_rolling(strategy->rolling_update, rolling, errors);
    }
}

static void validate_spec(const struct api_apps_deployment_spec *spec, const struct api_pod_template_spec *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    validate_optional_count(spec->replicas, at_field(at, "replicas"), errors);
    validate_replica_template(spec->selector, &spec->template, old, at, errors);
    validate_strategy(&spec->strategy, at_field(at, "strategy"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_optional_count(spec->revision_history_limit, at_field(at, "revisionHistoryLimit"), errors);
    if (spec->progress_deadline_seconds == NULL)
        return;
    const struct field_at *deadline = at_field(at, "progressDeadlineSeconds");
    invalid_not_negative(errors, deadline, *spec->progress_deadline_seconds);
    if (*spec->progress_deadline_seconds <= spec->min_ready_seconds)
        invalid_number(errors, deadline, *spec->progress_deadline_seconds, "must be greater than minReadySeconds");
}

void validate_deployment_create(const void *object, struct api_invalid *errors)
{
    validate_spec(&((const struct api_apps_deployment *)object)->spec, NULL, errors);
}

void validate_deployment_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_apps_deployment_spec *spec = &((const struct api_apps_deployment *)object)->spec;
    const struct api_apps_deployment_spec *old = &((const struct api_apps_deployment *)old_object)->spec;

    validate_spec(spec, &old->template, errors);
    validate_selector_kept(spec->selector, old->selector, errors);
}

void validate_deployment_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_deployment_status *status = &((const struct api_apps_deployment *)object)->status;
    static const char more[] = "cannot be greater than status.replicas";

    validate_counts(&api_type_apps_deployment_status, status, counts, at_field(NULL, "status"), errors);
    validate_status_at_most(status->updated_replicas, status->replicas, "updatedReplicas", more, errors);
    validate_status_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                            "cannot be greater than readyReplicas", errors);
    validate_collision_count(status->collision_count, ((const struct api_apps_deployment *)old)->status.collision_count,
                             errors);
}
