/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resources.c - requests and limits of a container. */
#include "api/validation/pod/pod_rules.h"

static bool is_hugepages(struct str name)
{
    return str_starts(name, STR("hugepages-"));
}

/* Neither native nor of kubernetes.io: a device plug-in's. */
static bool is_extended(struct str name)
{
    return str_find(name, '/') < name.size && !str_contains(name, STR("kubernetes.io/")) &&
           !str_starts(name, STR("requests."));
}

static void validate_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(name));

    if (!invalid_format(errors, at, format_qualified_name, name))
        return;
    bool plain = str_find(text, '/') == text.size;
    bool known =
        str_is(text, "cpu") || str_is(text, "memory") || str_is(text, "ephemeral-storage") || is_hugepages(text);
    if (plain && !known) {
        static const char *const standard[] = { "storage",
                                                "pods",
                                                "services",
                                                "secrets",
                                                "configmaps",
                                                "resourcequotas",
                                                "replicationcontrollers",
                                                "persistentvolumeclaims",
                                                "services.nodeports",
                                                "services.loadbalancers",
                                                NULL };
        bool is_standard = str_starts(text, STR("requests.")) || str_starts(text, STR("limits."));
        for (size_t i = 0; standard[i] != NULL; i++)
            is_standard = is_standard || str_is(text, standard[i]);
        if (!is_standard)
            invalid_string(errors, at, name, "must be a standard resource type or fully qualified");
        invalid_string(errors, at, name, "must be a standard resource for containers");
    } else if (!plain && !str_contains(text, STR("kubernetes.io/")) && !is_extended(text)) {
        invalid_string(errors, at, name, "doesn't follow extended resource name standard");
    }
}

static void validate_amount(const struct api_quantity_entry *entry, const struct field_at *at,
                            struct api_invalid *errors)
{
    char text[QUANTITY_TEXT_SIZE];

    quantity_format(&entry->value, text);
    if (quantity_sign(&entry->value) < 0)
        invalid_string(errors, at, text, "must be greater than or equal to 0");
    else if (is_extended(str_of(text_or_empty(entry->key))) && !quantity_is_integer(&entry->value))
        invalid_string(errors, at, text, "must be an integer");
}

static const struct quantity *find(const struct api_quantity_entry *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i].key, name))
            return &list[i].value;
    return NULL;
}

/* A request is at most its limit, and is it where nothing can be lent. */
static void validate_request(const struct api_quantity_entry *request,
                             const struct api_resource_requirements *resources, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct quantity *limit = find(resources->limits, resources->n_limits, request->key);
    struct str name = str_of(text_or_empty(request->key));
    bool exact = is_extended(name) || is_hugepages(name);
    char text[QUANTITY_TEXT_SIZE], limit_text[QUANTITY_TEXT_SIZE];

    if (limit == NULL) {
        if (exact)
            invalid_required(errors, at_field(at, "limits"), "Limit must be set for non overcommitable resources");
        return;
    }
    int order = quantity_compare(&request->value, limit);
    quantity_format(&request->value, text);
    quantity_format(limit, limit_text);
    if (exact && order != 0)
        invalid_string(errors, at_field(at, "requests"), text, "must be equal to %s limit of %s", name.data,
                       limit_text);
    else if (order > 0)
        invalid_string(errors, at_field(at, "requests"), text, "must be less than or equal to %s limit of %s",
                       name.data, limit_text);
}

void validate_resources(const struct api_resource_requirements *resources, const struct field_at *at,
                        struct api_invalid *errors)
{
    bool huge = false, native = false;

    for (size_t i = 0; i < resources->n_limits; i++) {
        const struct field_at *here = at_key(at_field(at, "limits"), text_or_empty(resources->limits[i].key));
        validate_name(resources->limits[i].key, here, errors);
        validate_amount(&resources->limits[i], here, errors);
        huge = huge || is_hugepages(str_of(text_or_empty(resources->limits[i].key)));
        native =
            native || text_equal(resources->limits[i].key, "cpu") || text_equal(resources->limits[i].key, "memory");
    }
    for (size_t i = 0; i < resources->n_requests; i++) {
        const struct field_at *here = at_key(at_field(at, "requests"), text_or_empty(resources->requests[i].key));
        validate_name(resources->requests[i].key, here, errors);
        validate_amount(&resources->requests[i], here, errors);
        validate_request(&resources->requests[i], resources, at, errors);
        huge = huge || is_hugepages(str_of(text_or_empty(resources->requests[i].key)));
        native =
            native || text_equal(resources->requests[i].key, "cpu") || text_equal(resources->requests[i].key, "memory");
    }
    if (huge && !native)
        invalid_forbidden(errors, at, "HugePages require cpu or memory");
}
