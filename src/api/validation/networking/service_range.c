/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_range.c - ServiceCIDRs, and the IPAddresses that Services have from them. */
#include "api/validation/formats/address.h"
#include "api/validation/kind_rules.h"
#include "api/validation/networking/reference.h"

void validate_ip_address_create(const void *object, struct api_invalid *errors)
{
    const struct api_networking_parent_reference *parent =
        ((const struct api_networking_ip_address *)object)->spec.parent_ref;
    const struct field_at *at = at_field(at_field(NULL, "spec"), "parentRef");

    if (parent == NULL) {
        invalid_missing(errors, at);
        return;
    }
    if (!text_empty(parent->group))
        invalid_format(errors, at_field(at, "group"), format_dns1123_subdomain, parent->group);
    validate_required_segment(parent->resource, at_field(at, "resource"), errors);
    validate_required_segment(parent->name, at_field(at, "name"), errors);
    if (!text_empty(parent->namespace))
        invalid_format(errors, at_field(at, "namespace"), format_path_segment, parent->namespace);
}

void validate_ip_address_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_immutable(&api_type_networking_parent_reference,
                       ((const struct api_networking_ip_address *)object)->spec.parent_ref,
                       ((const struct api_networking_ip_address *)old)->spec.parent_ref,
                       at_field(at_field(NULL, "spec"), "parentRef"), errors);
}

static void validate_ranges(const struct api_networking_service_cidr_spec *spec, const struct field_at *at,
                            struct api_invalid *errors)
{
    struct ip_prefix first, second;

    if (spec->n_cidrs == 0) {
        invalid_required(errors, at, "at least one CIDR required");
        return;
    }
    if (spec->n_cidrs > 2) {
        invalid_object(errors, at, &api_type_networking_service_cidr_spec, spec, "may only hold up to 2 values");
        return;
    }
    for (size_t i = 0; i < spec->n_cidrs; i++)
        invalid_format(errors, at_index(at, i), format_cidr_canonical, spec->cidrs[i]);
    if (spec->n_cidrs == 2 && address_prefix_read(spec->cidrs[0], &first) &&
        address_prefix_read(spec->cidrs[1], &second) && first.address.family == second.address.family)
        invalid_string_list(errors, at, spec->cidrs, spec->n_cidrs,
                            "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
}

void validate_service_cidr_create(const void *object, struct api_invalid *errors)
{
    validate_ranges(&((const struct api_networking_service_cidr *)object)->spec,
                    at_field(at_field(NULL, "spec"), "cidrs"), errors);
}

void validate_service_cidr_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_networking_service_cidr_spec *spec = &((const struct api_networking_service_cidr *)object)->spec;
    const struct api_networking_service_cidr_spec *old =
        &((const struct api_networking_service_cidr *)old_object)->spec;
    const struct field_at *at = at_field(at_field(NULL, "spec"), "cidrs");
    bool second_family = old->n_cidrs == 1 && spec->n_cidrs == 2;

    if (old->n_cidrs != spec->n_cidrs && !second_family) {
        invalid_string_list(errors, at, spec->cidrs, spec->n_cidrs, INVALID_IMMUTABLE);
        return;
    }
    for (size_t i = 0; i < old->n_cidrs; i++)
        validate_immutable_string(spec->cidrs[i], old->cidrs[i], at_index(at, i), errors);
    if (second_family)
        validate_ranges(spec, at, errors);
}
