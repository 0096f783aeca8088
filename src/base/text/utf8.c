/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* utf8.c - decoding code points. */
#include "base/text/utf8.h"

/* Decodes the first code point; its size, or 0 when the bytes are none. */
static size_t decode(struct str text, uint32_t *ret_point)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const uint8_t *bytes = (const uint8_t *)text.data;
    size_t size = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc0 ? 0 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    uint32_t point;

    if (size == 0 || size > text.size || bytes[0] > 0xf4)
        return 0;
    point = size == 1 ? bytes[0] : bytes[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return 0;
    *ret_point = point;
    return size;
}

size_t utf8_length(struct str text)
{
    uint32_t point;

    return decode(text, &point);
}

size_t utf8_size(struct str text)
{
    size_t size = text.size == 0 ? 0 : utf8_length(text);

    return text.size > 0 && size == 0 ? 1 : size;
}

uint32_t utf8_decode(struct str text)
{
    uint32_t point = UTF8_INVALID;

    return text.size > 0 && decode(text, &point) > 0 ? point : UTF8_INVALID;
}

/* All bytes but those that continue a code point: the compiler makes a fast loop of it. */
size_t utf8_count(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++)
        count += ((uint8_t)text.data[i] & 0xc0) != 0x80;
    return count;
}

bool utf8_valid(struct str text)
{
    for (size_t at = 0; at < text.size;) {
        size_t size = utf8_length(str_skip(text, at));

        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

size_t utf8_offset(struct str text, size_t index)
{
    size_t at = 0;

    while (at < text.size && index-- > 0)
        at += utf8_size(str_skip(text, at));
    return at;
}

void utf8_append(struct buffer *out, uint32_t point)
{
    if (point < 0x80) {
        buffer_append_char(out, (char)point);
    } else if (point < 0x800) {
        buffer_append_char(out, (char)(0xc0 | point >> 6));
        buffer_append_char(out, (char)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        buffer_append_char(out, (char)(0xe0 | point >> 12));
        buffer_append_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        buffer_append_char(out, (char)(0x80 | (point & 0x3f)));
    } else {
        buffer_append_char(out, (char)(0xf0 | point >> 18));
        buffer_append_char(out, (char)(0x80 | (point >> 12 & 0x3f)));
        buffer_append_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        buffer_append_char(out, (char)(0x80 | (point & 0x3f)));
    }
}
