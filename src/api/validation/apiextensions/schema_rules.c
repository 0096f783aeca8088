/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema_rules.c - the texts around the expressions of x-kubernetes-validations; what they mean is not looked at here. */
#include <string.h>

#include "api/structural/path.h"
#include "api/validation/apiextensions/definition.h"

typedef struct api_apiextensions_validation_rule rule_type;

static bool is_blank(const char *text)
{
    return str_trim(str_of(text_or_empty(text))).size == 0;
}

static bool has_line_break(const char *text)
{
    struct str trimmed = str_trim(str_of(text_or_empty(text)));
    return str_find(trimmed, '\n') < trimmed.size || str_find(trimmed, '\r') < trimmed.size;
}

static void check_texts(const rule_type *rule, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *message = at_field(at, "message");
    if (is_blank(rule->rule))
        invalid_required(errors, at_field(at, "rule"), "rule is not specified");
    else if (!text_empty(rule->message) && is_blank(rule->message))
        invalid_string(errors, message, rule->message, "must be non-empty if specified");
    else if (has_line_break(rule->message))
        invalid_string(errors, message, rule->message, "must not contain line breaks");
    else if (has_line_break(rule->rule) && is_blank(rule->message))
        invalid_required(errors, message, "message must be specified if rule contains line breaks");
    if (!text_empty(rule->message_expression) && is_blank(rule->message_expression))
        invalid_required(errors, at_field(at, "messageExpression"), "messageExpression must be non-empty if specified");
}

static void check_field_path(const rule_type *rule, const struct structural_node *node, const struct field_at *at,
                             struct api_invalid *errors)
{
    auto_arena struct arena scratch = { 0 };
    struct structural_path path;
    if (text_empty(rule->field_path))
        return;
    if (is_blank(rule->field_path))
        invalid_string(errors, at, rule->field_path, "must be non-empty if specified");
    if (strpbrk(rule->field_path, "\n\r") != NULL)
        invalid_string(errors, at, rule->field_path, "must not contain line breaks");
    if (node != NULL && structural_path_resolve(node, str_of(rule->field_path), true, &scratch, &path, NULL) < 0)
        invalid_string(errors, at, rule->field_path, "must be a valid path");
}

void validate_schema_rules(const schema_props *schema, const struct structural_node *node,
                           const struct field_at *parent, struct api_invalid *errors)
{
    static const char *const reasons[] = { "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid",
                                           "FieldValueRequired", NULL };
    for (size_t i = 0; i < schema->n_x_kubernetes_validations; i++) {
        const rule_type *rule = &schema->x_kubernetes_validations[i];
        const struct field_at *at = at_index(at_field(parent, "x-kubernetes-validations"), i);
        check_texts(rule, at, errors);
        if (rule->reason != NULL)
            invalid_one_of(errors, at_field(at, "reason"), rule->reason, reasons, false);
        check_field_path(rule, node, at_field(at, "fieldPath"), errors);
    }
}
