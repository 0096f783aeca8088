/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* horizontal_pod_autoscaler.c - HorizontalPodAutoscalers, in the version they are stored in. */
#include "api/validation/kind_rules.h"

static const char *const metric_types[] = { "ContainerResource", "External", "Object", "Pods", "Resource", NULL };

static void validate_target(const struct api_autoscaling_v2_cross_version_object_reference *target,
                            const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(target->kind))
        invalid_missing(errors, at_field(at, "kind"));
    else
        invalid_format(errors, at_field(at, "kind"), format_path_segment, target->kind);
    if (text_empty(target->name))
        invalid_missing(errors, at_field(at, "name"));
    else
        invalid_format(errors, at_field(at, "name"), format_path_segment, target->name);
}

void validate_autoscaler_create(const void *object, struct api_invalid *errors)
{
    const struct api_autoscaling_v2_horizontal_pod_autoscaler_spec *spec =
        &((const struct api_autoscaling_v2_horizontal_pod_autoscaler *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    if (spec->min_replicas != NULL && *spec->min_replicas < 1)
        invalid_number(errors, at_field(at, "minReplicas"), *spec->min_replicas, "must be greater than or equal to 1");
    if (spec->max_replicas == 0)
        invalid_missing(errors, at_field(at, "maxReplicas"));
    else if (spec->max_replicas < 1)
        invalid_number(errors, at_field(at, "maxReplicas"), spec->max_replicas, "must be greater than 0");
    if (spec->min_replicas != NULL && spec->max_replicas != 0 && spec->max_replicas < *spec->min_replicas)
        invalid_number(errors, at_field(at, "maxReplicas"), spec->max_replicas,
                       "must be greater than or equal to `minReplicas`");
    validate_target(&spec->scale_target_ref, at_field(at, "scaleTargetRef"), errors);
    for (size_t i = 0; i < spec->n_metrics; i++)
        invalid_one_of(errors, at_field(at_index(at_field(at, "metrics"), i), "type"), spec->metrics[i].type,
                       metric_types, true);
}

void validate_autoscaler_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_autoscaler_create(object, errors);
}
