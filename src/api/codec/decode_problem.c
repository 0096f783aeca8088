/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/codec/decode_problem.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

static const char *json_kind(yyjson_val *json)
{
    switch (yyjson_get_type(json)) {
    case YYJSON_TYPE_STR:
        return "string";
    case YYJSON_TYPE_BOOL:
        return "bool";
    case YYJSON_TYPE_OBJ:
        return "object";
    case YYJSON_TYPE_ARR:
        return "array";
    case YYJSON_TYPE_RAW:
        return "number";
    default:
        return "null";
    }
}

/* The last part of a package path: "v1". */
static const char *package_name(const struct api_type *type)
{
    const char *slash = strrchr(type->go_package, '/');
    return slash != NULL ? slash + 1 : type->go_package;
}

static bool is_number(const struct api_field *field)
{
    return field->value == API_INT32 || field->value == API_INT64 || field->value == API_FLOAT64;
}

static void append_go_type(const struct api_field *field, bool element, struct buffer *out)
{
    static const char *const names[] = {
        [API_BOOL] = "bool",
        [API_INT32] = "int32",
        [API_INT64] = "int64",
        [API_UINT32] = "uint32",
        [API_UINT64] = "uint64",
        [API_FLOAT64] = "float64",
        [API_STRING] = "string",
        [API_BYTES] = "[]uint8",
        [API_TIME] = "string", /* what its own decoder wants */
        [API_MICRO_TIME] = "string",
        [API_DURATION] = "string",
        [API_QUANTITY] = "resource.Quantity",
        [API_INT_OR_STRING] = "int32",
        [API_RAW] = "runtime.RawExtension",
        [API_MESSAGE] = "",
    };
    bool collection = !element && field->shape != API_SINGLE;
    if (api_field_facts(field)->named != NULL &&
        (field->flags & API_SELF ? collection : !collection || field->value != API_STRING)) {
        buffer_append_text(out, api_field_facts(field)->named); /* a named list or map, or a named scalar */
        return;
    }
    if (collection)
        buffer_append_text(out, field->shape == API_LIST ? "[]" : "map[string]");
    if (field->value == API_MESSAGE)
        buffer_format(out, "%s.%s", package_name(field->type), field->type->name);
    else if (api_field_facts(field)->named != NULL && (field->flags & API_SELF) == 0)
        buffer_append_text(out, api_field_facts(field)->named);
    else if (field->value == API_BYTES && field->shape == API_SINGLE && element)
        buffer_append_text(out, "uint8");
    else
        buffer_append_text(out, names[field->value]);
}

int decode_problem_type(const struct document_path *path, const struct api_type *owner, const struct api_field *field,
                        yyjson_val *json, bool element, struct error *err)
{
    auto_buffer struct buffer where = { 0 }, type = { 0 };
    document_path_append(path, true, &where);
    append_go_type(field, element, &type);
    char number[64] = "";
    if (yyjson_is_raw(json) && is_number(field) && (element || field->shape == API_SINGLE))
        snprintf(number, sizeof(number), " %.*s", (int)yyjson_get_len(json), yyjson_get_raw(json));
    return error_set(err, ERROR_BAD_REQUEST, "json: cannot unmarshal %s%s into Go struct field %s.%s of type %s",
                     json_kind(json), number, owner->name, text_or_empty(where.data), text_or_empty(type.data));
}

int decode_problem_root(const struct api_type *type, yyjson_val *json, struct error *err)
{
    return error_set(err, ERROR_BAD_REQUEST, "json: cannot unmarshal %s into Go value of type %s.%s", json_kind(json),
                     package_name(type), type->name);
}

/* Times -------------------------------------------------------------------------------------------- */

static const struct time_part {
    const char *name; /* as Go's layout has it */
    size_t digits;    /* 0: the name itself */
    int minimum, maximum;
    const char *noun;
} time_parts[] = {
    { "2006", 4, 0, 9999, "year" }, { "-", 0, 0, 0, NULL }, { "01", 2, 1, 12, "month" },  { "-", 0, 0, 0, NULL },
    { "02", 2, 1, 31, "day" },      { "T", 0, 0, 0, NULL }, { "15", 2, 0, 23, "hour" },   { ":", 0, 0, 0, NULL },
    { "04", 2, 0, 59, "minute" },   { ":", 0, 0, 0, NULL }, { "05", 2, 0, 59, "second" },
};

/* The number at the front, -1 when it is none. */
static int read_digits(struct str text, size_t digits)
{
    int number = 0;
    if (text.size < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

int decode_problem_time(struct str text, bool micros, struct error *err)
{
    const char *layout = micros ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
    struct str whole = { text.data, text.size > 100 ? 100 : text.size }, rest = whole;
    const char *wanted = NULL;
    for (size_t i = 0; i < countof(time_parts) && wanted == NULL; i++) {
        const struct time_part *part = &time_parts[i];
        size_t size = strlen(part->name);
        int number = part->digits > 0 ? read_digits(rest, part->digits) : 0;
        if (number < 0 || (part->digits == 0 && !str_starts(rest, str_of(part->name)))) {
            wanted = part->name;
        } else {
            if (number < part->minimum || number > part->maximum)
                return error_set(err, ERROR_BAD_REQUEST, "parsing time \"" STR_FMT "\": %s out of range",
                                 STR_ARG(whole), part->noun);
            rest = str_skip(rest, size);
        }
    }
    if (wanted == NULL && micros && (rest.size < 7 || rest.data[0] != '.' || read_digits(str_skip(rest, 1), 6) < 0))
        wanted = ".000000";
    if (wanted == NULL) {
        if (rest.size > 0 && rest.data[0] == '.')
            for (rest = str_skip(rest, 1); read_digits(rest, 1) >= 0;)
                rest = str_skip(rest, 1);
        if (str_is(rest, "Z")) /* all parts are right, and the day is not one of that month */
            return error_set(err, ERROR_BAD_REQUEST, "parsing time \"" STR_FMT "\": day out of range", STR_ARG(whole));
        if (str_starts(rest, STR("Z")))
            return error_set(err, ERROR_BAD_REQUEST, "parsing time \"" STR_FMT "\": extra text: \"" STR_FMT "\"",
                             STR_ARG(whole), STR_ARG(str_skip(rest, 1)));
        wanted = "Z07:00";
    }
    return error_set(err, ERROR_BAD_REQUEST,
                     "parsing time \"" STR_FMT "\" as \"%s\": cannot parse \"" STR_FMT "\" as \"%s\"", STR_ARG(whole),
                     layout, STR_ARG(rest), wanted);
}

/* Bytes -------------------------------------------------------------------------------------------- */

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

int decode_problem_base64(struct str text, struct error *err)
{
    size_t at = 0;
    while (at < text.size && is_base64(text.data[at]))
        at++;
    if (at == text.size) /* cut off inside a group of four */
        at -= at % 4;
    else if (text.data[at] == '=' && at % 4 >= 2) /* padding, but what follows is no end */
        at = at % 4 == 2 && at + 1 < text.size && text.data[at + 1] != '=' ? at + 1 : at + 4 - at % 4;
    return error_set(err, ERROR_BAD_REQUEST, "illegal base64 data at input byte %zu", at < text.size ? at : text.size);
}

void decode_problem_quote(struct str text, struct buffer *out)
{
    buffer_append_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        const char *short_escapes = "\a\b\f\n\r\t\v\"\\", *letters = "abfnrtv\"\\";
        const char *found = memchr(short_escapes, c, 9);
        if (found != NULL)
            buffer_format(out, "\\%c", letters[found - short_escapes]);
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            buffer_format(out, "\\x%02x", (unsigned char)c);
        else
            buffer_append_char(out, c);
    }
    buffer_append_char(out, '"');
}
