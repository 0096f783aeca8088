/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* selectors.c - label selectors inside objects. */
#include "api/validation/rules.h"

static void validate_expression(const struct api_label_selector_requirement *expression, bool any_values,
                                const struct field_at *at, struct api_invalid *errors)
{
    const char *operator= expression->operator;

    if (text_equal(operator, "In") || text_equal(operator, "NotIn")) {
        if (expression->n_values == 0)
            invalid_required(errors, at_field(at, "values"), "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (text_equal(operator, "Exists") || text_equal(operator, "DoesNotExist")) {
        if (expression->n_values > 0)
            invalid_forbidden(errors, at_field(at, "values"),
                              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else {
        invalid_string(errors, at_field(at, "operator"), operator, "not a valid selector operator");
    }
    invalid_format(errors, at_field(at, "key"), format_qualified_name, expression->key);
    for (size_t i = 0; !any_values && i < expression->n_values; i++)
        invalid_format(errors, at_index(at_field(at, "values"), i), format_label_value, expression->values[i]);
}

static void validate_selector(const struct api_label_selector *selector, bool any_values, const struct field_at *at,
                              struct api_invalid *errors)
{
    if (selector == NULL)
        return;
    validate_labels(selector->match_labels, selector->n_match_labels, at_field(at, "matchLabels"), errors);
    for (size_t i = 0; i < selector->n_match_expressions; i++)
        validate_expression(&selector->match_expressions[i], any_values, at_index(at_field(at, "matchExpressions"), i),
                            errors);
}

void validate_label_selector(const struct api_label_selector *selector, const struct field_at *at,
                             struct api_invalid *errors)
{
    validate_selector(selector, false, at, errors);
}

void validate_label_selector_update(const struct api_label_selector *selector, const struct api_label_selector *old,
                                    const struct field_at *at, struct api_invalid *errors)
{
    validate_selector(selector, label_selector_has_bad_values(old), at, errors);
}

bool label_selector_has_bad_values(const struct api_label_selector *selector)
{
    for (size_t i = 0; selector != NULL && i < selector->n_match_expressions; i++) {
        const struct api_label_selector_requirement *expression = &selector->match_expressions[i];
        for (size_t k = 0; k < expression->n_values; k++)
            if (!format_ok(format_label_value, str_of(text_or_empty(expression->values[k]))))
                return true;
    }
    return false;
}
