/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/registry/autoscaler_metrics.h"

#include <ctype.h>
#include <string.h>
#include <yyjson.h>

#include "api/codec.h"
#include "api/validation/internal_form.h"
#include "codec/json.h"

#define METRICS_MAX 1000 /* of one annotation */

#define PREFIX          "autoscaling.alpha.kubernetes.io/"
#define BEHAVIOR        PREFIX "behavior"
#define CONDITIONS      PREFIX "conditions"
#define CURRENT_METRICS PREFIX "current-metrics"
#define METRICS         PREFIX "metrics"

typedef struct api_autoscaling_v2_horizontal_pod_autoscaler stored_autoscaler;

bool autoscaler_metric_is_cpu(const struct api_autoscaling_v2_metric_spec *metric)
{
    return text_equal(metric->type, "Resource") && metric->resource != NULL &&
           text_equal(metric->resource->name, "cpu") && metric->resource->target.average_utilization != NULL;
}

/* ---------------------------------------------------------------- parts */

static struct quantity quantity_or_zero(const struct quantity *value)
{
    return value == NULL ? (struct quantity){ 0 } : *value;
}

static struct quantity *quantity_copy(const struct quantity *value, struct arena *arena)
{
    struct quantity *copy = arena_new(arena, struct quantity);
    *copy = *value;
    return copy;
}

static struct api_autoscaling_cross_version_object_reference
served_reference(const struct api_autoscaling_v2_cross_version_object_reference *from)
{
    return (struct api_autoscaling_cross_version_object_reference){ .kind = from->kind,
                                                                    .name = from->name,
                                                                    .api_version = from->api_version };
}

static struct api_autoscaling_v2_cross_version_object_reference
stored_reference(const struct api_autoscaling_cross_version_object_reference *from)
{
    return (struct api_autoscaling_v2_cross_version_object_reference){ .kind = from->kind,
                                                                       .name = from->name,
                                                                       .api_version = from->api_version };
}

static struct api_autoscaling_v2_metric_identifier identifier(const char *name, struct api_label_selector *selector)
{
    return (struct api_autoscaling_v2_metric_identifier){ .name = name, .selector = selector };
}

/* ---------------------------------------------------------------- metrics to v1 */

static struct api_autoscaling_metric_spec served_metric(const struct api_autoscaling_v2_metric_spec *from,
                                                        struct arena *arena)
{
    struct api_autoscaling_metric_spec to = { .type = from->type };
    if (from->object != NULL) {
        to.object = arena_new(arena, struct api_autoscaling_object_metric_source);
        to.object->target = served_reference(&from->object->described_object);
        to.object->metric_name = from->object->metric.name;
        to.object->selector = from->object->metric.selector;
        to.object->target_value = quantity_or_zero(from->object->target.value);
        to.object->average_value = from->object->target.average_value;
    }
    if (from->pods != NULL) {
        to.pods = arena_new(arena, struct api_autoscaling_pods_metric_source);
        to.pods->metric_name = from->pods->metric.name;
        to.pods->selector = from->pods->metric.selector;
        to.pods->target_average_value = quantity_or_zero(from->pods->target.average_value);
    }
    if (from->resource != NULL) {
        to.resource = arena_new(arena, struct api_autoscaling_resource_metric_source);
        to.resource->name = from->resource->name;
        to.resource->target_average_utilization = from->resource->target.average_utilization;
        to.resource->target_average_value = from->resource->target.average_value;
    }
    if (from->container_resource != NULL) {
        to.container_resource = arena_new(arena, struct api_autoscaling_container_resource_metric_source);
        to.container_resource->name = from->container_resource->name;
        to.container_resource->container = from->container_resource->container;
        to.container_resource->target_average_utilization = from->container_resource->target.average_utilization;
        to.container_resource->target_average_value = from->container_resource->target.average_value;
    }
    if (from->external != NULL) {
        to.external = arena_new(arena, struct api_autoscaling_external_metric_source);
        to.external->metric_name = from->external->metric.name;
        to.external->metric_selector = from->external->metric.selector;
        to.external->target_value = from->external->target.value;
        to.external->target_average_value = from->external->target.average_value;
    }
    return to;
}

static struct api_autoscaling_metric_status served_status(const struct api_autoscaling_v2_metric_status *from,
                                                          struct arena *arena)
{
    struct api_autoscaling_metric_status to = { .type = from->type };
    if (from->object != NULL) {
        to.object = arena_new(arena, struct api_autoscaling_object_metric_status);
        to.object->target = served_reference(&from->object->described_object);
        to.object->metric_name = from->object->metric.name;
        to.object->selector = from->object->metric.selector;
        to.object->current_value = quantity_or_zero(from->object->current.value);
        to.object->average_value = from->object->current.average_value;
    }
    if (from->pods != NULL) {
        to.pods = arena_new(arena, struct api_autoscaling_pods_metric_status);
        to.pods->metric_name = from->pods->metric.name;
        to.pods->selector = from->pods->metric.selector;
        to.pods->current_average_value = quantity_or_zero(from->pods->current.average_value);
    }
    if (from->resource != NULL) {
        to.resource = arena_new(arena, struct api_autoscaling_resource_metric_status);
        to.resource->name = from->resource->name;
        to.resource->current_average_utilization = from->resource->current.average_utilization;
        to.resource->current_average_value = quantity_or_zero(from->resource->current.average_value);
    }
    if (from->container_resource != NULL) {
        to.container_resource = arena_new(arena, struct api_autoscaling_container_resource_metric_status);
        to.container_resource->name = from->container_resource->name;
        to.container_resource->container = from->container_resource->container;
        to.container_resource->current_average_utilization = from->container_resource->current.average_utilization;
        to.container_resource->current_average_value =
            quantity_or_zero(from->container_resource->current.average_value);
    }
    if (from->external != NULL) {
        to.external = arena_new(arena, struct api_autoscaling_external_metric_status);
        to.external->metric_name = from->external->metric.name;
        to.external->metric_selector = from->external->metric.selector;
        to.external->current_value = quantity_or_zero(from->external->current.value);
        to.external->current_average_value = from->external->current.average_value;
    }
    return to;
}

/* ---------------------------------------------------------------- metrics from v1 */

static struct api_autoscaling_v2_metric_target target(const char *type, const struct quantity *value,
                                                      struct quantity *average_value, int32_t *utilization,
                                                      struct arena *arena)
{
    return (struct api_autoscaling_v2_metric_target){ .type = type,
                                                      .value = value == NULL ? NULL : quantity_copy(value, arena),
                                                      .average_value = average_value,
                                                      .average_utilization = utilization };
}

static struct api_autoscaling_v2_metric_spec stored_metric(const struct api_autoscaling_metric_spec *from,
                                                           struct arena *arena)
{
    struct api_autoscaling_v2_metric_spec to = { .type = from->type };
    if (from->object != NULL) {
        to.object = arena_new(arena, struct api_autoscaling_v2_object_metric_source);
        to.object->described_object = stored_reference(&from->object->target);
        to.object->metric = identifier(from->object->metric_name, from->object->selector);
        to.object->target = target(from->object->average_value == NULL ? "Value" : "AverageValue",
                                   &from->object->target_value, from->object->average_value, NULL, arena);
    }
    if (from->pods != NULL) {
        to.pods = arena_new(arena, struct api_autoscaling_v2_pods_metric_source);
        to.pods->metric = identifier(from->pods->metric_name, from->pods->selector);
        to.pods->target =
            target("AverageValue", NULL, quantity_copy(&from->pods->target_average_value, arena), NULL, arena);
    }
    if (from->resource != NULL) {
        to.resource = arena_new(arena, struct api_autoscaling_v2_resource_metric_source);
        to.resource->name = from->resource->name;
        to.resource->target =
            target(from->resource->target_average_utilization == NULL ? "AverageValue" : "Utilization", NULL,
                   from->resource->target_average_value, from->resource->target_average_utilization, arena);
    }
    if (from->container_resource != NULL) {
        const struct api_autoscaling_container_resource_metric_source *source = from->container_resource;
        to.container_resource = arena_new(arena, struct api_autoscaling_v2_container_resource_metric_source);
        to.container_resource->name = source->name;
        to.container_resource->container = source->container;
        to.container_resource->target =
            target(source->target_average_utilization == NULL ? "AverageValue" : "Utilization", NULL,
                   source->target_average_value, source->target_average_utilization, arena);
    }
    if (from->external != NULL) {
        to.external = arena_new(arena, struct api_autoscaling_v2_external_metric_source);
        to.external->metric = identifier(from->external->metric_name, from->external->metric_selector);
        to.external->target = target(from->external->target_value == NULL ? "AverageValue" : "Value",
                                     from->external->target_value, from->external->target_average_value, NULL, arena);
    }
    return to;
}

static struct api_autoscaling_v2_metric_value_status
current(const struct quantity *value, const struct quantity *average_value, int32_t *utilization, struct arena *arena)
{
    return (struct api_autoscaling_v2_metric_value_status){
        .value = value == NULL ? NULL : quantity_copy(value, arena),
        .average_value = average_value == NULL ? NULL : quantity_copy(average_value, arena),
        .average_utilization = utilization,
    };
}

static struct api_autoscaling_v2_metric_status stored_status(const struct api_autoscaling_metric_status *from,
                                                             struct arena *arena)
{
    struct api_autoscaling_v2_metric_status to = { .type = from->type };
    if (from->object != NULL) {
        to.object = arena_new(arena, struct api_autoscaling_v2_object_metric_status);
        to.object->described_object = stored_reference(&from->object->target);
        to.object->metric = identifier(from->object->metric_name, from->object->selector);
        to.object->current = current(&from->object->current_value, from->object->average_value, NULL, arena);
    }
    if (from->pods != NULL) {
        to.pods = arena_new(arena, struct api_autoscaling_v2_pods_metric_status);
        to.pods->metric = identifier(from->pods->metric_name, from->pods->selector);
        to.pods->current = current(NULL, &from->pods->current_average_value, NULL, arena);
    }
    if (from->resource != NULL) {
        to.resource = arena_new(arena, struct api_autoscaling_v2_resource_metric_status);
        to.resource->name = from->resource->name;
        to.resource->current =
            current(NULL, &from->resource->current_average_value, from->resource->current_average_utilization, arena);
    }
    if (from->container_resource != NULL) {
        const struct api_autoscaling_container_resource_metric_status *status = from->container_resource;
        to.container_resource = arena_new(arena, struct api_autoscaling_v2_container_resource_metric_status);
        to.container_resource->name = status->name;
        to.container_resource->container = status->container;
        to.container_resource->current =
            current(NULL, &status->current_average_value, status->current_average_utilization, arena);
    }
    if (from->external != NULL) {
        to.external = arena_new(arena, struct api_autoscaling_v2_external_metric_status);
        to.external->metric = identifier(from->external->metric_name, from->external->metric_selector);
        to.external->current =
            current(&from->external->current_value, from->external->current_average_value, NULL, arena);
    }
    return to;
}

/* ---------------------------------------------------------------- annotations */

static bool stands_in(const char *key)
{
    static const char *const keys[] = { BEHAVIOR, CONDITIONS, CURRENT_METRICS, METRICS };
    for (size_t i = 0; i < countof(keys); i++)
        if (text_equal(key, keys[i]))
            return true;
    return false;
}

static const char *annotation(const struct api_object_meta *meta, const char *key)
{
    for (size_t i = 0; i < meta->n_annotations; i++)
        if (strcmp(meta->annotations[i].key, key) == 0)
            return text_or_empty(meta->annotations[i].value);
    return NULL;
}

/* The annotations without those that stand in for fields, in a list with room for four. */
static void drop(struct api_object_meta *meta, struct arena *arena)
{
    struct api_string_entry *kept = arena_new_array(arena, struct api_string_entry, meta->n_annotations + 4);
    size_t count = 0;
    for (size_t i = 0; i < meta->n_annotations; i++)
        if (!stands_in(meta->annotations[i].key))
            kept[count++] = meta->annotations[i];
    meta->annotations = kept;
    meta->n_annotations = count;
}

/* In its place by key; after drop(). */
static void put(struct api_object_meta *meta, const char *key, struct buffer *value, struct arena *arena)
{
    if (buffer_failed(value) || value->size == 0)
        return;
    size_t at = meta->n_annotations++;
    for (; at > 0 && strcmp(meta->annotations[at - 1].key, key) > 0; at--)
        meta->annotations[at] = meta->annotations[at - 1];
    meta->annotations[at] =
        (struct api_string_entry){ .key = key, .value = arena_strndup(arena, value->data, value->size) };
}

/* One more element of a JSON list that is closed later. */
static void append_element(struct buffer *list, const struct api_type *type, const void *value)
{
    buffer_append_char(list, list->size == 0 ? '[' : ',');
    api_encode_json(type, NULL, value, list);
}

static void close_list(struct buffer *list)
{
    if (list->size > 0)
        buffer_append_char(list, ']');
}

static void put_status(const stored_autoscaler *stored, struct api_object_meta *meta, struct arena *arena)
{
    auto_buffer struct buffer metrics = { .max = 1 << 20 };
    auto_buffer struct buffer conditions = { .max = 1 << 20 };
    for (size_t i = 0; i < stored->status.n_current_metrics; i++) {
        struct api_autoscaling_metric_status status = served_status(&stored->status.current_metrics[i], arena);
        append_element(&metrics, &api_type_autoscaling_metric_status, &status);
    }
    for (size_t i = 0; i < stored->status.n_conditions; i++)
        append_element(&conditions, &api_type_autoscaling_v2_horizontal_pod_autoscaler_condition,
                       &stored->status.conditions[i]);
    close_list(&metrics);
    close_list(&conditions);
    put(meta, CURRENT_METRICS, &metrics, arena);
    put(meta, CONDITIONS, &conditions, arena);
}

void autoscaler_annotate(const stored_autoscaler *stored, struct api_autoscaling_horizontal_pod_autoscaler *served,
                         struct arena *arena)
{
    struct api_object_meta *meta = &served->metadata;
    auto_buffer struct buffer metrics = { .max = 1 << 20 };
    auto_buffer struct buffer behavior = { .max = 1 << 20 };
    drop(meta, arena);
    for (size_t i = 0; i < stored->spec.n_metrics; i++) {
        if (autoscaler_metric_is_cpu(&stored->spec.metrics[i]))
            continue;
        struct api_autoscaling_metric_spec metric = served_metric(&stored->spec.metrics[i], arena);
        append_element(&metrics, &api_type_autoscaling_metric_spec, &metric);
    }
    close_list(&metrics);
    put(meta, METRICS, &metrics, arena);
    put_status(stored, meta, arena);
    if (stored->spec.behavior != NULL)
        internal_form(&api_type_autoscaling_v2_horizontal_pod_autoscaler_behavior, stored->spec.behavior, false,
                      &behavior);
    put(meta, BEHAVIOR, &behavior, arena);
    if (meta->n_annotations == 0)
        meta->annotations = NULL;
}

/* ---------------------------------------------------------------- reading them */

/* A list of messages from a text; how many, 0 when it is no such list. */
static size_t read_list(const char *text, const struct api_type *type, struct arena *arena, void **ret_list)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    if (text == NULL || json_read(str_of(text), API_DEPTH_MAX, &doc, NULL) < 0)
        return 0;
    yyjson_val *root = yyjson_doc_get_root(doc);
    size_t count = yyjson_arr_size(root);
    if (count == 0 || count > METRICS_MAX)
        return 0;
    char *list = arena_zalloc(arena, count * type->size);
    for (size_t i = 0; i < count; i++) {
        auto_buffer struct buffer json = { .max = 1 << 20 };
        json_append_value(&json, yyjson_arr_get(root, i));
        if (buffer_failed(&json) ||
            api_decode_json(type, buffer_str(&json), arena, list + i * type->size, NULL, NULL) < 0)
            return 0;
    }
    *ret_list = list;
    return count;
}

/* Go's names begin with a capital letter, ours do not. */
static void append_lowered(struct buffer *out, yyjson_val *json)
{
    size_t i, count;
    yyjson_val *key, *value;
    if (yyjson_is_obj(json)) {
        buffer_append_char(out, '{');
        yyjson_obj_foreach(json, i, count, key, value)
        {
            size_t start = out->size + (i == 0 ? 1 : 2);
            buffer_append_text(out, i == 0 ? "" : ",");
            json_append_string(out, (struct str){ yyjson_get_str(key), yyjson_get_len(key) });
            if (!buffer_failed(out))
                out->data[start] = (char)tolower((unsigned char)out->data[start]);
            buffer_append_char(out, ':');
            append_lowered(out, value);
        }
        buffer_append_char(out, '}');
    } else if (yyjson_is_arr(json)) {
        buffer_append_char(out, '[');
        yyjson_arr_foreach(json, i, count, value)
        {
            if (i > 0)
                buffer_append_char(out, ',');
            append_lowered(out, value);
        }
        buffer_append_char(out, ']');
    } else {
        json_append_value(out, json);
    }
}

static void read_behavior(stored_autoscaler *stored, struct arena *arena)
{
    const char *text = annotation(&stored->metadata, BEHAVIOR);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    auto_buffer struct buffer json = { .max = 1 << 20 };
    struct api_autoscaling_v2_horizontal_pod_autoscaler_behavior *behavior =
        arena_new(arena, struct api_autoscaling_v2_horizontal_pod_autoscaler_behavior);
    if (text == NULL || json_read(str_of(text), API_DEPTH_MAX, &doc, NULL) < 0)
        return;
    append_lowered(&json, yyjson_doc_get_root(doc));
    if (!buffer_failed(&json) &&
        api_decode_json(&api_type_autoscaling_v2_horizontal_pod_autoscaler_behavior, buffer_str(&json), arena, behavior,
                        NULL, NULL) == 0 &&
        (behavior->scale_up != NULL || behavior->scale_down != NULL))
        stored->spec.behavior = behavior;
}

static void read_metrics(stored_autoscaler *stored, struct arena *arena)
{
    struct api_autoscaling_metric_spec *more = NULL;
    size_t count =
        read_list(annotation(&stored->metadata, METRICS), &api_type_autoscaling_metric_spec, arena, (void **)&more);
    if (count == 0)
        return;
    size_t own = stored->spec.n_metrics;
    struct api_autoscaling_v2_metric_spec *metrics =
        arena_new_array(arena, struct api_autoscaling_v2_metric_spec, count + own);
    for (size_t i = 0; i < count; i++)
        metrics[i] = stored_metric(&more[i], arena);
    if (own > 0)
        metrics[count] = stored->spec.metrics[0];
    stored->spec.metrics = metrics;
    stored->spec.n_metrics = count + (own > 0 ? 1 : 0);
}

static void read_status(stored_autoscaler *stored, struct arena *arena)
{
    struct api_autoscaling_metric_status *metrics = NULL;
    void *conditions = NULL;
    size_t count = read_list(annotation(&stored->metadata, CURRENT_METRICS), &api_type_autoscaling_metric_status, arena,
                             (void **)&metrics);
    if (count > 0) {
        stored->status.current_metrics = arena_new_array(arena, struct api_autoscaling_v2_metric_status, count);
        stored->status.n_current_metrics = count;
        for (size_t i = 0; i < count; i++)
            stored->status.current_metrics[i] = stored_status(&metrics[i], arena);
    }
    count = read_list(annotation(&stored->metadata, CONDITIONS),
                      &api_type_autoscaling_v2_horizontal_pod_autoscaler_condition, arena, &conditions);
    if (count > 0) {
        stored->status.conditions = conditions;
        stored->status.n_conditions = count;
    }
}

void autoscaler_read_annotations(stored_autoscaler *stored, struct arena *arena)
{
    bool any = false;
    for (size_t i = 0; i < stored->metadata.n_annotations; i++)
        any |= stands_in(stored->metadata.annotations[i].key);
    if (!any)
        return;
    read_metrics(stored, arena);
    read_status(stored, arena);
    read_behavior(stored, arena);
    drop(&stored->metadata, arena);
    if (stored->metadata.n_annotations == 0)
        stored->metadata.annotations = NULL;
}
