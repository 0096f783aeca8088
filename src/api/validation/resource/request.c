/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* request.c - which devices a claim asks for. */
#include "api/validation/expressions.h"
#include "api/validation/formats/names.h"
#include "api/validation/resource/device_rules.h"

/* Upstream's */
#define SELECTORS_MAX       32
#define EXPRESSION_SIZE_MAX 10240
#define ALTERNATIVES_MAX    8
#define CONSTRAINTS_MAX     32

static const char *const modes[] = { "All", "ExactCount", NULL };

void validate_device_selectors(const struct api_resource_device_selector *selectors, size_t count,
                               const struct field_at *at, struct api_invalid *errors)
{
    if (!device_list_fits(count, SELECTORS_MAX, at, errors))
        return;
    for (size_t i = 0; i < count; i++) {
        const struct field_at *cel = at_field(at_index(at, i), "cel");
        if (selectors[i].cel == NULL)
            invalid_missing(errors, cel);
        else if (strlen(text_or_empty(selectors[i].cel->expression)) > EXPRESSION_SIZE_MAX)
            invalid_too_long(errors, at_field(cel, "expression"), EXPRESSION_SIZE_MAX);
        else
            validate_device_expression(text_or_empty(selectors[i].cel->expression), at_field(cel, "expression"),
                                       errors);
    }
}

static void validate_class_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(name))
        invalid_missing(errors, at);
    else
        invalid_format(errors, at, format_dns1123_subdomain, name);
}

static void validate_mode(const char *mode, int64_t count, const struct field_at *at, struct api_invalid *errors)
{
    if (text_equal(mode, "All") && count != 0)
        invalid_number(errors, at_field(at, "count"), count, "must not be specified when allocationMode is 'All'");
    else if (text_equal(mode, "ExactCount") && count <= 0)
        invalid_number(errors, at_field(at, "count"), count, "must be greater than zero");
    else
        invalid_one_of(errors, at_field(at, "allocationMode"), text_or_empty(mode), modes, false);
}

static void validate_exact(const struct api_resource_exact_device_request *request, const struct field_at *at,
                           struct api_invalid *errors)
{
    validate_class_name(request->device_class_name, at_field(at, "deviceClassName"), errors);
    validate_device_selectors(request->selectors, request->n_selectors, at_field(at, "selectors"), errors);
    validate_mode(request->allocation_mode, request->count, at, errors);
    validate_device_tolerations(request->tolerations, request->n_tolerations, at_field(at, "tolerations"), errors);
}

static void validate_alternatives(const struct api_resource_device_sub_request *requests, size_t count,
                                  const struct field_at *at, struct api_invalid *errors)
{
    auto_text_set struct text_set names = { 0 };

    if (!device_list_fits(count, ALTERNATIVES_MAX, at, errors))
        return;
    for (size_t i = 0; i < count; i++) {
        const struct api_resource_device_sub_request *request = &requests[i];
        const struct field_at *one = at_index(at, i);
        invalid_format(errors, at_field(one, "name"), format_dns1123_label, text_or_empty(request->name));
        validate_class_name(request->device_class_name, at_field(one, "deviceClassName"), errors);
        validate_device_selectors(request->selectors, request->n_selectors, at_field(one, "selectors"), errors);
        validate_mode(request->allocation_mode, request->count, one, errors);
        validate_device_tolerations(request->tolerations, request->n_tolerations, at_field(one, "tolerations"), errors);
    }
    for (size_t i = 0; i < count; i++)
        invalid_repeated(errors, at_index(at, i), &names, requests[i].name);
}

static void validate_request(const struct api_resource_device_request *request, const struct field_at *at,
                             struct api_invalid *errors)
{
    invalid_format(errors, at_field(at, "name"), format_dns1123_label, text_or_empty(request->name));
    if (request->exactly == NULL && request->n_first_available == 0)
        invalid_required(errors, at, "exactly one of `exactly` or `firstAvailable` is required");
    else if (request->exactly != NULL && request->n_first_available > 0)
        invalid_null(errors, at,
                     "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
    else if (request->exactly != NULL)
        validate_exact(request->exactly, at_field(at, "exactly"), errors);
    else
        validate_alternatives(request->first_available, request->n_first_available, at_field(at, "firstAvailable"),
                              errors);
}

static bool has_request(const struct api_resource_device_claim *claim, struct str name, struct str alternative)
{
    for (size_t i = 0; i < claim->n_requests; i++) {
        const struct api_resource_device_request *request = &claim->requests[i];
        if (!str_is(name, text_or_empty(request->name)))
            continue;
        if (alternative.data == NULL)
            return true;
        for (size_t k = 0; k < request->n_first_available; k++)
            if (str_is(alternative, text_or_empty(request->first_available[k].name)))
                return true;
    }
    return false;
}

void validate_request_reference(const struct api_resource_device_claim *claim, const char *name,
                                const struct field_at *at, struct api_invalid *errors)
{
    static const char what[] = "must be the name of a request in the claim or the name of a request and a subrequest "
                               "separated by '/'";
    struct str text = str_of(text_or_empty(name)), alternative = { 0 };
    size_t slash = str_find(text, '/');
    auto_arena struct arena arena = { 0 };

    if (slash < text.size) {
        alternative = str_skip(text, slash + 1);
        text.size = slash;
        if (str_find(alternative, '/') < alternative.size) {
            invalid_string(errors, at, name, what);
            return;
        }
    }
    invalid_format(errors, at, format_dns1123_label, arena_strndup(&arena, text.data, text.size));
    if (alternative.data != NULL)
        invalid_format(errors, at, format_dns1123_label, alternative.data);
    if (!has_request(claim, text, alternative))
        invalid_string(errors, at, text_or_empty(name), what);
}

void validate_request_references(const struct api_resource_device_claim *claim, const char *const *names, size_t count,
                                 const struct field_at *at, struct api_invalid *errors)
{
    auto_text_set struct text_set seen = { 0 };

    if (!device_list_fits(count, DEVICE_REQUESTS_MAX, at, errors))
        return;
    for (size_t i = 0; i < count; i++)
        validate_request_reference(claim, names[i], at_index(at, i), errors);
    for (size_t i = 0; i < count; i++)
        invalid_repeated(errors, at_index(at, i), &seen, names[i]);
}

static void validate_qualified_attribute(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    validate_device_attribute_name(name, at, errors);
    if (strchr(name, '/') == NULL)
        invalid_string(errors, at, name, "a fully qualified name must be a domain and a name separated by a slash");
}

static void validate_constraints(const struct api_resource_device_claim *claim, const struct field_at *at,
                                 struct api_invalid *errors)
{
    if (!device_list_fits(claim->n_constraints, CONSTRAINTS_MAX, at, errors))
        return;
    for (size_t i = 0; i < claim->n_constraints; i++) {
        const struct api_resource_device_constraint *constraint = &claim->constraints[i];
        const struct field_at *one = at_index(at, i);
        validate_request_references(claim, constraint->requests, constraint->n_requests, at_field(one, "requests"),
                                    errors);
        if (constraint->match_attribute != NULL)
            validate_qualified_attribute(constraint->match_attribute, at_field(one, "matchAttribute"), errors);
        else if (constraint->distinct_attribute != NULL)
            validate_qualified_attribute(constraint->distinct_attribute, at_field(one, "distinctAttribute"), errors);
        else
            invalid_required(errors, one,
                             "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple "
                             "fields are set");
    }
}

void validate_device_claim(const struct api_resource_device_claim *claim, const struct field_at *at,
                           struct api_invalid *errors)
{
    const struct field_at *requests = at_field(at, "requests"), *config = at_field(at, "config");
    auto_text_set struct text_set names = { 0 };

    if (device_list_fits(claim->n_requests, DEVICE_REQUESTS_MAX, requests, errors)) {
        for (size_t i = 0; i < claim->n_requests; i++)
            validate_request(&claim->requests[i], at_index(requests, i), errors);
        for (size_t i = 0; i < claim->n_requests; i++)
            invalid_repeated(errors, at_index(requests, i), &names, claim->requests[i].name);
    }
    validate_constraints(claim, at_field(at, "constraints"), errors);
    if (!device_list_fits(claim->n_config, DEVICE_CONFIG_MAX, config, errors))
        return;
    for (size_t i = 0; i < claim->n_config; i++) {
        validate_request_references(claim, claim->config[i].requests, claim->config[i].n_requests,
                                    at_field(at_index(config, i), "requests"), errors);
        validate_device_configuration(claim->config[i].opaque, false, at_index(config, i), errors);
    }
}
