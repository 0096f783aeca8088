/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resource_names.c - names of resources and amounts of them. */
#include "api/validation/formats/resource_names.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/validation/formats/names.h"

enum {
    STANDARD = 1 << 0,
    CONTAINER = 1 << 1,
    QUOTA = 1 << 2,
    INTEGER = 1 << 3,
};

struct known {
    const char *name;
    unsigned uses;
};

static const struct known known[] = {
    { "cpu", STANDARD | CONTAINER | QUOTA },
    { "memory", STANDARD | CONTAINER | QUOTA },
    { "ephemeral-storage", STANDARD | CONTAINER | QUOTA },
    { "storage", STANDARD },
    { "requests.cpu", STANDARD | QUOTA },
    { "requests.memory", STANDARD | QUOTA },
    { "requests.storage", STANDARD | QUOTA },
    { "requests.ephemeral-storage", STANDARD | QUOTA },
    { "limits.cpu", STANDARD | QUOTA },
    { "limits.memory", STANDARD | QUOTA },
    { "limits.ephemeral-storage", STANDARD | QUOTA },
    { "pods", STANDARD | QUOTA | INTEGER },
    { "resourcequotas", STANDARD | QUOTA | INTEGER },
    { "services", STANDARD | QUOTA | INTEGER },
    { "replicationcontrollers", STANDARD | QUOTA | INTEGER },
    { "secrets", STANDARD | QUOTA | INTEGER },
    { "configmaps", STANDARD | QUOTA | INTEGER },
    { "persistentvolumeclaims", STANDARD | QUOTA | INTEGER },
    { "services.nodeports", STANDARD | QUOTA | INTEGER },
    { "services.loadbalancers", STANDARD | QUOTA | INTEGER },
};

static unsigned uses_of(struct str name)
{
    for (size_t i = 0; i < countof(known); i++)
        if (str_is(name, known[i].name))
            return known[i].uses;
    return 0;
}

bool resource_is_hugepages(struct str name)
{
    return str_starts(name, STR("hugepages-"));
}

static bool is_quota_hugepages(struct str name)
{
    return str_starts(name, STR("requests.hugepages-"));
}

bool resource_is_native(struct str name)
{
    return str_find(name, '/') == name.size || str_contains(name, STR("kubernetes.io/"));
}

bool resource_may_overcommit(struct str name)
{
    return resource_is_native(name) && !resource_is_hugepages(name);
}

bool resource_is_standard(struct str name)
{
    return (uses_of(name) & STANDARD) || resource_is_hugepages(name) || is_quota_hugepages(name);
}

bool resource_is_standard_container(struct str name)
{
    return (uses_of(name) & CONTAINER) || resource_is_hugepages(name);
}

bool resource_is_standard_quota(struct str name)
{
    return (uses_of(name) & QUOTA) || resource_is_hugepages(name) || is_quota_hugepages(name);
}

bool resource_is_integer(struct str name)
{
    return (uses_of(name) & INTEGER) || name_is_extended_resource(name);
}

static bool has_domain(const char *name)
{
    return strchr(text_or_empty(name), '/') != NULL;
}

void validate_resource_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (invalid_format(errors, at, format_qualified_name, name) && !has_domain(name) &&
        !resource_is_standard(str_of(name)))
        invalid_string(errors, at, name, "must be a standard resource type or fully qualified");
}

void validate_container_resource_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(name));

    validate_resource_name(name, at, errors);
    if (!has_domain(name) && !resource_is_standard_container(text))
        invalid_string(errors, at, name, "must be a standard resource for containers");
    else if (has_domain(name) && !resource_is_native(text) && !name_is_extended_resource(text))
        invalid_string(errors, at, name, "doesn't follow extended resource name standard");
}

void validate_quota_resource_name(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    struct str text = str_of(text_or_empty(name));

    validate_resource_name(name, at, errors);
    if (!has_domain(name) && !resource_is_standard_quota(text))
        invalid_string(errors, at, name, "must be a standard resource for quota");
}

void invalid_quantity(struct api_invalid *errors, const struct field_at *at, const struct quantity *amount,
                      const char *detail, ...)
{
    char text[512], shown[QUANTITY_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    quantity_format(amount, shown);
    invalid_string(errors, at, shown, "%s", text);
}

void validate_not_negative_quantity(const struct quantity *amount, const struct field_at *at,
                                    struct api_invalid *errors)
{
    if (quantity_sign(amount) < 0)
        invalid_quantity(errors, at, amount, "must be greater than or equal to 0");
}

void validate_resource_amount(const char *name, const struct quantity *amount, const struct field_at *at,
                              struct api_invalid *errors)
{
    validate_not_negative_quantity(amount, at, errors);
    if (!quantity_is_integer(amount) && resource_is_integer(str_of(text_or_empty(name))))
        invalid_quantity(errors, at, amount, "must be an integer");
}

bool resource_has_whole_pages(struct str name, const struct quantity *amount)
{
    struct quantity page;

    if (quantity_parse(str_skip(name, sizeof("hugepages-") - 1), &page, NULL) < 0)
        return false;
    return quantity_sign(&page) > 0 && quantity_is_integer(&page) &&
           quantity_value(amount) % quantity_value(&page) == 0;
}
