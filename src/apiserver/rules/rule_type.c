/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rule_type.c - what expressions see of the values that a schema describes. */
#include <string.h>

#include "api/structural/checks.h"
#include "apiserver/rules/rule.h"
#include "apiserver/rules/rules.h"

#define NAME_MAX_LENGTH 253 /* of metadata.name; generateName has at least one more behind it */

static int64_t max_or_none(const struct structural_checks *checks, int64_t max)
{
    return checks == NULL || max == CHECK_UNSET ? -1 : max < 0 ? 0 : max;
}

static const struct cel_type *string_type(const struct structural_node *node, struct arena *arena)
{
    const struct structural_checks *checks = node->checks;
    const char *format = checks != NULL && checks->format_name != NULL ? checks->format_name : "";
    int64_t max = checks != NULL ? max_or_none(checks, checks->max_length) : -1;
    if (strcmp(format, "byte") == 0)
        return cel_type_bytes(arena, max);
    if (strcmp(format, "duration") == 0)
        return cel_type_duration(arena);
    if (strcmp(format, "date") == 0 || strcmp(format, "date-time") == 0)
        return cel_type_timestamp(arena, strcmp(format, "date") == 0);
    if (max >= 0 || checks == NULL || checks->enumeration == NULL)
        return cel_type_string(arena, max);
    size_t longest = 0;
    yyjson_arr_iter values = yyjson_arr_iter_with(checks->enumeration);
    for (yyjson_val *value; (value = yyjson_arr_iter_next(&values)) != NULL;)
        if (yyjson_is_str(value) && yyjson_get_len(value) > longest)
            longest = yyjson_get_len(value);
    return cel_type_enum(arena, longest);
}

static const struct cel_type *type_at(const struct structural_node *node, bool root, const char *name,
                                      struct arena *arena);

/* The types of objects are named after the way to them, as upstream names them in problems. */
static const struct cel_type *type_below(const struct structural_node *node, const char *name, const char *step,
                                         struct arena *arena)
{
    return node == NULL ? NULL : type_at(node, node->embedded, arena_format(arena, "%s.%s", name, step), arena);
}

static const struct cel_type *list_type(const struct structural_node *node, const char *name, struct arena *arena)
{
    const struct cel_type *items = type_below(node->items, name, "@idx", arena);
    if (items == NULL)
        return NULL;
    struct cel_type *type =
        cel_type_list(arena, items, node->checks != NULL ? max_or_none(node->checks, node->checks->max_items) : -1);
    type->list_type = node->list == STRUCTURAL_LIST_SET   ? CEL_LIST_SET
                      : node->list == STRUCTURAL_LIST_MAP ? CEL_LIST_MAP
                                                          : CEL_LIST_ATOMIC;
    type->list_keys = node->list_keys;
    return type;
}

static bool is_required(const struct structural_node *node, struct str name)
{
    for (uint32_t i = 0; node->checks != NULL && i < node->checks->n_required; i++)
        if (str_equal(node->checks->required[i], name))
            return true;
    return false;
}

static const struct cel_type *capped_name(const struct structural_node *metadata, const char *name, int64_t max,
                                          struct arena *arena)
{
    const struct structural_node *node = metadata != NULL ? structural_property_find(metadata, str_of(name)) : NULL;
    int64_t said = node != NULL && node->checks != NULL ? node->checks->max_length : CHECK_UNSET;
    return cel_type_string(arena, said != CHECK_UNSET && said < max ? (said < 0 ? 0 : said) : max);
}

/* Of metadata a rule sees the name only. */
static const struct cel_type *metadata_type(const struct structural_node *metadata, const char *name,
                                            struct arena *arena)
{
    struct cel_field fields[] = {
        { .json = "generateName", .type = capped_name(metadata, "generateName", NAME_MAX_LENGTH - 1, arena) },
        { .json = "name", .type = capped_name(metadata, "name", NAME_MAX_LENGTH, arena) },
    };
    return cel_type_object(arena, arena_format(arena, "%s.metadata", name), fields, 2);
}

static bool is_meta(struct str name)
{
    return str_is(name, "apiVersion") || str_is(name, "kind") || str_is(name, "metadata");
}

static const struct cel_type *object_type(const struct structural_node *node, bool root, const char *name,
                                          struct arena *arena)
{
    struct cel_field *fields = arena_new_array(arena, struct cel_field, node->n_properties + 3);
    size_t count = 0;
    for (uint32_t i = 0; i < node->n_properties; i++) {
        const struct structural_property *property = &node->properties[i];
        if (root && is_meta(property->name))
            continue;
        const struct cel_type *type = type_below(property->node, name, property->name.data, arena);
        if (type != NULL)
            fields[count++] = (struct cel_field){ .json = property->name.data,
                                                  .type = type,
                                                  .required = is_required(node, property->name),
                                                  .has_default = property->node->fill.data != NULL };
    }
    if (root) {
        static const char *const texts[] = { "apiVersion", "kind" };
        for (size_t i = 0; i < countof(texts); i++)
            fields[count++] = (struct cel_field){ .json = texts[i],
                                                  .type = cel_type_string(arena, -1),
                                                  .required = is_required(node, str_of(texts[i])) };
        fields[count++] =
            (struct cel_field){ .json = "metadata",
                                .type = metadata_type(structural_property_find(node, STR("metadata")), name, arena),
                                .required = is_required(node, STR("metadata")) };
    }
    return cel_type_object(arena, name, fields, count);
}

static const struct cel_type *map_type(const struct structural_node *node, const char *name, struct arena *arena)
{
    const struct cel_type *values = type_below(node->additional_node, name, "@elem", arena);
    if (values == NULL)
        return NULL;
    return cel_type_map(arena, values,
                        node->checks != NULL ? max_or_none(node->checks, node->checks->max_properties) : -1);
}

static const struct cel_type *plain_type(const struct structural_node *node, bool root, const char *name,
                                         struct arena *arena)
{
    switch (node->type) {
    case STRUCTURAL_OBJECT:
        return node->additional_node != NULL ? map_type(node, name, arena) : object_type(node, root, name, arena);
    case STRUCTURAL_ARRAY:
        return list_type(node, name, arena);
    case STRUCTURAL_STRING:
        return string_type(node, arena);
    case STRUCTURAL_INTEGER:
        return cel_type_int(arena);
    case STRUCTURAL_NUMBER:
        return cel_type_double(arena);
    case STRUCTURAL_BOOLEAN:
        return cel_type_bool(arena);
    default:
        return NULL;
    }
}

static const struct cel_type *type_at(const struct structural_node *node, bool root, const char *name,
                                      struct arena *arena)
{
    int64_t max = node->checks != NULL ? max_or_none(node->checks, node->checks->max_length) : -1;
    const struct cel_type *type =
        node->int_or_string ? cel_type_int_or_string(arena, max) : plain_type(node, root, name, arena);
    if (type == NULL || !node->nullable)
        return type;
    struct cel_type *nullable = arena_new(arena, struct cel_type);
    *nullable = *type;
    nullable->nullable = true;
    return nullable;
}

const struct cel_type *rule_type_of(const struct structural_node *node, bool root, struct arena *arena)
{
    return type_at(node, root, "selfType", arena);
}

const struct cel_type *rules_type(const struct structural *schema, struct arena *arena)
{
    return rule_type_of(structural_root(schema), true, arena);
}
