/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object_selector.c - selectors against stored objects. */
#include <string.h>

#include "api/selector/label_requirement.h"
#include "api/selector/selector.h"

bool label_selector_matches_object(const struct label_selector *selector, const struct object *object)
{
    if (selector->nothing)
        return false;
    for (size_t i = 0; i < selector->n_requirements; i++) {
        struct str value = { 0 };
        bool found = object_label(object, selector->requirements[i].key, &value);
        if (!label_requirement_matches(&selector->requirements[i], found ? &value : NULL))
            return false;
    }
    return true;
}

/* 1: as asked for, 0: not, -1: that takes the decoded object. */
static int compare_text(const struct field_requirement *requirement, const struct object *object)
{
    struct object_path path;
    struct str text;
    if (requirement->document)
        return str_equal(object_scalar(object, requirement->key), requirement->value) != requirement->negate;
    if (requirement->resource != object_resource(object) || !field_requirement_text(requirement, &path))
        return -1;
    if (requirement->number != 0)
        text = object_text(object, &path, requirement->number);
    else
        object_texts(object, &path, 1, &text);
    if (text.size > 0 && memchr(text.data, '\\', text.size) != NULL)
        return -1;
    return str_equal(text, requirement->value) != requirement->negate;
}

bool field_selector_matches_object(const struct field_selector *selector, const struct object *object)
{
    bool decode = false;
    for (size_t i = 0; i < selector->n_requirements; i++) {
        int same = compare_text(&selector->requirements[i], object);
        if (same == 0)
            return false;
        decode |= same < 0;
    }
    return !decode || field_selector_matches(selector, object_resource(object), object_typed(object));
}
