/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* yaml_write.c - JSON to YAML in the layout of kubectl: sorted keys, two blanks a level, quotes only where
 * a reader would take a string for something else. */
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/memory.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "codec/yaml_scalar.h"

#define LINE_WIDTH 80 /* go-yaml's, where long plain text wraps */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

struct number {
    int64_t value;
    size_t end;
};

static struct number take_number(struct str text, size_t at, int64_t start)
{
    struct number number = { start, at };

    for (; number.end < text.size && is_digit(text.data[number.end]); number.end++)
        number.value =
            number.value > INT64_MAX / 10 - 1 ? number.value : number.value * 10 + (text.data[number.end] - '0');
    return number;
}

/* People's order, as go-yaml has it: other signs before letters, runs of digits as numbers. */
static int compare_keys(struct str a, struct str b)
{
    size_t at = 0;

    while (at < a.size && at < b.size && a.data[at] == b.data[at])
        at++;
    if (at == a.size || at == b.size)
        return (a.size > b.size) - (a.size < b.size);

    char left = a.data[at], right = b.data[at];
    int by_byte = (unsigned char)left < (unsigned char)right ? -1 : 1;
    if (is_letter(left) && is_letter(right))
        return by_byte;
    if (is_letter(left) || is_letter(right))
        return is_letter(right) ? -1 : 1;

    /* A zero inside a number counts; leading ones do not. */
    int64_t start = 0;
    if (left == '0' || right == '0')
        for (size_t i = at; i-- > 0 && is_digit(a.data[i]) && start == 0;)
            start = a.data[i] != '0';
    struct number x = take_number(a, at, start);
    struct number y = take_number(b, at, start);
    if (x.value != y.value)
        return x.value < y.value ? -1 : 1;
    if (x.end != y.end)
        return x.end < y.end ? -1 : 1;
    return by_byte;
}

struct member {
    struct str key;
    yyjson_val *value;
};

static int compare_members(const void *a, const void *b)
{
    return compare_keys(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static int write_chunk(void *data, unsigned char *bytes, size_t size)
{
    struct buffer *out = data;

    buffer_append(out, bytes, size);
    return !buffer_failed(out);
}

static bool emit_scalar(yaml_emitter_t *emitter, struct str text, yaml_scalar_style_t style)
{
    yaml_event_t event;

    return yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)(text.data == NULL ? "" : text.data),
                                        (int)text.size, 1, 1, style) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_string(yaml_emitter_t *emitter, struct str text)
{
    struct yaml_scalar scalar;
    yaml_scalar_style_t style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;

    yaml_scalar_resolve(text, &scalar);
    if (str_find(text, '\n') < text.size)
        style = YAML_LITERAL_SCALAR_STYLE;
    else if (scalar.kind == YAML_KIND_STRING && !yaml_scalar_is_base60(text))
        style = YAML_PLAIN_SCALAR_STYLE;
    return emit_scalar(emitter, text, style);
}

static bool emit_number(yaml_emitter_t *emitter, yyjson_val *value)
{
    struct str text = { yyjson_get_raw(value), yyjson_get_len(value) };
    auto_buffer struct buffer number = { .max = 64 };
    bool whole = true;

    for (size_t i = 0; i < text.size; i++)
        whole = whole && (is_digit(text.data[i]) || text.data[i] == '-');
    if (whole)
        return emit_scalar(emitter, text, YAML_PLAIN_SCALAR_STYLE);
    char digits[64];
    snprintf(digits, sizeof(digits), STR_FMT, STR_ARG(text));
    json_append_double(&number, strtod(digits, NULL));
    return emit_scalar(emitter, buffer_str(&number), YAML_PLAIN_SCALAR_STYLE);
}

static bool emit_value(yaml_emitter_t *emitter, yyjson_val *value);

static bool emit_list(yaml_emitter_t *emitter, yyjson_val *list)
{
    yaml_event_t event;
    yyjson_val *item;
    size_t i, count;
    yaml_sequence_style_t style = yyjson_arr_size(list) == 0 ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;

    if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style) || !yaml_emitter_emit(emitter, &event))
        return false;
    yyjson_arr_foreach(list, i, count, item)
    {
        if (!emit_value(emitter, item))
            return false;
    }
    return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool emit_map(yaml_emitter_t *emitter, yyjson_val *map)
{
    yaml_event_t event;
    yyjson_val *key, *value;
    size_t i, count, n = 0;
    yaml_mapping_style_t style = yyjson_obj_size(map) == 0 ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;
    autofree struct member *members = memory_resize(NULL, yyjson_obj_size(map) + 1, sizeof(*members));

    if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style) || !yaml_emitter_emit(emitter, &event))
        return false;
    yyjson_obj_foreach(map, i, count, key, value)
    {
        members[n++] = (struct member){ { yyjson_get_str(key), yyjson_get_len(key) }, value };
    }
    qsort(members, n, sizeof(*members), compare_members);
    for (i = 0; i < n; i++)
        if (!emit_string(emitter, members[i].key) || !emit_value(emitter, members[i].value))
            return false;
    return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool emit_value(yaml_emitter_t *emitter, yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_OBJ:
        return emit_map(emitter, value);
    case YYJSON_TYPE_ARR:
        return emit_list(emitter, value);
    case YYJSON_TYPE_STR:
        return emit_string(emitter, (struct str){ yyjson_get_str(value), yyjson_get_len(value) });
    case YYJSON_TYPE_BOOL:
        return emit_scalar(emitter, yyjson_get_bool(value) ? STR("true") : STR("false"), YAML_PLAIN_SCALAR_STYLE);
    case YYJSON_TYPE_RAW:
        return emit_number(emitter, value);
    default:
        return emit_scalar(emitter, STR("null"), YAML_PLAIN_SCALAR_STYLE);
    }
}

static bool emit_document(yaml_emitter_t *emitter, yyjson_val *root)
{
    yaml_event_t event;

    return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(emitter, &event) &&
           yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) && yaml_emitter_emit(emitter, &event) &&
           emit_value(emitter, root) && yaml_document_end_event_initialize(&event, 1) &&
           yaml_emitter_emit(emitter, &event) && yaml_stream_end_event_initialize(&event) &&
           yaml_emitter_emit(emitter, &event);
}

int yaml_from_json(struct str json, struct buffer *yaml, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    yaml_emitter_t emitter;
    int rc = json_read(json, YAML_DEPTH_MAX, &doc, err);

    if (rc < 0)
        return rc;
    if (!yaml_emitter_initialize(&emitter))
        return error_set(err, ERROR_LIMIT, "yaml: out of memory");
    yaml_emitter_set_output(&emitter, write_chunk, yaml);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, LINE_WIDTH);
    if (!emit_document(&emitter, yyjson_doc_get_root(doc)) || buffer_failed(yaml))
        rc = buffer_failed(yaml) ? error_set(err, ERROR_LIMIT, "yaml: the document is larger than %zu bytes", yaml->max)
                                 : error_set(err, ERROR_SYNTAX, "yaml: %s",
                                             emitter.problem != NULL ? emitter.problem : "cannot be written");
    yaml_emitter_delete(&emitter);
    return rc;
}
