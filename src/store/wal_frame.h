/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* wal_frame.h - what one entry of the write-ahead log looks like. Pure.
 *
 * A frame is a group of writes: a header, then its records, padded with zeros to whole
 * blocks so that a frame's sectors are never written again while they are needed:
 *
 *   magic u32 | crc32 u32 (of all that follows, without the padding)
 *   sequence u64 | reserved u64 | payload size u32 | record count u32
 *   record: revision u64 | create revision u64 | key size u32 | value size u32
 *           | previous revision u64 | previous size u32 | 0 u32 | key | value | previous value
 *
 * All little endian. A deletion has the value size UINT32_MAX and no value. The previous revision is the record's before
 * this write, 0 if there was none; its value is there only when it is asked to be (else the size is UINT32_MAX): with it, a
 * file of the log says by itself what every write in it replaced. A frame is valid as a whole or not at all. Frames of
 * the first format, whose records end with the value, are read, too. */
#ifndef STORE_WAL_FRAME_H
#define STORE_WAL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"

#define WAL_BLOCK             4096
#define WAL_FRAME_HEADER_SIZE 32
#define WAL_RECORD_SIZE       40 /* without key and values */

struct wal_frame {
    uint64_t sequence; /* counts frames over the log's whole life, from 1 */
    uint64_t reserved; /* no revision above this one has been given to anybody */
    uint32_t count;
    bool says_previous; /* false: of the first format */
    struct str records;
};

struct wal_record {
    uint64_t revision;
    uint64_t create_revision;
    struct str key;
    struct str value;
    bool is_deletion;
    uint64_t previous_revision;
    struct str previous;      /* data NULL: not in the record */
    struct str previous_tail; /* of a value in two pieces; always empty when read */
};

/* begin, add..., end: the buffer then holds whole blocks. Seal puts the checksum in, which reads all of it: by whoever
 * writes the frame, on the thread that does. */
void wal_frame_begin(struct buffer *buffer);
void wal_frame_add(struct buffer *buffer, const struct wal_record *record);
void wal_frame_end(struct buffer *buffer, uint64_t sequence, uint64_t reserved, uint32_t count);
void wal_frame_seal(struct buffer *buffer);

/* The frame that 'bytes' begins with, and its size in whole blocks (never more than bytes.size).
 * False when there is none: never written, torn, or damaged. */
bool wal_frame_parse(struct str bytes, struct wal_frame *ret_frame, size_t *ret_size);

/* The same of bytes that have passed wal_frame_parse() before: the checksum is not computed again. */
bool wal_frame_parse_checked(struct str bytes, struct wal_frame *ret_frame, size_t *ret_size);

/* Takes the next record off frame->records; false at the end, or (frame->records not empty then) when it is malformed. */
bool wal_frame_next(struct wal_frame *frame, struct wal_record *ret_record);

#endif
