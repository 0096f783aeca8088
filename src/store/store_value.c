/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "store/store_value.h"

#include <string.h>

struct store_value store_value_of(struct bytes *bytes)
{
    return (struct store_value){ .bytes = bytes_ref(bytes), .size = bytes == NULL ? 0 : (uint32_t)bytes->size };
}

struct store_value store_value_ref(struct store_value value)
{
    bytes_ref(value.bytes);
    return value;
}

void store_value_unref(struct store_value value)
{
    bytes_unref(value.bytes);
}

struct store_value_parts store_value_parts(struct store_value value)
{
    if (value.bytes == NULL)
        return (struct store_value_parts){ 0 };
    const char *data = value.bytes->data;
    size_t after = (size_t)value.gap + value.gap_size;
    if (value.gap_size == 0)
        return (struct store_value_parts){ .head = { data, value.size } };
    return (struct store_value_parts){ .head = { data, value.gap }, .tail = { data + after, value.size - after } };
}

struct bytes *store_value_bytes(struct store_value value)
{
    if (value.bytes == NULL || (value.gap_size == 0 && value.size == value.bytes->size))
        return bytes_ref(value.bytes);
    struct store_value_parts parts = store_value_parts(value);
    struct bytes *bytes = bytes_create(NULL, store_value_size(value));
    memcpy(bytes->data, parts.head.data, parts.head.size);
    if (parts.tail.size > 0)
        memcpy(bytes->data + parts.head.size, parts.tail.data, parts.tail.size);
    return bytes;
}

/* The piece of the value that begins at 'from'. */
static struct str piece_at(struct store_value_parts parts, size_t from)
{
    return from < parts.head.size ? str_skip(parts.head, from) : str_skip(parts.tail, from - parts.head.size);
}

bool store_value_equal(struct store_value a, struct store_value b)
{
    size_t size = store_value_size(a);
    if (size != store_value_size(b) || (a.bytes == NULL) != (b.bytes == NULL))
        return false;
    struct store_value_parts left = store_value_parts(a), right = store_value_parts(b);
    for (size_t from = 0, step; from < size; from += step) {
        struct str x = piece_at(left, from), y = piece_at(right, from);
        step = x.size < y.size ? x.size : y.size;
        if (memcmp(x.data, y.data, step) != 0)
            return false;
    }
    return true;
}
