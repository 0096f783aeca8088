/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* invalid.c - collecting field errors and writing them as upstream does. */
#include "api/validation/invalid.h"

#include <stdarg.h>
#include <stdio.h>

enum sort {
    REQUIRED,
    INVALID,
    TYPE_INVALID,
    NOT_SUPPORTED,
    DUPLICATE,
    NOT_FOUND,
    FORBIDDEN,
    TOO_LONG,
    TOO_MANY,
    FAILURE
};

struct sort_text {
    const char *reason;
    const char *label;
};

static const struct sort_text sort_texts[] = {
    [REQUIRED] = { "FieldValueRequired", "Required value" },
    [INVALID] = { "FieldValueInvalid", "Invalid value" },
    [TYPE_INVALID] = { "FieldValueTypeInvalid", "Invalid value" },
    [NOT_SUPPORTED] = { "FieldValueNotSupported", "Unsupported value" },
    [DUPLICATE] = { "FieldValueDuplicate", "Duplicate value" },
    [NOT_FOUND] = { "FieldValueNotFound", "Not found" },
    [FORBIDDEN] = { "FieldValueForbidden", "Forbidden" },
    [TOO_LONG] = { "FieldValueTooLong", "Too long" },
    [TOO_MANY] = { "FieldValueTooMany", "Too many" },
    [FAILURE] = { "InternalError", "Internal error" },
};

void field_at_format(const struct field_at *at, struct buffer *text)
{
    if (at == NULL)
        return;
    field_at_format(at->parent, text);
    if (at->name != NULL) {
        if (at->parent != NULL)
            buffer_append_char(text, '.');
        buffer_append_text(text, at->name);
    } else if (at->key != NULL) {
        buffer_format(text, "[%s]", at->key);
    } else {
        buffer_format(text, "[%zu]", at->index);
    }
}

void api_invalid_fini(struct api_invalid *errors)
{
    arena_fini(&errors->arena);
    free(errors->errors);
    *errors = (struct api_invalid){ 0 };
}

void invalid_append_quoted(struct buffer *text, const char *value)
{
    static const char escapes[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";
    size_t left = INVALID_VALUE_SIZE_MAX;

    buffer_append_char(text, '"');
    for (const char *c = text_or_empty(value); *c != '\0' && left > 0; c++, left--) {
        const char *escape = NULL;
        for (const char *e = escapes; *e != '\0' && escape == NULL; e += 2)
            if (*e == *c)
                escape = e + 1;
        if (escape != NULL)
            buffer_format(text, "\\%c", *escape);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            buffer_format(text, "\\x%02x", (unsigned char)*c);
        else
            buffer_append_char(text, *c);
    }
    buffer_append_char(text, '"');
}

static void push(struct api_invalid *errors, enum sort sort, const struct field_at *at, struct buffer *message)
{
    errors->total++;
    if (errors->count == INVALID_ERRORS_MAX)
        return;
    if (errors->count == errors->capacity) {
        errors->capacity = errors->capacity == 0 ? 8 : 2 * errors->capacity;
        struct api_invalid_error *grown = realloc(errors->errors, errors->capacity * sizeof(*grown));
        if (grown == NULL)
            abort();
        errors->errors = grown;
    }
    auto_buffer struct buffer path = { .max = INVALID_VALUE_SIZE_MAX };
    if (at == NULL)
        buffer_append_text(&path, "[]");
    else
        field_at_format(at, &path);
    errors->errors[errors->count++] = (struct api_invalid_error){
        .reason = sort_texts[sort].reason,
        .field = arena_strndup(&errors->arena, path.data == NULL ? "" : path.data, path.size),
        .message = arena_strndup(&errors->arena, message->data, message->size),
    };
}

/* label[: value][: detail]; 'value' NULL leaves it out. */
static void add(struct api_invalid *errors, enum sort sort, const struct field_at *at, bool quoted, const char *value,
                const char *detail)
{
    auto_buffer struct buffer message = { .max = 4 * INVALID_VALUE_SIZE_MAX + 4096 };

    buffer_append_text(&message, sort_texts[sort].label);
    if (value != NULL) {
        buffer_append_text(&message, ": ");
        struct str shown = str_of(value);
        if (shown.size > INVALID_VALUE_SIZE_MAX)
            shown.size = INVALID_VALUE_SIZE_MAX;
        if (quoted)
            invalid_append_quoted(&message, value);
        else
            buffer_append_str(&message, shown);
    }
    if (detail[0] != '\0') {
        buffer_append_text(&message, ": ");
        buffer_append_text(&message, detail);
    }
    push(errors, sort, at, &message);
}

#define DETAIL_SIZE 2048
#define format_detail(text_, detail_)                             \
    do {                                                          \
        va_list arguments_;                                       \
        va_start(arguments_, detail_);                            \
        vsnprintf((text_), sizeof(text_), (detail_), arguments_); \
        va_end(arguments_);                                       \
    } while (0)

void invalid_required(struct api_invalid *errors, const struct field_at *at, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, REQUIRED, at, false, NULL, text);
}

void invalid_missing(struct api_invalid *errors, const struct field_at *at)
{
    add(errors, REQUIRED, at, false, NULL, "");
}

void invalid_forbidden(struct api_invalid *errors, const struct field_at *at, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, FORBIDDEN, at, false, NULL, text);
}

void invalid_forbidden_text(struct api_invalid *errors, const struct field_at *at, const char *detail, const char *text)
{
    auto_buffer struct buffer message = { 0 };

    buffer_format(&message, "%s: %s\n%s", sort_texts[FORBIDDEN].label, detail, text);
    push(errors, FORBIDDEN, at, &message);
}

void invalid_string(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, INVALID, at, true, text_or_empty(value), text);
}

void invalid_number(struct api_invalid *errors, const struct field_at *at, int64_t value, const char *detail, ...)
{
    char text[DETAIL_SIZE], number[24];
    format_detail(text, detail);
    snprintf(number, sizeof(number), "%lld", (long long)value);
    add(errors, INVALID, at, false, number, text);
}

void invalid_raw(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, INVALID, at, false, value, text);
}

void invalid_null(struct api_invalid *errors, const struct field_at *at, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, INVALID, at, true, "null", text);
}

void invalid_flag(struct api_invalid *errors, const struct field_at *at, bool value, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, INVALID, at, false, value ? "true" : "false", text);
}

void invalid_range(struct api_invalid *errors, const struct field_at *at, int64_t value, int64_t min, int64_t max)
{
    invalid_number(errors, at, value, "must be between %lld and %lld, inclusive", (long long)min, (long long)max);
}

void invalid_type(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, TYPE_INVALID, at, true, text_or_empty(value), text);
}

static void not_supported(struct api_invalid *errors, const struct field_at *at, bool quoted, const char *value,
                          const char *const *supported)
{
    auto_buffer struct buffer detail = { .max = 16384 };

    buffer_append_text(&detail, "supported values: ");
    for (size_t i = 0; supported[i] != NULL; i++) {
        if (i > 0)
            buffer_append_text(&detail, ", ");
        invalid_append_quoted(&detail, supported[i]);
    }
    add(errors, NOT_SUPPORTED, at, quoted, text_or_empty(value), buffer_failed(&detail) ? "" : detail.data);
}

void invalid_not_supported(struct api_invalid *errors, const struct field_at *at, const char *value,
                           const char *const *supported)
{
    not_supported(errors, at, true, value, supported);
}

void invalid_not_supported_raw(struct api_invalid *errors, const struct field_at *at, const char *value,
                               const char *const *supported)
{
    not_supported(errors, at, false, value, supported);
}

void invalid_duplicate(struct api_invalid *errors, const struct field_at *at, const char *value)
{
    add(errors, DUPLICATE, at, true, text_or_empty(value), "");
}

void invalid_duplicate_raw(struct api_invalid *errors, const struct field_at *at, const char *value)
{
    add(errors, DUPLICATE, at, false, value, "");
}

void invalid_not_found(struct api_invalid *errors, const struct field_at *at, const char *value)
{
    add(errors, NOT_FOUND, at, true, text_or_empty(value), "");
}

void invalid_not_found_why(struct api_invalid *errors, const struct field_at *at, const char *value, const char *detail,
                           ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, NOT_FOUND, at, true, text_or_empty(value), text);
}

void invalid_failure(struct api_invalid *errors, const struct field_at *at, const char *detail, ...)
{
    char text[DETAIL_SIZE];
    format_detail(text, detail);
    add(errors, FAILURE, at, false, NULL, text);
}

void invalid_too_long(struct api_invalid *errors, const struct field_at *at, size_t max)
{
    char text[64];
    snprintf(text, sizeof(text), "may not be more than %zu byte%s", max, max == 1 ? "" : "s");
    add(errors, TOO_LONG, at, false, NULL, text);
}

void invalid_too_many(struct api_invalid *errors, const struct field_at *at, size_t count, size_t max)
{
    char text[64], number[24];
    snprintf(number, sizeof(number), "%zu", count);
    snprintf(text, sizeof(text), "must have at most %zu item%s", max, max == 1 ? "" : "s");
    add(errors, TOO_MANY, at, false, number, text);
}

void invalid_formats(struct api_invalid *errors, const struct field_at *at, const struct format_errors *found,
                     const char *value)
{
    for (size_t i = 0; i < found->count; i++)
        add(errors, INVALID, at, true, text_or_empty(value), found->texts[i]);
}

bool invalid_format(struct api_invalid *errors, const struct field_at *at, format_check *check, const char *value)
{
    struct format_errors found = { .count = 0 };

    check(str_of(text_or_empty(value)), &found);
    invalid_formats(errors, at, &found, value);
    return found.count == 0;
}

bool invalid_optional_format(struct api_invalid *errors, const struct field_at *at, format_check *check,
                             const char *value)
{
    return text_empty(value) || invalid_format(errors, at, check, value);
}

bool invalid_port_number(struct api_invalid *errors, const struct field_at *at, int64_t value)
{
    struct format_errors found = { .count = 0 };

    format_port_number(value, &found);
    for (size_t i = 0; i < found.count; i++)
        invalid_number(errors, at, value, "%s", found.texts[i]);
    return found.count == 0;
}

bool invalid_not_negative(struct api_invalid *errors, const struct field_at *at, int64_t value)
{
    if (value >= 0)
        return true;
    invalid_number(errors, at, value, "must be greater than or equal to 0");
    return false;
}

bool invalid_one_of(struct api_invalid *errors, const struct field_at *at, const char *value,
                    const char *const *supported, bool required)
{
    for (size_t i = 0; supported[i] != NULL; i++)
        if (text_equal(value, supported[i]))
            return true;
    if (required && text_empty(value))
        invalid_missing(errors, at);
    else
        invalid_not_supported(errors, at, value, supported);
    return false;
}

static bool seen_before(const struct api_invalid *errors, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(errors->errors[i].field, errors->errors[index].field) == 0 &&
            strcmp(errors->errors[i].message, errors->errors[index].message) == 0)
            return true;
    return false;
}

void api_invalid_format(const struct api_invalid *errors, struct buffer *text)
{
    size_t unique = 0;

    for (size_t i = 0; i < errors->count; i++)
        unique += !seen_before(errors, i);
    if (unique > 1)
        buffer_append_char(text, '[');
    size_t written = 0;
    for (size_t i = 0; i < errors->count; i++) {
        if (seen_before(errors, i))
            continue;
        if (written++ > 0)
            buffer_append_text(text, ", ");
        buffer_append_text(text, errors->errors[i].field);
        buffer_append_text(text, ": ");
        buffer_append_text(text, errors->errors[i].message);
    }
    if (unique > 1)
        buffer_append_char(text, ']');
}
