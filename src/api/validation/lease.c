/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lease.c - Leases. */
#include "api/validation/kind_rules.h"

static const char *const strategies[] = { "OldestEmulationVersion", NULL };

static void validate_strategy(const char *strategy, const struct field_at *at, struct api_invalid *errors)
{
    if (strchr(strategy, '/') != NULL)
        invalid_format(errors, at_field(at, "strategy"), format_qualified_name, strategy);
    else
        invalid_one_of(errors, at_field(at, "strategy"), strategy, strategies, false);
}

void validate_lease_create(const void *object, struct api_invalid *errors)
{
    const struct api_coordination_lease_spec *spec = &((const struct api_coordination_lease *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    if (spec->lease_duration_seconds != NULL && *spec->lease_duration_seconds <= 0)
        invalid_number(errors, at_field(at, "leaseDurationSeconds"), *spec->lease_duration_seconds,
                       "must be greater than 0");
    if (spec->lease_transitions != NULL && *spec->lease_transitions < 0)
        invalid_number(errors, at_field(at, "leaseTransitions"), *spec->lease_transitions,
                       "must be greater than or equal to 0");
    if (spec->strategy != NULL)
        validate_strategy(spec->strategy, at_field(at, "strategy"), errors);
    if (!text_empty(spec->preferred_holder) && text_empty(spec->strategy))
        invalid_forbidden(errors, at_field(at, "preferredHolder"), "may only be specified when `strategy` is defined");
}

void validate_lease_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_lease_create(object, errors);
}
