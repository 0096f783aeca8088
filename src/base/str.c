/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/str.h"

#include <stdarg.h>

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int str_compare(struct str a, struct str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

bool str_starts(struct str text, struct str prefix)
{
    return text.size >= prefix.size && str_equal((struct str){ text.data, prefix.size }, prefix);
}

bool str_ends(struct str text, struct str suffix)
{
    return text.size >= suffix.size && str_equal(str_skip(text, text.size - suffix.size), suffix);
}

bool str_contains(struct str text, struct str part)
{
    return part.size == 0 || (text.size > 0 && memmem(text.data, text.size, part.data, part.size) != NULL);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str text)
{
    while (text.size > 0 && is_blank(text.data[0]))
        text = str_skip(text, 1);
    while (text.size > 0 && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

struct str str_skip(struct str text, size_t count)
{
    if (count == 0 || text.data == NULL)
        return text;
    if (count > text.size)
        count = text.size;
    return (struct str){ text.data + count, text.size - count };
}

bool str_next(struct str *rest, char separator, struct str *ret_piece)
{
    if (rest->data == NULL)
        return false;
    size_t end = str_find(*rest, separator);
    *ret_piece = (struct str){ rest->data, end };
    *rest = end < rest->size ? str_skip(*rest, end + 1) : (struct str){ NULL, 0 };
    return true;
}

size_t str_find(struct str text, char byte)
{
    if (text.size == 0)
        return 0;
    const char *found = memchr(text.data, byte, text.size);
    return found == NULL ? text.size : (size_t)(found - text.data);
}

bool str_to_uint64(struct str text, uint64_t *ret_value)
{
    if (text.size == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c < '0' || c > '9')
            return false;
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool str_to_int64(struct str text, int64_t *ret_value)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t magnitude = 0;
    if (!str_to_uint64(negative ? str_skip(text, 1) : text, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

size_t text_join(char *text, size_t size, ...)
{
    va_list parts;
    const char *part;
    size_t total = 0;
    va_start(parts, size);
    while ((part = va_arg(parts, const char *)) != NULL) {
        size_t length = strlen(part), room = total < size ? size - total : 0;
        if (room > 0)
            memcpy(text + total, part, length < room ? length : room);
        total += length;
    }
    va_end(parts);
    if (size > 0)
        text[total < size ? total : size - 1] = '\0';
    return total;
}

uint64_t str_hash(struct str text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    return hash;
}
