/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* horizontal_pod_autoscaler.c - HorizontalPodAutoscalers, in the version they are stored in. */
#include "api/validation/formats/resource_names.h"
#include "api/validation/kind_rules.h"
#include "api/validation/networking/reference.h"

#define STABILIZATION_MAX 3600
#define PERIOD_MAX        1800

static const char *const metric_types[] = { "ContainerResource", "External", "Object", "Pods", "Resource", NULL };
static const char *const select_policies[] = { "Disabled", "Max", "Min", NULL };
static const char *const policy_types[] = { "Percent", "Pods", NULL };
static const char *const status_counts[] = { "currentReplicas", "desiredReplicas", NULL };

/* "v1", "apps/v1"; the group may be left out where it may be empty. */
static void validate_version(const struct api_autoscaling_v2_cross_version_object_reference *target, bool any_group,
                             const struct field_at *at, struct api_invalid *errors)
{
    const char *text = text_or_empty(target->api_version);
    const char *slash = strchr(text, '/');

    if (slash != NULL && strchr(slash + 1, '/') != NULL)
        invalid_string(errors, at, text, "unexpected GroupVersion string: %s", text);
    else if (!any_group && (slash == NULL || slash == text) && !text_equal(target->kind, "ReplicationController"))
        invalid_string(errors, at, text, "apiVersion must specify API group");
}

static void validate_target(const struct api_autoscaling_v2_cross_version_object_reference *target,
                            const struct field_at *at, struct api_invalid *errors)
{
    validate_required_segment(target->kind, at_field(at, "kind"), errors);
    validate_required_segment(target->name, at_field(at, "name"), errors);
}

static void validate_positive(const struct quantity *amount, const struct field_at *at, struct api_invalid *errors)
{
    char text[QUANTITY_TEXT_SIZE];

    if (amount == NULL || quantity_sign(amount) > 0)
        return;
    quantity_format(amount, text);
    invalid_string(errors, at, text, "must be positive");
}

static void validate_amount(const struct api_autoscaling_v2_metric_target *target, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (text_empty(target->type))
        invalid_required(errors, at_field(at, "type"), "must specify a metric target type");
    if (!text_equal(target->type, "Utilization") && !text_equal(target->type, "Value") &&
        !text_equal(target->type, "AverageValue"))
        invalid_string(errors, at_field(at, "type"), target->type,
                       "must be either Utilization, Value, or AverageValue");
    validate_positive(target->value, at_field(at, "value"), errors);
    validate_positive(target->average_value, at_field(at, "averageValue"), errors);
    if (target->average_utilization != NULL && *target->average_utilization < 1)
        invalid_number(errors, at_field(at, "averageUtilization"), *target->average_utilization,
                       "must be greater than 0");
}

static void validate_metric(const struct api_autoscaling_v2_metric_identifier *metric, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (text_empty(metric->name))
        invalid_required(errors, at_field(at, "name"), "must specify a metric name");
    else
        invalid_format(errors, at_field(at, "name"), format_path_segment, metric->name);
}

static void validate_object_source(const struct api_autoscaling_v2_object_metric_source *source,
                                   const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *object = at_field(at, "describedObject");
    const struct field_at *target = at_field(at, "target");

    validate_target(&source->described_object, object, errors);
    validate_version(&source->described_object, true, at_field(object, "apiVersion"), errors);
    validate_metric(&source->metric, at_field(at, "metric"), errors);
    validate_amount(&source->target, target, errors);
    if (source->target.value == NULL && source->target.average_value == NULL)
        invalid_required(errors, at_field(target, "averageValue"), "must set either a target value or averageValue");
}

static void validate_external_source(const struct api_autoscaling_v2_external_metric_source *source,
                                     const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *target = at_field(at, "target");

    validate_metric(&source->metric, at_field(at, "metric"), errors);
    validate_amount(&source->target, target, errors);
    if (source->target.value == NULL && source->target.average_value == NULL)
        invalid_required(errors, at_field(target, "averageValue"),
                         "must set either a target value for metric or a per-pod target");
    if (source->target.value != NULL && source->target.average_value != NULL)
        invalid_forbidden(errors, at_field(target, "value"),
                          "may not set both a target value for metric and a per-pod target");
}

static void validate_pods_source(const struct api_autoscaling_v2_pods_metric_source *source, const struct field_at *at,
                                 struct api_invalid *errors)
{
    const struct field_at *target = at_field(at, "target");

    validate_metric(&source->metric, at_field(at, "metric"), errors);
    validate_amount(&source->target, target, errors);
    if (source->target.average_value == NULL)
        invalid_required(errors, at_field(target, "averageValue"), "must specify a positive target averageValue");
}

static void validate_resource_target(const struct api_autoscaling_v2_metric_target *target, const struct field_at *at,
                                     struct api_invalid *errors)
{
    validate_amount(target, at, errors);
    if (target->average_utilization == NULL && target->average_value == NULL)
        invalid_required(errors, at_field(at, "averageUtilization"),
                         "must set either a target raw value or a target utilization");
    if (target->average_utilization != NULL && target->average_value != NULL)
        invalid_forbidden(errors, at_field(at, "averageValue"),
                          "may not set both a target raw value and a target utilization");
}

static void validate_resource_source(const struct api_autoscaling_v2_resource_metric_source *source,
                                     const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(source->name))
        invalid_required(errors, at_field(at, "name"), "must specify a resource name");
    validate_resource_target(&source->target, at_field(at, "target"), errors);
}

static void validate_container_source(const struct api_autoscaling_v2_container_resource_metric_source *source,
                                      const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(source->name))
        invalid_required(errors, at_field(at, "name"), "must specify a resource name");
    else
        validate_container_resource_name(source->name, at_field(at, "name"), errors);
    if (text_empty(source->container))
        invalid_required(errors, at_field(at, "container"), "must specify a container");
    else
        invalid_format(errors, at_field(at, "container"), format_dns1123_label, source->container);
    validate_resource_target(&source->target, at_field(at, "target"), errors);
}

/* The sources of a metric, by the type that names them; only the first that is given is looked into. */
static void validate_sources(const struct api_autoscaling_v2_metric_spec *metric, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct {
        const char *type, *field;
        bool given;
    } sources[] = {
        { "Object", "object", metric->object != NULL },
        { "External", "external", metric->external != NULL },
        { "Pods", "pods", metric->pods != NULL },
        { "Resource", "resource", metric->resource != NULL },
        { "ContainerResource", "containerResource", metric->container_resource != NULL },
    };
    size_t given = 0;

    if (metric->object != NULL)
        validate_object_source(metric->object, at_field(at, "object"), errors);
    else if (metric->external != NULL)
        validate_external_source(metric->external, at_field(at, "external"), errors);
    else if (metric->pods != NULL)
        validate_pods_source(metric->pods, at_field(at, "pods"), errors);
    else if (metric->resource != NULL)
        validate_resource_source(metric->resource, at_field(at, "resource"), errors);
    else if (metric->container_resource != NULL)
        validate_container_source(metric->container_resource, at_field(at, "containerResource"), errors);
    for (size_t i = 0; i < countof(sources); i++) {
        given += sources[i].given;
        if (text_equal(metric->type, sources[i].type) && !sources[i].given)
            invalid_required(errors, at_field(at, sources[i].field),
                             "must populate information for the given metric source");
    }
    for (size_t i = 0; i < countof(sources) && given != 1; i++)
        if (sources[i].given && !text_equal(metric->type, sources[i].type))
            invalid_forbidden(errors, at_field(at, sources[i].field), "must populate the given metric source only");
}

static void validate_metrics(const struct api_autoscaling_v2_horizontal_pod_autoscaler_spec *spec,
                             const struct field_at *at, struct api_invalid *errors)
{
    bool outside = false;

    for (size_t i = 0; i < spec->n_metrics; i++) {
        const struct api_autoscaling_v2_metric_spec *metric = &spec->metrics[i];
        const struct field_at *here = at_index(at, i);
        if (text_empty(metric->type))
            invalid_required(errors, at_field(here, "type"), "must specify a metric source type");
        invalid_one_of(errors, at_field(here, "type"), metric->type, metric_types, false);
        validate_sources(metric, here, errors);
        outside = outside || text_equal(metric->type, "Object") || text_equal(metric->type, "External");
    }
    if (spec->min_replicas != NULL && *spec->min_replicas == 0 && !outside)
        invalid_forbidden(errors, at,
                          "must specify at least one Object or External metric to support scaling to zero replicas");
}

static void validate_policy(const struct api_autoscaling_v2_hpa_scaling_policy *policy, const struct field_at *at,
                            struct api_invalid *errors)
{
    const struct field_at *period = at_field(at, "periodSeconds");

    invalid_one_of(errors, at_field(at, "type"), policy->type, policy_types, false);
    if (policy->value <= 0)
        invalid_number(errors, at_field(at, "value"), policy->value, "must be greater than zero");
    if (policy->period_seconds <= 0)
        invalid_number(errors, period, policy->period_seconds, "must be greater than zero");
    if (policy->period_seconds > PERIOD_MAX)
        invalid_number(errors, period, policy->period_seconds, "must be less than or equal to %d", PERIOD_MAX);
}

static void validate_scaling(const struct api_autoscaling_v2_hpa_scaling_rules *rules, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *window = at_field(at, "stabilizationWindowSeconds");
    const struct field_at *policies = at_field(at, "policies");
    char text[QUANTITY_TEXT_SIZE];

    if (rules == NULL)
        return;
    if (rules->stabilization_window_seconds != NULL && *rules->stabilization_window_seconds < 0)
        invalid_number(errors, window, *rules->stabilization_window_seconds, "must be greater than or equal to zero");
    if (rules->stabilization_window_seconds != NULL && *rules->stabilization_window_seconds > STABILIZATION_MAX)
        invalid_number(errors, window, *rules->stabilization_window_seconds, "must be less than or equal to %d",
                       STABILIZATION_MAX);
    if (rules->select_policy != NULL)
        invalid_one_of(errors, at_field(at, "selectPolicy"), rules->select_policy, select_policies, false);
    if (rules->n_policies == 0)
        invalid_required(errors, policies, "must specify at least one Policy");
    for (size_t i = 0; i < rules->n_policies; i++)
        validate_policy(&rules->policies[i], at_index(policies, i), errors);
    if (rules->tolerance != NULL && quantity_sign(rules->tolerance) < 0) {
        quantity_format(rules->tolerance, text);
        invalid_string(errors, at_field(at, "tolerance"), text, "must be greater than or equal to 0");
    }
}

static void validate_spec(const struct api_autoscaling_v2_horizontal_pod_autoscaler_spec *spec,
                          const struct api_autoscaling_v2_horizontal_pod_autoscaler_spec *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *max = at_field(at, "maxReplicas");
    const struct field_at *target = at_field(at, "scaleTargetRef");
    int32_t least = old != NULL && old->min_replicas != NULL && *old->min_replicas == 0 ? 0 : 1;

    if (spec->min_replicas != NULL && *spec->min_replicas < least)
        invalid_number(errors, at_field(at, "minReplicas"), *spec->min_replicas, "must be greater than or equal to %d",
                       least);
    if (spec->max_replicas == 0)
        invalid_required(errors, max, "must be set and greater than 0");
    else if (spec->max_replicas < 1)
        invalid_number(errors, max, spec->max_replicas, "must be greater than 0");
    if (spec->min_replicas != NULL && spec->max_replicas < *spec->min_replicas)
        invalid_number(errors, max, spec->max_replicas, "must be greater than or equal to `minReplicas`");
    validate_target(&spec->scale_target_ref, target, errors);
    if (old == NULL || !text_equal(old->scale_target_ref.api_version, spec->scale_target_ref.api_version) ||
        !text_equal(old->scale_target_ref.kind, spec->scale_target_ref.kind))
        validate_version(&spec->scale_target_ref, false, at_field(target, "apiVersion"), errors);
    validate_metrics(spec, at_field(at, "metrics"), errors);
    if (spec->behavior == NULL)
        return;
    const struct field_at *behavior = at_field(at, "behavior");
    validate_scaling(spec->behavior->scale_up, at_field(behavior, "scaleUp"), errors);
    validate_scaling(spec->behavior->scale_down, at_field(behavior, "scaleDown"), errors);
}

void validate_autoscaler_create(const void *object, struct api_invalid *errors)
{
    validate_spec(&((const struct api_autoscaling_v2_horizontal_pod_autoscaler *)object)->spec, NULL, errors);
}

void validate_autoscaler_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_spec(&((const struct api_autoscaling_v2_horizontal_pod_autoscaler *)object)->spec,
                  &((const struct api_autoscaling_v2_horizontal_pod_autoscaler *)old)->spec, errors);
}

void validate_autoscaler_status(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_counts(&api_type_autoscaling_v2_horizontal_pod_autoscaler_status,
                    &((const struct api_autoscaling_v2_horizontal_pod_autoscaler *)object)->status, status_counts,
                    at_field(NULL, "status"), errors);
}
