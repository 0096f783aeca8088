/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* storage_class.c - StorageClasses and VolumeAttributesClasses. */
#include <ctype.h>

#include "api/codec.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"

#define PARAMETERS_MAX      512
#define PARAMETERS_SIZE_MAX (256 * 1024)

static const char *const reclaim_policies[] = { "Delete", "Retain", NULL };
static const char *const binding_modes[] = { "Immediate", "WaitForFirstConsumer", NULL };

static void validate_provisioner(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    auto_buffer struct buffer lower = { .max = INVALID_VALUE_SIZE_MAX };

    if (text_empty(name)) {
        invalid_missing(errors, at);
        return;
    }
    for (const char *c = name; *c != '\0'; c++)
        buffer_append_char(&lower, (char)tolower((unsigned char)*c));
    buffer_append_char(&lower, '\0');
    invalid_format(errors, at, format_qualified_name, buffer_failed(&lower) ? name : lower.data);
}

static void validate_parameters(const struct api_string_entry *parameters, size_t count, const struct field_at *at,
                                struct api_invalid *errors)
{
    size_t size = 0;

    if (count > PARAMETERS_MAX) {
        invalid_too_long(errors, at, PARAMETERS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (text_empty(parameters[i].key))
            invalid_string(errors, at, "", "field can not be empty.");
        size += strlen(text_or_empty(parameters[i].key)) + strlen(text_or_empty(parameters[i].value));
    }
    if (size > PARAMETERS_SIZE_MAX)
        invalid_too_long(errors, at, PARAMETERS_SIZE_MAX);
}

static bool same_parameters(const struct api_string_entry *a, size_t n_a, const struct api_string_entry *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!text_equal(a[i].key, b[i].key) || !text_equal(a[i].value, b[i].value))
            return false;
    return n_a == n_b;
}

static void validate_term(const struct api_topology_selector_term *term, const struct field_at *at,
                          struct api_invalid *errors)
{
    auto_text_set struct text_set keys = { 0 };

    for (size_t i = 0; i < term->n_match_label_expressions; i++) {
        auto_text_set struct text_set values = { 0 };
        const struct api_topology_selector_label_requirement *expression = &term->match_label_expressions[i];
        const struct field_at *here = at_index(at_field(at, "matchLabelExpressions"), i);
        const struct field_at *values_at = at_field(here, "values");
        invalid_repeated(errors, at_field(here, "key"), &keys, expression->key);
        if (expression->n_values == 0)
            invalid_missing(errors, values_at);
        for (size_t k = 0; k < expression->n_values; k++)
            invalid_repeated(errors, at_index(values_at, k), &values, expression->values[k]);
        invalid_format(errors, at_field(here, "key"), format_qualified_name, expression->key);
    }
}

static const struct api_topology_selector_label_requirement *find_key(const struct api_topology_selector_term *term,
                                                                      const char *key)
{
    for (size_t i = 0; i < term->n_match_label_expressions; i++)
        if (text_equal(term->match_label_expressions[i].key, key))
            return &term->match_label_expressions[i];
    return NULL;
}

static bool same_values(const struct api_topology_selector_label_requirement *a,
                        const struct api_topology_selector_label_requirement *b)
{
    auto_text_set struct text_set values = { 0 };

    for (size_t i = 0; i < a->n_values; i++)
        text_set_add(&values, a->values[i]);
    for (size_t i = 0; i < b->n_values; i++)
        if (!text_set_has(&values, b->values[i]))
            return false;
    return a->n_values == b->n_values;
}

/* The same keys with the same values, in whatever order. */
static bool same_term(const struct api_topology_selector_term *a, const struct api_topology_selector_term *b)
{
    if (a->n_match_label_expressions != b->n_match_label_expressions)
        return false;
    for (size_t i = 0; i < a->n_match_label_expressions; i++) {
        const struct api_topology_selector_label_requirement *other = find_key(b, a->match_label_expressions[i].key);
        if (other == NULL || !same_values(&a->match_label_expressions[i], other))
            return false;
    }
    return true;
}

static void validate_topologies(const struct api_storage_storage_class *class, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "allowedTopologies");

    for (size_t i = 0; i < class->n_allowed_topologies; i++) {
        bool repeated = class->allowed_topologies[i].n_match_label_expressions == 0;
        validate_term(&class->allowed_topologies[i], at_index(at, i), errors);
        for (size_t k = 0; !repeated && k < i; k++)
            repeated = same_term(&class->allowed_topologies[k], &class->allowed_topologies[i]);
        if (repeated)
            invalid_duplicate(errors, at_field(at_index(at, i), "matchLabelExpressions"), "");
    }
}

void validate_storage_class_create(const void *object, struct api_invalid *errors)
{
    const struct api_storage_storage_class *class = object;

    validate_provisioner(class->provisioner, at_field(NULL, "provisioner"), errors);
    validate_parameters(class->parameters, class->n_parameters, at_field(NULL, "parameters"), errors);
    if (!text_empty(class->reclaim_policy))
        invalid_one_of(errors, at_field(NULL, "reclaimPolicy"), class->reclaim_policy, reclaim_policies, false);
    if (class->volume_binding_mode == NULL)
        invalid_missing(errors, at_field(NULL, "volumeBindingMode"));
    else
        invalid_one_of(errors, at_field(NULL, "volumeBindingMode"), class->volume_binding_mode, binding_modes, false);
    validate_topologies(class, errors);
}

void validate_storage_class_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_storage_storage_class *class = object;
    const struct api_storage_storage_class *old = old_object;

    if (!same_parameters(class->parameters, class->n_parameters, old->parameters, old->n_parameters))
        invalid_string_map(errors, at_field(NULL, "parameters"), class->parameters, class->n_parameters,
                           INVALID_IMMUTABLE);
    validate_immutable_string(class->provisioner, old->provisioner, at_field(NULL, "provisioner"), errors);
    validate_immutable_string(class->reclaim_policy, old->reclaim_policy, at_field(NULL, "reclaimPolicy"), errors);
    validate_immutable_string(class->volume_binding_mode, old->volume_binding_mode, at_field(NULL, "volumeBindingMode"),
                              errors);
}

void validate_volume_attributes_class_create(const void *object, struct api_invalid *errors)
{
    const struct api_storage_volume_attributes_class *class = object;

    validate_provisioner(class->driver_name, at_field(NULL, "driverName"), errors);
    validate_parameters(class->parameters, class->n_parameters, at_field(NULL, "parameters"), errors);
    if (class->n_parameters == 0)
        invalid_required(errors, at_field(NULL, "parameters"), "must contain at least one key/value pair");
}

void validate_volume_attributes_class_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_storage_volume_attributes_class *class = object;
    const struct api_storage_volume_attributes_class *old = old_object;

    if (!text_equal(class->driver_name, old->driver_name))
        invalid_forbidden(errors, at_field(NULL, "driverName"), "updates to driverName are forbidden.");
    if (!same_parameters(class->parameters, class->n_parameters, old->parameters, old->n_parameters))
        invalid_forbidden(errors, at_field(NULL, "parameters"), "updates to parameters are forbidden.");
    validate_volume_attributes_class_create(object, errors);
}
