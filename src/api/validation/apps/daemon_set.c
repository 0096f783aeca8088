/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* daemon_set.c - DaemonSets. */
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"

static const char *const strategies[] = { "RollingUpdate", "OnDelete", NULL };
static const char *const counts[] = {
    "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",    "observedGeneration",
    "updatedNumberScheduled", "numberAvailable",    "numberUnavailable",      "collisionCount", NULL
};

static void validate_rolling(const struct api_apps_rolling_update_daemon_set *rolling, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *unavailable_at = at_field(at, "maxUnavailable");
    const struct field_at *surge_at = at_field(at, "maxSurge");
    bool unavailable = int_or_percent_raw(rolling->max_unavailable) != 0;
    bool surge = int_or_percent_raw(rolling->max_surge) != 0;

    validate_int_or_percent(rolling->max_unavailable, unavailable_at, errors);
    validate_int_or_percent(rolling->max_surge, surge_at, errors);
    validate_at_most_100_percent(rolling->max_unavailable, unavailable_at, errors);
    validate_at_most_100_percent(rolling->max_surge, surge_at, errors);
    if (unavailable && surge) {
        if (rolling->max_surge->text != NULL)
            invalid_string(errors, surge_at, rolling->max_surge->text,
                           "may not be set when maxUnavailable is non-zero");
        else
            invalid_number(errors, surge_at, rolling->max_surge->number,
                           "may not be set when maxUnavailable is non-zero");
    } else if (!unavailable && !surge) {
        invalid_required(errors, unavailable_at, "cannot be 0 when maxSurge is 0");
    }
}

static void validate_spec(const struct api_apps_daemon_set_spec *spec, const struct api_apps_daemon_set_spec *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *strategy = at_field(at, "updateStrategy");

    validate_label_selector_update(spec->selector, old == NULL ? NULL : old->selector, at_field(at, "selector"),
                                   errors);
    validate_selected(spec->selector, &spec->template, at, errors);
    if (spec->selector != NULL && spec->selector->n_match_labels == 0 && spec->selector->n_match_expressions == 0)
        invalid_raw(errors, at_field(at, "selector"), "{}", "empty selector is invalid for daemonset");
    validate_pod_template(&spec->template, old == NULL ? NULL : &old->template, at_field(at, "template"), errors);
    validate_template_always(&spec->template, "DaemonSet", at_field(at, "template"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    if (text_equal(spec->update_strategy.type, "RollingUpdate")) {
        if (spec->update_strategy.rolling_update == NULL)
            invalid_missing(errors, at_field(strategy, "rollingUpdate"));
        else
            validate_rolling(spec->update_strategy.rolling_update, at_field(strategy, "rollingUpdate"), errors);
    } else if (!text_equal(spec->update_strategy.type, "OnDelete")) {
        invalid_not_supported_object(errors, strategy, &api_type_apps_daemon_set_update_strategy,
                                     &spec->update_strategy, strategies);
    }
    validate_optional_count(spec->revision_history_limit, at_field(at, "revisionHistoryLimit"), errors);
}

void validate_daemon_set_create(const void *object, struct api_invalid *errors)
{
    validate_spec(&((const struct api_apps_daemon_set *)object)->spec, NULL, errors);
}

void validate_daemon_set_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_apps_daemon_set_spec *spec = &((const struct api_apps_daemon_set *)object)->spec;
    const struct api_apps_daemon_set_spec *old = &((const struct api_apps_daemon_set *)old_object)->spec;

    validate_spec(spec, old, errors);
    validate_selector_kept(spec->selector, old->selector, errors);
}

void validate_daemon_set_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_daemon_set_status *status = &((const struct api_apps_daemon_set *)object)->status;

    validate_counts(&api_type_apps_daemon_set_status, status, counts, at_field(NULL, "status"), errors);
    validate_collision_count(status->collision_count, ((const struct api_apps_daemon_set *)old)->status.collision_count,
                             errors);
}
