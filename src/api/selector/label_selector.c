/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* label_selector.c - label selectors made of structs, matched, and written as text.
 * The text form is parsed in label_selector_parse.c. */
#include "api/selector/label_requirement.h"
#include "api/selector/selector.h"
#include "generated/meta_v1.h"

struct operator_name {
    const char *name;
    enum label_operator operator;
};

static const struct operator_name operator_names[] = {
    { "In", LABEL_IN },
    { "NotIn", LABEL_NOT_IN },
    { "Exists", LABEL_EXISTS },
    { "DoesNotExist", LABEL_DOES_NOT_EXIST },
};

static int requirement_of(const struct api_label_selector_requirement *expression, struct arena *arena,
                          struct label_requirement *ret_requirement, struct error *err)
{
    const struct operator_name *found = NULL;

    for (size_t i = 0; i < countof(operator_names); i++)
        if (text_equal(expression->operator, operator_names[i].name))
            found = &operator_names[i];
    if (found == NULL)
        return error_set(err, ERROR_BAD_REQUEST, "\"%s\" is not a valid label selector operator",
                         text_or_empty(expression->operator));

    struct label_requirement requirement = {
        .key = str_of(text_or_empty(expression->key)), .operator= found->operator, .n_values = expression->n_values };
    requirement.values = arena_new_array(arena, struct str, expression->n_values);
    for (size_t i = 0; i < expression->n_values; i++)
        requirement.values[i] = str_of(text_or_empty(expression->values[i]));
    label_requirement_sort(&requirement);
    int rc = label_requirement_check(&requirement, err);
    if (rc == 0)
        *ret_requirement = requirement;
    return rc;
}

int label_selector_of(const struct api_label_selector *labels, struct arena *arena, struct label_selector *ret_selector,
                      struct error *err)
{
    if (labels == NULL) {
        *ret_selector = (struct label_selector){ .nothing = true };
        return 0;
    }

    struct label_selector selector = label_selector_of_map(labels->match_labels, labels->n_match_labels, arena);
    size_t n_equal = selector.n_requirements;
    for (size_t i = 0; i < n_equal; i++) {
        int rc = label_requirement_check(&selector.requirements[i], err);
        if (rc < 0)
            return rc;
    }
    if (labels->n_match_expressions > 0) {
        struct label_requirement *all =
            arena_new_array(arena, struct label_requirement, n_equal + labels->n_match_expressions);
        if (n_equal > 0)
            memcpy(all, selector.requirements, n_equal * sizeof(*all));
        selector.requirements = all;
        for (size_t i = 0; i < labels->n_match_expressions; i++) {
            int rc = requirement_of(&labels->match_expressions[i], arena, &all[selector.n_requirements], err);
            if (rc < 0)
                return rc;
            selector.n_requirements++;
        }
        label_requirements_sort(&selector);
    }
    *ret_selector = selector;
    return 0;
}

struct label_selector label_selector_of_map(const struct api_string_entry *labels, size_t count, struct arena *arena)
{
    struct label_selector selector = { .requirements = arena_new_array(arena, struct label_requirement, count),
                                       .n_requirements = count };

    for (size_t i = 0; i < count; i++) {
        struct label_requirement *requirement = &selector.requirements[i];
        requirement->key = str_of(text_or_empty(labels[i].key));
        requirement->operator= LABEL_EQUALS;
        requirement->values = arena_new_array(arena, struct str, 1);
        requirement->values[0] = str_of(text_or_empty(labels[i].value));
        requirement->n_values = 1;
    }
    label_requirements_sort(&selector);
    return selector;
}

static bool has_value(const struct label_requirement *requirement, struct str value)
{
    for (size_t i = 0; i < requirement->n_values; i++)
        if (str_equal(requirement->values[i], value))
            return true;
    return false;
}

bool label_requirement_matches(const struct label_requirement *requirement, const struct str *value)
{
    int64_t number = 0, bound = 0;

    switch (requirement->operator) {
    case LABEL_EQUALS:
    case LABEL_DOUBLE_EQUALS:
    case LABEL_IN:
        return value != NULL && has_value(requirement, *value);
    case LABEL_NOT_EQUALS:
    case LABEL_NOT_IN:
        return value == NULL || !has_value(requirement, *value);
    case LABEL_EXISTS:
        return value != NULL;
    case LABEL_DOES_NOT_EXIST:
        return value == NULL;
    case LABEL_GREATER:
    case LABEL_LESS:
        if (value == NULL || !str_to_int64(*value, &number) || !str_to_int64(requirement->values[0], &bound))
            return false;
        return requirement->operator== LABEL_GREATER ? number > bound : number<bound;
    }
    return false;
}

bool label_selector_matches(const struct label_selector *selector, const struct api_string_entry *labels, size_t count)
{
    size_t at = 0;

    if (selector->nothing)
        return false;
    /* Both sides are sorted by key. */
    for (size_t i = 0; i < selector->n_requirements; i++) {
        const struct label_requirement *requirement = &selector->requirements[i];
        while (at < count && str_compare(str_of(labels[at].key), requirement->key) < 0)
            at++;
        struct str value = { 0 };
        bool found = at < count && str_equal(str_of(labels[at].key), requirement->key);
        if (found)
            value = str_of(text_or_empty(labels[at].value));
        if (!label_requirement_matches(requirement, found ? &value : NULL))
            return false;
    }
    return true;
}

static void format_set(const struct label_requirement *requirement, const char *word, struct buffer *text)
{
    buffer_append_str(text, requirement->key);
    buffer_append_text(text, word);
    for (size_t i = 0; i < requirement->n_values; i++) {
        if (i > 0)
            buffer_append_char(text, ',');
        buffer_append_str(text, requirement->values[i]);
    }
    buffer_append_char(text, ')');
}

static void format_binary(const struct label_requirement *requirement, const char *sign, struct buffer *text)
{
    buffer_append_str(text, requirement->key);
    buffer_append_text(text, sign);
    buffer_append_str(text, requirement->values[0]);
}

static void requirement_format(const struct label_requirement *requirement, struct buffer *text)
{
    switch (requirement->operator) {
    case LABEL_EQUALS:
        format_binary(requirement, "=", text);
        break;
    case LABEL_DOUBLE_EQUALS:
        format_binary(requirement, "==", text);
        break;
    case LABEL_NOT_EQUALS:
        format_binary(requirement, "!=", text);
        break;
    case LABEL_IN:
        format_set(requirement, " in (", text);
        break;
    case LABEL_NOT_IN:
        format_set(requirement, " notin (", text);
        break;
    case LABEL_EXISTS:
        buffer_append_str(text, requirement->key);
        break;
    case LABEL_DOES_NOT_EXIST:
        buffer_append_char(text, '!');
        buffer_append_str(text, requirement->key);
        break;
    case LABEL_GREATER:
        format_binary(requirement, ">", text);
        break;
    case LABEL_LESS:
        format_binary(requirement, "<", text);
        break;
    }
}

void label_selector_format(const struct label_selector *selector, struct buffer *text)
{
    for (size_t i = 0; i < selector->n_requirements; i++) {
        if (i > 0)
            buffer_append_char(text, ',');
        requirement_format(&selector->requirements[i], text);
    }
}

bool label_selector_exact(const struct label_selector *selector, struct str key, struct str *ret_value)
{
    for (size_t i = 0; i < selector->n_requirements; i++) {
        const struct label_requirement *requirement = &selector->requirements[i];
        if (!str_equal(requirement->key, key) || requirement->n_values != 1)
            continue;
        if (requirement->operator== LABEL_EQUALS || requirement->operator== LABEL_DOUBLE_EQUALS || requirement->
            operator== LABEL_IN) {
            *ret_value = requirement->values[0];
            return true;
        }
    }
    return false;
}
