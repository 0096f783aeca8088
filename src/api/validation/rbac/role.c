/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role.c - RBAC: roles and bindings. Whether the requester may grant them is decided elsewhere. */
#include "api/validation/kind_rules.h"

#define RBAC_GROUP "rbac.authorization.k8s.io"

static const char *const groups[] = { RBAC_GROUP, NULL };
static const char *const no_group[] = { "", NULL };
static const char *const any_role[] = { "Role", "ClusterRole", NULL };
static const char *const cluster_role[] = { "ClusterRole", NULL };
static const char *const subject_kinds[] = { "ServiceAccount", "User", "Group", NULL };

static void validate_rule(const struct api_rbac_policy_rule *rule, bool namespaced, const struct field_at *at,
                          struct api_invalid *errors)
{
    if (rule->n_verbs == 0)
        invalid_required(errors, at_field(at, "verbs"), "verbs must contain at least one value");
    if (rule->n_non_resource_urls > 0) {
        const struct field_at *urls = at_field(at, "nonResourceURLs");
        if (namespaced)
            invalid_string_list(errors, urls, rule->non_resource_urls, rule->n_non_resource_urls,
                                "namespaced rules cannot apply to non-resource URLs");
        if (rule->n_api_groups > 0 || rule->n_resources > 0 || rule->n_resource_names > 0)
            invalid_string_list(errors, urls, rule->non_resource_urls, rule->n_non_resource_urls,
                                "rules cannot apply to both regular resources and non-resource URLs");
        return;
    }
    if (rule->n_api_groups == 0)
        invalid_required(errors, at_field(at, "apiGroups"), "resource rules must supply at least one api group");
    if (rule->n_resources == 0)
        invalid_required(errors, at_field(at, "resources"), "resource rules must supply at least one resource");
}

void validate_role_create(const void *object, struct api_invalid *errors)
{
    const struct api_rbac_role *role = object;

    for (size_t i = 0; i < role->n_rules; i++)
        validate_rule(&role->rules[i], true, at_index(at_field(NULL, "rules"), i), errors);
}

void validate_role_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_role_create(object, errors);
}

static void validate_cluster_role(const struct api_rbac_cluster_role *role, const struct api_rbac_cluster_role *old,
                                  struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "aggregationRule"), "clusterRoleSelectors");
    const struct api_rbac_aggregation_rule *rule = role->aggregation_rule;
    const struct api_rbac_aggregation_rule *old_rule = old == NULL ? NULL : old->aggregation_rule;
    const struct api_label_selector *tolerated = NULL; /* a stored selector with values that are none */

    for (size_t i = 0; i < role->n_rules; i++)
        validate_rule(&role->rules[i], false, at_index(at_field(NULL, "rules"), i), errors);
    if (rule == NULL)
        return;
    for (size_t i = 0; old_rule != NULL && i < old_rule->n_cluster_role_selectors; i++)
        if (label_selector_has_bad_values(&old_rule->cluster_role_selectors[i]))
            tolerated = &old_rule->cluster_role_selectors[i];
    if (rule->n_cluster_role_selectors == 0)
        invalid_required(errors, at, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    for (size_t i = 0; i < rule->n_cluster_role_selectors; i++)
        validate_label_selector_update(&rule->cluster_role_selectors[i], tolerated, at_index(at, i), errors);
}

void validate_cluster_role_create(const void *object, struct api_invalid *errors)
{
    validate_cluster_role(object, NULL, errors);
}

void validate_cluster_role_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_cluster_role(object, old, errors);
}

static void validate_role_ref(const struct api_rbac_role_ref *ref, const char *const *kinds, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "roleRef");

    invalid_one_of(errors, at_field(at, "apiGroup"), ref->api_group, groups, false);
    invalid_one_of(errors, at_field(at, "kind"), ref->kind, kinds, false);
    if (text_empty(ref->name))
        invalid_missing(errors, at_field(at, "name"));
    else
        invalid_format(errors, at_field(at, "name"), format_path_segment, ref->name);
}

static void validate_subjects(const struct api_rbac_subject *subjects, size_t count, bool namespaced,
                              struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_rbac_subject *subject = &subjects[i];
        const struct field_at *at = at_index(at_field(NULL, "subjects"), i);
        if (text_empty(subject->name))
            invalid_missing(errors, at_field(at, "name"));
        if (text_equal(subject->kind, "ServiceAccount")) {
            if (!text_empty(subject->name))
                invalid_format(errors, at_field(at, "name"), format_dns1123_subdomain, subject->name);
            if (!text_empty(subject->api_group))
                invalid_not_supported(errors, at_field(at, "apiGroup"), subject->api_group, no_group);
            if (!namespaced && text_empty(subject->namespace))
                invalid_missing(errors, at_field(at, "namespace"));
        } else if (text_equal(subject->kind, "User") || text_equal(subject->kind, "Group")) {
            invalid_one_of(errors, at_field(at, "apiGroup"), subject->api_group, groups, false);
        } else {
            invalid_not_supported(errors, at_field(at, "kind"), subject->kind, subject_kinds);
        }
    }
}

static void validate_ref_kept(const struct api_rbac_role_ref *ref, const struct api_rbac_role_ref *old,
                              struct api_invalid *errors)
{
    if (!text_equal(ref->kind, old->kind) || !text_equal(ref->name, old->name) ||
        !text_equal(ref->api_group, old->api_group))
        invalid_object(errors, at_field(NULL, "roleRef"), &api_type_rbac_role_ref, ref, "cannot change roleRef");
}

void validate_role_binding_create(const void *object, struct api_invalid *errors)
{
    const struct api_rbac_role_binding *binding = object;

    validate_role_ref(&binding->role_ref, any_role, errors);
    validate_subjects(binding->subjects, binding->n_subjects, true, errors);
}

void validate_role_binding_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_role_binding_create(object, errors);
    validate_ref_kept(&((const struct api_rbac_role_binding *)object)->role_ref,
                      &((const struct api_rbac_role_binding *)old)->role_ref, errors);
}

void validate_cluster_role_binding_create(const void *object, struct api_invalid *errors)
{
    const struct api_rbac_cluster_role_binding *binding = object;

    validate_role_ref(&binding->role_ref, cluster_role, errors);
    validate_subjects(binding->subjects, binding->n_subjects, false, errors);
}

void validate_cluster_role_binding_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_cluster_role_binding_create(object, errors);
    validate_ref_kept(&((const struct api_rbac_cluster_role_binding *)object)->role_ref,
                      &((const struct api_rbac_cluster_role_binding *)old)->role_ref, errors);
}
