/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* protobuf.h - fields of protobuf's wire format, one at a time. What they mean is the caller's table. */
#ifndef CODEC_PROTOBUF_H
#define CODEC_PROTOBUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

enum protobuf_wire { PROTOBUF_VARINT = 0, PROTOBUF_FIXED64 = 1, PROTOBUF_BYTES = 2, PROTOBUF_FIXED32 = 5 };

struct protobuf_field {
    uint32_t tag;
    enum protobuf_wire wire;
    uint64_t number;  /* varints and fixed ones */
    struct str bytes; /* inside the message that is read */
};

/* Takes the next field off the front of *message: 1, 0 at its end, -ERROR_SYNTAX where it is no message.
 * Groups, which proto3 does not have, are skipped. */
int protobuf_read(struct str *message, struct protobuf_field *ret_field, struct error *err) must_check;

/* The varints of a packed list; false when none is left or the bytes are wrong (then *good is false). */
bool protobuf_read_varint(struct str *bytes, uint64_t *ret_number, bool *good);

void protobuf_write_varint(struct buffer *out, uint32_t tag, uint64_t number);
void protobuf_write_bytes(struct buffer *out, uint32_t tag, struct str bytes);
void protobuf_write_head(struct buffer *out, uint32_t tag, size_t size); /* of so many bytes that the caller appends */
size_t protobuf_head_size(uint32_t tag, size_t size);
#define PROTOBUF_HEAD_MAX 20
size_t protobuf_put_head(char space[PROTOBUF_HEAD_MAX], uint32_t tag, size_t size); /* how much of the space it takes */
void protobuf_write_double(struct buffer *out, uint32_t tag, double number);
void protobuf_append_varint(struct buffer *out, uint64_t number); /* without a tag */

/* A nested message: what is written between begin and end is its content. */
size_t protobuf_begin(struct buffer *out, uint32_t tag);
void protobuf_end(struct buffer *out, size_t start);

#endif
