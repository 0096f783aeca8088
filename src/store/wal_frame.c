/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* wal_frame.c - see wal_frame.h. */
#include "store/wal_frame.h"

#include <endian.h>
#include <zlib.h>

#define MAGIC_FIRST       0x4c415743U /* "CWAL", of the first format */
#define MAGIC             0x324c4157U /* "WAL2" */
#define RECORD_SIZE_FIRST 24
#define NO_VALUE          UINT32_MAX
#define CRC_OFFSET        8 /* the checksum covers what follows it */

static void put32(char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
}

static void put64(char *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
}

static uint32_t get32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static uint64_t get64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

static uint32_t checksum(const char *frame, size_t payload)
{
    return (uint32_t)crc32_z(0, (const unsigned char *)frame + CRC_OFFSET,
                             WAL_FRAME_HEADER_SIZE - CRC_OFFSET + payload);
}

void wal_frame_begin(struct buffer *buffer)
{
    static const char header[WAL_FRAME_HEADER_SIZE];
    buffer_clear(buffer);
    buffer_append(buffer, header, sizeof(header));
}

void wal_frame_add(struct buffer *buffer, const struct wal_record *record)
{
    char head[WAL_RECORD_SIZE];
    put64(head, record->revision);
    put64(head + 8, record->create_revision);
    put32(head + 16, (uint32_t)record->key.size);
    put32(head + 20, record->is_deletion ? NO_VALUE : (uint32_t)record->value.size);
    put64(head + 24, record->previous_revision);
    put32(head + 32,
          record->previous.data == NULL ? NO_VALUE : (uint32_t)(record->previous.size + record->previous_tail.size));
    put32(head + 36, 0);
    buffer_append(buffer, head, sizeof(head));
    buffer_append_str(buffer, record->key);
    if (!record->is_deletion)
        buffer_append_str(buffer, record->value);
    if (record->previous.data != NULL)
        buffer_append_str(buffer, record->previous);
    buffer_append_str(buffer, record->previous_tail);
}

void wal_frame_end(struct buffer *buffer, uint64_t sequence, uint64_t reserved, uint32_t count)
{
    if (buffer_failed(buffer))
        return;
    size_t payload = buffer->size - WAL_FRAME_HEADER_SIZE;
    put32(buffer->data, MAGIC);
    put64(buffer->data + 8, sequence);
    put64(buffer->data + 16, reserved);
    put32(buffer->data + 24, (uint32_t)payload);
    put32(buffer->data + 28, count);
    size_t padding = (WAL_BLOCK - buffer->size % WAL_BLOCK) % WAL_BLOCK;
    char *zeros = buffer_reserve(buffer, padding);
    if (zeros != NULL) {
        memset(zeros, 0, padding);
        buffer_commit(buffer, padding);
    }
}

void wal_frame_seal(struct buffer *buffer)
{
    if (!buffer_failed(buffer))
        put32(buffer->data + 4, checksum(buffer->data, get32(buffer->data + 24)));
}

static bool parse(struct str bytes, bool check, struct wal_frame *ret_frame, size_t *ret_size)
{
    if (bytes.size < WAL_FRAME_HEADER_SIZE)
        return false;
    uint32_t magic = get32(bytes.data);
    size_t payload = get32(bytes.data + 24);
    if ((magic != MAGIC && magic != MAGIC_FIRST) || payload > bytes.size - WAL_FRAME_HEADER_SIZE ||
        (check && get32(bytes.data + 4) != checksum(bytes.data, payload)))
        return false;
    size_t size = (WAL_FRAME_HEADER_SIZE + payload + WAL_BLOCK - 1) / WAL_BLOCK * WAL_BLOCK;
    *ret_frame = (struct wal_frame){ .sequence = get64(bytes.data + 8),
                                     .reserved = get64(bytes.data + 16),
                                     .count = get32(bytes.data + 28),
                                     .says_previous = magic == MAGIC,
                                     .records = { bytes.data + WAL_FRAME_HEADER_SIZE, payload } };
    *ret_size = size < bytes.size ? size : bytes.size;
    return true;
}

bool wal_frame_parse(struct str bytes, struct wal_frame *ret_frame, size_t *ret_size)
{
    return parse(bytes, true, ret_frame, ret_size);
}

bool wal_frame_parse_checked(struct str bytes, struct wal_frame *ret_frame, size_t *ret_size)
{
    return parse(bytes, false, ret_frame, ret_size);
}

/* Takes so many bytes off; false: there are less. */
static bool take(struct str *rest, size_t size, struct str *ret_text)
{
    if (size > rest->size)
        return false;
    *ret_text = (struct str){ rest->data, size };
    *rest = str_skip(*rest, size);
    return true;
}

bool wal_frame_next(struct wal_frame *frame, struct wal_record *ret_record)
{
    struct str rest = frame->records, head;
    if (!take(&rest, frame->says_previous ? WAL_RECORD_SIZE : RECORD_SIZE_FIRST, &head))
        return false;
    struct wal_record record = { .revision = get64(head.data), .create_revision = get64(head.data + 8) };
    size_t value_size = get32(head.data + 20), previous_size = NO_VALUE;
    if (frame->says_previous) {
        record.previous_revision = get64(head.data + 24);
        previous_size = get32(head.data + 32);
    }
    record.is_deletion = value_size == NO_VALUE;
    if (!take(&rest, get32(head.data + 16), &record.key) ||
        !take(&rest, record.is_deletion ? 0 : value_size, &record.value))
        return false;
    if (previous_size != NO_VALUE && !take(&rest, previous_size, &record.previous))
        return false;
    frame->records = rest;
    *ret_record = record;
    return true;
}
