/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/registry/conversion.h"

#include "api/codec.h"
#include "apiserver/registry/autoscaler_metrics.h"
#include "generated/types.h"

/* ---------------------------------------------------------------- events */

static void event_to_served(const void *from, void *to, struct arena *arena)
{
    const struct api_event *stored = from;
    struct api_events_event *served = to;
    *served = (struct api_events_event){
        .metadata = stored->metadata,
        .event_time = stored->event_time,
        .reporting_controller = stored->reporting_component,
        .reporting_instance = stored->reporting_instance,
        .action = stored->action,
        .reason = stored->reason,
        .regarding = stored->involved_object,
        .related = stored->related,
        .note = stored->message,
        .type = stored->type,
        .deprecated_source = stored->source,
        .deprecated_first_timestamp = stored->first_timestamp,
        .deprecated_last_timestamp = stored->last_timestamp,
        .deprecated_count = stored->count,
    };
    if (stored->series == NULL)
        return;
    served->series = arena_new(arena, struct api_events_event_series);
    served->series->count = stored->series->count;
    served->series->last_observed_time = stored->series->last_observed_time;
}

static void event_to_stored(const void *from, void *to, struct arena *arena)
{
    const struct api_events_event *served = from;
    struct api_event *stored = to;
    *stored = (struct api_event){
        .metadata = served->metadata,
        .involved_object = served->regarding,
        .reason = served->reason,
        .message = served->note,
        .source = served->deprecated_source,
        .first_timestamp = served->deprecated_first_timestamp,
        .last_timestamp = served->deprecated_last_timestamp,
        .count = served->deprecated_count,
        .type = served->type,
        .event_time = served->event_time,
        .action = served->action,
        .related = served->related,
        .reporting_component = served->reporting_controller,
        .reporting_instance = served->reporting_instance,
    };
    if (served->series == NULL)
        return;
    stored->series = arena_new(arena, struct api_event_series);
    stored->series->count = served->series->count;
    stored->series->last_observed_time = served->series->last_observed_time;
}

/* ---------------------------------------------------------------- autoscaling */

static void autoscaler_to_served(const void *from, void *to, struct arena *arena)
{
    const struct api_autoscaling_v2_horizontal_pod_autoscaler *stored = from;
    struct api_autoscaling_horizontal_pod_autoscaler *served = to;
    served->metadata = stored->metadata;
    autoscaler_annotate(stored, served, arena);
    served->spec.scale_target_ref.kind = stored->spec.scale_target_ref.kind;
    served->spec.scale_target_ref.name = stored->spec.scale_target_ref.name;
    served->spec.scale_target_ref.api_version = stored->spec.scale_target_ref.api_version;
    served->spec.min_replicas = stored->spec.min_replicas;
    served->spec.max_replicas = stored->spec.max_replicas;
    for (size_t i = 0; i < stored->spec.n_metrics; i++)
        if (autoscaler_metric_is_cpu(&stored->spec.metrics[i]))
            served->spec.target_cpu_utilization_percentage =
                stored->spec.metrics[i].resource->target.average_utilization;
    served->status.observed_generation = stored->status.observed_generation;
    served->status.last_scale_time = stored->status.last_scale_time;
    served->status.current_replicas = stored->status.current_replicas;
    served->status.desired_replicas = stored->status.desired_replicas;
    for (size_t i = 0; i < stored->status.n_current_metrics; i++) {
        const struct api_autoscaling_v2_metric_status *metric = &stored->status.current_metrics[i];
        if (metric->resource != NULL && text_equal(metric->resource->name, "cpu"))
            served->status.current_cpu_utilization_percentage = metric->resource->current.average_utilization;
    }
}

static void set_cpu_metric(struct api_autoscaling_v2_horizontal_pod_autoscaler *stored, int32_t *utilization,
                           struct arena *arena)
{
    struct api_autoscaling_v2_metric_spec *metric = arena_new(arena, struct api_autoscaling_v2_metric_spec);
    metric->type = "Resource";
    metric->resource = arena_new(arena, struct api_autoscaling_v2_resource_metric_source);
    metric->resource->name = "cpu";
    metric->resource->target.type = "Utilization";
    metric->resource->target.average_utilization = utilization;
    stored->spec.metrics = metric;
    stored->spec.n_metrics = 1;
}

static void autoscaler_to_stored(const void *from, void *to, struct arena *arena)
{
    const struct api_autoscaling_horizontal_pod_autoscaler *served = from;
    struct api_autoscaling_v2_horizontal_pod_autoscaler *stored = to;
    stored->metadata = served->metadata;
    stored->spec.scale_target_ref.kind = served->spec.scale_target_ref.kind;
    stored->spec.scale_target_ref.name = served->spec.scale_target_ref.name;
    stored->spec.scale_target_ref.api_version = served->spec.scale_target_ref.api_version;
    stored->spec.min_replicas = served->spec.min_replicas;
    stored->spec.max_replicas = served->spec.max_replicas;
    if (served->spec.target_cpu_utilization_percentage != NULL)
        set_cpu_metric(stored, served->spec.target_cpu_utilization_percentage, arena);
    stored->status.observed_generation = served->status.observed_generation;
    stored->status.last_scale_time = served->status.last_scale_time;
    stored->status.current_replicas = served->status.current_replicas;
    stored->status.desired_replicas = served->status.desired_replicas;
    if (served->status.current_cpu_utilization_percentage != NULL) {
        struct api_autoscaling_v2_metric_status *metric = arena_new(arena, struct api_autoscaling_v2_metric_status);
        metric->type = "Resource";
        metric->resource = arena_new(arena, struct api_autoscaling_v2_resource_metric_status);
        metric->resource->name = "cpu";
        metric->resource->current.average_utilization = served->status.current_cpu_utilization_percentage;
        stored->status.current_metrics = metric;
        stored->status.n_current_metrics = 1;
    }
    autoscaler_read_annotations(stored, arena);
}

/* ---------------------------------------------------------------- the table */

static const struct conversion conversions[] = {
    { .served = &api_resource_events_event,
      .stored = &api_resource_event,
      .to_served = event_to_served,
      .to_stored = event_to_stored },
    { .served = &api_resource_autoscaling_horizontal_pod_autoscaler,
      .stored = &api_resource_autoscaling_v2_horizontal_pod_autoscaler,
      .to_served = autoscaler_to_served,
      .to_stored = autoscaler_to_stored,
      .judged_as_stored = true },
};

const struct conversion *conversion_of(const struct api_resource *served)
{
    for (size_t i = 0; i < countof(conversions); i++)
        if (conversions[i].served == served)
            return &conversions[i];
    return NULL;
}

const struct conversion *conversion_to(const struct api_resource *stored)
{
    for (size_t i = 0; i < countof(conversions); i++)
        if (conversions[i].stored == stored)
            return &conversions[i];
    return NULL;
}

int conversion_read(const struct conversion *conversion, struct str json, uint64_t revision, struct object **ret_object,
                    struct error *err)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer text = { 0 };
    const struct api_kind *kind = conversion->served->kind;
    void *stored = arena_zalloc(&arena, conversion->stored->kind->type->size);
    void *served = arena_zalloc(&arena, kind->type->size);
    int rc = api_decode_json(conversion->stored->kind->type, json, &arena, stored, NULL, err);
    if (rc < 0)
        return rc;
    conversion->to_served(stored, served, &arena);
    api_encode_json(kind->type, kind, served, &text);
    return object_from_stored(conversion->served, buffer_str(&text), revision, ret_object, err);
}
