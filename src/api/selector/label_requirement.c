/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* label_requirement.c - what a requirement may look like. */
#include "api/selector/label_requirement.h"

#include <stdlib.h>
#include <string.h>

#include "api/validation/formats/formats.h"

#define JOINED_SIZE 700

int label_key_check(struct str key, const char *path, struct error *err)
{
    static const char general[] = "a qualified name ", ours[] = "a valid label key ";
    struct format_errors errors = { .count = 0 };
    char text[JOINED_SIZE];

    format_qualified_name(key, &errors);
    if (errors.count == 0)
        return 0;
    format_errors_join(&errors, "; ", text, sizeof(text));
    bool is_general = strncmp(text, general, sizeof(general) - 1) == 0;
    return error_set(err, ERROR_BAD_REQUEST, "%s: Invalid value: \"" STR_FMT "\": %s%s", path, STR_ARG(key),
                     is_general ? ours : "", is_general ? text + sizeof(general) - 1 : text);
}

static int check_value(struct str key, struct str value, size_t index, struct error *err)
{
    struct format_errors errors = { .count = 0 };
    char text[JOINED_SIZE];

    format_label_value(value, &errors);
    if (errors.count == 0)
        return 0;
    format_errors_join(&errors, "; ", text, sizeof(text));
    return error_set(err, ERROR_BAD_REQUEST, "values[%zu][" STR_FMT "]: Invalid value: \"" STR_FMT "\": %s", index,
                     STR_ARG(key), STR_ARG(value), text);
}

int label_requirement_check(const struct label_requirement *requirement, struct error *err)
{
    int64_t number = 0;
    int rc = label_key_check(requirement->key, "key", err);

    if (rc < 0)
        return rc;
    switch (requirement->operator) {
    case LABEL_IN:
    case LABEL_NOT_IN:
        if (requirement->n_values == 0)
            return error_set(err, ERROR_BAD_REQUEST,
                             "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
        break;
    case LABEL_EQUALS:
    case LABEL_DOUBLE_EQUALS:
    case LABEL_NOT_EQUALS:
        if (requirement->n_values != 1)
            return error_set(err, ERROR_BAD_REQUEST, "values: exact-match compatibility requires one single value");
        break;
    case LABEL_EXISTS:
    case LABEL_DOES_NOT_EXIST:
        if (requirement->n_values != 0)
            return error_set(err, ERROR_BAD_REQUEST, "values: values set must be empty for exists and does not exist");
        break;
    case LABEL_GREATER:
    case LABEL_LESS:
        if (requirement->n_values != 1)
            return error_set(err, ERROR_BAD_REQUEST, "values: for 'Gt', 'Lt' operators, exactly one value is required");
        if (!str_to_int64(requirement->values[0], &number))
            return error_set(err, ERROR_BAD_REQUEST,
                             "values[0]: Invalid value: \"" STR_FMT
                             "\": for 'Gt', 'Lt' operators, the value must be an integer",
                             STR_ARG(requirement->values[0]));
        break;
    }
    for (size_t i = 0; rc == 0 && i < requirement->n_values; i++)
        rc = check_value(requirement->key, requirement->values[i], i, err);
    return rc;
}

static int compare_values(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

void label_requirement_sort(struct label_requirement *requirement)
{
    size_t kept = 0;

    if (requirement->n_values < 2)
        return;
    qsort(requirement->values, requirement->n_values, sizeof(struct str), compare_values);
    for (size_t i = 0; i < requirement->n_values; i++)
        if (i == 0 || !str_equal(requirement->values[i], requirement->values[kept - 1]))
            requirement->values[kept++] = requirement->values[i];
    requirement->n_values = kept;
}

void label_requirements_sort(struct label_selector *selector)
{
    /* Insertion: few, mostly sorted, and the order of equal keys stays. */
    for (size_t i = 1; i < selector->n_requirements; i++) {
        struct label_requirement moved = selector->requirements[i];
        size_t at = i;
        for (; at > 0 && str_compare(moved.key, selector->requirements[at - 1].key) < 0; at--)
            selector->requirements[at] = selector->requirements[at - 1];
        selector->requirements[at] = moved;
    }
}
