/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Does an applied configuration fit its schema? Sentences are upstream's, with the values as Go prints them. */
#include "api/apply/apply.h"
#include "api/apply/document.h"
#include "codec/json.h"

#define PROBLEMS_MAX  ((size_t)16 << 10)
#define PROBLEMS_SHOW 32

struct check {
    struct arena arena;
    struct buffer path;
    struct buffer lines; /* each problem behind "\n  " */
    size_t count;
};

static void check_value(struct check *check, const struct apply_place *place, yyjson_val *value, size_t depth);

static void refuse(struct check *check, struct str why)
{
    if (++check->count > PROBLEMS_SHOW)
        return;
    buffer_append_str(&check->lines, STR("\n  "));
    buffer_append_str(&check->lines, buffer_str(&check->path));
    buffer_append_text(&check->lines, check->path.size > 0 ? ": " : "");
    buffer_append_str(&check->lines, why);
}

/* fmt's %v: map[a:1 b:[x y]]. */
static void show_plain(yyjson_val *value, struct arena *arena, struct buffer *out)
{
    size_t index, count;
    yyjson_val *item;
    switch (document_kind_of(value)) {
    case DOCUMENT_MAP: {
        struct document_member *members = document_members(value, arena, &count);
        buffer_append_str(out, STR("map["));
        for (size_t i = 0; i < count; i++) {
            buffer_append_text(out, i > 0 ? " " : "");
            buffer_append_str(out, members[i].key);
            buffer_append_char(out, ':');
            show_plain(members[i].value, arena, out);
        }
        buffer_append_char(out, ']');
        break;
    }
    case DOCUMENT_LIST:
        buffer_append_char(out, '[');
        yyjson_arr_foreach(value, index, count, item)
        {
            buffer_append_text(out, index > 0 ? " " : "");
            show_plain(item, arena, out);
        }
        buffer_append_char(out, ']');
        break;
    case DOCUMENT_NULL:
        buffer_append_str(out, STR("<nil>"));
        break;
    default:
        if (yyjson_is_str(value))
            buffer_append_str(out, (struct str){ yyjson_get_str(value), yyjson_get_len(value) });
        else
            json_append_value(out, value);
    }
}

/* fmt's %#v. */
static void show_as_code(yyjson_val *value, struct buffer *out)
{
    size_t index, count;
    yyjson_val *key, *item;
    switch (document_kind_of(value)) {
    case DOCUMENT_MAP:
        buffer_append_str(out, STR("map[string]interface {}{"));
        yyjson_obj_foreach(value, index, count, key, item)
        {
            buffer_append_text(out, index > 0 ? ", " : "");
            json_append_value(out, key);
            buffer_append_char(out, ':');
            show_as_code(item, out);
        }
        buffer_append_char(out, '}');
        break;
    case DOCUMENT_LIST:
        buffer_append_str(out, STR("[]interface {}{"));
        yyjson_arr_foreach(value, index, count, item)
        {
            buffer_append_text(out, index > 0 ? ", " : "");
            show_as_code(item, out);
        }
        buffer_append_char(out, '}');
        break;
    default:
        json_append_value(out, value);
    }
}

static const char *type_text(yyjson_val *value)
{
    switch (document_kind_of(value)) {
    case DOCUMENT_MAP:
        return "map[string]interface {}";
    case DOCUMENT_LIST:
        return "[]interface {}";
    default:
        return yyjson_is_bool(value) ? "bool" : "string";
    }
}

static unsigned form_of(yyjson_val *value)
{
    switch (document_kind_of(value)) {
    case DOCUMENT_MAP:
        return APPLY_MAP;
    case DOCUMENT_LIST:
        return APPLY_LIST;
    default:
        return yyjson_is_str(value) ? APPLY_STRING : yyjson_is_bool(value) ? APPLY_BOOLEAN : APPLY_NUMBER;
    }
}

static void expected(struct check *check, const struct apply_shape *shape, yyjson_val *value)
{
    auto_buffer struct buffer text = { .max = PROBLEMS_MAX };
    unsigned scalar = shape->allowed & APPLY_SCALAR;
    bool plain = true;
    if (shape->allowed & APPLY_MAP) {
        buffer_append_str(&text, STR("expected map, got "));
    } else if (scalar == APPLY_NUMBER) {
        buffer_format(&text, "expected numeric (int or float), got %s", type_text(value));
        plain = false;
    } else if (scalar == APPLY_STRING) {
        buffer_append_str(&text, STR("expected string, got &value.valueUnstructured{Value:"));
        show_as_code(value, &text);
        buffer_append_char(&text, '}');
        plain = false;
    } else if (scalar != 0) {
        buffer_append_text(&text, scalar == APPLY_BOOLEAN ? "expected boolean, got " : "expected any scalar, got ");
    } else {
        buffer_append_str(&text, STR("expected list, got "));
    }
    if (plain) {
        buffer_append_str(&text, STR("&{"));
        show_plain(value, &check->arena, &text);
        buffer_append_char(&text, '}');
    }
    refuse(check, buffer_str(&text));
}

static void check_map(struct check *check, const struct apply_place *place, yyjson_val *map, size_t depth)
{
    size_t index, count, size = check->path.size;
    yyjson_val *key, *value;
    yyjson_obj_foreach(map, index, count, key, value)
    {
        struct path_element element = path_field((struct str){ yyjson_get_str(key), yyjson_get_len(key) });
        struct apply_place below = { 0 };
        path_element_show(&element, &check->path);
        if (apply_member(place, element.name, &below) == APPLY_MEMBER_UNKNOWN)
            refuse(check, STR("field not declared in schema"));
        else
            check_value(check, &below, value, depth);
        buffer_truncate(&check->path, size);
    }
}

/* By position: is it like one before it? */
static bool *repetitions(const struct apply_shape *shape, yyjson_val *list, struct arena *arena)
{
    size_t count;
    bool *repeated = arena_new_array(arena, bool, yyjson_arr_size(list) + 1);
    struct document_item *sorted = document_items(shape, list, arena, &count);
    for (size_t i = 1; i < count; i++)
        repeated[sorted[i].position] = path_element_compare(&sorted[i - 1].element, &sorted[i].element) == 0;
    return repeated;
}

static void check_items(struct check *check, const struct apply_place *place, const struct apply_shape *shape,
                        yyjson_val *list, size_t depth)
{
    size_t index, count, size = check->path.size;
    yyjson_val *item;
    struct apply_place below;
    bool keyed = shape->list != APPLY_LIST_ATOMIC;
    bool *repeated = keyed ? repetitions(shape, list, &check->arena) : NULL;
    apply_item(place, &below);
    yyjson_arr_foreach(list, index, count, item)
    {
        struct path_element element = { .kind = PATH_INDEX, .index = (int64_t)index };
        const char *why = "";
        if (keyed && document_element(shape, item, &check->arena, &element, &why) < 0) {
            refuse(check, str_of(arena_format(&check->arena, "element %zu: %s", index, why)));
            return;
        }
        if (keyed && repeated[index]) {
            auto_buffer struct buffer text = { .max = PROBLEMS_MAX };
            buffer_append_str(&text, STR("duplicate entries for key "));
            path_element_show(&element, &text);
            refuse(check, buffer_str(&text));
        }
        path_element_show(&element, &check->path);
        check_value(check, &below, item, depth);
        buffer_truncate(&check->path, size);
    }
}

static void check_value(struct check *check, const struct apply_place *place, yyjson_val *value, size_t depth)
{
    struct apply_shape shape;
    if (place->schema == NULL || depth == 0 || yyjson_is_null(value))
        return;
    apply_describe(place, &shape);
    if (!(shape.allowed & form_of(value)))
        expected(check, &shape, value);
    else if (yyjson_is_obj(value))
        check_map(check, place, value, depth - 1);
    else if (yyjson_is_arr(value))
        check_items(check, place, &shape, value, depth - 1);
}

int apply_check(const struct apply_place *root, yyjson_val *document, struct buffer *problems)
{
    struct check check = { .lines.max = PROBLEMS_MAX };
    check_value(&check, root, document, FIELD_SET_DEPTH_MAX - 1);
    struct str lines = buffer_str(&check.lines);
    if (check.count == 1) {
        buffer_append_str(problems, str_skip(lines, 3));
    } else if (check.count > 1) {
        buffer_append_str(problems, STR("errors:"));
        buffer_append_str(problems, lines);
    }
    arena_fini(&check.arena);
    buffer_fini(&check.path);
    buffer_fini(&check.lines);
    return check.count == 0 ? 0 : -ERROR_INVALID;
}
