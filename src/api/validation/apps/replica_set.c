/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replica_set.c - ReplicaSets. */
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"

void validate_replica_set_create(const void *object, struct api_invalid *errors)
{
    const struct api_apps_replica_set_spec *spec = &((const struct api_apps_replica_set *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_optional_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_workload_template(spec->selector, &spec->template, "ReplicaSet", at, errors);
}

void validate_replica_set_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_replica_set_create(object, errors);
    validate_selector_kept(((const struct api_apps_replica_set *)object)->spec.selector,
                           ((const struct api_apps_replica_set *)old)->spec.selector, errors);
}

void validate_replica_set_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_replica_set_status *status = &((const struct api_apps_replica_set *)object)->status;
    const struct field_at *at = at_field(NULL, "status");
    static const char more[] = "cannot be greater than status.replicas";

    (void)old;
    invalid_not_negative(errors, at_field(at, "replicas"), status->replicas);
    invalid_not_negative(errors, at_field(at, "fullyLabeledReplicas"), status->fully_labeled_replicas);
    invalid_not_negative(errors, at_field(at, "readyReplicas"), status->ready_replicas);
    invalid_not_negative(errors, at_field(at, "availableReplicas"), status->available_replicas);
    invalid_not_negative(errors, at_field(at, "observedGeneration"), status->observed_generation);
    validate_status_at_most(status->fully_labeled_replicas, status->replicas, "fullyLabeledReplicas", more, errors);
    validate_status_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                            "cannot be greater than readyReplicas", errors);
}
