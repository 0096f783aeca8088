/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "codec/protobuf.h"

#include <string.h>

enum {
    VARINT_SIZE_MAX = 10,
    TAG_MAX = (1 << 29) - 1,
    GROUP_START = 3,
    GROUP_END = 4,
    GROUP_DEPTH_MAX = 100,
};

bool protobuf_read_varint(struct str *bytes, uint64_t *ret_number, bool *good)
{
    uint64_t number = 0;
    *good = true;
    if (bytes->size == 0)
        return false;
    for (size_t i = 0; i < VARINT_SIZE_MAX && i < bytes->size; i++) {
        uint8_t byte = (uint8_t)bytes->data[i];
        if (i == VARINT_SIZE_MAX - 1 && byte > 1)
            break;
        number |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *bytes = str_skip(*bytes, i + 1);
            *ret_number = number;
            return true;
        }
    }
    *good = false;
    return false;
}

static bool read_fixed(struct str *message, size_t size, uint64_t *ret_number)
{
    if (message->size < size)
        return false;
    *ret_number = 0;
    for (size_t i = 0; i < size; i++)
        *ret_number |= (uint64_t)(uint8_t)message->data[i] << (8 * i);
    *message = str_skip(*message, size);
    return true;
}

static bool read_bytes(struct str *message, struct str *ret_bytes)
{
    uint64_t size = 0;
    bool good = true;
    if (!protobuf_read_varint(message, &size, &good) || size > message->size)
        return false;
    *ret_bytes = (struct str){ message->data, (size_t)size };
    *message = str_skip(*message, (size_t)size);
    return true;
}

/* The value of one field; 'wire' as it was read, groups included. */
static bool read_payload(struct str *message, unsigned wire, struct protobuf_field *field)
{
    bool good = true;
    field->wire = (enum protobuf_wire)wire;
    switch (wire) {
    case PROTOBUF_VARINT:
        return protobuf_read_varint(message, &field->number, &good);
    case PROTOBUF_FIXED64:
        return read_fixed(message, 8, &field->number);
    case PROTOBUF_FIXED32:
        return read_fixed(message, 4, &field->number);
    case PROTOBUF_BYTES:
        return read_bytes(message, &field->bytes);
    default:
        return false;
    }
}

int protobuf_read(struct str *message, struct protobuf_field *ret_field, struct error *err)
{
    unsigned depth = 0;
    while (message->size > 0) {
        struct protobuf_field field = { 0 };
        uint64_t key = 0;
        bool good = true;
        if (!protobuf_read_varint(message, &key, &good) || key >> 3 == 0 || key >> 3 > TAG_MAX)
            return error_set(err, ERROR_SYNTAX, "proto: illegal tag");
        field.tag = (uint32_t)(key >> 3);
        unsigned wire = key & 7;
        if (wire == GROUP_START) {
            if (++depth > GROUP_DEPTH_MAX)
                return error_set(err, ERROR_SYNTAX, "proto: groups nest too deep");
            continue;
        }
        if (wire == GROUP_END) {
            if (depth-- == 0)
                return error_set(err, ERROR_SYNTAX, "proto: unexpected end of group");
            continue;
        }
        if (!read_payload(message, wire, &field))
            return error_set(err, ERROR_SYNTAX, "proto: field %u is cut off or of illegal wireType %u", field.tag,
                             wire);
        if (depth > 0)
            continue;
        *ret_field = field;
        return 1;
    }
    return depth == 0 ? 0 : error_set(err, ERROR_SYNTAX, "unexpected EOF");
}

static size_t put_varint(char space[VARINT_SIZE_MAX], uint64_t number)
{
    size_t size = 0;
    for (; number >= 0x80; number >>= 7)
        space[size++] = (char)(number | 0x80);
    space[size++] = (char)number;
    return size;
}

void protobuf_append_varint(struct buffer *out, uint64_t number)
{
    char space[VARINT_SIZE_MAX];
    buffer_append(out, space, put_varint(space, number));
}

static void append_key(struct buffer *out, uint32_t tag, enum protobuf_wire wire)
{
    protobuf_append_varint(out, (uint64_t)tag << 3 | wire);
}

void protobuf_write_varint(struct buffer *out, uint32_t tag, uint64_t number)
{
    append_key(out, tag, PROTOBUF_VARINT);
    protobuf_append_varint(out, number);
}

void protobuf_write_bytes(struct buffer *out, uint32_t tag, struct str bytes)
{
    append_key(out, tag, PROTOBUF_BYTES);
    protobuf_append_varint(out, bytes.size);
    buffer_append_str(out, bytes);
}

void protobuf_write_double(struct buffer *out, uint32_t tag, double number)
{
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof(bits));
    append_key(out, tag, PROTOBUF_FIXED64);
    for (int i = 0; i < 8; i++)
        buffer_append_char(out, (char)(bits >> (8 * i)));
}

/* The size is known only at the end: one byte is kept for it, and the content moved when it needs more. */
void protobuf_write_head(struct buffer *out, uint32_t tag, size_t size)
{
    append_key(out, tag, PROTOBUF_BYTES);
    protobuf_append_varint(out, size);
}

size_t protobuf_put_head(char space[PROTOBUF_HEAD_MAX], uint32_t tag, size_t size)
{
    size_t key = put_varint(space, (uint64_t)tag << 3 | PROTOBUF_BYTES);
    return key + put_varint(space + key, size);
}

size_t protobuf_head_size(uint32_t tag, size_t size)
{
    char space[PROTOBUF_HEAD_MAX];
    return protobuf_put_head(space, tag, size);
}

size_t protobuf_begin(struct buffer *out, uint32_t tag)
{
    append_key(out, tag, PROTOBUF_BYTES);
    buffer_append_char(out, '\0');
    return out->size;
}

void protobuf_end(struct buffer *out, size_t start)
{
    if (buffer_failed(out) || start > out->size)
        return;
    char space[VARINT_SIZE_MAX];
    size_t content = out->size - start, size = put_varint(space, content);
    if (size > 1) {
        if (buffer_reserve(out, size - 1) == NULL)
            return;
        memmove(out->data + start + size - 1, out->data + start, content);
        buffer_commit(out, size - 1);
    }
    memcpy(out->data + start - 1, space, size);
}
