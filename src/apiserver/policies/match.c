/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/policies/match.h"

#include <string.h>

typedef struct api_admissionregistration_named_rule_with_operations named_rule;

static struct label_selector selector_of(const struct api_label_selector *labels, struct arena *arena)
{
    struct label_selector selector = { 0 };

    if (labels != NULL && label_selector_of(labels, arena, &selector, NULL) < 0)
        selector = (struct label_selector){ .nothing = true };
    return selector;
}

void policy_match_init(struct policy_match *match, const struct api_admissionregistration_match_resources *resources,
                       struct arena *arena)
{
    *match = (struct policy_match){ .resources = resources };
    if (resources == NULL)
        return;
    match->namespaces = selector_of(resources->namespace_selector, arena);
    match->objects = selector_of(resources->object_selector, arena);
}

/* ---- selectors ---- */

static bool is_namespace(const struct match_resource *resource)
{
    return resource->group[0] == '\0' && strcmp(resource->plural, "namespaces") == 0;
}

static bool selects(const struct label_selector *selector, const struct api_object_meta *meta)
{
    return meta != NULL && label_selector_matches(selector, meta->labels, meta->n_labels);
}

/* A new namespace is judged by its own labels, as is one that changes. */
static int match_namespace(const struct policy_match *match, const struct match_subject *subject, bool *ret_matches,
                           struct error *err)
{
    bool itself = strcmp(subject->resource.plural, "namespaces") == 0; /* upstream asks no group */
    bool written = strcmp(subject->operation, "CREATE") == 0 || strcmp(subject->operation, "UPDATE") == 0;

    *ret_matches = true;
    if ((subject->namespace_[0] == '\0' && !itself) || label_selector_empty(&match->namespaces))
        return 0;
    const struct api_object_meta *meta =
        itself && subject->subresource[0] == '\0' && written ? subject->object : subject->space;
    if (meta == NULL)
        return error_set(err, ERROR_NOT_FOUND, "namespaces \"%s\" not found", subject->namespace_);
    *ret_matches = selects(&match->namespaces, meta);
    return 0;
}

static bool match_object(const struct policy_match *match, const struct match_subject *subject)
{
    return label_selector_empty(&match->objects) || selects(&match->objects, subject->object) ||
           selects(&match->objects, subject->old_object);
}

/* ---- rules ---- */

static bool has(const char *const *list, size_t count, const char *text, bool wildcard)
{
    for (size_t i = 0; i < count; i++)
        if ((wildcard && strcmp(list[i], "*") == 0) || strcmp(list[i], text) == 0)
            return true;
    return false;
}

static bool part_matches(struct str pattern, const char *text)
{
    return str_is(pattern, "*") || str_is(pattern, text);
}

static bool has_resource(const named_rule *rule, const char *plural, const char *subresource)
{
    for (size_t i = 0; i < rule->n_resources; i++) {
        struct str pattern = str_of(rule->resources[i]), sub = STR("");
        size_t slash = str_find(pattern, '/');

        if (slash < pattern.size) {
            sub = str_skip(pattern, slash + 1);
            pattern.size = slash;
        }
        if (part_matches(pattern, plural) && part_matches(sub, subresource))
            return true;
    }
    return false;
}

static bool in_scope(const named_rule *rule, const struct match_subject *subject)
{
    bool cluster = subject->namespace_[0] == '\0' || is_namespace(&subject->resource);

    if (text_empty(rule->scope) || strcmp(rule->scope, "*") == 0)
        return true;
    return strcmp(rule->scope, "Cluster") == 0 ? cluster : strcmp(rule->scope, "Namespaced") == 0 && !cluster;
}

static bool rule_matches(const named_rule *rule, const struct match_subject *subject,
                         const struct match_resource *resource)
{
    return in_scope(rule, subject) && has(rule->operations, rule->n_operations, subject->operation, true) &&
           has(rule->api_groups, rule->n_api_groups, resource->group, true) &&
           has(rule->api_versions, rule->n_api_versions, resource->version, true) &&
           has_resource(rule, resource->plural, subject->subresource) &&
           (rule->n_resource_names == 0 || has(rule->resource_names, rule->n_resource_names, subject->name, false));
}

static bool match_rules(const named_rule *rules, size_t count, bool equivalent, const struct match_subject *subject,
                        int *ret_as)
{
    *ret_as = MATCH_OWN;
    for (size_t i = 0; i < count; i++)
        if (rule_matches(&rules[i], subject, &subject->resource))
            return true;
    for (size_t i = 0; equivalent && i < count; i++)
        for (size_t k = 0; k < subject->n_equivalents; k++)
            if (rule_matches(&rules[i], subject, &subject->equivalents[k])) {
                *ret_as = (int)k;
                return true;
            }
    return false;
}

int policy_match(const struct policy_match *match, const struct match_subject *subject, bool *ret_matches, int *ret_as,
                 struct error *err)
{
    const struct api_admissionregistration_match_resources *resources = match->resources;
    bool in_namespace;
    int as;

    *ret_matches = resources == NULL;
    *ret_as = MATCH_OWN;
    if (resources == NULL)
        return 0;
    bool equivalent = text_equal(resources->match_policy, "Equivalent");
    int rc = match_namespace(match, subject, &in_namespace, err);
    if ((rc == 0 && !in_namespace) || !match_object(match, subject))
        return 0;
    if (match_rules(resources->exclude_resource_rules, resources->n_exclude_resource_rules, equivalent, subject, &as))
        return 0;
    if (resources->n_resource_rules > 0 &&
        !match_rules(resources->resource_rules, resources->n_resource_rules, equivalent, subject, ret_as))
        return 0;
    *ret_matches = rc == 0;
    return rc;
}
