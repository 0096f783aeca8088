/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* invalid_object.c - field errors that show a whole message.
 *
 * Upstream checks its internal types, which have no JSON keys: what is shown of them has every field, in the names that Go
 * has for it. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/codec.h"
#include "api/member.h"
#include "api/validation/invalid.h"
#include "codec/json.h"

#define SHOWN_DEPTH_MAX 32

void invalid_object(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                    const void *value, const char *detail, ...)
{
    auto_buffer struct buffer json = { 0 };
    char text[1024];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    if (value != NULL)
        api_encode_json(type, NULL, value, &json);
    invalid_raw(errors, at,
                value == NULL          ? "\"null\""
                : buffer_failed(&json) ? ""
                                       : text_or_empty(json.data),
                "%s", text);
}

static void show_text(struct buffer *out, const char *text)
{
    json_append_string(out, str_of(text_or_empty(text)));
}

static void show(struct buffer *out, const struct api_type *type, const void *value, size_t depth);

static void show_single(struct buffer *out, const struct api_field *field, const void *single, size_t depth)
{
    char text[QUANTITY_TEXT_SIZE];
    const struct int_or_string *number = single;

    if (single == NULL) {
        buffer_append_text(out, "null");
        return;
    }
    switch (field->value) {
    case API_BOOL:
        buffer_append_text(out, *(const bool *)single ? "true" : "false");
        break;
    case API_INT32:
        buffer_format(out, "%d", *(const int32_t *)single);
        break;
    case API_INT64:
        buffer_format(out, "%lld", (long long)*(const int64_t *)single);
        break;
    case API_STRING:
        if ((field->flags & API_POINTER) && *(const char *const *)single == NULL)
            buffer_append_text(out, "null");
        else
            show_text(out, *(const char *const *)single);
        break;
    case API_QUANTITY:
        quantity_format(single, text);
        show_text(out, text);
        break;
    case API_INT_OR_STRING:
        if (number->text != NULL)
            show_text(out, number->text);
        else
            buffer_format(out, "%lld", (long long)number->number);
        break;
    case API_MESSAGE:
        show(out, field->type, single, depth + 1);
        break;
    default:
        buffer_append_text(out, "null");
        break;
    }
}

static void show_many(struct buffer *out, const struct api_field *field, const void *value, size_t depth)
{
    const char *elements = member_elements(field, value);
    bool map = field->shape == API_MAP;

    if (elements == NULL) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_append_char(out, map ? '{' : '[');
    for (size_t i = 0; i < member_length(field, value); i++) {
        const char *element = elements + i * field->element_size;
        if (i > 0)
            buffer_append_char(out, ',');
        if (map) {
            show_text(out, *(const char *const *)(const void *)element);
            buffer_append_char(out, ':');
        }
        show_single(out, field, map ? element + field->value_offset : element, depth);
    }
    buffer_append_char(out, map ? '}' : ']');
}

static void show_fields(struct buffer *out, const struct api_type *type, const void *value, bool *first, size_t depth)
{
    for (size_t i = 0; i < type->n_fields && depth < SHOWN_DEPTH_MAX; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE) {
            show_fields(out, field->type, member_of_const(field, value), first, depth + 1);
            continue;
        }
        buffer_format(out, "%s\"%c%s\":", *first ? "" : ",", toupper((unsigned char)text_or_empty(field->name)[0]),
                      field->name == NULL ? "" : field->name + 1);
        *first = false;
        if (field->shape == API_SINGLE)
            show_single(out, field, member_single(field, value), depth);
        else
            show_many(out, field, value, depth);
    }
}

static void show(struct buffer *out, const struct api_type *type, const void *value, size_t depth)
{
    bool first = true;

    buffer_append_char(out, '{');
    show_fields(out, type, value, &first, depth);
    buffer_append_char(out, '}');
}

void invalid_internal(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                      const void *value, const char *detail, ...)
{
    auto_buffer struct buffer shown = { .max = 1 << 20 };
    char text[1024];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    show(&shown, type, value, 0);
    invalid_raw(errors, at, buffer_failed(&shown) ? "" : shown.data, "%s", text);
}

void invalid_duplicate_internal(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                                const void *value, const char *detail)
{
    auto_buffer struct buffer shown = { .max = 1 << 20 };

    show(&shown, type, value, 0);
    if (detail != NULL)
        buffer_format(&shown, ": %s", detail);
    invalid_duplicate_raw(errors, at, buffer_failed(&shown) ? "" : shown.data);
}

void invalid_not_supported_object(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                                  const void *value, const char *const *supported)
{
    auto_buffer struct buffer json = { 0 };

    api_encode_json(type, NULL, value, &json);
    invalid_not_supported_raw(errors, at, buffer_failed(&json) ? "" : text_or_empty(json.data), supported);
}

void invalid_string_map(struct api_invalid *errors, const struct field_at *at, const struct api_string_entry *entries,
                        size_t count, const char *detail, ...)
{
    auto_buffer struct buffer json = { .max = 2 * INVALID_VALUE_SIZE_MAX };
    char text[1024];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    buffer_append_char(&json, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(&json, ',');
        json_append_string(&json, str_of(text_or_empty(entries[i].key)));
        buffer_append_char(&json, ':');
        json_append_string(&json, str_of(text_or_empty(entries[i].value)));
    }
    buffer_append_char(&json, '}');
    invalid_raw(errors, at, count == 0 ? "null" : text_or_empty(json.data), "%s", text);
}

static void text_list(const char *const *list, size_t count, struct buffer *json)
{
    if (list == NULL) {
        buffer_append_text(json, "null");
        return;
    }
    buffer_append_char(json, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(json, ',');
        json_append_string(json, str_of(text_or_empty(list[i])));
    }
    buffer_append_char(json, ']');
}

void invalid_string_list(struct api_invalid *errors, const struct field_at *at, const char *const *list, size_t count,
                         const char *detail, ...)
{
    auto_buffer struct buffer json = { .max = 2 * INVALID_VALUE_SIZE_MAX };
    char text[1024];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    text_list(list, count, &json);
    invalid_raw(errors, at, text_or_empty(json.data), "%s", text);
}

void invalid_not_supported_list(struct api_invalid *errors, const struct field_at *at, const char *const *list,
                                size_t count, const char *const *supported)
{
    auto_buffer struct buffer json = { .max = 2 * INVALID_VALUE_SIZE_MAX };

    text_list(list, count, &json);
    invalid_not_supported_raw(errors, at, text_or_empty(json.data), supported);
}
