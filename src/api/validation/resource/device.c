/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* device.c - one device of a slice. */
#include <ctype.h>

#include "api/codec.h"
#include "api/validation/formats/names.h"
#include "api/validation/formats/resource_names.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/resource/device_rules.h"

/* Upstream's */
#define PROPERTIES_MAX        32
#define ATTRIBUTE_VALUES_MAX  48
#define ATTRIBUTE_SIZE_MAX    64
#define TAINTS_MAX            16
#define CONSUMED_COUNTERS_MAX 2
#define COUNTERS_MAX          32

static void validate_attribute_text(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    if (strlen(text_or_empty(text)) > ATTRIBUTE_SIZE_MAX)
        invalid_too_long(errors, at, ATTRIBUTE_SIZE_MAX);
}

/* Without leading zeros. */
static bool is_number(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!isdigit((unsigned char)text.data[i]))
            return false;
    return text.size == 1 || (text.size > 1 && text.data[0] != '0');
}

/* Of letters, digits and '-', joined by '.'; where they are 'plain' numbers may not begin with 0. */
static bool are_identifiers(struct str text, bool plain)
{
    struct str piece;

    if (text.size == 0 || text.data[text.size - 1] == '.')
        return false;
    while (str_next(&text, '.', &piece)) {
        bool digits = true;
        for (size_t i = 0; i < piece.size; i++) {
            if (!isalnum((unsigned char)piece.data[i]) && piece.data[i] != '-')
                return false;
            digits &= isdigit((unsigned char)piece.data[i]) != 0;
        }
        if (piece.size == 0 || (plain && digits && !is_number(piece)))
            return false;
    }
    return true;
}

/* semver.org 2.0.0: 1.2.3-rc.1+build.5 */
static bool is_version(struct str text)
{
    size_t plus = str_find(text, '+');
    if (plus < text.size && !are_identifiers(str_skip(text, plus + 1), false))
        return false;
    text.size = plus;
    size_t dash = str_find(text, '-');
    if (dash < text.size && !are_identifiers(str_skip(text, dash + 1), true))
        return false;
    text.size = dash;
    struct str piece;
    size_t numbers = 0;
    while (str_next(&text, '.', &piece)) {
        if (!is_number(piece))
            return false;
        numbers++;
    }
    return numbers == 3;
}

static void validate_attribute_version(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    if (!is_version(str_of(text_or_empty(text))))
        invalid_string(errors, at, text_or_empty(text), "must be a string compatible with semver.org spec 2.0.0");
    validate_attribute_text(text, at, errors);
}

static void validate_attribute(const struct api_resource_device_attribute *attribute, const struct field_at *at,
                               struct api_invalid *errors)
{
    if (attribute->string != NULL)
        validate_attribute_text(attribute->string, at_field(at, "string"), errors);
    if (attribute->version != NULL)
        validate_attribute_version(attribute->version, at_field(at, "version"), errors);
    for (size_t i = 0; i < attribute->n_strings; i++)
        validate_attribute_text(attribute->strings[i], at_index(at_field(at, "strings"), i), errors);
    for (size_t i = 0; i < attribute->n_versions; i++)
        validate_attribute_version(attribute->versions[i], at_index(at_field(at, "versions"), i), errors);
    int values = (attribute->bool_ != NULL) + (attribute->int_ != NULL) + (attribute->string != NULL) +
                 (attribute->version != NULL) + (attribute->n_bools > 0) + (attribute->n_ints > 0) +
                 (attribute->n_strings > 0) + (attribute->n_versions > 0);
    if (values == 0)
        invalid_string(errors, at, "", "exactly one value must be specified");
    else if (values > 1)
        invalid_object(errors, at, &api_type_resource_device_attribute, attribute,
                       "exactly one value must be specified");
}

/* Items of lists count one by one. */
static size_t attribute_values(const struct api_resource_device *device)
{
    size_t total = 0;

    for (size_t i = 0; i < device->n_attributes; i++) {
        const struct api_resource_device_attribute *attribute = &device->attributes[i].value;
        size_t items = attribute->n_bools + attribute->n_ints + attribute->n_strings + attribute->n_versions;
        total += items > 0 ? items : 1;
    }
    return total;
}

static void validate_properties(const struct api_resource_device *device, const struct field_at *at,
                                struct api_invalid *errors)
{
    const struct field_at *attributes = at_field(at, "attributes"), *capacity = at_field(at, "capacity");
    size_t properties = device->n_attributes + device->n_capacity, values = attribute_values(device);
    bool multiple = device->allow_multiple_allocations != NULL && *device->allow_multiple_allocations;

    if (properties > PROPERTIES_MAX)
        invalid_number(errors, at, (int64_t)properties,
                       "the total number of attributes and capacities must not exceed %d", PROPERTIES_MAX);
    if (values > ATTRIBUTE_VALUES_MAX)
        invalid_number(errors, at, (int64_t)values, "the total number of attribute values must not exceed %d",
                       ATTRIBUTE_VALUES_MAX);
    for (size_t i = 0; i < device->n_attributes; i++) {
        validate_device_attribute_name(device->attributes[i].key, attributes, errors);
        validate_attribute(&device->attributes[i].value, at_key(attributes, device->attributes[i].key), errors);
    }
    for (size_t i = 0; i < device->n_capacity; i++) {
        validate_device_attribute_name(device->capacity[i].key, capacity, errors);
        validate_device_capacity(&device->capacity[i].value, multiple, at_key(capacity, device->capacity[i].key),
                                 errors);
    }
}

static void validate_taints(const struct api_resource_device *device, const struct api_resource_device *old,
                            const struct field_at *at, struct api_invalid *errors)
{
    bool same = old != NULL && old->n_taints == device->n_taints;

    for (size_t i = 0; same && i < device->n_taints; i++)
        same = api_equal(&api_type_resource_device_taint, &device->taints[i], &old->taints[i]);
    if (same || !device_list_fits(device->n_taints, TAINTS_MAX, at, errors))
        return;
    for (size_t i = 0; i < device->n_taints; i++)
        validate_device_taint(&device->taints[i], at_index(at, i), errors);
}

void validate_device_counters(const char *set, const struct field_at *set_at,
                              const struct api_resource_counter_entry *counters, size_t count,
                              const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(set))
        invalid_missing(errors, set_at);
    else
        invalid_format(errors, set_at, format_dns1123_label, set);
    if (count == 0)
        invalid_missing(errors, at);
    else if (device_list_fits(count, COUNTERS_MAX, at, errors))
        for (size_t i = 0; i < count; i++)
            invalid_format(errors, at, format_dns1123_label, counters[i].key);
}

static void validate_consumed(const struct api_resource_device *device, const struct field_at *at,
                              struct api_invalid *errors)
{
    auto_text_set struct text_set sets = { 0 };

    if (!device_list_fits(device->n_consumes_counters, CONSUMED_COUNTERS_MAX, at, errors))
        return;
    for (size_t i = 0; i < device->n_consumes_counters; i++) {
        const struct api_resource_device_counter_consumption *consumed = &device->consumes_counters[i];
        const struct field_at *set = at_field(at_index(at, i), "counterSet");
        const struct field_at *counters = at_field(at_index(at, i), "counters");
        validate_device_counters(consumed->counter_set, set, consumed->counters, consumed->n_counters, counters,
                                 errors);
    }
    for (size_t i = 0; i < device->n_consumes_counters; i++)
        invalid_repeated(errors, at_index(at, i), &sets, device->consumes_counters[i].counter_set);
}

void invalid_unless_one(struct api_invalid *errors, const struct field_at *at, const char *const *set, size_t count,
                        const char *required, const char *several)
{
    auto_buffer struct buffer shown = { 0 };
    if (count == 0)
        invalid_required(errors, at, "%s", required);
    if (count < 2)
        return;
    for (size_t i = 0; i < count; i++)
        buffer_format(&shown, "%s%s", i == 0 ? "{" : ", ", set[i]);
    buffer_append_char(&shown, '}');
    buffer_append_char(&shown, '\0');
    if (!buffer_failed(&shown))
        invalid_string(errors, at, shown.data, "%s", several);
}

/* Where the device is, when the slice leaves it to each of them. */
static void validate_nodes(const struct api_resource_device *device, const struct field_at *at,
                           struct api_invalid *errors)
{
    static const char what[] = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when "
                               "`perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    const char *set[3];
    size_t count = 0;

    if (device->node_name != NULL && device->node_name[0] == '\0')
        invalid_string(errors, at_field(at, "nodeName"), "", "must not be empty");
    if (!text_empty(device->node_name)) {
        set[count++] = "`nodeName`";
        invalid_format(errors, at_field(at, "nodeName"), format_dns1123_subdomain, device->node_name);
    }
    if (device->node_selector != NULL) {
        set[count++] = "`nodeSelector`";
        validate_node_selector(device->node_selector, false, at_field(at, "nodeSelector"), errors);
    }
    if (device->all_nodes != NULL && *device->all_nodes)
        set[count++] = "`allNodes`";
    else if (device->all_nodes != NULL)
        invalid_flag(errors, at_field(at, "allNodes"), false, "must be either unset or set to true");
    invalid_unless_one(errors, at, set, count, what, what);
}

static bool has_capacity(const struct api_resource_device *device, const char *key)
{
    for (size_t i = 0; i < device->n_capacity; i++)
        if (text_equal(device->capacity[i].key, key))
            return true;
    return false;
}

static void validate_mappings(const struct api_resource_device *device, const struct field_at *at,
                              struct api_invalid *errors)
{
    for (size_t i = 0; i < device->n_node_allocatable_resource_mappings; i++) {
        const char *name = text_or_empty(device->node_allocatable_resource_mappings[i].key);
        const struct api_resource_node_allocatable_resource_mapping *mapping =
            &device->node_allocatable_resource_mappings[i].value;
        const struct field_at *one = at_key(at, name), *key = at_field(one, "capacityKey");
        if (!resource_is_native(str_of(name)))
            invalid_string(errors, one, name, "must be a node allocatable resource name");
        if (mapping->allocation_multiplier == NULL && mapping->capacity_key == NULL)
            invalid_string(errors, one, "", "at least one of allocationMultiplier or capacityKey must be set");
        if (mapping->allocation_multiplier != NULL && quantity_sign(mapping->allocation_multiplier) <= 0)
            invalid_quantity(errors, at_field(one, "allocationMultiplier"), mapping->allocation_multiplier,
                             "must be positive");
        if (mapping->capacity_key != NULL && mapping->capacity_key[0] == '\0')
            invalid_string(errors, key, "", "capacityKey must not be an empty string");
        else if (mapping->capacity_key != NULL && !has_capacity(device, mapping->capacity_key))
            invalid_not_found(errors, key, mapping->capacity_key);
    }
}

void validate_device(const struct api_resource_device *device, const struct api_resource_device *old,
                     bool per_device_nodes, const struct field_at *at, struct api_invalid *errors)
{
    invalid_format(errors, at_field(at, "name"), format_dns1123_label, text_or_empty(device->name));
    validate_properties(device, at, errors);
    validate_taints(device, old, at_field(at, "taints"), errors);
    validate_consumed(device, at_field(at, "consumesCounters"), errors);
    if (per_device_nodes)
        validate_nodes(device, at, errors);
    else if (device->node_name != NULL || device->node_selector != NULL || device->all_nodes != NULL)
        invalid_null(errors, at,
                     "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to "
                     "true in the ResourceSlice spec");
    validate_binding_conditions(device->binding_conditions, device->n_binding_conditions,
                                device->binding_failure_conditions, device->n_binding_failure_conditions, at, errors);
    validate_mappings(device, at_field(at, "nodeAllocatableResourceMappings"), errors);
}
