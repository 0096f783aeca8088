/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* patches.c - what mutating policies have: objects of the types Object and JSONPatch, keys in paths of patches.
 *
 * An object's type has any field; what stands below it must be called by its way: Object{spec: Object.spec{...}}. */
#include "cel/check/infer.h"
#include "cel/value/value.h"

#define OBJECT "Object"

static const struct cel_type string_type = { .kind = CEL_STRING };
static const struct cel_type anything = { .kind = CEL_DYN, .nullable = true };
static const struct cel_field json_patch_fields[] = {
    { .name = "from", .json = "from", .type = &string_type },
    { .name = "op", .json = "op", .type = &string_type },
    { .name = "path", .json = "path", .type = &string_type },
    { .name = "value", .json = "value", .type = &anything },
};
static const struct cel_type json_patch = {
    .kind = CEL_OBJECT, .name = "JSONPatch", .fields = json_patch_fields, .field_count = countof(json_patch_fields)
};
static const struct cel_type object_made = { .kind = CEL_OBJECT, .name = OBJECT, .open = true };

const struct cel_type *cel_type_json_patch(void)
{
    return &json_patch;
}

const struct cel_type *cel_type_object_made(void)
{
    return &object_made;
}

const struct cel_type *cel_object_type(struct arena *arena, struct str name)
{
    struct cel_type *type;

    if (str_is(name, json_patch.name))
        return &json_patch;
    if (str_is(name, OBJECT))
        return &object_made;
    if (!str_starts(name, STR(OBJECT ".")))
        return NULL;
    type = arena_new(arena, struct cel_type);
    *type = object_made;
    type->name = arena_str(arena, name).data;
    return type;
}

/* ---- names of types ---- */

/* 'way' is what a type here must be called; it is put back as it was. */
static bool names_fit(const struct cel_value *value, struct buffer *way, unsigned depth, struct buffer *problem)
{
    struct cel_map_reader members;
    struct cel_list_reader elements;
    struct cel_value key, element;
    size_t size = way->size;
    bool fit = true;

    if (depth > CEL_DEPTH_MAX || value->form != CEL_FORM_MADE)
        return true;
    if (value->kind == CEL_LIST) {
        cel_list_read(value, &elements);
        while (fit && cel_list_next(&elements, &element))
            fit = names_fit(&element, way, depth + 1, problem);
        return fit;
    }
    if (!cel_is_map(value))
        return true;
    if (cel_is_made(value) && !str_is(buffer_str(way), value->map->type->name)) {
        buffer_format(problem,
                      "unexpected type name \"%s\", expected \"" STR_FMT
                      "\", which matches field name path from root Object type",
                      value->map->type->name, STR_ARG(buffer_str(way)));
        return false;
    }
    cel_map_read(value, &members);
    while (fit && cel_map_next(&members, &key, &element)) {
        if (cel_is_made(value))
            buffer_format(way, "." STR_FMT, STR_ARG(key.text));
        fit = names_fit(&element, way, depth + 1, problem);
        buffer_truncate(way, size);
    }
    return fit;
}

static bool object_fits(const struct cel_value *object, struct buffer *problem)
{
    auto_buffer struct buffer way = { 0 };

    if (!cel_is_made(object))
        return true;
    buffer_append_text(&way, object->map->type->name);
    return names_fit(object, &way, 0, problem);
}

bool cel_value_names_fit(const struct cel_value *value, struct buffer *problem)
{
    struct cel_list_reader patches;
    struct cel_value patch, key = cel_value_string(STR("value")), changed;

    if (value->kind != CEL_LIST || value->form != CEL_FORM_MADE)
        return object_fits(value, problem);
    cel_list_read(value, &patches);
    while (cel_list_next(&patches, &patch))
        if (cel_is_made(&patch) && patch.map->type == &json_patch && cel_map_find(NULL, &patch, &key, &changed) &&
            !object_fits(&changed, problem))
            return false;
    return true;
}

/* ---- functions ---- */

static struct cel_value escape_key(struct cel_state *state, const struct cel_value *args, size_t count)
{
    auto_buffer struct buffer out = { .max = 2 * args[0].text.size + 1 };

    (void)count;
    for (size_t i = 0; i < args[0].text.size; i++) {
        char c = args[0].text.data[i];

        if (c == '~' || c == '/')
            buffer_append_text(&out, c == '~' ? "~0" : "~1");
        else
            buffer_append_char(&out, c);
    }
    return cel_string_copy(state->arena, &out);
}

struct cel_functions cel_patches(void)
{
    static const struct cel_overload rows[] = {
        { "jsonpatch.escapeKey", "s:s", escape_key, CEL_COST_TEXT, 0, CEL_LIBRARY_PATCHES },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
