/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replica_set.c - ReplicaSets. */
#include "api/validation/apps/workload.h"
#include "api/validation/kind_rules.h"

static const char *const counts[] = { "replicas",
                                      "fullyLabeledReplicas",
                                      "readyReplicas",
                                      "availableReplicas",
                                      "observedGeneration",
                                      "terminatingReplicas",
                                      NULL };

static void validate_spec(const struct api_apps_replica_set_spec *spec, const struct api_pod_template_spec *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    validate_optional_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    validate_replica_template(spec->selector, &spec->template, old, at, errors);
}

void validate_replica_set_create(const void *object, struct api_invalid *errors)
{
    validate_spec(&((const struct api_apps_replica_set *)object)->spec, NULL, errors);
}

void validate_replica_set_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_apps_replica_set_spec *spec = &((const struct api_apps_replica_set *)object)->spec;
    const struct api_apps_replica_set_spec *old = &((const struct api_apps_replica_set *)old_object)->spec;

    validate_spec(spec, &old->template, errors);
    validate_selector_kept(spec->selector, old->selector, errors);
}

void validate_replica_set_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apps_replica_set_status *status = &((const struct api_apps_replica_set *)object)->status;
    static const char more[] = "cannot be greater than status.replicas";

    (void)old;
    validate_counts(&api_type_apps_replica_set_status, status, counts, at_field(NULL, "status"), errors);
    validate_status_at_most(status->fully_labeled_replicas, status->replicas, "fullyLabeledReplicas", more, errors);
    validate_status_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_status_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                            "cannot be greater than readyReplicas", errors);
}
