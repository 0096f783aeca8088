/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* invalid_object.c - field errors that show a whole message.
 *
 * Upstream checks its internal types, which have no JSON keys: what is shown of them has every field, in the names that Go
 * has for it. */
#include <stdarg.h>
#include <stdio.h>

#include "api/codec.h"
#include "api/validation/internal_form.h"
#include "codec/json.h"

/* Types that are no internal ones have keys: those of all kinds' metadata, and schemas, whose encoding is their own. */
static bool has_keys(const struct api_type *type)
{
    return text_equal(type->package, "k8s.io.apimachinery.pkg.apis.meta.v1") ||
           strncmp(text_or_empty(type->package), "k8s.io.apiextensions_apiserver", 30) == 0;
}

static void show_object(const struct api_type *type, const void *value, struct buffer *shown)
{
    if (has_keys(type))
        api_encode_json(type, NULL, value, shown);
    else
        internal_form(type, value, false, shown);
}

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
        show_object(type, value, &json);
    invalid_raw(errors, at,
                value == NULL          ? "\"null\""
                : buffer_failed(&json) ? ""
                                       : text_or_empty(json.data),
                "%s", text);
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
    internal_form(type, value, false, &shown);
    invalid_raw(errors, at, buffer_failed(&shown) ? "" : shown.data, "%s", text);
}

void invalid_duplicate_internal(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                                const void *value, const char *detail)
{
    auto_buffer struct buffer shown = { .max = 1 << 20 };

    internal_form(type, value, false, &shown);
    if (detail != NULL)
        buffer_format(&shown, ": %s", detail);
    invalid_duplicate_raw(errors, at, buffer_failed(&shown) ? "" : shown.data);
}

void invalid_not_supported_object(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                                  const void *value, const char *const *supported)
{
    auto_buffer struct buffer json = { 0 };

    show_object(type, value, &json);
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
