/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BUFFER_FIRST_CAPACITY 256

void buffer_init(struct buffer *buffer, size_t max)
{
    *buffer = (struct buffer){ .max = max };
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){ .max = buffer->max };
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

static char *grow(struct buffer *buffer, size_t size)
{
    size_t max = buffer->max != 0 ? buffer->max : BUFFER_DEFAULT_MAX;
    if (buffer->failed || size > max || buffer->size > max - size) {
        buffer->failed = true;
        return NULL;
    }
    size_t needed = buffer->size + size + 1; /* the NUL */
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST_CAPACITY : buffer->capacity * 2;
        if (capacity < needed)
            capacity = needed;
        if (capacity - 1 > max) /* which may be SIZE_MAX */
            capacity = max + 1;
        char *data = realloc(buffer->data, capacity);
        if (data == NULL) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

/* Capacity is within the maximum, so what fits into it needs no other question. */
static bool has_room(const struct buffer *buffer, size_t size)
{
    return size < buffer->capacity - buffer->size && !buffer->failed;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    return has_room(buffer, size) ? buffer->data + buffer->size : grow(buffer, size);
}

void buffer_commit(struct buffer *buffer, size_t size)
{
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    char *room = has_room(buffer, size) ? buffer->data + buffer->size : grow(buffer, size);
    if (room == NULL)
        return;
    memcpy(room, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_append_str(struct buffer *buffer, struct str text)
{
    buffer_append(buffer, text.data, text.size);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append_str(buffer, str_of(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    char *room = has_room(buffer, 1) ? buffer->data + buffer->size : grow(buffer, 1);
    if (room == NULL)
        return;
    room[0] = c;
    room[1] = '\0';
    buffer->size++;
}

void buffer_append_uint64(struct buffer *buffer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_append(buffer, digits + at, sizeof(digits) - at);
}

void buffer_append_int64(struct buffer *buffer, int64_t value)
{
    if (value < 0)
        buffer_append_char(buffer, '-');
    buffer_append_uint64(buffer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room = length < 0 ? NULL : buffer_reserve(buffer, (size_t)length);
    if (room != NULL) {
        vsnprintf(room, (size_t)length + 1, format, again);
        buffer_commit(buffer, (size_t)length);
    }
    va_end(again);
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    if (size >= buffer->size) {
        buffer->size = 0;
        return;
    }
    buffer->size -= size;
    memmove(buffer->data, buffer->data + size, buffer->size + 1);
}

void buffer_truncate(struct buffer *buffer, size_t size)
{
    if (size < buffer->size) {
        buffer->size = size;
        buffer->data[size] = '\0';
    }
}

char *buffer_steal(struct buffer *buffer, size_t *ret_size)
{
    if (buffer->failed)
        return NULL;
    char *data = buffer->data != NULL ? buffer->data : memory_strndup("", 0);
    if (ret_size != NULL)
        *ret_size = buffer->size;
    *buffer = (struct buffer){ .max = buffer->max };
    return data;
}
