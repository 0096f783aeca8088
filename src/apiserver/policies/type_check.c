/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/policies/type_check.h"

#include <stdlib.h>
#include <string.h>

#include "apiserver/policies/expression.h"

#define RULE_TYPES_MAX 10 /* upstream's: of one rule */

typedef struct api_admissionregistration_validating_admission_policy policy_object;
typedef struct api_admissionregistration_named_rule_with_operations named_rule;

/* A kind that the policy is about. */
struct checked {
    const struct api_kind *kind;
    const struct cel_type *type;
    struct checked *next; /* by group, version, kind */
};

struct checking {
    const policy_object *policy;
    const struct type_source *source;
    struct arena *arena; /* of warnings */
    struct arena types;
    struct checked *kinds;
    const struct cel_type *params; /* NULL: of any type */
    struct api_admissionregistration_expression_warning *warnings;
    size_t count;
};

/* ---- kinds ---- */

static int kind_compare(const struct api_kind *a, const struct api_kind *b)
{
    int order = strcmp(a->group, b->group);

    order = order != 0 ? order : strcmp(a->version, b->version);
    return order != 0 ? order : strcmp(a->kind, b->kind);
}

static void add_kind(struct checking *checking, const struct api_kind *kind, const struct cel_type *type)
{
    struct checked **place = &checking->kinds;

    while (*place != NULL && kind_compare((*place)->kind, kind) < 0)
        place = &(*place)->next;
    if (*place != NULL && kind_compare((*place)->kind, kind) == 0)
        return;
    struct checked *checked = arena_new(&checking->types, struct checked);
    *checked = (struct checked){ kind, type, *place };
    *place = checked;
}

static bool has_wildcard(const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strchr(list[i], '*') != NULL)
            return true;
    return false;
}

static int text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted(const char *const *list, size_t count, struct arena *arena)
{
    const char **copy = arena_new_array(arena, const char *, count + 1);

    if (count > 0)
        memcpy(copy, list, count * sizeof(*copy));
    qsort(copy, count, sizeof(*copy), text_compare);
    return copy;
}

/* Rules that name groups and versions; subresources and wildcards of resources are left out. */
static void add_kinds_of(struct checking *checking, const named_rule *rule)
{
    struct arena *arena = &checking->types;
    const char **groups = sorted(rule->api_groups, rule->n_api_groups, arena),
               **versions = sorted(rule->api_versions, rule->n_api_versions, arena),
               **resources = sorted(rule->resources, rule->n_resources, arena);
    size_t found = 0, tries = rule->n_api_groups * rule->n_api_versions * rule->n_resources;

    if (has_wildcard(groups, rule->n_api_groups) || has_wildcard(versions, rule->n_api_versions))
        return;
    for (size_t i = 0; i < tries && found < RULE_TYPES_MAX; i++) {
        const char *resource = resources[i % rule->n_resources],
                   *version = versions[i / rule->n_resources % rule->n_api_versions],
                   *group = groups[i / rule->n_resources / rule->n_api_versions];
        const struct api_kind *kind;
        const struct cel_type *type = NULL;

        if (strpbrk(resource, "*/") != NULL ||
            !checking->source->resource(checking->source->context, group, version, resource, arena, &kind, &type))
            continue;
        found++;
        if (type != NULL)
            add_kind(checking, kind, type);
    }
}

static void find_types(struct checking *checking)
{
    const struct api_admissionregistration_validating_admission_policy_spec *spec = &checking->policy->spec;
    const struct api_admissionregistration_match_resources *match = spec->match_constraints;

    for (size_t i = 0; match != NULL && i < match->n_resource_rules; i++)
        add_kinds_of(checking, &match->resource_rules[i]);
    if (spec->param_kind != NULL)
        checking->params =
            checking->source->kind(checking->source->context, text_or_empty(spec->param_kind->api_version),
                                   text_or_empty(spec->param_kind->kind), &checking->types);
}

/* ---- expressions ---- */

static struct cel_program *compile(const struct expression_scope *scope, const char *text, struct arena *arena,
                                   const char **ret_problem)
{
    struct policy_environment environment;

    expression_scope_environment(scope, EXPRESSION_VARIABLE, &environment);
    return policy_compile(&environment.cel, str_of(text_or_empty(text)), arena, ret_problem);
}

/* What is wrong with the text for objects of that type; NULL when nothing is. In 'arena'. */
static const char *check_for(const struct checking *checking, const struct checked *checked, const char *text,
                             struct arena *arena)
{
    const struct api_admissionregistration_validating_admission_policy_spec *spec = &checking->policy->spec;
    auto_arena struct arena programs = { 0 };
    struct expression_scope scope;
    const char *problem = NULL;

    expression_scope_init(&scope, spec->param_kind != NULL, true);
    scope.types[POLICY_OBJECT] = scope.types[POLICY_OLD_OBJECT] = checked->type;
    if (checking->params != NULL)
        scope.types[POLICY_PARAMS] = checking->params;
    for (size_t i = 0; i < spec->n_variables; i++) {
        const char *ignored;
        const struct cel_program *variable = compile(&scope, spec->variables[i].expression, &programs, &ignored);
        expression_scope_declare(&scope, text_or_empty(spec->variables[i].name),
                                 variable != NULL ? cel_program_type(variable) : NULL);
    }
    if (compile(&scope, text, &programs, &problem) == NULL)
        problem = arena_strdup(arena, problem);
    else
        problem = NULL;
    expression_scope_fini(&scope);
    return problem;
}

static void check(struct checking *checking, size_t index, const char *field, const char *text)
{
    auto_buffer struct buffer warning = { .max = 1 << 20 };

    for (const struct checked *checked = checking->kinds; checked != NULL; checked = checked->next) {
        auto_arena struct arena scratch = { 0 };
        const char *problem = check_for(checking, checked, text, &scratch);
        char version[256];

        if (problem == NULL)
            continue;
        snprintf(version, sizeof(version), "%s/%s", checked->kind->group, checked->kind->version);
        buffer_format(&warning, "%s%s, Kind=%s: %s\n", warning.size > 0 ? "\n" : "", version, checked->kind->kind,
                      problem);
    }
    if (warning.size == 0 || buffer_failed(&warning))
        return;
    checking->warnings[checking->count++] = (struct api_admissionregistration_expression_warning){
        .field_ref = arena_format(checking->arena, "spec.validations[%zu].%s", index, field),
        .warning = arena_str(checking->arena, buffer_str(&warning)).data,
    };
}

size_t policy_check_types(const policy_object *policy, const struct type_source *source, struct arena *arena,
                          struct api_admissionregistration_expression_warning **ret_warnings)
{
    struct checking checking = { .policy = policy, .source = source, .arena = arena };
    size_t count = policy->spec.n_validations;

    checking.warnings = arena_new_array(arena, struct api_admissionregistration_expression_warning, 2 * count + 1);
    find_types(&checking);
    for (size_t i = 0; i < count; i++) {
        const struct api_admissionregistration_validation *validation = &policy->spec.validations[i];
        check(&checking, i, "expression", validation->expression);
        if (!text_empty(validation->message_expression))
            check(&checking, i, "messageExpression", validation->message_expression);
    }
    arena_fini(&checking.types);
    *ret_warnings = checking.warnings;
    return checking.count;
}
