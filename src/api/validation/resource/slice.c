/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* slice.c - the devices that a driver offers: a part of a pool. */
#include "api/codec.h"
#include "api/validation/formats/names.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/resource/device_rules.h"

/* Upstream's */
#define DEVICES_MAX          128
#define DEVICES_MAX_ADVANCED 64 /* with taints, counters or lists */
#define COUNTER_SETS_MAX     8

typedef struct api_resource_resource_slice_spec slice_spec;

static void validate_pool(const struct api_resource_resource_pool *pool, const struct field_at *at,
                          struct api_invalid *errors)
{
    validate_resource_pool_name(pool->name, at_field(at, "name"), errors);
    if (pool->resource_slice_count <= 0)
        invalid_number(errors, at_field(at, "resourceSliceCount"), pool->resource_slice_count,
                       "must be greater than zero");
    if (pool->generation < 0)
        invalid_number(errors, at_field(at, "generation"), pool->generation, "must be greater than or equal to zero");
}

/* A flag that is there to be true. */
static bool validate_true(const bool *flag, const struct field_at *at, struct api_invalid *errors)
{
    if (flag != NULL && !*flag)
        invalid_flag(errors, at, false, "must be either unset or set to true");
    return flag != NULL && *flag;
}

static bool validate_node_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (name == NULL)
        return false;
    if (name[0] == '\0') {
        invalid_string(errors, at, name, "must be either unset or set to a non-empty string");
        return false;
    }
    invalid_format(errors, at, format_dns1123_subdomain, name);
    return true;
}

static void validate_selector(const struct api_node_selector *selector, const struct field_at *at,
                              struct api_invalid *errors)
{
    validate_node_selector(selector, false, at, errors);
    if (selector->n_node_selector_terms != 1) {
        auto_buffer struct buffer shown = { 0 };
        buffer_append_text(&shown, "[");
        for (size_t i = 0; i < selector->n_node_selector_terms; i++) {
            if (i > 0)
                buffer_append_char(&shown, ',');
            api_encode_json(&api_type_node_selector_term, NULL, &selector->node_selector_terms[i], &shown);
        }
        buffer_append_text(&shown, "]");
        invalid_raw(errors, at_field(at, "nodeSelectorTerms"), buffer_failed(&shown) ? "" : shown.data,
                    "must have exactly one node selector term");
    }
}

#define ONE_PLACE "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"

static void validate_nodes(const slice_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const char *set[4];
    size_t count = 0;

    if (validate_node_name(spec->node_name, at_field(at, "nodeName"), errors))
        set[count++] = "`nodeName`";
    if (spec->node_selector != NULL) {
        set[count++] = "`nodeSelector`";
        validate_selector(spec->node_selector, at_field(at, "nodeSelector"), errors);
    }
    if (validate_true(spec->all_nodes, at_field(at, "allNodes"), errors))
        set[count++] = "`allNodes`";
    if (validate_true(spec->per_device_node_selection, at_field(at, "perDeviceNodeSelection"), errors))
        set[count++] = "`perDeviceNodeSelection`";
    invalid_unless_one(errors, at, set, count, ONE_PLACE, ONE_PLACE ", but multiple fields are set");
}

static bool is_advanced(const slice_spec *spec)
{
    for (size_t i = 0; i < spec->n_devices; i++) {
        const struct api_resource_device *device = &spec->devices[i];
        if (device->n_taints > 0 || device->n_consumes_counters > 0)
            return true;
        for (size_t k = 0; k < device->n_attributes; k++) {
            const struct api_resource_device_attribute *attribute = &device->attributes[k].value;
            if (attribute->n_bools + attribute->n_ints + attribute->n_strings + attribute->n_versions > 0)
                return true;
        }
    }
    return false;
}

static const struct api_resource_device *find_device(const slice_spec *spec, const char *name)
{
    for (size_t i = 0; spec != NULL && i < spec->n_devices; i++)
        if (text_equal(spec->devices[i].name, name))
            return &spec->devices[i];
    return NULL;
}

static void validate_devices(const slice_spec *spec, const slice_spec *old, const struct field_at *at,
                             struct api_invalid *errors)
{
    bool per_device = spec->per_device_node_selection != NULL && *spec->per_device_node_selection;
    auto_text_set struct text_set names = { 0 };

    if (!device_list_fits(spec->n_devices, is_advanced(spec) ? DEVICES_MAX_ADVANCED : DEVICES_MAX, at, errors))
        return;
    for (size_t i = 0; i < spec->n_devices; i++)
        validate_device(&spec->devices[i], find_device(old, spec->devices[i].name), per_device, at_index(at, i),
                        errors);
    for (size_t i = 0; i < spec->n_devices; i++)
        invalid_repeated(errors, at_index(at, i), &names, spec->devices[i].name);
}

static void validate_counter_sets(const slice_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    auto_text_set struct text_set names = { 0 };

    if (!device_list_fits(spec->n_shared_counters, COUNTER_SETS_MAX, at, errors))
        return;
    for (size_t i = 0; i < spec->n_shared_counters; i++) {
        const struct api_resource_counter_set *set = &spec->shared_counters[i];
        const struct field_at *name = at_field(at_index(at, i), "name");
        const struct field_at *counters = at_field(at_index(at, i), "counters");
        validate_device_counters(set->name, name, set->counters, set->n_counters, counters, errors);
    }
    for (size_t i = 0; i < spec->n_shared_counters; i++)
        invalid_repeated(errors, at_index(at, i), &names, spec->shared_counters[i].name);
}

static void validate_slice(const slice_spec *spec, const slice_spec *old, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    validate_csi_driver_name(spec->driver, at_field(at, "driver"), errors);
    validate_pool(&spec->pool, at_field(at, "pool"), errors);
    if (old != NULL) {
        validate_immutable_string(spec->pool.name, old->pool.name, at_field(at_field(at, "pool"), "name"), errors);
        validate_immutable_string(spec->driver, old->driver, at_field(at, "driver"), errors);
        validate_immutable_string(spec->node_name, old->node_name, at_field(at, "nodeName"), errors);
    }
    validate_nodes(spec, at, errors);
    if (spec->n_shared_counters > 0 && spec->n_devices > 0)
        invalid_string(errors, at, "", "only one of `sharedCounters` or `devices` is allowed");
    validate_devices(spec, old, at_field(at, "devices"), errors);
    validate_counter_sets(spec, at_field(at, "sharedCounters"), errors);
}

void validate_resource_slice_create(const void *object, struct api_invalid *errors)
{
    validate_slice(&((const struct api_resource_resource_slice *)object)->spec, NULL, errors);
}

void validate_resource_slice_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_slice(&((const struct api_resource_resource_slice *)object)->spec,
                   &((const struct api_resource_resource_slice *)old)->spec, errors);
}
