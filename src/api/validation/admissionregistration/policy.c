/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy.c - what both sorts of policies have. */
#include "api/validation/admissionregistration/policy.h"

#include <ctype.h>

#include "api/validation/admissionregistration/match.h"

#define WHY_SIZE 1024

static const char *const reserved[] = { "true",     "false",   "null",      "in",       "as",  "break",  "const",
                                        "continue", "else",    "for",       "function", "if",  "import", "let",
                                        "loop",     "package", "namespace", "return",   "var", "void",   "while" };

void validate_failure_policy(const char *policy, const struct field_at *at, struct api_invalid *errors)
{
    if (policy == NULL)
        invalid_missing(errors, at);
    else
        invalid_one_of(errors, at, policy, admission_failure_policies, false);
}

/* All that is wrong in one error, which shows 'shown'. */
static void validate_joined(format_check *check, struct str value, const char *shown, const char *before,
                            const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };
    char why[WHY_SIZE];

    check(value, &found);
    if (found.count == 0)
        return;
    format_errors_join(&found, ",", why, sizeof(why));
    invalid_string(errors, at, shown, "%s%s", before, why);
}

static void validate_group_version(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    const char *slash = strchr(text, '/');
    auto_arena struct arena arena = { 0 };

    if (slash != NULL && strchr(slash + 1, '/') != NULL) {
        invalid_string(errors, at, text, "unexpected GroupVersion string: %s", text);
        return;
    }
    const char *version = slash != NULL ? slash + 1 : text;
    if (slash != NULL && slash != text) {
        const char *group = arena_strndup(&arena, text, (size_t)(slash - text));
        validate_joined(format_dns1123_subdomain, str_of(group), group, "", at, errors);
    }
    if (version[0] == '\0')
        invalid_string(errors, at, text, "version must be specified");
    else
        validate_joined(format_dns1035_label, str_of(version), version, "", at, errors);
}

void validate_param_kind(const struct api_admissionregistration_param_kind *kind, const struct field_at *at,
                         struct api_invalid *errors)
{
    auto_buffer struct buffer lower = { 0 };

    if (kind == NULL)
        return;
    if (text_empty(kind->api_version))
        invalid_missing(errors, at_field(at, "apiVersion"));
    else
        validate_group_version(kind->api_version, at_field(at, "apiVersion"), errors);
    if (text_empty(kind->kind)) {
        invalid_missing(errors, at_field(at, "kind"));
        return;
    }
    for (const char *c = kind->kind; *c != '\0'; c++)
        buffer_append_char(&lower, (char)tolower((unsigned char)*c));
    validate_joined(format_dns1035_label, buffer_str(&lower), kind->kind,
                    "may have mixed case, but should otherwise match: ", at_field(at, "kind"), errors);
}

void validate_match_constraints(const struct api_admissionregistration_match_resources *match,
                                const struct field_at *at, struct api_invalid *errors)
{
    if (match == NULL) {
        invalid_missing(errors, at);
        return;
    }
    validate_match_resources(match, at, errors);
    if (match->n_resource_rules == 0)
        invalid_missing(errors, at_field(at, "resourceRules"));
}

static bool is_identifier(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    for (size_t i = 0; i < countof(reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return false;
    return true;
}

void validate_variables(const struct api_admissionregistration_variable *variables, size_t count,
                        const struct expressions *expressions, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        if (text_blank(variables[i].name))
            invalid_required(errors, at_field(at_index(at, i), "name"), "name is not specified");
        else if (!is_identifier(variables[i].name))
            invalid_string(errors, at_field(at_index(at, i), "name"), variables[i].name,
                           "must be a valid CEL identifier");
        if (text_blank(variables[i].expression))
            invalid_required(errors, at_field(at_index(at, i), "expression"), "expression is not specified");
        else
            validate_variable_expression(expressions, text_or_empty(variables[i].name), variables[i].expression,
                                         at_field(at_index(at, i), "expression"), errors);
    }
}

bool param_kinds_equal(const struct api_admissionregistration_param_kind *a,
                       const struct api_admissionregistration_param_kind *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return text_equal(a->api_version, b->api_version) && text_equal(a->kind, b->kind);
}
