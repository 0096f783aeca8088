/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/policies/object_type.h"

#include <stdlib.h>
#include <string.h>

#include "generated/types.h"

#define UNBOUNDED INT64_MAX

/* Types that were begun: they may hold themselves. */
struct made {
    const struct api_type *type;
    struct cel_type *cel;
    struct made *next;
};

struct maker {
    struct arena *arena;
    struct made *made;
};

static const struct cel_type *message_type(struct maker *maker, const struct api_type *type, bool root);

static const struct cel_type *single_type(struct maker *maker, const struct api_field *field)
{
    static const uint8_t kinds[] = {
        [API_BOOL] = CEL_BOOL,         [API_INT32] = CEL_INT,
        [API_INT64] = CEL_INT,         [API_UINT32] = CEL_INT,
        [API_UINT64] = CEL_INT,        [API_FLOAT64] = CEL_DOUBLE,
        [API_STRING] = CEL_STRING,     [API_BYTES] = CEL_BYTES,
        [API_TIME] = CEL_TIMESTAMP,    [API_MICRO_TIME] = CEL_TIMESTAMP,
        [API_DURATION] = CEL_STRING,   [API_QUANTITY] = CEL_STRING,
        [API_INT_OR_STRING] = CEL_DYN, [API_RAW] = CEL_DYN,
    };

    return field->value == API_MESSAGE ? message_type(maker, field->type, false)
                                       : cel_type_of((enum cel_kind)kinds[field->value]);
}

static const struct cel_type *field_type(struct maker *maker, const struct api_field *field)
{
    const struct cel_type *single = single_type(maker, field);

    switch ((enum api_shape)field->shape) {
    case API_LIST:
        return cel_type_list(maker->arena, single, UNBOUNDED);
    case API_MAP:
        return cel_type_map(maker->arena, single, UNBOUNDED);
    default:
        return single;
    }
}

/* Fields of the type and of those whose fields stand in its documents. */
static size_t count_fields(const struct api_type *type)
{
    size_t count = 0;

    for (size_t i = 0; i < type->n_fields; i++)
        count += type->fields[i].flags & API_INLINE ? count_fields(type->fields[i].type) : 1;
    return count;
}

static void add_field(struct maker *maker, struct cel_field *fields, size_t *count, const char *name,
                      const struct cel_type *type)
{
    const char *escaped;

    if (cel_escape(maker->arena, str_of(name), &escaped))
        fields[(*count)++] = (struct cel_field){ .name = escaped, .json = name, .type = type };
}

static void add_fields(struct maker *maker, const struct api_type *type, struct cel_field *fields, size_t *count)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];

        if (field->flags & API_INLINE)
            add_fields(maker, field->type, fields, count);
        else if (field->name != NULL)
            add_field(maker, fields, count, field->name, field_type(maker, field));
    }
}

static int field_compare(const void *a, const void *b)
{
    return strcmp(((const struct cel_field *)a)->name, ((const struct cel_field *)b)->name);
}

static const struct cel_type *message_type(struct maker *maker, const struct api_type *type, bool root)
{
    if (type->json_form == API_FORM_STRING_LIST)
        return cel_type_list(maker->arena, cel_type_of(CEL_STRING), UNBOUNDED);
    if (type->json_form != API_FORM_OBJECT)
        return cel_type_of(CEL_DYN);
    for (const struct made *made = maker->made; made != NULL; made = made->next)
        if (made->type == type)
            return made->cel;
    struct made *made = arena_new(maker->arena, struct made);
    struct cel_field *fields = arena_new_array(maker->arena, struct cel_field, count_fields(type) + 2);
    size_t count = 0;

    *made = (struct made){ type, arena_new(maker->arena, struct cel_type), maker->made };
    maker->made = made;
    *made->cel =
        (struct cel_type){ .kind = CEL_OBJECT, .name = arena_format(maker->arena, "%s.%s", type->package, type->name) };
    if (root) {
        add_field(maker, fields, &count, "apiVersion", cel_type_of(CEL_STRING));
        add_field(maker, fields, &count, "kind", cel_type_of(CEL_STRING));
    }
    add_fields(maker, type, fields, &count);
    qsort(fields, count, sizeof(fields[0]), field_compare);
    made->cel->fields = fields;
    made->cel->field_count = count;
    return made->cel;
}

const struct cel_type *object_type_of(const struct api_type *type, struct arena *arena)
{
    struct maker maker = { .arena = arena };

    return message_type(&maker, type, type->type_meta);
}

const struct cel_type *object_type_custom(const struct cel_type *schema, struct arena *arena)
{
    if (schema == NULL || schema->kind != CEL_OBJECT)
        return schema;
    struct cel_type *type = arena_new(arena, struct cel_type);
    struct cel_field *fields = arena_new_array(arena, struct cel_field, schema->field_count + 1);

    *type = *schema;
    for (size_t i = 0; i < schema->field_count; i++) {
        fields[i] = schema->fields[i];
        if (strcmp(fields[i].json, "metadata") == 0)
            fields[i].type = object_type_of(&api_type_object_meta, arena);
    }
    type->fields = fields;
    return type;
}
