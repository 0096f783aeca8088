/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "codec/json.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "codec/decimal.h"
#include "codec/json_problem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes that stand for themselves. */
static const bool plain[256] = {
    [' '] = true, ['!'] = true,         ['#' ... '%'] = true,  ['\'' ... ';'] = true,
    ['='] = true, ['?' ... '['] = true, [']' ... 0x7f] = true,
};

static bool is_plain(unsigned char c)
{
    return plain[c];
}

/* How many bytes at the front are plain; sixteen at a time where the processor can. */
static size_t plain_size(const unsigned char *at, size_t size)
{
    size_t count = 0;
#ifdef __SSE2__
    for (; size - count >= 16; count += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + count));
        __m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')); /* as signed: also what is above 0x7f */
        other = _mm_or_si128(other, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
        other = _mm_or_si128(other, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('&')));
        other = _mm_or_si128(other, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        other = _mm_or_si128(other, _mm_cmpeq_epi8(_mm_or_si128(bytes, _mm_set1_epi8(2)), _mm_set1_epi8('>'))); /* < */
        unsigned found = (unsigned)_mm_movemask_epi8(other);
        if (found != 0)
            return count + (size_t)__builtin_ctz(found);
    }
#endif
    while (count < size && is_plain(at[count]))
        count++;
    return count;
}

static void append_escape(struct buffer *out, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        buffer_append(out, (char[]){ '\\', (char)c }, 2);
        break;
    case '\b':
        buffer_append(out, "\\b", 2);
        break;
    case '\f':
        buffer_append(out, "\\f", 2);
        break;
    case '\n':
        buffer_append(out, "\\n", 2);
        break;
    case '\r':
        buffer_append(out, "\\r", 2);
        break;
    case '\t':
        buffer_append(out, "\\t", 2);
        break;
    default:
        buffer_format(out, "\\u%04x", c);
    }
}

void json_append_string(struct buffer *out, struct str text)
{
    const unsigned char *at = (const unsigned char *)text_or_empty(text.data), *end = at + text.size, *begin = at;
    at += plain_size(at, text.size);
    char *room = at == end ? buffer_reserve(out, text.size + 2) : NULL;
    if (room != NULL) { /* nearly always */
        room[0] = '"';
        memcpy(room + 1, begin, text.size);
        room[text.size + 1] = '"';
        buffer_commit(out, text.size + 2);
        return;
    }
    at = begin;
    buffer_append_char(out, '"');
    while (at < end) {
        const unsigned char *start = at;
        at += plain_size(at, (size_t)(end - at));
        buffer_append(out, start, (size_t)(at - start));
        if (at == end)
            break;
        if (*at < 0x80) {
            append_escape(out, *at++);
            continue;
        }
        size_t length = utf8_length((struct str){ (const char *)at, (size_t)(end - at) });
        if (length == 0) {
            buffer_append(out, "\\ufffd", 6);
            at++;
        } else {
            if (length == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9))
                buffer_append(out, at[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
            else
                buffer_append(out, at, length);
            at += length;
        }
    }
    buffer_append_char(out, '"');
}

void json_append_double(struct buffer *out, double value)
{
    if (value == 0 || !isfinite(value)) { /* JSON has no infinities; decoders never make them */
        buffer_append_text(out, signbit(value) && value == 0 ? "-0" : "0");
        return;
    }
    struct decimal decimal = decimal_of(value);
    double magnitude = fabs(value);
    if (magnitude < 1e-6 || magnitude >= 1e21)
        decimal_append_scientific(&decimal, 1, out); /* one digit suffices: e-7, e+21 */
    else
        decimal_append_plain(&decimal, out);
}

/* Goes through the value without recursion: yyjson lays a container's content out behind it, so a stack of
 * "members left" is all the memory that nesting needs. */
struct json_level {
    size_t left;
    bool object;
};

static void append_scalar(struct buffer *out, yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_RAW:
        buffer_append(out, yyjson_get_raw(value), yyjson_get_len(value));
        break;
    case YYJSON_TYPE_STR:
        json_append_string(out, (struct str){ yyjson_get_str(value), yyjson_get_len(value) });
        break;
    case YYJSON_TYPE_BOOL:
        buffer_append_text(out, yyjson_get_bool(value) ? "true" : "false");
        break;
    case YYJSON_TYPE_NUM:
        if (yyjson_is_real(value))
            json_append_double(out, yyjson_get_real(value));
        else if (yyjson_is_uint(value))
            buffer_append_uint64(out, yyjson_get_uint(value));
        else
            buffer_append_int64(out, yyjson_get_sint(value));
        break;
    default:
        buffer_append_text(out, "null");
    }
}

void json_append_value(struct buffer *out, yyjson_val *value)
{
    autofree struct json_level *levels = NULL;
    size_t depth = 0, room = 0;
    bool first = true;
    for (;;) {
        bool object = depth > 0 && levels[depth - 1].object;
        if (depth > 0 && !first)
            buffer_append_char(out, ',');
        if (object) {
            json_append_string(out, (struct str){ yyjson_get_str(value), yyjson_get_len(value) });
            buffer_append_char(out, ':');
            value++;
        }
        bool opens = yyjson_is_ctn(value);
        if (opens) {
            if (depth == room) {
                room = room == 0 ? 16 : room * 2;
                levels = memory_resize(levels, room, sizeof(*levels));
            }
            levels[depth] = (struct json_level){ yyjson_is_obj(value) ? yyjson_obj_size(value) : yyjson_arr_size(value),
                                                 yyjson_is_obj(value) };
            buffer_append_char(out, levels[depth].object ? '{' : '[');
            depth++;
        } else {
            append_scalar(out, value);
            if (depth > 0)
                levels[depth - 1].left--;
        }
        value++;
        first = opens;
        while (depth > 0 && levels[depth - 1].left == 0) {
            buffer_append_char(out, levels[depth - 1].object ? '}' : ']');
            first = false;
            if (--depth > 0)
                levels[depth - 1].left--;
        }
        if (depth == 0)
            return;
    }
}

/* By text; equal keys in the order of the document, in which yyjson lays them out. */
static int compare_keys(const void *a, const void *b)
{
    yyjson_val *x = *(yyjson_val *const *)a, *y = *(yyjson_val *const *)b;
    int order = str_compare((struct str){ yyjson_get_str(x), yyjson_get_len(x) },
                            (struct str){ yyjson_get_str(y), yyjson_get_len(y) });
    return order != 0 ? order : x < y ? -1 : x > y;
}

static bool keys_equal(yyjson_val *a, yyjson_val *b)
{
    return yyjson_get_len(a) == yyjson_get_len(b) &&
           memcmp(yyjson_get_str(a), yyjson_get_str(b), yyjson_get_len(a)) == 0;
}

void json_append_sorted_members(struct buffer *out, yyjson_val **keys, size_t count)
{
    bool sorted = true, first = true;
    for (size_t i = 1; i < count && sorted; i++)
        sorted = compare_keys(&keys[i - 1], &keys[i]) < 0;
    if (!sorted)
        qsort(keys, count, sizeof(*keys), compare_keys);
    buffer_append_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && keys_equal(keys[i], keys[i + 1]))
            continue;
        if (!first)
            buffer_append_char(out, ',');
        first = false;
        json_append_string(out, (struct str){ yyjson_get_str(keys[i]), yyjson_get_len(keys[i]) });
        buffer_append_char(out, ':');
        json_append_sorted(out, yyjson_obj_iter_get_val(keys[i]));
    }
    buffer_append_char(out, '}');
}

static void append_sorted_object(struct buffer *out, yyjson_val *object)
{
    yyjson_val *few[16];
    size_t count = yyjson_obj_size(object), at = 0;
    autofree yyjson_val **many = count > countof(few) ? memory_resize(NULL, count, sizeof(yyjson_val *)) : NULL;
    yyjson_val **keys = many != NULL ? many : few;
    yyjson_obj_iter iterator = yyjson_obj_iter_with(object);
    for (yyjson_val *key; at < count && (key = yyjson_obj_iter_next(&iterator)) != NULL;)
        keys[at++] = key;
    json_append_sorted_members(out, keys, at);
}

/* Recursive: documents are read with a bound on their nesting. */
void json_append_sorted(struct buffer *out, yyjson_val *value)
{
    if (yyjson_is_obj(value)) {
        append_sorted_object(out, value);
    } else if (yyjson_is_arr(value)) {
        yyjson_arr_iter iterator = yyjson_arr_iter_with(value);
        char before = '[';
        for (yyjson_val *element; (element = yyjson_arr_iter_next(&iterator)) != NULL; before = ',') {
            buffer_append_char(out, before);
            json_append_sorted(out, element);
        }
        if (before == '[')
            buffer_append_char(out, '[');
        buffer_append_char(out, ']');
    } else {
        append_scalar(out, value);
    }
}

/* Nesting of the text; brackets in strings do not count. */
static bool deeper_than(struct str text, size_t depth)
{
    size_t level = 0;
    bool string = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                string = false;
        } else if (c == '"') {
            string = true;
        } else if ((c == '{' || c == '[') && ++level > depth) {
            return true;
        } else if ((c == '}' || c == ']') && level > 0) {
            level--;
        }
    }
    return false;
}

static yyjson_doc *parse(struct str text, yyjson_read_flag flags, const yyjson_alc *memory)
{
    return yyjson_read_opts((char *)(uintptr_t)text.data, text.size, YYJSON_READ_NUMBER_AS_RAW | flags, memory, NULL);
}

/* What yyjson refuses and Go does not: bytes that are no UTF-8, halves of surrogate pairs. */
static yyjson_doc *parse_as_go(struct str text, const yyjson_alc *memory)
{
    auto_buffer struct buffer replaced = { 0 };
    return json_replace_invalid(text, &replaced) ? parse(buffer_str(&replaced), 0, memory) : NULL;
}

static int read_with(const yyjson_alc *memory, struct str text, size_t depth, yyjson_doc **ret_doc, struct error *err)
{
    if (text.size > depth && deeper_than(text, depth))
        return error_set(err, ERROR_SYNTAX, "exceeded max depth");
    yyjson_doc *doc = parse(text, 0, memory);
    if (doc == NULL) {
        int rc = json_problem(text, err);
        if (rc < 0)
            return rc;
        doc = parse_as_go(text, memory);
    }
    if (doc == NULL)
        return error_set(err, ERROR_SYNTAX, "invalid JSON");
    *ret_doc = doc;
    return 0;
}

int json_read(struct str text, size_t depth, yyjson_doc **ret_doc, struct error *err)
{
    return read_with(NULL, text, depth, ret_doc, err);
}

static void *take_room(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void *take_more(void *arena, void *room, size_t old, size_t size)
{
    return size <= old ? room : memcpy(arena_alloc(arena, size), room, old);
}

static void leave_room(void *arena, void *room)
{
    (void)arena;
    (void)room;
}

int json_read_in(struct arena *arena, struct str text, size_t depth, yyjson_doc **ret_doc, struct error *err)
{
    const yyjson_alc memory = { take_room, take_more, leave_room, arena };
    return read_with(&memory, text, depth, ret_doc, err);
}
