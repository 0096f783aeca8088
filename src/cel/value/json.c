/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* json.c - JSON as values, read as its type says, and values as JSON.
 *
 * Reading copies nothing. Bytes stay the base64 that JSON has (form CEL_FORM_JSON) until cel_value_settle(). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/text/base64.h"
#include "cel/value/value.h"
#include "codec/json.h"

static struct cel_value invalid(const char *text)
{
    return cel_error_text(text);
}

static struct cel_value raw_number(struct str text)
{
    char space[64];
    int64_t integer;
    uint64_t uinteger;

    if (str_to_int64(text, &integer))
        return cel_value_int(integer);
    if (str_to_uint64(text, &uinteger))
        return cel_value_uint(uinteger);
    if (text.size >= sizeof(space))
        return invalid("invalid data, number too long");
    memcpy(space, text.data, text.size);
    space[text.size] = '\0';
    return cel_value_double(strtod(space, NULL));
}

static struct cel_value read_number(yyjson_val *json)
{
    if (yyjson_is_raw(json))
        return raw_number((struct str){ yyjson_get_raw(json), yyjson_get_len(json) });
    if (yyjson_is_sint(json))
        return cel_value_int(yyjson_get_sint(json));
    if (yyjson_is_uint(json))
        return yyjson_get_uint(json) <= INT64_MAX ? cel_value_int((int64_t)yyjson_get_uint(json))
                                                  : cel_value_uint(yyjson_get_uint(json));
    return cel_value_double(yyjson_get_real(json));
}

static struct cel_value read_container(yyjson_val *json, enum cel_kind kind, const struct cel_type *type)
{
    return (struct cel_value){ .kind = (uint8_t)kind, .form = CEL_FORM_JSON, .json = json, .type = type };
}

static struct cel_value read_dyn(yyjson_val *json)
{
    switch (yyjson_get_type(json)) {
    case YYJSON_TYPE_BOOL:
        return cel_value_bool(yyjson_get_bool(json));
    case YYJSON_TYPE_NUM:
    case YYJSON_TYPE_RAW:
        return read_number(json);
    case YYJSON_TYPE_STR:
        return cel_value_string((struct str){ yyjson_get_str(json), yyjson_get_len(json) });
    case YYJSON_TYPE_ARR:
        return read_container(json, CEL_LIST, cel_type_of(CEL_LIST));
    case YYJSON_TYPE_OBJ:
        return read_container(json, CEL_MAP, cel_type_of(CEL_MAP));
    default:
        return cel_value_null();
    }
}

static struct cel_value read_as_number(yyjson_val *json, enum cel_kind kind)
{
    struct cel_value value;

    if (!yyjson_is_num(json) && !yyjson_is_raw(json))
        return invalid(kind == CEL_DOUBLE ? "invalid data, expected a number" : "invalid data, expected an integer");
    value = read_number(json);
    if (value.kind == kind || cel_is_error(&value))
        return value;
    if (kind == CEL_DOUBLE)
        return cel_value_double(value.kind == CEL_INT ? (double)value.integer : (double)value.uinteger);
    if (kind == CEL_UINT && value.kind == CEL_INT && value.integer >= 0)
        return cel_value_uint((uint64_t)value.integer);
    if (kind == CEL_INT && value.kind == CEL_DOUBLE && value.number == trunc(value.number) &&
        fabs(value.number) < 9223372036854775808.0)
        return cel_value_int((int64_t)value.number);
    return invalid("invalid data, expected an integer");
}

static struct cel_value read_text(yyjson_val *json, enum cel_kind kind)
{
    struct str text = { yyjson_get_str(json), yyjson_get_len(json) };
    struct cel_value value;

    if (!yyjson_is_str(json))
        return invalid("invalid data, expected string");
    switch (kind) {
    case CEL_TIMESTAMP:
        if (cel_timestamp_parse(text, &value) || cel_date_parse(text, &value))
            return value;
        return invalid("Invalid date-time formatted string");
    case CEL_DURATION:
        return cel_duration_parse(text, &value) ? value : invalid("Invalid duration");
    default:
        return (struct cel_value){ .kind = (uint8_t)kind,
                                   .form = kind == CEL_BYTES ? CEL_FORM_JSON : CEL_FORM_MADE,
                                   .text = text };
    }
}

struct cel_value cel_value_json(yyjson_val *json, const struct cel_type *type)
{
    enum cel_kind kind = type == NULL ? CEL_DYN : (enum cel_kind)type->kind;

    if (json == NULL || yyjson_is_null(json))
        return type == NULL || type->nullable ? cel_value_null()
                                              : invalid("invalid data, got null for schema with nullable=false");
    switch (kind) {
    case CEL_BOOL:
        return yyjson_is_bool(json) ? cel_value_bool(yyjson_get_bool(json))
                                    : invalid("invalid data, expected a boolean");
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
        return read_as_number(json, kind);
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        return read_text(json, kind);
    case CEL_LIST:
        return yyjson_is_arr(json) ? read_container(json, kind, type) : invalid("invalid data, expected an array");
    case CEL_MAP:
    case CEL_OBJECT:
        return yyjson_is_obj(json) ? read_container(json, kind, type)
                                   : invalid("invalid data, expected a map for the provided schema with type=object");
    default:
        return read_dyn(json);
    }
}

struct cel_value cel_value_settle(struct arena *arena, struct cel_value value)
{
    auto_buffer struct buffer bytes = { .max = value.text.size + 1 };

    if (value.kind != CEL_BYTES || value.form != CEL_FORM_JSON)
        return value;
    if (!base64_decode(value.text, &bytes))
        return invalid("Invalid byte formatted string");
    return cel_value_bytes(arena_str(arena, buffer_str(&bytes)));
}

/* ---- writing ---- */

static int write_value(const struct cel_value *value, unsigned depth, struct buffer *out, struct error *err);

static int write_list(const struct cel_value *list, unsigned depth, struct buffer *out, struct error *err)
{
    struct cel_list_reader reader;
    struct cel_value element;

    buffer_append_char(out, '[');
    cel_list_read(list, &reader);
    while (cel_list_next(&reader, &element)) {
        int rc;

        if (reader.at > 1)
            buffer_append_char(out, ',');
        rc = write_value(&element, depth, out, err);
        if (rc != 0)
            return rc;
    }
    buffer_append_char(out, ']');
    return 0;
}

static int write_map(const struct cel_value *map, unsigned depth, struct buffer *out, struct error *err)
{
    struct cel_map_reader reader;
    struct cel_value key, value;

    if (map->form == CEL_FORM_DRIVER)
        return error_set(err, ERROR_INVALID, "the object has no JSON form");
    buffer_append_char(out, '{');
    cel_map_read(map, &reader);
    while (cel_map_next(&reader, &key, &value)) {
        int rc;

        if (key.kind != CEL_STRING)
            return error_set(err, ERROR_INVALID, "keys of JSON objects are strings");
        if (reader.at > 1)
            buffer_append_char(out, ',');
        json_append_string(out, key.text);
        buffer_append_char(out, ':');
        rc = write_value(&value, depth, out, err);
        if (rc != 0)
            return rc;
    }
    buffer_append_char(out, '}');
    return 0;
}

static void write_formatted(const struct cel_value *value, struct buffer *out)
{
    auto_buffer struct buffer text = { .max = out->max == 0 ? BUFFER_DEFAULT_MAX : out->max };

    if (value->kind == CEL_BYTES)
        base64_encode(value->text, &text);
    else if (value->kind == CEL_TIMESTAMP)
        cel_timestamp_format(value, &text);
    else
        cel_duration_format(value, &text);
    json_append_string(out, buffer_str(&text));
}

static int write_value(const struct cel_value *value, unsigned depth, struct buffer *out, struct error *err)
{
    if (depth > CEL_DEPTH_MAX)
        return error_set(err, ERROR_LIMIT, "the value nests too deeply");
    if (value->form == CEL_FORM_JSON && (value->kind == CEL_LIST || cel_is_map(value))) {
        json_append_value(out, value->json);
        return 0;
    }
    switch (value->kind) {
    case CEL_NULL:
        buffer_append_text(out, "null");
        return 0;
    case CEL_BOOL:
        buffer_append_text(out, value->boolean ? "true" : "false");
        return 0;
    case CEL_INT:
        buffer_append_int64(out, value->integer);
        return 0;
    case CEL_UINT:
        buffer_append_uint64(out, value->uinteger);
        return 0;
    case CEL_DOUBLE:
        if (!isfinite(value->number))
            return error_set(err, ERROR_INVALID, "JSON has no such number");
        json_append_double(out, value->number);
        return 0;
    case CEL_STRING:
        json_append_string(out, value->text);
        return 0;
    case CEL_BYTES:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        write_formatted(value, out);
        return 0;
    case CEL_LIST:
        return write_list(value, depth + 1, out, err);
    case CEL_MAP:
    case CEL_OBJECT:
        return write_map(value, depth + 1, out, err);
    default:
        return error_set(err, ERROR_INVALID, "the value has no JSON form");
    }
}

int cel_value_to_json(const struct cel_value *value, struct buffer *out, struct error *err)
{
    int rc = write_value(value, 0, out, err);

    if (rc == 0 && buffer_failed(out))
        rc = error_set(err, ERROR_LIMIT, "the JSON text is too large");
    return rc;
}
