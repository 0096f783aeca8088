/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resources.c - requests and limits, of containers and of pods. */
#include <stdio.h>

#include "api/pod/pod_resources.h"
#include "api/validation/formats/resource_names.h"
#include "api/validation/pod/pod_rules.h"
#include "api/value/entry.h"

static const char *const pod_resources[] = { "cpu", "hugepages-", "memory", NULL };

static void validate_pod_resource_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (!text_equal(name, "cpu") && !text_equal(name, "memory") && !resource_is_hugepages(str_of(text_or_empty(name))))
        invalid_not_supported(errors, at, name, pod_resources);
}

/* One amount by itself. */
static void validate_entry(const struct api_quantity_entry *entry, validate_resource_name_rule *name,
                           const struct field_at *at, struct api_invalid *errors)
{
    name(entry->key, at, errors);
    validate_resource_amount(entry->key, &entry->value, at, errors);
}

static void validate_pages(const struct pod_scope *scope, const struct api_quantity_entry *entry,
                           const struct field_at *at, struct api_invalid *errors)
{
    struct str name = str_of(text_or_empty(entry->key));
    char text[QUANTITY_TEXT_SIZE];

    if (!resource_is_hugepages(name) || scope->lenient.huge_pages || resource_has_whole_pages(name, &entry->value))
        return;
    quantity_format(&entry->value, text);
    invalid_string(errors, at, text, "%s is not positive integer multiple of %s", text, entry->key);
}

/* A request is at most its limit, and is it where nothing can be lent. */
static void validate_request(const struct api_quantity_entry *request,
                             const struct api_resource_requirements *resources, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct quantity *limit = quantity_entry_value(resources->limits, resources->n_limits, request->key);
    struct str name = str_of(text_or_empty(request->key));
    bool exact = !resource_may_overcommit(name);
    char limit_text[QUANTITY_TEXT_SIZE];

    if (limit == NULL) {
        if (exact)
            invalid_required(errors, at_field(at, "limits"), "Limit must be set for non overcommitable resources");
        return;
    }
    int order = quantity_compare(&request->value, limit);
    if (order == 0 || (order < 0 && !exact))
        return;
    quantity_format(limit, limit_text);
    invalid_quantity(errors, at_field(at, "requests"), &request->value, "must be %s to %s limit of %s",
                     exact ? "equal" : "less than or equal", name.data, limit_text);
}

static bool claim_is_known(const struct api_pod_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_resource_claims; i++)
        if (text_equal(spec->resource_claims[i].name, name))
            return true;
    return false;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void unknown_claim(const struct api_pod_spec *spec, const char *name, const struct field_at *at,
                          struct api_invalid *errors)
{
    auto_buffer struct buffer names = { .max = 4096 };
    const char **sorted = arena_new_array(&errors->arena, const char *, spec->n_resource_claims + 1);

    for (size_t i = 0; i < spec->n_resource_claims; i++)
        sorted[i] = text_or_empty(spec->resource_claims[i].name);
    qsort(sorted, spec->n_resource_claims, sizeof(*sorted), compare_texts);
    for (size_t i = 0; i < spec->n_resource_claims; i++)
        buffer_format(&names, "%s%s", i > 0 ? ", " : "", sorted[i]);
    invalid_not_found_why(errors, at, name, "must be one of the names in pod.spec.resourceClaims%s%s",
                          spec->n_resource_claims == 0 ? " which is empty" : ": ", text_or_empty(names.data));
}

static void validate_claims(const struct pod_scope *scope, const struct api_resource_requirements *resources,
                            const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < resources->n_claims; i++) {
        const struct api_resource_claim *claim = &resources->claims[i];
        const struct field_at *here = at_index(at, i);
        bool whole = false, same = false;
        char text[400];
        if (text_empty(claim->name)) {
            invalid_missing(errors, here);
            continue;
        }
        for (size_t k = 0; k < i; k++) {
            const struct api_resource_claim *other = &resources->claims[k];
            if (!text_equal(other->name, claim->name))
                continue;
            whole = whole || text_empty(other->request) || text_empty(claim->request);
            same = same || text_equal(other->request, claim->request);
        }
        if (!text_empty(claim->request))
            invalid_format(errors, at_field(here, "request"), format_dns1123_label, claim->request);
        if (whole || same) {
            snprintf(text, sizeof(text), "%s%s%s", claim->name, text_empty(claim->request) || whole ? "" : "/",
                     whole ? "" : text_or_empty(claim->request));
            invalid_duplicate(errors, here, text);
        }
        if (!claim_is_known(scope->spec, claim->name))
            unknown_claim(scope->spec, claim->name, here, errors);
    }
}

static void validate_requirements(const struct pod_scope *scope, const struct api_resource_requirements *resources,
                                  validate_resource_name_rule *name, const struct field_at *at,
                                  struct api_invalid *errors)
{
    bool huge = false, native = false;

    for (size_t i = 0; i < resources->n_limits + resources->n_requests; i++) {
        bool is_limit = i < resources->n_limits;
        const struct api_quantity_entry *entry =
            is_limit ? &resources->limits[i] : &resources->requests[i - resources->n_limits];
        const struct field_at *here = at_key(at_field(at, is_limit ? "limits" : "requests"), text_or_empty(entry->key));
        validate_entry(entry, name, here, errors);
        if (!is_limit)
            validate_request(entry, resources, at, errors);
        validate_pages(scope, entry, here, errors);
        huge = huge || resource_is_hugepages(str_of(text_or_empty(entry->key)));
        native = native || text_equal(entry->key, "cpu") || text_equal(entry->key, "memory");
    }
    if (huge && !native)
        invalid_forbidden(errors, at, "HugePages require cpu or memory");
    validate_claims(scope, resources, at_field(at, "claims"), errors);
}

void validate_container_resources(const struct pod_scope *scope, const struct api_resource_requirements *resources,
                                  const struct field_at *at, struct api_invalid *errors)
{
    validate_requirements(scope, resources, validate_container_resource_name, at, errors);
}

/* What the pod gets must do for what its containers ask for together. */
static void validate_sums(const struct api_pod_spec *spec, bool limits, const struct field_at *at,
                          struct api_invalid *errors)
{
    const struct api_resource_requirements *pod = spec->resources;
    const struct api_quantity_entry *list = limits ? pod->limits : pod->requests;
    size_t count = limits ? pod->n_limits : pod->n_requests;

    for (size_t i = 0; i < count; i++) {
        struct quantity total;
        char text[QUANTITY_TEXT_SIZE];
        const char *name = text_or_empty(list[i].key);
        if ((limits && !resource_is_hugepages(str_of(name))) || !api_pod_aggregate(spec, limits, name, &total) ||
            quantity_compare(&total, &list[i].value) <= 0)
            continue;
        quantity_format(&total, text);
        invalid_quantity(errors, at_key(at_field(at, limits ? "limits" : "requests"), name), &list[i].value,
                         "must be greater than or equal to aggregate container %s of %s",
                         limits ? "limits" : "requests", text);
    }
}

static void validate_container_limits(const struct api_pod_spec *spec, const struct field_at *at,
                                      struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_containers; i++) {
        const struct api_resource_requirements *resources = &spec->containers[i].resources;
        for (size_t k = 0; k < resources->n_limits; k++) {
            const char *name = text_or_empty(resources->limits[k].key);
            const struct quantity *most =
                quantity_entry_value(spec->resources->limits, spec->resources->n_limits, name);
            char text[QUANTITY_TEXT_SIZE];
            if (most == NULL || quantity_compare(&resources->limits[k].value, most) <= 0)
                continue;
            quantity_format(most, text);
            invalid_quantity(errors, at_field(at_key(at_index(at_field(at, "containers"), i), name), "limits"),
                             &resources->limits[k].value, "must be less than or equal to pod limits of %s", text);
        }
    }
}

void validate_pod_resources(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = scope->spec;

    if (spec->resources == NULL)
        return;
    if (spec->os != NULL && text_equal(spec->os->name, "windows")) {
        invalid_forbidden(errors, at, "may not be set for a windows pod");
        return;
    }
    if (spec->resources->n_claims > 0)
        invalid_forbidden(errors, at_field(at, "claims"), "claims may not be set for Resources at pod-level");
    validate_requirements(scope, spec->resources, validate_pod_resource_name, at, errors);
    validate_sums(spec, false, at, errors);
    validate_sums(spec, true, at, errors);
    validate_container_limits(spec, at, errors);
}
