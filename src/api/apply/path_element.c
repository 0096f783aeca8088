/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/apply/path_element.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

#define KEYS_DEPTH_MAX 64

/* Numbers are read as text (json_read), so that none loses digits. */
static struct path_value number_of(struct str text)
{
    struct path_value value = { .kind = PATH_INTEGER };
    if (str_to_int64(text, &value.integer)) {
        value.number = (double)value.integer;
        return value;
    }
    char digits[64];
    size_t size = text.size < sizeof(digits) - 1 ? text.size : sizeof(digits) - 1;
    memcpy(digits, text.data, size);
    digits[size] = '\0';
    value.kind = PATH_FLOAT;
    value.number = strtod(digits, NULL);
    return value;
}

struct path_value path_value_of(yyjson_val *value, struct arena *arena)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_RAW:
        return number_of((struct str){ yyjson_get_raw(value), yyjson_get_len(value) });
    case YYJSON_TYPE_NUM:
        return (struct path_value){
            yyjson_is_real(value) ? PATH_FLOAT : PATH_INTEGER, yyjson_get_sint(value), yyjson_get_num(value), { 0 }
        };
    case YYJSON_TYPE_STR:
        return (struct path_value){ .kind = PATH_STRING, .text = { yyjson_get_str(value), yyjson_get_len(value) } };
    case YYJSON_TYPE_BOOL:
        return (struct path_value){ .kind = PATH_BOOL, .integer = yyjson_get_bool(value) };
    case YYJSON_TYPE_ARR:
    case YYJSON_TYPE_OBJ: {
        auto_buffer struct buffer text = { 0 };
        json_append_value(&text, value);
        return (struct path_value){ .kind = yyjson_is_arr(value) ? PATH_LIST : PATH_MAP,
                                    .text = arena_str(arena, buffer_str(&text)) };
    }
    default:
        return (struct path_value){ .kind = PATH_NULL };
    }
}

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

int path_value_compare(const struct path_value *a, const struct path_value *b)
{
    bool numbers = a->kind <= PATH_INTEGER && b->kind <= PATH_INTEGER;
    if (numbers && a->kind != b->kind)
        return compare_numbers(a->number, b->number);
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case PATH_FLOAT:
        return compare_numbers(a->number, b->number);
    case PATH_INTEGER:
    case PATH_BOOL:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case PATH_NULL:
        return 0;
    default:
        return str_compare(a->text, b->text);
    }
}

static int compare_keys(const struct path_element *a, const struct path_element *b)
{
    for (uint32_t i = 0; i < a->n_keys && i < b->n_keys; i++) {
        int order = str_compare(a->keys[i].name, b->keys[i].name);
        if (order == 0)
            order = path_value_compare(&a->keys[i].value, &b->keys[i].value);
        if (order != 0)
            return order;
    }
    return (a->n_keys > b->n_keys) - (a->n_keys < b->n_keys);
}

int path_element_compare(const struct path_element *a, const struct path_element *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case PATH_FIELD:
        return str_compare(a->name, b->name);
    case PATH_KEYS:
        return compare_keys(a, b);
    case PATH_VALUE:
        return path_value_compare(a->value, b->value);
    default:
        return (a->index > b->index) - (a->index < b->index);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct path_key *one = a, *other = b;
    return str_compare(one->name, other->name);
}

/* The JSON behind "k:" or "v:"; its strings are copied, for the document goes. */
static struct path_value kept_value(yyjson_val *value, struct arena *arena)
{
    struct path_value kept = path_value_of(value, arena);
    if (kept.kind == PATH_STRING)
        kept.text = arena_str(arena, kept.text);
    return kept;
}

static int parse_keys(yyjson_val *root, struct arena *arena, struct path_element *element, const char **ret_why)
{
    if (!yyjson_is_obj(root)) {
        *ret_why = "ReadObjectCB: expect { or n";
        return -ERROR_BAD_REQUEST;
    }
    struct path_key *keys = arena_new_array(arena, struct path_key, yyjson_obj_size(root) + 1);
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(root, index, count, key, value)
    {
        keys[index].name = arena_str(arena, (struct str){ yyjson_get_str(key), yyjson_get_len(key) });
        keys[index].value = kept_value(value, arena);
    }
    qsort(keys, count, sizeof(*keys), by_name);
    *element = (struct path_element){ .kind = PATH_KEYS, .n_keys = (uint32_t)count, .keys = keys };
    return 1;
}

static int parse_json(struct str text, char kind, struct arena *arena, struct path_element *element,
                      const char **ret_why)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    struct error err = { 0 };
    if (json_read(text, KEYS_DEPTH_MAX, &doc, &err) < 0) {
        *ret_why = arena_strdup(arena, err.message);
        return -ERROR_BAD_REQUEST;
    }
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (kind == 'k')
        return parse_keys(root, arena, element, ret_why);
    struct path_value *value = arena_new(arena, struct path_value);
    *value = kept_value(root, arena);
    *element = (struct path_element){ .kind = PATH_VALUE, .value = value };
    return 1;
}

int path_element_parse(struct str text, struct arena *arena, struct path_element *ret_element, const char **ret_why)
{
    if (text.size < 2) {
        *ret_why = "key must be 2 characters long:";
        return -ERROR_BAD_REQUEST;
    }
    if (text.data[1] != ':') {
        *ret_why = arena_format(arena, "missing colon: " STR_FMT, STR_ARG(text));
        return -ERROR_BAD_REQUEST;
    }
    struct str rest = str_skip(text, 2);
    switch (text.data[0]) {
    case 'f':
        *ret_element = path_field(rest);
        return 1;
    case 'k':
    case 'v':
        return parse_json(rest, text.data[0], arena, ret_element, ret_why);
    case 'i':
        *ret_element = (struct path_element){ .kind = PATH_INDEX };
        if (str_to_int64(rest, &ret_element->index))
            return 1;
        *ret_why = arena_format(arena, "strconv.Atoi: parsing \"" STR_FMT "\": invalid syntax", STR_ARG(rest));
        return -ERROR_BAD_REQUEST;
    default:
        return 0;
    }
}

static void write_value(const struct path_value *value, struct buffer *out)
{
    switch (value->kind) {
    case PATH_FLOAT:
        json_append_double(out, value->number);
        break;
    case PATH_INTEGER:
        buffer_append_int64(out, value->integer);
        break;
    case PATH_STRING:
        json_append_string(out, value->text);
        break;
    case PATH_BOOL:
        buffer_append_text(out, value->integer ? "true" : "false");
        break;
    case PATH_NULL:
        buffer_append_str(out, STR("null"));
        break;
    default:
        buffer_append_str(out, value->text);
    }
}

void path_element_write(const struct path_element *element, struct buffer *out)
{
    switch (element->kind) {
    case PATH_FIELD:
        buffer_append_str(out, STR("f:"));
        buffer_append_str(out, element->name);
        break;
    case PATH_KEYS:
        buffer_append_str(out, STR("k:{"));
        for (uint32_t i = 0; i < element->n_keys; i++) {
            if (i > 0)
                buffer_append_char(out, ',');
            json_append_string(out, element->keys[i].name);
            buffer_append_char(out, ':');
            write_value(&element->keys[i].value, out);
        }
        buffer_append_char(out, '}');
        break;
    case PATH_VALUE:
        buffer_append_str(out, STR("v:"));
        write_value(element->value, out);
        break;
    case PATH_INDEX:
        buffer_append_str(out, STR("i:"));
        buffer_append_int64(out, element->index);
        break;
    }
}

void path_element_show(const struct path_element *element, struct buffer *out)
{
    if (element->kind == PATH_FIELD) {
        buffer_append_char(out, '.');
        buffer_append_str(out, element->name);
        return;
    }
    buffer_append_char(out, '[');
    for (uint32_t i = 0; element->kind == PATH_KEYS && i < element->n_keys; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        buffer_append_str(out, element->keys[i].name);
        buffer_append_char(out, '=');
        write_value(&element->keys[i].value, out);
    }
    if (element->kind == PATH_VALUE) {
        buffer_append_char(out, '=');
        write_value(element->value, out);
    } else if (element->kind == PATH_INDEX) {
        buffer_append_int64(out, element->index);
    }
    buffer_append_char(out, ']');
}
