/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* configuration.c - what is handed to drivers, taints and tolerations of devices, conditions of binding. */
#include "api/validation/formats/names.h"
#include "api/validation/resource/device_rules.h"

#define BINDING_CONDITIONS_MAX 4 /* upstream's */

static const char *const effects[] = { "NoExecute", "NoSchedule", "None", NULL };
static const char *const operators[] = { "Equal", "Exists", NULL };

void validate_device_parameters(struct str json, bool stored, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_trim(json);

    if (json.size == 0 || str_is(text, "null"))
        invalid_missing(errors, at);
    else if (!stored && json.size > DEVICE_PARAMETERS_MAX)
        invalid_too_long(errors, at, DEVICE_PARAMETERS_MAX);
    else if (!str_starts(text, STR("{")))
        invalid_string(errors, at, "<value omitted>", "must be a valid JSON object");
}

void validate_device_configuration(const struct api_resource_opaque_device_configuration *opaque, bool stored,
                                   const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *opaque_at = at_field(at, "opaque");

    if (opaque == NULL) {
        invalid_missing(errors, opaque_at);
        return;
    }
    validate_csi_driver_name(opaque->driver, at_field(opaque_at, "driver"), errors);
    validate_device_parameters(opaque->parameters, stored, at_field(opaque_at, "parameters"), errors);
}

void validate_device_taint(const struct api_resource_device_taint *taint, const struct field_at *at,
                           struct api_invalid *errors)
{
    invalid_format(errors, at_field(at, "key"), format_qualified_name, text_or_empty(taint->key));
    invalid_optional_format(errors, at_field(at, "value"), format_label_value, taint->value);
    invalid_one_of(errors, at_field(at, "effect"), taint->effect, effects, true);
}

static void validate_toleration(const struct api_resource_device_toleration *toleration, const struct field_at *at,
                                struct api_invalid *errors)
{
    const char *value = text_or_empty(toleration->value);

    invalid_optional_format(errors, at_field(at, "key"), format_qualified_name, toleration->key);
    if (text_equal(toleration->operator, "Exists")) {
        if (value[0] != '\0')
            invalid_string(errors, at_field(at, "value"), value, "must be empty for operator `Exists`");
    } else if (invalid_one_of(errors, at_field(at, "operator"), toleration->operator, operators, true)) {
        invalid_format(errors, at_field(at, "value"), format_label_value, value);
    }
    if (!text_empty(toleration->effect))
        invalid_one_of(errors, at_field(at, "effect"), toleration->effect, effects, false);
}

void validate_device_tolerations(const struct api_resource_device_toleration *tolerations, size_t count,
                                 const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++)
        validate_toleration(&tolerations[i], at_index(at, i), errors);
}

static void validate_keys(const char *const *keys, size_t count, const struct field_at *at, struct api_invalid *errors)
{
    if (!device_list_fits(count, BINDING_CONDITIONS_MAX, at, errors))
        return;
    for (size_t i = 0; i < count; i++)
        invalid_format(errors, at_index(at, i), format_qualified_name, text_or_empty(keys[i]));
}

void validate_binding_conditions(const char *const *conditions, size_t count, const char *const *failures,
                                 size_t n_failures, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *condition = at_field(at, "bindingConditions");
    const struct field_at *failure = at_field(at, "bindingFailureConditions");
    auto_text_set struct text_set seen = { 0 }, failed = { 0 };

    validate_keys(conditions, count, condition, errors);
    validate_keys(failures, n_failures, failure, errors);
    for (size_t i = 0; i < count; i++)
        invalid_repeated(errors, at_index(condition, i), &seen, conditions[i]);
    for (size_t i = 0; i < n_failures; i++) {
        invalid_repeated(errors, at_index(failure, i), &failed, failures[i]);
        if (text_set_has(&seen, text_or_empty(failures[i])))
            invalid_string(errors, at_index(failure, i), failures[i],
                           "bindingFailureConditions must not overlap with bindingConditions");
    }
    if (count == 0 && n_failures > 0)
        invalid_raw(errors, condition, "null", "bindingConditions are required to use bindingFailureConditions");
    if (n_failures == 0 && count > 0)
        invalid_raw(errors, failure, "null", "bindingFailureConditions are required to use bindingConditions");
}
