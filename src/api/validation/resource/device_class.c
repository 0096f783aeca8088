/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* device_class.c - kinds of devices that claims ask for. */
#include "api/codec.h"
#include "api/validation/formats/names.h"
#include "api/validation/kind_rules.h"
#include "api/validation/resource/device_rules.h"

static void validate_class(const struct api_resource_device_class_spec *spec, bool same_config,
                           struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec"), *config = at_field(at, "config");

    validate_device_selectors(spec->selectors, spec->n_selectors, at_field(at, "selectors"), errors);
    if (device_list_fits(spec->n_config, DEVICE_CONFIG_MAX, config, errors))
        for (size_t i = 0; i < spec->n_config; i++)
            validate_device_configuration(spec->config[i].opaque, same_config, at_index(config, i), errors);
    if (spec->extended_resource_name != NULL && !name_is_extended_resource(str_of(spec->extended_resource_name)))
        invalid_string(errors, at_field(at, "extendedResourceName"), spec->extended_resource_name,
                       "must be a valid extended resource name");
}

void validate_device_class_create(const void *object, struct api_invalid *errors)
{
    validate_class(&((const struct api_resource_device_class *)object)->spec, false, errors);
}

void validate_device_class_update(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_resource_device_class_spec *spec = &((const struct api_resource_device_class *)object)->spec;
    const struct api_resource_device_class_spec *stored = &((const struct api_resource_device_class *)old)->spec;
    bool same = spec->n_config == stored->n_config;

    for (size_t i = 0; same && i < spec->n_config; i++)
        same = api_equal(&api_type_resource_device_class_configuration, &spec->config[i], &stored->config[i]);
    validate_class(spec, same, errors);
}
