/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* strings.c - functions on texts. Positions and lengths count code points. */
#include "base/text/utf8.h"
#include "cel/library/format.h"
#include "cel/value/value.h"

#define TEXT_MAX ((size_t)CEL_REQUEST_SIZE_MAX * 4) /* bytes of a text that a function makes */

#define STRING_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

/* Where 'part' first begins at or behind the byte 'at'; the size when it does not. */
static size_t text_find(struct str text, struct str part, size_t at)
{
    const char *found;

    if (at > text.size)
        return text.size + 1;
    if (part.size == 0)
        return at;
    found = memmem(text.data + at, text.size - at, part.data, part.size);
    return found == NULL ? text.size + 1 : (size_t)(found - text.data);
}

static struct cel_value out_of_range(struct cel_state *state, int64_t index)
{
    return cel_value_error(state->arena, "index out of range: %lld", (long long)index);
}

STRING_FUNCTION(contains)
{
    (void)state;
    (void)count;
    return cel_value_bool(str_contains(args[0].text, args[1].text));
}

STRING_FUNCTION(starts_with)
{
    (void)state;
    (void)count;
    return cel_value_bool(str_starts(args[0].text, args[1].text));
}

STRING_FUNCTION(ends_with)
{
    (void)state;
    (void)count;
    return cel_value_bool(str_ends(args[0].text, args[1].text));
}

STRING_FUNCTION(char_at)
{
    struct str text = args[0].text;
    int64_t index = args[1].integer, length = (int64_t)utf8_count(text);
    size_t at;

    (void)count;
    if (index < 0 || index > length)
        return out_of_range(state, index);
    at = utf8_offset(text, (size_t)index);
    return cel_value_string((struct str){ text.data + at, utf8_size(str_skip(text, at)) });
}

STRING_FUNCTION(index_of)
{
    struct str text = args[0].text;
    int64_t from = count > 2 ? args[2].integer : 0, length;
    size_t found;

    if (from < 0)
        return out_of_range(state, from);
    length = (int64_t)utf8_count(text);
    if (args[1].text.size == 0)
        return cel_value_int(from > length ? length : from);
    if (from >= length)
        return cel_value_int(-1);
    found = text_find(text, args[1].text, utf8_offset(text, (size_t)from));
    return cel_value_int(found > text.size ? -1 : (int64_t)utf8_count((struct str){ text.data, found }));
}

STRING_FUNCTION(last_index_of)
{
    struct str text = args[0].text, part = args[1].text;
    int64_t length = (int64_t)utf8_count(text), from = count > 2 ? args[2].integer : length;
    size_t last;

    if (from < 0)
        return out_of_range(state, from);
    if (part.size == 0)
        return cel_value_int(from > length ? length : from);
    if (part.size > text.size || (count > 2 && from >= length))
        return cel_value_int(-1);
    last = utf8_offset(text, (size_t)from);
    if (last > text.size - part.size)
        last = text.size - part.size;
    for (size_t at = last + 1; at-- > 0;)
        if (memcmp(text.data + at, part.data, part.size) == 0)
            return cel_value_int((int64_t)utf8_count((struct str){ text.data, at }));
    return cel_value_int(-1);
}

static struct cel_value change_case(struct cel_state *state, struct str text, char first, char last, int step)
{
    char *copy = arena_strndup(state->arena, text.size > 0 ? text.data : "", text.size);

    for (size_t i = 0; i < text.size; i++)
        if (copy[i] >= first && copy[i] <= last)
            copy[i] = (char)(copy[i] + step);
    return cel_value_string((struct str){ copy, text.size });
}

STRING_FUNCTION(lower_ascii)
{
    (void)count;
    return change_case(state, args[0].text, 'A', 'Z', 'a' - 'A');
}

STRING_FUNCTION(upper_ascii)
{
    (void)count;
    return change_case(state, args[0].text, 'a', 'z', 'A' - 'a');
}

STRING_FUNCTION(replace)
{
    struct str text = args[0].text, part = args[1].text;
    int64_t left = count > 3 ? args[3].integer : -1;
    auto_buffer struct buffer out = { .max = TEXT_MAX };
    size_t at = 0;

    while (left != 0 && !buffer_failed(&out)) {
        size_t found = text_find(text, part, at), next;

        if (found > text.size)
            break;
        buffer_append(&out, text.data + at, found - at);
        buffer_append_str(&out, args[2].text);
        left--;
        at = found + part.size;
        if (part.size > 0)
            continue;
        next = utf8_size(str_skip(text, at)); /* around each code point */
        if (next == 0)
            return cel_string_copy(state->arena, &out);
        buffer_append(&out, text.data + at, next);
        at += next;
    }
    buffer_append_str(&out, str_skip(text, at));
    return cel_string_copy(state->arena, &out);
}

STRING_FUNCTION(split)
{
    struct str text = args[0].text, separator = args[1].text;
    int64_t limit = count > 2 ? args[2].integer : -1;
    struct cel_value list = cel_list_new(state->arena, 0);
    size_t at = 0;

    if (limit == 0 || (separator.size == 0 && text.size == 0))
        return list;
    while (limit < 0 || (int64_t)cel_list_size(&list) < limit - 1) {
        size_t found = separator.size == 0 ? at + utf8_size(str_skip(text, at)) : text_find(text, separator, at);

        if (found > text.size || (separator.size == 0 && found == text.size))
            break;
        cel_list_push(state->arena, &list, cel_value_string((struct str){ text.data + at, found - at }));
        at = found + separator.size;
    }
    cel_list_push(state->arena, &list, cel_value_string((struct str){ text.data + at, text.size - at }));
    return list;
}

STRING_FUNCTION(substring)
{
    struct str text = args[0].text;
    int64_t length = (int64_t)utf8_count(text), start = args[1].integer;
    int64_t end = count > 2 ? args[2].integer : length;
    size_t from, to;

    if (count > 2 && start > end)
        return cel_value_error(state->arena, "invalid substring range. start: %lld, end: %lld", (long long)start,
                               (long long)end);
    if (start < 0 || start > length)
        return out_of_range(state, start);
    if (end < 0 || end > length)
        return out_of_range(state, end);
    from = utf8_offset(text, (size_t)start);
    to = from + utf8_offset(str_skip(text, from), (size_t)(end - start));
    return cel_value_string((struct str){ text.data + from, to - from });
}

/* Unicode's White_Space. */
static bool is_space(uint32_t point)
{
    return (point >= 9 && point <= 13) || point == ' ' || point == 0x85 || point == 0xa0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 || point == 0x202f ||
           point == 0x205f || point == 0x3000;
}

STRING_FUNCTION(trim)
{
    struct str text = args[0].text;
    size_t end = 0;

    (void)state;
    (void)count;
    while (text.size > 0 && is_space(utf8_decode(text)))
        text = str_skip(text, utf8_size(text));
    for (size_t at = 0; at < text.size;) {
        struct str rest = str_skip(text, at);

        at += utf8_size(rest);
        if (!is_space(utf8_decode(rest)))
            end = at;
    }
    return cel_value_string((struct str){ text.data, end });
}

STRING_FUNCTION(reverse)
{
    struct str text = args[0].text;
    char *copy = arena_alloc(state->arena, text.size + 1);
    size_t to = text.size;

    (void)count;
    for (size_t at = 0; at < text.size;) {
        size_t size = utf8_size(str_skip(text, at));

        to -= size;
        memcpy(copy + to, text.data + at, size);
        at += size;
    }
    return cel_value_string((struct str){ copy, text.size });
}

STRING_FUNCTION(join)
{
    auto_buffer struct buffer out = { .max = TEXT_MAX };
    struct cel_list_reader reader;
    struct cel_value element;

    cel_list_read(&args[0], &reader);
    while (cel_list_next(&reader, &element)) {
        if (element.kind != CEL_STRING)
            return cel_is_error(&element) ? element : cel_error_text("join: invalid input");
        if (reader.at > 1 && count > 1)
            buffer_append_str(&out, args[1].text);
        buffer_append_str(&out, element.text);
    }
    return cel_string_copy(state->arena, &out);
}

STRING_FUNCTION(quote)
{
    static const char escaped[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";
    struct str text = args[0].text;
    auto_buffer struct buffer out = { .max = TEXT_MAX };

    (void)count;
    buffer_append_char(&out, '"');
    for (size_t at = 0; at < text.size;) {
        struct str rest = str_skip(text, at);
        const char *found = NULL;

        for (size_t i = 0; i + 1 < sizeof(escaped); i += 2)
            if (escaped[i] == rest.data[0])
                found = &escaped[i + 1];
        if (found != NULL) {
            buffer_append_char(&out, '\\');
            buffer_append_char(&out, *found);
        } else {
            utf8_append(&out, utf8_decode(rest));
        }
        at += utf8_size(rest);
    }
    buffer_append_char(&out, '"');
    return cel_string_copy(state->arena, &out);
}

struct cel_functions cel_strings(void)
{
    static const struct cel_overload rows[] = {
        { "contains", "s.s:b", contains, CEL_COST_CONTAINS, 0, 0 },
        { "startsWith", "s.s:b", starts_with, CEL_COST_PREFIX, 0, 0 },
        { "endsWith", "s.s:b", ends_with, CEL_COST_PREFIX, 0, 0 },
        { "charAt", "s.i:s", char_at, CEL_COST_UNIT, 0, 0 },
        { "indexOf", "s.s:i", index_of, CEL_COST_LIST, 0, 0 },
        { "indexOf", "s.si:i", index_of, CEL_COST_LIST, 0, 0 },
        { "lastIndexOf", "s.s:i", last_index_of, CEL_COST_LIST, 0, 0 },
        { "lastIndexOf", "s.si:i", last_index_of, CEL_COST_LIST, 0, 0 },
        { "join", "Ls.:s", join, CEL_COST_JOIN, 0, 0 },
        { "join", "Ls.s:s", join, CEL_COST_JOIN, 0, 0 },
        { "lowerAscii", "s.:s", lower_ascii, CEL_COST_TEXT, 0, 0 },
        { "upperAscii", "s.:s", upper_ascii, CEL_COST_TEXT, 0, 0 },
        { "replace", "s.ss:s", replace, CEL_COST_REPLACE, 0, 0 },
        { "replace", "s.ssi:s", replace, CEL_COST_REPLACE, 0, 0 },
        { "split", "s.s:Ls", split, CEL_COST_SPLIT, 0, 0 },
        { "split", "s.si:Ls", split, CEL_COST_SPLIT, 0, 0 },
        { "substring", "s.i:s", substring, CEL_COST_TEXT, 0, 0 },
        { "substring", "s.ii:s", substring, CEL_COST_TEXT, 0, 0 },
        { "trim", "s.:s", trim, CEL_COST_TEXT, 0, 0 },
        { "reverse", "s.:s", reverse, CEL_COST_TEXT, 0, CEL_LIBRARY_STRINGS_3 },
        { "format", "s.L*:s", cel_format_function, CEL_COST_FORMAT, 0, 0 },
        { "strings.quote", "s:s", quote, CEL_COST_QUOTE, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
