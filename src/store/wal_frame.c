/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* wal_frame.c - see wal_frame.h. */
#include "store/wal_frame.h"

#include <endian.h>
#include <zlib.h>

#define MAGIC      0x4c415743U /* "CWAL" */
#define NO_VALUE   UINT32_MAX
#define CRC_OFFSET 8 /* the checksum covers what follows it */

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
    buffer_append(buffer, head, sizeof(head));
    buffer_append_str(buffer, record->key);
    if (!record->is_deletion)
        buffer_append_str(buffer, record->value);
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
    put32(buffer->data + 4, checksum(buffer->data, payload));
    size_t padding = (WAL_BLOCK - buffer->size % WAL_BLOCK) % WAL_BLOCK;
    char *zeros = buffer_reserve(buffer, padding);
    if (zeros != NULL) {
        memset(zeros, 0, padding);
        buffer_commit(buffer, padding);
    }
}

bool wal_frame_parse(struct str bytes, struct wal_frame *ret_frame, size_t *ret_size)
{
    if (bytes.size < WAL_FRAME_HEADER_SIZE || get32(bytes.data) != MAGIC)
        return false;
    size_t payload = get32(bytes.data + 24);
    if (payload > bytes.size - WAL_FRAME_HEADER_SIZE || get32(bytes.data + 4) != checksum(bytes.data, payload))
        return false;
    size_t size = (WAL_FRAME_HEADER_SIZE + payload + WAL_BLOCK - 1) / WAL_BLOCK * WAL_BLOCK;
    *ret_frame = (struct wal_frame){ .sequence = get64(bytes.data + 8),
                                     .reserved = get64(bytes.data + 16),
                                     .count = get32(bytes.data + 28),
                                     .records = { bytes.data + WAL_FRAME_HEADER_SIZE, payload } };
    *ret_size = size < bytes.size ? size : bytes.size;
    return true;
}

bool wal_frame_next(struct wal_frame *frame, struct wal_record *ret_record)
{
    struct str rest = frame->records;
    if (rest.size < WAL_RECORD_SIZE)
        return false;
    struct wal_record record = { .revision = get64(rest.data), .create_revision = get64(rest.data + 8) };
    size_t key_size = get32(rest.data + 16), value_size = get32(rest.data + 20);
    record.is_deletion = value_size == NO_VALUE;
    if (record.is_deletion)
        value_size = 0;
    rest = str_skip(rest, WAL_RECORD_SIZE);
    if (key_size > rest.size || value_size > rest.size - key_size)
        return false;
    record.key = (struct str){ rest.data, key_size };
    record.value = (struct str){ rest.data + key_size, value_size };
    frame->records = str_skip(rest, key_size + value_size);
    *ret_record = record;
    return true;
}
