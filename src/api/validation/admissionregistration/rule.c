/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rule.c - operations, groups, versions and resources that a webhook or a policy is for. */
#include "api/validation/admissionregistration/match.h"
#include "api/validation/formats/text_set.h"

static const char *const operations[] = { "*", "CONNECT", "CREATE", "DELETE", "UPDATE", NULL };
static const char *const scopes[] = { "*", "Cluster", "Namespaced", NULL };

/* At least one, and '*' only alone. */
static void validate_names(const char *const *names, size_t count, const char *noun, const struct field_at *at,
                           struct api_invalid *errors)
{
    if (count == 0)
        invalid_missing(errors, at);
    for (size_t i = 0; count > 1 && i < count; i++)
        if (text_equal(names[i], "*")) {
            invalid_string_list(errors, at, names, count, "if '*' is present, must not specify other %s", noun);
            return;
        }
}

/* What wildcards were seen on the way: "pods" of "pods/<all>", "status" of "<all>/status". */
struct wildcards {
    struct text_set resources, parts;
    struct arena arena;
};

static void validate_part(const char *text, const char *slash, struct wildcards *seen, const struct field_at *at,
                          struct api_invalid *errors)
{
    const char *resource = arena_strndup(&seen->arena, text, (size_t)(slash - text)), *part = slash + 1;

    if (text_set_has(&seen->resources, resource))
        invalid_string(errors, at, text, "if '%s/*' is present, must not specify %s", resource, text);
    if (text_set_has(&seen->parts, part))
        invalid_string(errors, at, text, "if '*/%s' is present, must not specify %s", part, text);
    if (strcmp(part, "*") == 0)
        text_set_add(&seen->resources, resource);
    if (strcmp(resource, "*") == 0)
        text_set_add(&seen->parts, part);
}

static void validate_resources(const char *const *names, size_t count, const struct field_at *at,
                               struct api_invalid *errors)
{
    struct wildcards seen = { 0 };
    bool everything = false, whole = false, one = false;

    if (count == 0)
        invalid_missing(errors, at);
    for (size_t i = 0; i < count; i++) {
        const char *name = text_or_empty(names[i]), *slash = strchr(name, '/');
        if (name[0] == '\0') {
            invalid_missing(errors, at_index(at, i));
            continue;
        }
        everything |= strcmp(name, "*/*") == 0;
        whole |= strcmp(name, "*") == 0;
        if (slash != NULL)
            validate_part(name, slash, &seen, at_index(at, i), errors);
        else
            one = strcmp(name, "*") != 0; /* the last of them counts, as upstream has it */
    }
    if (count > 1 && everything)
        invalid_string_list(errors, at, names, count, "if '*/*' is present, must not specify other resources");
    if (whole && one)
        invalid_string_list(errors, at, names, count,
                            "if '*' is present, must not specify other resources without subresources");
    text_set_fini(&seen.resources);
    text_set_fini(&seen.parts);
    arena_fini(&seen.arena);
}

void validate_admission_rule(const struct api_admissionregistration_rule_with_operations *rule,
                             const struct field_at *at, struct api_invalid *errors)
{
    validate_names(rule->operations, rule->n_operations, "operations", at_field(at, "operations"), errors);
    for (size_t i = 0; i < rule->n_operations; i++)
        invalid_one_of(errors, at_index(at_field(at, "operations"), i), rule->operations[i], operations, false);
    validate_names(rule->api_groups, rule->n_api_groups, "API groups", at_field(at, "apiGroups"), errors);
    validate_names(rule->api_versions, rule->n_api_versions, "API versions", at_field(at, "apiVersions"), errors);
    for (size_t i = 0; i < rule->n_api_versions; i++)
        if (text_empty(rule->api_versions[i]))
            invalid_missing(errors, at_index(at_field(at, "apiVersions"), i));
    validate_resources(rule->resources, rule->n_resources, at_field(at, "resources"), errors);
    if (rule->scope != NULL)
        invalid_one_of(errors, at_field(at, "scope"), rule->scope, scopes, false);
}
