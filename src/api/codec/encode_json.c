/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* encode_json.c - structs to canonical JSON: members in declaration order, left out by Go's rules. */
#include "api/codec.h"

#include <string.h>

#include "api/member.h"
#include "base/text/base64.h"
#include "codec/json.h"

static void encode_message(const struct api_type *type, const struct api_kind *kind, const void *value,
                           struct buffer *out);

static void encode_time(usec_t moment, bool micros, struct buffer *out)
{
    char text[TIME_TEXT_SIZE];
    if (moment == 0) {
        buffer_append(out, "null", 4);
        return;
    }
    time_format(moment, micros, text);
    buffer_append_char(out, '"');
    buffer_append_text(out, text);
    buffer_append_char(out, '"');
}

static void encode_bytes(struct str bytes, struct buffer *out)
{
    if (bytes.data == NULL) {
        buffer_append(out, "null", 4);
        return;
    }
    buffer_append_char(out, '"');
    base64_encode(bytes, out);
    buffer_append_char(out, '"');
}

static void encode_quantity(const struct quantity *quantity, struct buffer *out)
{
    char text[QUANTITY_TEXT_SIZE];
    quantity_format(quantity, text);
    buffer_append_char(out, '"');
    buffer_append_text(out, text);
    buffer_append_char(out, '"');
}

static void encode_duration(int64_t duration, struct buffer *out)
{
    char text[DURATION_TEXT_SIZE];
    duration_format(duration, text);
    json_append_string(out, str_of(text));
}

static void encode_int_or_string(const struct int_or_string *value, struct buffer *out)
{
    if (value->text != NULL)
        json_append_string(out, str_of(value->text));
    else
        buffer_append_int64(out, value->number);
}

/* The kind whose type this is: what a document inside another one says. */
static const struct api_kind *kind_of_type(const struct api_type *type)
{
    for (size_t i = 0; i < api_kind_count; i++)
        if (api_kinds[i].type == type)
            return &api_kinds[i];
    return NULL;
}

static void encode_value(const struct api_field *field, const void *value, struct buffer *out)
{
    switch (field->value) {
    case API_BOOL:
        buffer_append_text(out, *(const bool *)value ? "true" : "false");
        break;
    case API_INT32:
        buffer_append_int64(out, *(const int32_t *)value);
        break;
    case API_INT64:
        buffer_append_int64(out, *(const int64_t *)value);
        break;
    case API_UINT32:
        buffer_append_uint64(out, *(const uint32_t *)value);
        break;
    case API_UINT64:
        buffer_append_uint64(out, *(const uint64_t *)value);
        break;
    case API_FLOAT64:
        json_append_double(out, *(const double *)value);
        break;
    case API_STRING:
        json_append_string(out, str_of(*(const char *const *)value));
        break;
    case API_BYTES:
        encode_bytes(*(const struct str *)value, out);
        break;
    case API_TIME:
    case API_MICRO_TIME:
        encode_time(*(const usec_t *)value, field->value == API_MICRO_TIME, out);
        break;
    case API_DURATION:
        encode_duration(*(const int64_t *)value, out);
        break;
    case API_QUANTITY:
        encode_quantity(value, out);
        break;
    case API_INT_OR_STRING:
        encode_int_or_string(value, out);
        break;
    case API_RAW:
        if (((const struct str *)value)->data == NULL)
            buffer_append(out, "null", 4);
        else
            buffer_append_str(out, *(const struct str *)value);
        break;
    case API_MESSAGE:
        encode_message(field->type, NULL, value, out);
        break;
    default:
        break;
    }
}

static void encode_list(const struct api_field *field, const void *value, struct buffer *out)
{
    const char *elements = member_elements(field, value);
    size_t count = member_length(field, value);
    if (elements == NULL) {
        buffer_append(out, "null", 4);
        return;
    }
    bool typed = (field->flags & API_TYPED) != 0 && *member_typed(field, (void *)(uintptr_t)value);
    const struct api_kind *kind = typed ? kind_of_type(field->type) : NULL;
    buffer_append_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        if (typed)
            encode_message(field->type, kind, elements + i * field->element_size, out);
        else
            encode_value(field, elements + i * field->element_size, out);
    }
    buffer_append_char(out, ']');
}

static void encode_map(const struct api_field *field, const void *value, struct buffer *out)
{
    const char *entries = member_elements(field, value);
    size_t count = member_length(field, value);
    if (entries == NULL) {
        buffer_append(out, "null", 4);
        return;
    }
    buffer_append_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        const char *entry = entries + i * field->element_size;
        if (i > 0)
            buffer_append_char(out, ',');
        json_append_string(out, str_of(*(const char *const *)(const void *)entry));
        buffer_append_char(out, ':');
        encode_value(field, entry + field->value_offset, out);
    }
    buffer_append_char(out, '}');
}

static void encode_member(const struct api_field *field, const void *value, struct buffer *out)
{
    if (field->shape == API_LIST) {
        encode_list(field, value, out);
    } else if (field->shape == API_MAP) {
        encode_map(field, value, out);
    } else {
        const void *single = member_single(field, value);
        bool null = single == NULL || (field->value == API_STRING && (field->flags & API_POINTER) != 0 &&
                                       *(const char *const *)single == NULL);
        if (null)
            buffer_append(out, "null", 4);
        else
            encode_value(field, single, out);
    }
}

/* ,"name": at once. */
static void append_key(const struct api_field *field, bool first, struct buffer *out)
{
    char *start = buffer_reserve(out, field->name_size + sizeof(",\"\":")), *at = start;
    if (start == NULL)
        return;
    if (!first)
        *at++ = ',';
    *at++ = '"';
    at = mempcpy(at, field->name, field->name_size);
    *at++ = '"';
    *at++ = ':';
    buffer_commit(out, (size_t)(at - start));
}

/* Members of 'type', the inlined ones too; 'first' is whether nothing was written before. */
static void encode_members(const struct api_type *type, const void *value, bool *first, struct buffer *out)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE) {
            encode_members(field->type, member_of_const(field, value), first, out);
            continue;
        }
        if (field->name == NULL ||
            ((field->flags & (API_OMIT_EMPTY | API_OMIT_ZERO)) != 0 && !member_is_set(field, value)))
            continue;
        append_key(field, *first, out);
        *first = false;
        encode_member(field, value, out);
    }
    if (type->rest == NULL)
        return;
    struct str rest = *(const struct str *)member_of_const(type->rest, value);
    if (rest.size <= 2)
        return; /* none, or "{}" */
    if (!*first)
        buffer_append_char(out, ',');
    *first = false;
    buffer_append(out, rest.data + 1, rest.size - 2);
}

/* The first field is the object (or the flag), the second what stands for it. */
static void encode_either(const struct api_type *type, const void *value, struct buffer *out)
{
    const struct api_field *first = &type->fields[0], *second = &type->fields[1];
    if (type->json_form == API_FORM_OBJECT_OR_BOOL) {
        if (member_is_set(second, value))
            encode_member(second, value, out);
        else
            encode_member(first, value, out);
    } else {
        encode_member(member_length(second, value) > 0 ? second : first, value, out);
    }
}

static void encode_message(const struct api_type *type, const struct api_kind *kind, const void *value,
                           struct buffer *out)
{
    switch (type->json_form) {
    case API_FORM_STRING_LIST:
        encode_member(&type->fields[0], value, out);
        return;
    case API_FORM_OBJECT_OR_LIST:
    case API_FORM_OBJECT_OR_BOOL:
    case API_FORM_OBJECT_OR_STRING_LIST:
        encode_either(type, value, out);
        return;
    default:
        break;
    }
    bool first = true;
    buffer_append_char(out, '{');
    if (kind != NULL && type->type_meta) {
        char version[128];
        api_kind_version(kind, version, sizeof(version));
        buffer_append_text(out, "\"kind\":");
        json_append_string(out, str_of(kind->kind));
        buffer_append_text(out, ",\"apiVersion\":");
        json_append_string(out, str_of(version));
        first = false;
    }
    encode_members(type, value, &first, out);
    buffer_append_char(out, '}');
}

void api_encode_json(const struct api_type *type, const struct api_kind *kind, const void *value, struct buffer *out)
{
    encode_message(type, kind, value, out);
}
