/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lexer.c - cutting an expression into words. */
#include "cel/syntax/lexer.h"

#include "base/text/utf8.h"

/* Longest first. */
static const char *const marks[] = { "==", "!=", "<=", ">=", "&&", "||", "[", "]", "{", "}", "(", ")",
                                     ".",  ",",  "-",  "!",  "?",  ":",  "+", "*", "/", "%", "<", ">" };
static const char *const words[] = { "in", "true", "false", "null" };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char char_at(struct str text, size_t at)
{
    return at < text.size ? text.data[at] : '\0';
}

static size_t skip_blanks(struct str text, size_t at)
{
    for (;;) {
        char c = char_at(text, at);

        if (at < text.size && (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f')) {
            at++;
        } else if (c == '/' && char_at(text, at + 1) == '/') {
            while (at < text.size && text.data[at] != '\n')
                at++;
        } else {
            return at;
        }
    }
}

/* Size of the escape at a backslash; 0 when there is no such escape. */
static size_t escape_size(struct str rest)
{
    char c = char_at(rest, 1);
    size_t digits = c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;

    if (c != '\0' && strchr("abfnrtv\"'\\?`", c) != NULL)
        return 2;
    if (c >= '0' && c <= '3') {
        char d = char_at(rest, 2), e = char_at(rest, 3);
        return d >= '0' && d <= '7' && e >= '0' && e <= '7' ? 4 : 0;
    }
    for (size_t i = 0; i < digits; i++)
        if (!is_hex(char_at(rest, 2 + i)))
            return 0;
    return digits == 0 ? 0 : 2 + digits;
}

/* Size of the quoted text at its first quote, 0 when it does not end; *ret_stop is how far it was readable. */
static size_t quoted_size(struct str rest, bool raw, size_t *ret_stop)
{
    char quote = rest.data[0];
    bool triple = char_at(rest, 1) == quote && char_at(rest, 2) == quote;
    size_t at = triple ? 3 : 1;

    while (at < rest.size) {
        char c = rest.data[at];

        if (c == quote && (!triple || (char_at(rest, at + 1) == quote && char_at(rest, at + 2) == quote)))
            return at + (triple ? 3 : 1);
        if (!triple && (c == '\n' || c == '\r'))
            break;
        if (c == '\\' && !raw) {
            size_t size = escape_size(str_skip(rest, at));

            if (size == 0) {
                *ret_stop = at + 2;
                return triple && at > 3 ? 2 : 0;
            }
            at += size;
            continue;
        }
        at++;
    }
    *ret_stop = at;
    return triple ? 2 : 0; /* the empty text in front of what does not end */
}

/* Size of a string or bytes literal with its prefix; 0 when there is none here. *ret_stop: 0, or the end of a broken one. */
static size_t string_size(struct str rest, bool *ret_bytes, size_t *ret_stop)
{
    size_t at = 0, size;
    bool raw = false;

    *ret_stop = 0;
    *ret_bytes = char_at(rest, at) == 'b' || char_at(rest, at) == 'B';
    at += *ret_bytes;
    raw = char_at(rest, at) == 'r' || char_at(rest, at) == 'R';
    at += raw;
    if (char_at(rest, at) != '"' && char_at(rest, at) != '\'')
        return 0;
    size = quoted_size(str_skip(rest, at), raw, ret_stop);
    if (size > 0) {
        *ret_stop = 0;
        return at + size;
    }
    *ret_stop += at;
    return 0;
}

static size_t digits_size(struct str rest)
{
    size_t size = 0;

    while (is_digit(char_at(rest, size)))
        size++;
    return size;
}

static size_t exponent_size(struct str rest)
{
    size_t at = 1, digits;

    if (char_at(rest, 0) != 'e' && char_at(rest, 0) != 'E')
        return 0;
    if (char_at(rest, 1) == '+' || char_at(rest, 1) == '-')
        at++;
    digits = digits_size(str_skip(rest, at));
    return digits == 0 ? 0 : at + digits;
}

static size_t number_size(struct str rest, uint8_t *ret_kind)
{
    size_t whole = digits_size(rest), size = whole, part;

    if (char_at(rest, 0) == '0' && char_at(rest, 1) == 'x' && is_hex(char_at(rest, 2))) {
        size = 3;
        while (is_hex(char_at(rest, size)))
            size++;
        whole = size;
    } else {
        if (char_at(rest, size) == '.' && is_digit(char_at(rest, size + 1)))
            size += 1 + digits_size(str_skip(rest, size + 1));
        part = size > 0 ? exponent_size(str_skip(rest, size)) : 0;
        size += part;
    }
    *ret_kind = size > whole ? CEL_TOKEN_FLOAT : CEL_TOKEN_INT;
    if (size == whole && size > 0 && (char_at(rest, size) == 'u' || char_at(rest, size) == 'U')) {
        *ret_kind = CEL_TOKEN_UINT;
        size++;
    }
    return size;
}

static size_t quoted_ident_size(struct str rest)
{
    size_t size = 1;

    if (char_at(rest, 0) != '`')
        return 0;
    while (size < rest.size &&
           (is_letter(rest.data[size]) || is_digit(rest.data[size]) || strchr(".-/ ", rest.data[size]) != NULL) &&
           rest.data[size] != '\0')
        size++;
    return size > 1 && char_at(rest, size) == '`' ? size + 1 : 0;
}

static size_t word_size(struct str rest, uint8_t *ret_kind)
{
    size_t size = 0;

    if (is_letter(char_at(rest, 0))) {
        while (is_letter(char_at(rest, size)) || is_digit(char_at(rest, size)))
            size++;
        *ret_kind = CEL_TOKEN_IDENT;
        for (size_t i = 0; i < countof(words); i++)
            if (str_is((struct str){ rest.data, size }, words[i]))
                *ret_kind = CEL_TOKEN_MARK;
        return size;
    }
    *ret_kind = CEL_TOKEN_MARK;
    for (size_t i = 0; i < countof(marks); i++)
        if (str_starts(rest, str_of(marks[i])))
            return strlen(marks[i]);
    return 0;
}

static size_t token_size(struct str rest, uint8_t *ret_kind, size_t *ret_stop)
{
    bool bytes;
    size_t size = string_size(rest, &bytes, ret_stop);

    *ret_kind = bytes ? CEL_TOKEN_BYTES : CEL_TOKEN_STRING;
    if (size > 0 || *ret_stop > 0)
        return size;
    size = number_size(rest, ret_kind);
    if (size > 0)
        return size;
    size = quoted_ident_size(rest);
    if (size > 0) {
        *ret_kind = CEL_TOKEN_QUOTED_IDENT;
        return size;
    }
    return word_size(rest, ret_kind);
}

struct cel_token cel_lexer_next(struct cel_lexer *lexer)
{
    struct str text = lexer->source->text;

    for (;;) {
        size_t stop = 0, size;
        struct cel_token token = { 0 };

        lexer->at = skip_blanks(text, lexer->at);
        token.offset = (uint32_t)lexer->at;
        if (lexer->at >= text.size) {
            token.text = STR("<EOF>");
            return token;
        }
        size = token_size(str_skip(text, lexer->at), &token.kind, &stop);
        token.text = (struct str){ text.data + lexer->at, size };
        if (size > 0) {
            lexer->at += size;
            return token;
        }
        if (stop == 0) /* '&' and '|' want a second one: what stands there instead is shown, too */
            stop = strchr("&|=", text.data[lexer->at]) != NULL && lexer->at + 1 < text.size
                       ? 1 + utf8_size(str_skip(text, lexer->at + 1))
                       : utf8_size(str_skip(text, lexer->at));
        if (stop > text.size - lexer->at)
            stop = text.size - lexer->at;
        cel_problem_add(lexer->source, token.offset, "Syntax error: token recognition error at: '" STR_FMT "'",
                        (int)stop, text.data + lexer->at);
        lexer->at += stop;
    }
}
