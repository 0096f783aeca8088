/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* literal.c - values of literals: numbers, escapes of strings and bytes. */
#include <errno.h>
#include <stdlib.h>

#include "base/text/utf8.h"
#include "cel/syntax/lexer.h"

static bool literal_int(struct str text, bool negative, uint64_t limit, uint64_t *ret_value)
{
    bool hex = str_starts(text, STR("0x"));
    uint64_t value = 0, base = hex ? 16 : 10;

    for (size_t i = hex ? 2 : 0; i < text.size; i++) {
        char c = text.data[i];
        uint64_t digit = (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);

        if (value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    if (value > limit + negative)
        return false;
    *ret_value = negative ? 0 - value : value;
    return true;
}

static bool literal_double(struct str text, bool negative, double *ret_value)
{
    char space[512]; /* more digits than a double can tell apart */

    if (text.size >= sizeof(space))
        return false;
    memcpy(space, text.data, text.size);
    space[text.size] = '\0';
    errno = 0;
    *ret_value = strtod(space, NULL);
    if (negative)
        *ret_value = -*ret_value;
    return !(errno == ERANGE && (*ret_value > 1 || *ret_value < -1));
}

static uint32_t hex_value(struct str digits, uint32_t base)
{
    uint32_t value = 0;

    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.data[i];
        value = value * base + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* One escape, checked by the lexer; its size, 0 when a string must not have it. */
static size_t append_escape(struct str rest, bool bytes, struct buffer *out)
{
    static const char simple[] = "a\ab\bf\fn\nr\rt\tv\v";
    char c = rest.data[1];
    const char *found = NULL;
    size_t size = c == 'x' || c == 'X' ? 4 : c == 'u' ? 6 : c == 'U' ? 10 : c >= '0' && c <= '3' ? 4 : 2;
    uint32_t value;

    for (size_t i = 0; i + 1 < sizeof(simple); i += 2)
        if (simple[i] == c)
            found = &simple[i + 1];
    if (size == 2) {
        buffer_append_char(out, found != NULL ? *found : c);
        return 2;
    }
    value = c >= '0' && c <= '3' ? hex_value((struct str){ rest.data + 1, 3 }, 8)
                                 : hex_value((struct str){ rest.data + 2, size - 2 }, 16);
    if (bytes) {
        if (c == 'u' || c == 'U' || value > 255)
            return 0;
        buffer_append_char(out, (char)value);
    } else {
        if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
            return 0;
        utf8_append(out, value);
    }
    return size;
}

/* The text between the quotes with its escapes resolved. */
static bool literal_text(struct cel_source *source, struct str text, bool bytes, struct str *ret_text)
{
    auto_buffer struct buffer out = { .max = text.size * 2 + 1 };
    bool raw;
    size_t quotes;

    if (bytes)
        text = str_skip(text, 1);
    raw = text.data[0] == 'r' || text.data[0] == 'R';
    text = str_skip(text, raw);
    quotes = text.size >= 6 && text.data[1] == text.data[0] && text.data[2] == text.data[0] ? 3 : 1;
    text = (struct str){ text.data + quotes, text.size - 2 * quotes };
    for (size_t at = 0; at < text.size;) {
        size_t size = 1;

        if (!raw && text.data[at] == '\\') {
            size = append_escape(str_skip(text, at), bytes, &out);
            if (size == 0)
                return false;
        } else if (text.data[at] == '\r') { /* line ends are one character */
            buffer_append_char(&out, '\n');
            size = at + 1 < text.size && text.data[at + 1] == '\n' ? 2 : 1;
        } else {
            buffer_append_char(&out, text.data[at]);
        }
        at += size;
    }
    *ret_text = arena_str(source->arena, buffer_str(&out));
    return true;
}

bool cel_literal(struct cel_source *source, const struct cel_token *token, bool negative, struct cel_value *ret_value)
{
    struct cel_value value = { 0 };
    struct str text = token->text;
    bool good = true;
    const char *what = "int";

    switch (token->kind) {
    case CEL_TOKEN_INT:
        value.kind = CEL_INT;
        good = literal_int(text, negative, INT64_MAX, &value.uinteger);
        break;
    case CEL_TOKEN_UINT:
        value.kind = CEL_UINT;
        text.size--;
        what = "uint";
        good = literal_int(text, false, UINT64_MAX, &value.uinteger);
        break;
    case CEL_TOKEN_FLOAT:
        value.kind = CEL_DOUBLE;
        what = "double";
        good = literal_double(text, negative, &value.number);
        break;
    default:
        value.kind = token->kind == CEL_TOKEN_BYTES ? CEL_BYTES : CEL_STRING;
        what = value.kind == CEL_BYTES ? "bytes" : "string";
        good = literal_text(source, text, value.kind == CEL_BYTES, &value.text);
        break;
    }
    if (!good) {
        cel_problem_add(source, token->offset, "invalid %s literal", what);
        return false;
    }
    *ret_value = value;
    return true;
}
