/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* encode_protobuf.c - structs to protobuf, byte for byte as upstream's generated code.
 *
 * Kubernetes writes proto2: scalars and messages that are no pointers always, whatever their value.
 * gRPC messages are proto3: zero scalars are left out, lists of numbers packed. */
#include "api/codec.h"

#include <math.h>

#include "api/member.h"
#include "codec/protobuf.h"

static void encode_message(const struct api_type *type, const void *value, struct buffer *out);

static void encode_time(uint32_t tag, usec_t moment, bool micros, struct buffer *out)
{
    size_t start = protobuf_begin(out, tag);
    if (moment != 0) {
        int64_t seconds = moment / USEC_PER_SEC - (moment % USEC_PER_SEC < 0);
        protobuf_write_varint(out, 1, (uint64_t)seconds);
        protobuf_write_varint(out, 2, micros ? (uint64_t)(moment - seconds * USEC_PER_SEC) * 1000 : 0);
    }
    protobuf_end(out, start);
}

static void encode_quantity(uint32_t tag, const struct quantity *quantity, struct buffer *out)
{
    char text[QUANTITY_TEXT_SIZE];
    quantity_format(quantity, text);
    size_t start = protobuf_begin(out, tag);
    protobuf_write_bytes(out, 1, str_of(text));
    protobuf_end(out, start);
}

static void encode_int_or_string(uint32_t tag, const struct int_or_string *value, struct buffer *out)
{
    size_t start = protobuf_begin(out, tag);
    protobuf_write_varint(out, 1, value->text != NULL);
    protobuf_write_varint(out, 2, value->text != NULL ? 0 : (uint64_t)(int64_t)value->number);
    protobuf_write_bytes(out, 3, str_of(text_or_empty(value->text)));
    protobuf_end(out, start);
}

/* Messages whose only field is bytes: RawExtension, FieldsV1, JSON. */
static void encode_raw(uint32_t tag, struct str raw, struct buffer *out)
{
    size_t start = protobuf_begin(out, tag);
    if (raw.data != NULL)
        protobuf_write_bytes(out, 1, raw);
    protobuf_end(out, start);
}

static uint64_t varint_of(const struct api_field *field, const void *value)
{
    switch (field->value) {
    case API_BOOL:
        return *(const bool *)value;
    case API_INT32:
        return (uint64_t)(int64_t) * (const int32_t *)value;
    case API_UINT32:
        return *(const uint32_t *)value;
    default:
        return *(const uint64_t *)value;
    }
}

static void encode_value(const struct api_field *field, uint32_t tag, const void *value, struct buffer *out)
{
    switch (field->value) {
    case API_FLOAT64:
        protobuf_write_double(out, tag, *(const double *)value);
        break;
    case API_STRING:
        protobuf_write_bytes(out, tag, str_of(text_or_empty(*(const char *const *)value)));
        break;
    case API_BYTES:
        protobuf_write_bytes(out, tag, *(const struct str *)value);
        break;
    case API_TIME:
    case API_MICRO_TIME:
        encode_time(tag, *(const usec_t *)value, field->value == API_MICRO_TIME, out);
        break;
    case API_DURATION: {
        size_t start = protobuf_begin(out, tag);
        protobuf_write_varint(out, 1, *(const uint64_t *)value);
        protobuf_end(out, start);
        break;
    }
    case API_QUANTITY:
        encode_quantity(tag, value, out);
        break;
    case API_INT_OR_STRING:
        encode_int_or_string(tag, value, out);
        break;
    case API_RAW:
        encode_raw(tag, *(const struct str *)value, out);
        break;
    case API_MESSAGE: {
        size_t start = protobuf_begin(out, tag);
        encode_message(field->type, value, out);
        protobuf_end(out, start);
        break;
    }
    default:
        protobuf_write_varint(out, tag, varint_of(field, value));
    }
}

static void encode_packed(const struct api_field *field, const char *elements, size_t count, struct buffer *out)
{
    if (count == 0)
        return;
    size_t start = protobuf_begin(out, field->tag);
    for (size_t i = 0; i < count; i++)
        protobuf_append_varint(out, varint_of(field, elements + i * field->element_size));
    protobuf_end(out, start);
}

static void encode_elements(const struct api_field *field, bool proto3, const void *value, struct buffer *out)
{
    const char *elements = member_elements(field, value);
    size_t count = member_length(field, value);
    if (field->flags & API_PACKED && field->value != API_FLOAT64) {
        encode_packed(field, elements, count, out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *element = elements + i * field->element_size;
        if (field->shape == API_LIST) {
            encode_value(field, field->tag, element, out);
            continue;
        }
        const void *entry = element + field->value_offset;
        size_t start = protobuf_begin(out, field->tag);
        protobuf_write_bytes(out, 1, str_of(text_or_empty(*(const char *const *)(const void *)element)));
        if (field->value != API_BYTES || ((const struct str *)entry)->data != NULL || proto3)
            encode_value(field, 2, entry, out);
        protobuf_end(out, start);
    }
}

/* What proto3 leaves out. */
static bool is_zero(const struct api_field *field, const void *value)
{
    switch (field->value) {
    case API_STRING:
        return text_empty(*(const char *const *)value);
    case API_BYTES:
        return ((const struct str *)value)->size == 0;
    case API_FLOAT64:
        return *(const double *)value == 0 && !signbit(*(const double *)value);
    case API_BOOL:
    case API_INT32:
    case API_INT64:
    case API_UINT32:
    case API_UINT64:
        return varint_of(field, value) == 0;
    default:
        return false;
    }
}

static bool is_absent(const struct api_field *field, bool proto3, const void *single)
{
    bool pointer = field->flags & API_POINTER;
    if (single == NULL)
        return true;
    switch (field->value) {
    case API_STRING:
        if (pointer)
            return *(const char *const *)single == NULL;
        break;
    case API_BYTES:
        if (pointer || !proto3)
            return ((const struct str *)single)->data == NULL;
        break;
    case API_RAW:
        return pointer && ((const struct str *)single)->data == NULL;
    case API_TIME:
    case API_MICRO_TIME:
        return pointer && *(const usec_t *)single == 0;
    case API_MESSAGE: /* a named list in Go: absent when nil */
        return field->type->json_form == API_FORM_STRING_LIST &&
               member_elements(&field->type->fields[0], single) == NULL;
    default:
        break;
    }
    return proto3 && !pointer && is_zero(field, single);
}

static void encode_message(const struct api_type *type, const void *value, struct buffer *out)
{
    for (size_t i = 0; i < type->n_by_tag; i++) {
        const struct api_field *field = &type->fields[type->by_tag[i]];
        if (field->shape != API_SINGLE) {
            encode_elements(field, type->proto3, value, out);
            continue;
        }
        const void *single = member_single(field, value);
        if (!is_absent(field, type->proto3, single))
            encode_value(field, field->tag, single, out);
    }
}

void api_encode_protobuf(const struct api_type *type, const void *value, struct buffer *out)
{
    encode_message(type, value, out);
}

/* k8s.io.apimachinery.pkg.runtime.Unknown: 1 typeMeta { 1 apiVersion, 2 kind }, 2 raw, 3 contentEncoding,
 * 4 contentType. */
static void envelope_begin(const struct api_kind *kind, struct buffer *out)
{
    char version[128];
    api_kind_version(kind, version, sizeof(version));
    buffer_append(out, "k8s", 4);
    size_t start = protobuf_begin(out, 1);
    protobuf_write_bytes(out, 1, str_of(version));
    protobuf_write_bytes(out, 2, str_of(kind->kind));
    protobuf_end(out, start);
}

void api_protobuf_envelope_head(const struct api_kind *kind, size_t size, struct buffer *out)
{
    envelope_begin(kind, out);
    protobuf_write_head(out, 2, size);
}

void api_protobuf_envelope_tail(struct buffer *out)
{
    protobuf_write_bytes(out, 3, STR(""));
    protobuf_write_bytes(out, 4, STR(""));
}

void api_encode_protobuf_envelope(const struct api_kind *kind, const void *value, struct buffer *out)
{
    envelope_begin(kind, out);
    size_t start = protobuf_begin(out, 2);
    encode_message(kind->type, value, out);
    protobuf_end(out, start);
    api_protobuf_envelope_tail(out);
}
