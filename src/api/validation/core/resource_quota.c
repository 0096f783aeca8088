/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resource_quota.c - ResourceQuotas: what they bound, and for which objects. */
#include "api/validation/core/core_rules.h"
#include "api/validation/formats/resource_names.h"

struct scope {
    const char *name;
    const char *const *resources; /* of the standard ones, what may be bound with it */
    bool only_exists;
};

static const char *const pods[] = { "pods", NULL };
static const char *const compute[] = { "pods",       "cpu",           "memory", "requests.cpu", "requests.memory",
                                       "limits.cpu", "limits.memory", NULL };
static const char *const claims[] = { "persistentvolumeclaims", "requests.storage", NULL };

static const struct scope scopes[] = {
    { "BestEffort", pods, true },
    { "NotBestEffort", compute, true },
    { "Terminating", compute, true },
    { "NotTerminating", compute, true },
    { "PriorityClass", compute, false },
    { "CrossNamespacePodAffinity", compute, true },
    { "VolumeAttributesClass", claims, false },
};

static const struct scope *scope_of(const char *name)
{
    for (size_t i = 0; i < countof(scopes); i++)
        if (text_equal(scopes[i].name, name))
            return &scopes[i];
    return NULL;
}

static bool applies(const struct scope *scope, const char *resource)
{
    for (size_t i = 0; scope != NULL && scope->resources[i] != NULL; i++)
        if (text_equal(scope->resources[i], resource))
            return true;
    return scope == NULL; /* that it is unknown is said elsewhere */
}

static void validate_amounts(const struct api_quantity_entry *list, size_t count, const struct field_at *at,
                             struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = text_or_empty(list[i].key);
        validate_quota_resource_name(name, at_key(at, name), errors);
        validate_resource_amount(name, &list[i].value, at_key(at, name), errors);
    }
}

/* How many of the bounded resources the scope says nothing of. */
static size_t count_foreign(const struct api_resource_quota_spec *spec, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < spec->n_hard; i++)
        count += resource_is_standard_quota(str_of(text_or_empty(spec->hard[i].key))) &&
                 !applies(scope_of(name), spec->hard[i].key);
    return count;
}

static bool has_scope(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i], name))
            return true;
    return false;
}

/* Pairs that no object can match. */
static size_t count_conflicts(const char *const *list, size_t count)
{
    return (size_t)(has_scope(list, count, "BestEffort") && has_scope(list, count, "NotBestEffort")) +
           (size_t)(has_scope(list, count, "Terminating") && has_scope(list, count, "NotTerminating"));
}

static void validate_scopes(const struct api_resource_quota_spec *spec, const struct field_at *at,
                            struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_scopes; i++) {
        if (scope_of(spec->scopes[i]) == NULL)
            invalid_string_list(errors, at, spec->scopes, spec->n_scopes, "unsupported scope");
        for (size_t n = count_foreign(spec, spec->scopes[i]); n > 0; n--)
            invalid_string_list(errors, at, spec->scopes, spec->n_scopes, "unsupported scope applied to resource");
    }
    for (size_t n = count_conflicts(spec->scopes, spec->n_scopes); n > 0; n--)
        invalid_string_list(errors, at, spec->scopes, spec->n_scopes, "conflicting scopes");
}

static void validate_requirement(const struct api_resource_quota_spec *spec,
                                 const struct api_scoped_resource_selector_requirement *requirement,
                                 const struct field_at *at, struct api_invalid *errors)
{
    const struct scope *scope = scope_of(requirement->scope_name);
    const char *operator= requirement->operator;

    if (scope == NULL)
        invalid_string(errors, at_field(at, "scopeName"), requirement->scope_name, "unsupported scope");
    for (size_t n = count_foreign(spec, requirement->scope_name); n > 0; n--)
        invalid_internal(errors, at, &api_type_scope_selector, spec->scope_selector,
                         "unsupported scope applied to resource");
    if (scope != NULL && scope->only_exists && !text_equal(operator, "Exists"))
        invalid_string(errors, at_field(at, "operator"), operator,
                       "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, "
                       "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                       "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
    if (text_equal(operator, "In") || text_equal(operator, "NotIn")) {
        if (requirement->n_values == 0)
            invalid_required(errors, at_field(at, "values"),
                             "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
    } else if (text_equal(operator, "Exists") || text_equal(operator, "DoesNotExist")) {
        if (requirement->n_values > 0)
            invalid_string_list(errors, at_field(at, "values"), requirement->values, requirement->n_values,
                                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
    } else {
        invalid_string(errors, at_field(at, "operator"), operator, "not a valid selector operator");
    }
}

static void validate_selector(const struct api_resource_quota_spec *spec, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct api_scope_selector *selector = spec->scope_selector;

    if (selector == NULL)
        return;
    const char **names = arena_new_array(&errors->arena, const char *, selector->n_match_expressions + 1);
    for (size_t i = 0; i < selector->n_match_expressions; i++) {
        names[i] = selector->match_expressions[i].scope_name;
        validate_requirement(spec, &selector->match_expressions[i], at, errors);
    }
    for (size_t n = count_conflicts(names, selector->n_match_expressions); n > 0; n--)
        invalid_string_list(errors, at, spec->scopes, spec->n_scopes, "conflicting scopes");
}

static void validate_spec(const struct api_resource_quota_spec *spec, const struct field_at *at,
                          struct api_invalid *errors)
{
    validate_amounts(spec->hard, spec->n_hard, at_field(at, "hard"), errors);
    validate_scopes(spec, at_field(at, "scopes"), errors);
    validate_selector(spec, at_field(at_field(at, "scopeSelector"), "matchExpressions"), errors);
}

static void validate_quota_status(const struct api_resource_quota_status *status, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "status");

    validate_amounts(status->hard, status->n_hard, at_field(at, "hard"), errors);
    validate_amounts(status->used, status->n_used, at_field(at, "used"), errors);
}

void validate_resource_quota_create(const void *object, struct api_invalid *errors)
{
    const struct api_resource_quota *quota = object;

    validate_spec(&quota->spec, at_field(NULL, "spec"), errors);
    validate_quota_status(&quota->status, errors);
}

void validate_resource_quota_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_resource_quota_spec *spec = &((const struct api_resource_quota *)object)->spec;
    const struct api_resource_quota_spec *old = &((const struct api_resource_quota *)old_object)->spec;
    bool same = true;

    validate_spec(spec, at_field(NULL, "spec"), errors);
    for (size_t i = 0; i < spec->n_scopes; i++)
        same = same && has_scope(old->scopes, old->n_scopes, spec->scopes[i]);
    for (size_t i = 0; i < old->n_scopes; i++)
        same = same && has_scope(spec->scopes, spec->n_scopes, old->scopes[i]);
    if (!same)
        invalid_string_list(errors, at_field(at_field(NULL, "spec"), "scopes"), spec->scopes, spec->n_scopes,
                            INVALID_IMMUTABLE);
}

void validate_resource_quota_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_resource_quota *quota = object;

    (void)old;
    if (text_empty(quota->metadata.resource_version))
        invalid_missing(errors, at_field(NULL, "resourceVersion"));
    validate_quota_status(&quota->status, errors);
}
