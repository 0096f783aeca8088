/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* buffer.h - bytes that grow up to a maximum given at creation.
 *
 * An append beyond the maximum (or out of memory) marks the buffer failed and drops
 * the bytes; callers may append many times and check once with buffer_failed(). */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/str.h"

/* { .max = n } is an empty buffer; max 0 means BUFFER_DEFAULT_MAX. */
struct buffer {
    char *data; /* always followed by a NUL once anything was appended */
    size_t size;
    size_t capacity;
    size_t max;
    bool failed;
};

#define BUFFER_DEFAULT_MAX ((size_t)64 << 20)

void buffer_init(struct buffer *buffer, size_t max);
void buffer_fini(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* keeps the memory */

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_str(struct buffer *buffer, struct str text);
void buffer_append_text(struct buffer *buffer, const char *text); /* NULL is "" */
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_uint64(struct buffer *buffer, uint64_t value);
void buffer_append_int64(struct buffer *buffer, int64_t value);
void buffer_format(struct buffer *buffer, const char *format, ...) printf_like(2, 3);

/* Room for 'size' more bytes to be written directly, NULL when the maximum forbids it;
 * buffer_commit() then counts what was written. */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);

void buffer_consume(struct buffer *buffer, size_t size); /* drops bytes at the front */
void buffer_truncate(struct buffer *buffer, size_t size);

static inline bool buffer_failed(const struct buffer *buffer)
{
    return buffer->failed;
}

static inline struct str buffer_str(const struct buffer *buffer)
{
    return (struct str){ buffer->data, buffer->size };
}

/* The bytes, NUL-terminated, now the caller's to free(); the buffer is empty again.
 * NULL when the buffer had failed. */
char *buffer_steal(struct buffer *buffer, size_t *ret_size);

static inline void buffer_cleanup(struct buffer *buffer)
{
    buffer_fini(buffer);
}
#define auto_buffer __attribute__((cleanup(buffer_cleanup)))

#endif
