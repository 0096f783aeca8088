/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* claim.c - claims of devices and their templates: never changed once made. */
#include "api/validation/volume/claim.h"
#include "api/validation/kind_rules.h"
#include "api/validation/resource/device_rules.h"

void validate_resource_claim_create(const void *object, struct api_invalid *errors)
{
    const struct api_resource_resource_claim *claim = object;
    validate_device_claim(&claim->spec.devices, at_field(at_field(NULL, "spec"), "devices"), errors);
}

void validate_resource_claim_update(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_resource_resource_claim *claim = object, *stored = old;
    validate_immutable(&api_type_resource_resource_claim_spec, &claim->spec, &stored->spec, at_field(NULL, "spec"),
                       errors);
}

void validate_resource_claim_template_create(const void *object, struct api_invalid *errors)
{
    const struct api_resource_resource_claim_template_spec *spec =
        &((const struct api_resource_resource_claim_template *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec"), *meta = at_field(at, "metadata");

    validate_template_metadata(&spec->metadata, meta, errors);
    validate_device_claim(&spec->spec.devices, at_field(at_field(at, "spec"), "devices"), errors);
}

void validate_resource_claim_template_update(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_resource_resource_claim_template *template = object, *stored = old;
    validate_immutable(&api_type_resource_resource_claim_template_spec, &template->spec, &stored->spec,
                       at_field(NULL, "spec"), errors);
}
