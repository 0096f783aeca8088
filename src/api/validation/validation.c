/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validation.c - the order of checks: of an object's metadata, then of what its kind says. */
#include "api/validation/validation.h"

#include "api/custom/custom_object.h"
#include "api/validation/rules.h"

static bool has_metadata(const struct api_kind *kind)
{
    return kind->type->n_fields > 0 && kind->type->fields[0].type == &api_type_object_meta;
}

static format_check *name_format(const struct validation_rules *rules)
{
    return rules != NULL && rules->name != NULL ? rules->name : format_dns1123_subdomain;
}

/* Custom objects, their definitions and aggregated APIs: what is served outside of upstream's core server. */
static bool names_finalizers_freely(const struct api_kind *kind)
{
    return kind->type == &api_type_custom_object || text_equal(kind->group, "apiextensions.k8s.io") ||
           text_equal(kind->group, "apiregistration.k8s.io");
}

static const struct field_at *at_metadata(void)
{
    static const struct field_at at = { .name = "metadata" };
    return &at;
}

static void check_metadata(const struct api_kind *kind, const void *object, format_check *name,
                           struct api_invalid *errors)
{
    validate_metadata(object, kind->namespaced, name, at_metadata(), errors);
    if (!names_finalizers_freely(kind))
        validate_finalizer_names(object, at_metadata(), errors);
}

static void check_metadata_update(const struct api_kind *kind, const void *object, const void *old,
                                  struct api_invalid *errors)
{
    validate_metadata_update(object, old, kind->namespaced, at_metadata(), errors);
    if (!names_finalizers_freely(kind))
        validate_finalizer_names(object, at_metadata(), errors);
}

int api_validate_create(const struct api_kind *kind, const void *object, struct api_invalid *errors)
{
    const struct validation_rules *rules = validation_rules_find(kind->type);

    if (has_metadata(kind))
        check_metadata(kind, object, name_format(rules), errors);
    if (rules != NULL && rules->create != NULL)
        rules->create(object, errors);
    else
        validate_declared(kind->type, object, errors);
    return (int)errors->total;
}

/* The name cannot change: that it is a path segment is all that is asked of a stored one. */
int api_validate_update(const struct api_kind *kind, const void *old, const void *object, struct api_invalid *errors)
{
    const struct validation_rules *rules = validation_rules_find(kind->type);

    if (has_metadata(kind))
        check_metadata_update(kind, object, old, errors);
    if (rules != NULL && rules->update != NULL)
        rules->update(object, old, errors);
    else
        validate_declared_update(kind->type, object, old, errors);
    return (int)errors->total;
}

int api_validate_status(const struct api_kind *kind, const void *old, const void *object, struct api_invalid *errors)
{
    const struct validation_rules *rules = validation_rules_find(kind->type);

    if (has_metadata(kind))
        check_metadata_update(kind, object, old, errors);
    if (rules != NULL && rules->status != NULL)
        rules->status(object, old, errors);
    return (int)errors->total;
}

bool api_name_valid(const struct api_kind *kind, const char *name)
{
    const struct validation_rules *rules = validation_rules_find(kind->type);

    return !text_empty(name) && format_ok(format_path_segment, str_of(name)) &&
           format_ok(name_format(rules), str_of(name));
}
