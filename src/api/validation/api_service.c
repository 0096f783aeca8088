/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* api_service.c - APIServices. */
#include <stdio.h>

#include "api/validation/kind_rules.h"

#define NAME_SIZE            600
#define GROUP_PRIORITY_MAX   20000
#define VERSION_PRIORITY_MAX 1000

static const char *const statuses[] = { "True", "False", "Unknown", NULL };

static void validate_service(const struct api_apiregistration_api_service_spec *spec, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct api_apiregistration_service_reference *service = spec->service;
    const struct field_at *here = at_field(at, "service");
    const struct field_at *insecure = at_field(at, "insecureSkipTLSVerify");
    char shown[40];

    if (service == NULL) {
        snprintf(shown, sizeof(shown), "%zu bytes", spec->ca_bundle.size);
        if (spec->ca_bundle.size > 0)
            invalid_string(errors, at_field(at, "caBundle"), shown, "local APIServices may not have a caBundle");
        if (spec->insecure_skip_tls_verify)
            invalid_raw(errors, insecure, "true", "local APIServices may not have insecureSkipTLSVerify");
        return;
    }
    if (text_empty(service->namespace))
        invalid_missing(errors, at_field(here, "namespace"));
    if (text_empty(service->name))
        invalid_missing(errors, at_field(here, "name"));
    if (service->port != NULL && (*service->port < 1 || *service->port > 65535))
        invalid_number(errors, at_field(here, "port"), *service->port,
                       "port is not valid: must be between 1 and 65535, inclusive");
    if (spec->insecure_skip_tls_verify && spec->ca_bundle.size > 0)
        invalid_raw(errors, insecure, "true", "may not be true if caBundle is present");
}

void validate_api_service_create(const void *object, struct api_invalid *errors)
{
    const struct api_apiregistration_api_service *service = object;
    const struct api_apiregistration_api_service_spec *spec = &service->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const char *name = text_or_empty(service->metadata.name);
    char wanted[NAME_SIZE];

    snprintf(wanted, sizeof(wanted), "%s.%s", text_or_empty(spec->version), text_or_empty(spec->group));
    if (format_ok(format_path_segment, str_of(name)) && strcmp(name, wanted) != 0)
        invalid_string(errors, at_field(at_field(NULL, "metadata"), "name"), name,
                       "must be `spec.version+\".\"+spec.group`: \"%s\"", wanted);
    if (text_empty(spec->group) && !text_equal(spec->version, "v1"))
        invalid_required(errors, at_field(at, "group"), "only v1 may have an empty group and it better be legacy kube");
    if (!text_empty(spec->group))
        invalid_format(errors, at_field(at, "group"), format_dns1123_subdomain, spec->group);
    invalid_format(errors, at_field(at, "version"), format_dns1035_label, spec->version);
    if (spec->group_priority_minimum <= 0 || spec->group_priority_minimum > GROUP_PRIORITY_MAX)
        invalid_number(errors, at_field(at, "groupPriorityMinimum"), spec->group_priority_minimum,
                       "must be positive and less than %d", GROUP_PRIORITY_MAX);
    if (spec->version_priority <= 0 || spec->version_priority > VERSION_PRIORITY_MAX)
        invalid_number(errors, at_field(at, "versionPriority"), spec->version_priority,
                       "must be positive and less than %d", VERSION_PRIORITY_MAX);
    validate_service(spec, at, errors);
}

void validate_api_service_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_api_service_create(object, errors);
}

void validate_api_service_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_apiregistration_api_service_status *status =
        &((const struct api_apiregistration_api_service *)object)->status;
    const struct field_at *at = at_field(at_field(NULL, "status"), "conditions");

    (void)old;
    for (size_t i = 0; i < status->n_conditions; i++)
        invalid_one_of(errors, at_field(at_index(at, i), "status"), status->conditions[i].status, statuses, false);
}
