/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object_selector.c - selectors against stored objects. */
#include "api/label_requirement.h"
#include "api/selector.h"

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

bool field_selector_matches_object(const struct field_selector *selector, const struct object *object)
{
    return selector->n_requirements == 0 ||
           field_selector_matches(selector, object_resource(object), object_typed(object));
}
