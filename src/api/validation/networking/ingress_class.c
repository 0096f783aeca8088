/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ingress_class.c - IngressClasses, and the references that they and Ingresses have. */
#include "api/validation/formats/names.h"
#include "api/validation/kind_rules.h"
#include "api/validation/networking/reference.h"

#define CONTROLLER_SIZE_MAX 250

static const char *const scopes[] = { "Cluster", "Namespace", NULL };

void validate_required_segment(const char *value, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(value))
        invalid_missing(errors, at);
    else
        invalid_format(errors, at, format_path_segment, value);
}

void validate_local_reference(const char *group, const char *kind, const char *name, const struct field_at *at,
                              struct api_invalid *errors)
{
    if (group != NULL)
        invalid_format(errors, at_field(at, "apiGroup"), format_dns1123_subdomain, group);
    if (text_empty(kind))
        invalid_required(errors, at_field(at, "kind"), "kind is required");
    else
        invalid_format(errors, at_field(at, "kind"), format_path_segment, kind);
    if (text_empty(name))
        invalid_required(errors, at_field(at, "name"), "name is required");
    else
        invalid_format(errors, at_field(at, "name"), format_path_segment, name);
}

static void validate_parameters(const struct api_networking_ingress_class_parameters_reference *parameters,
                                const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *namespace = at_field(at, "namespace");

    validate_local_reference(parameters->api_group, parameters->kind, parameters->name, at, errors);
    if (parameters->scope == NULL) {
        invalid_missing(errors, at_field(at, "scope"));
        return;
    }
    if (!invalid_one_of(errors, at_field(at, "scope"), parameters->scope, scopes, false))
        return;
    if (text_equal(parameters->scope, "Cluster")) {
        if (parameters->namespace != NULL)
            invalid_forbidden(errors, namespace, "`parameters.scope` is set to 'Cluster'");
    } else if (parameters->namespace == NULL) {
        invalid_required(errors, namespace, "`parameters.scope` is set to 'Namespace'");
    } else {
        invalid_format(errors, namespace, format_dns1123_label, parameters->namespace);
    }
}

void validate_ingress_class_create(const void *object, struct api_invalid *errors)
{
    const struct api_networking_ingress_class_spec *spec = &((const struct api_networking_ingress_class *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    if (strlen(text_or_empty(spec->controller)) > CONTROLLER_SIZE_MAX)
        invalid_too_long(errors, at_field(at, "controller"), CONTROLLER_SIZE_MAX);
    validate_domain_prefixed_path(spec->controller, at_field(at, "controller"), errors);
    if (spec->parameters != NULL)
        validate_parameters(spec->parameters, at_field(at, "parameters"), errors);
}

void validate_ingress_class_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_immutable_string(((const struct api_networking_ingress_class *)object)->spec.controller,
                              ((const struct api_networking_ingress_class *)old)->spec.controller,
                              at_field(at_field(NULL, "spec"), "controller"), errors);
    validate_ingress_class_create(object, errors);
}
