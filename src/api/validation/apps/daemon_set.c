/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* daemon_set.c - DaemonSets. */
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"

static const char *const daemon_strategies[] = { "RollingUpdate", "OnDelete", NULL };

void validate_daemon_set_create(const void *object, struct api_invalid *errors)
{
    const struct api_apps_daemon_set_spec *spec = &((const struct api_apps_daemon_set *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *strategy = at_field(at, "updateStrategy");
    const struct field_at *rolling = at_field(strategy, "rollingUpdate");

    validate_workload_template(spec->selector, &spec->template, "daemonset", at, errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_optional_count(spec->revision_history_limit, at_field(at, "revisionHistoryLimit"), errors);
    if (text_equal(spec->update_strategy.type, "OnDelete"))
        return;
    if (!text_equal(spec->update_strategy.type, "RollingUpdate")) {
        invalid_not_supported(errors, strategy, spec->update_strategy.type, daemon_strategies);
        return;
    }
    const struct api_apps_rolling_update_daemon_set *update = spec->update_strategy.rolling_update;
    if (update == NULL) {
        invalid_missing(errors, rolling);
        return;
    }
    validate_int_or_percent(update->max_unavailable, true, at_field(rolling, "maxUnavailable"), errors);
    validate_int_or_percent(update->max_surge, true, at_field(rolling, "maxSurge"), errors);
    bool unavailable = int_or_percent_raw(update->max_unavailable) != 0;
    bool surge = int_or_percent_raw(update->max_surge) != 0;
    if (unavailable && surge)
        invalid_number(errors, at_field(rolling, "maxSurge"), int_or_percent_raw(update->max_surge),
                       "may not be set when maxUnavailable is non-zero");
    if (!unavailable && !surge)
        invalid_required(errors, at_field(rolling, "maxUnavailable"), "cannot be 0 when maxSurge is 0");
}

void validate_daemon_set_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_daemon_set_create(object, errors);
    validate_selector_kept(((const struct api_apps_daemon_set *)object)->spec.selector,
                           ((const struct api_apps_daemon_set *)old)->spec.selector, errors);
}
