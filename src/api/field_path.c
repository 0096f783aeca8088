/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* field_path.c - from a JSON path to a struct member, through the tables. */
#include "api/field_path.h"

#include <stdio.h>

#include "api/value/int_or_string.h"
#include "base/time.h"

const struct api_field *api_field_find(const struct api_type *type, struct str name,
                                       const struct api_field **ret_embedding)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->name != NULL && str_is(name, field->name)) {
            if (ret_embedding != NULL)
                *ret_embedding = NULL;
            return field;
        }
        if (field->flags & API_INLINE && field->type != NULL) {
            const struct api_field *inner = api_field_find(field->type, name, NULL);
            if (inner != NULL) {
                if (ret_embedding != NULL)
                    *ret_embedding = field;
                return inner;
            }
        }
    }
    return NULL;
}

bool field_path_resolve(const struct api_type *type, struct str text, struct field_path *ret_path)
{
    struct field_path path = { .count = 0 };
    struct str name;

    while (str_next(&text, '.', &name)) {
        const struct api_field *embedding = NULL;
        const struct api_field *field = type == NULL ? NULL : api_field_find(type, name, &embedding);
        if (field == NULL || field->shape != API_SINGLE || path.count + 2 > FIELD_PATH_MAX)
            return false;
        if (embedding != NULL)
            path.fields[path.count++] = embedding;
        path.fields[path.count++] = field;
        type = field->value == API_MESSAGE ? field->type : NULL;
    }
    if (path.count == 0)
        return false;
    *ret_path = path;
    return true;
}

const void *field_path_member(const struct field_path *path, const void *value)
{
    for (size_t i = 0; i < path->count && value != NULL; i++) {
        const struct api_field *field = path->fields[i];
        value = (const char *)value + field->offset;
        /* A string's member is a pointer already, whether its presence counts or not. */
        if (field->flags & API_POINTER && field->value != API_STRING)
            value = *(const void *const *)value;
    }
    return value;
}

struct str field_path_text(const struct field_path *path, const void *value, char space[FIELD_PATH_TEXT_SIZE])
{
    const void *member = field_path_member(path, value);
    int64_t number = 0;

    switch (path->fields[path->count - 1]->value) {
    case API_STRING:
        return member == NULL ? STR("") : str_of(text_or_empty(*(const char *const *)member));
    case API_BOOL:
        return member != NULL && *(const bool *)member ? STR("true") : STR("false");
    case API_INT32:
        number = member == NULL ? 0 : *(const int32_t *)member;
        break;
    case API_INT64:
        number = member == NULL ? 0 : *(const int64_t *)member;
        break;
    case API_INT_OR_STRING:
        return member == NULL ? STR("") : str_of(int_or_string_text(member, space));
    case API_TIME:
        if (member == NULL || *(const usec_t *)member == 0)
            return STR("");
        time_format(*(const usec_t *)member, false, space);
        return str_of(space);
    default:
        return STR("");
    }
    snprintf(space, FIELD_PATH_TEXT_SIZE, "%lld", (long long)number);
    return str_of(space);
}
