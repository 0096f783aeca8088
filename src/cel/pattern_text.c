/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pattern_text.c - translating RE2's syntax to PCRE2's, refusing what only PCRE2 knows. */
#include "cel/pattern_text.h"

#include "base/cleanup.h"
#include "cel/utf8.h"

#define REPEAT_MAX 1000
#define GROUPS_MAX 250

#define BAD_ESCAPE "invalid escape sequence"
#define BAD_GROUP  "invalid or unsupported Perl syntax"
#define BAD_REPEAT "invalid nested repetition operator"
#define BAD_RANGE  "invalid character class range"
#define BAD_COUNT  "invalid repeat count"
#define NO_REPEAT  "missing argument to repetition operator"

struct translation {
    struct str text;
    size_t at;
    struct buffer *out;
    bool repeated; /* the last thing was a repetition: no other may follow */
    unsigned groups;
};

static char peek(const struct translation *translation, size_t ahead)
{
    size_t at = translation->at + ahead;

    return at < translation->text.size ? translation->text.data[at] : '\0';
}

static void copy(struct translation *translation, size_t size)
{
    buffer_append(translation->out, translation->text.data + translation->at, size);
    translation->at += size;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "\12", "\012": an octal number of up to three digits; one digit alone but 0 would be a back reference. */
static const char *translate_octal(struct translation *translation)
{
    unsigned value = 0, count = 0;

    if (peek(translation, 1) != '0' && !is_octal(peek(translation, 2)))
        return BAD_ESCAPE;
    translation->at++;
    while (count++ < 3 && is_octal(peek(translation, 0)))
        value = value * 8 + (unsigned)(translation->text.data[translation->at++] - '0');
    buffer_format(translation->out, "\\x{%x}", value);
    return NULL;
}

static size_t braced_size(const struct translation *translation, size_t ahead)
{
    size_t size = 1;

    if (peek(translation, ahead) != '{')
        return peek(translation, ahead) == '\0' ? 0 : 1;
    while (peek(translation, ahead + size - 1) != '}')
        if (peek(translation, ahead + size++) == '\0')
            return 0;
    return size;
}

static const char *translate_quoted(struct translation *translation)
{
    size_t end = translation->at + 2;

    while (end < translation->text.size && !str_starts(str_skip(translation->text, end), STR("\\E")))
        end++;
    for (translation->at += 2; translation->at < end; translation->at++) {
        char c = translation->text.data[translation->at];

        if ((uint8_t)c < 0x80 && !is_alnum(c))
            buffer_append_char(translation->out, '\\');
        buffer_append_char(translation->out, c);
    }
    if (translation->at < translation->text.size)
        translation->at += 2;
    return NULL;
}

/* At a backslash. 'in_class': between brackets. */
static const char *translate_escape(struct translation *translation, bool in_class)
{
    char c = peek(translation, 1);
    size_t size;

    if (c == '\0')
        return "trailing backslash at end of expression";
    if (is_octal(c))
        return translate_octal(translation);
    if ((uint8_t)c < 0x80 && !is_alnum(c)) {
        copy(translation, 2);
        return NULL;
    }
    switch (c) {
    case 'v': /* PCRE2 means all vertical blanks */
        buffer_append_text(translation->out, "\\x0b");
        translation->at += 2;
        return NULL;
    case 's': /* without the vertical tabulator */
        buffer_append_text(translation->out, in_class ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]");
        translation->at += 2;
        return NULL;
    case 'S':
        buffer_append_text(translation->out, in_class ? "\\S\\x0b" : "[^\\t\\n\\f\\r ]");
        translation->at += 2;
        return NULL;
    case 'p':
    case 'P':
    case 'x':
        size = braced_size(translation, 2);
        if (size == 0)
            return BAD_ESCAPE;
        if (c == 'x' && size == 1)
            size = 2; /* two digits, checked by PCRE2, which would take fewer */
        if (c == 'x' && size == 2 && (!is_alnum(peek(translation, 2)) || !is_alnum(peek(translation, 3))))
            return BAD_ESCAPE;
        copy(translation, 2 + size);
        return NULL;
    case 'Q':
        return in_class ? BAD_ESCAPE : translate_quoted(translation);
    default:
        if (strchr(in_class ? "afnrtdDwW" : "afnrtdDwWbBAz", c) == NULL)
            return BAD_ESCAPE;
        copy(translation, 2);
        return NULL;
    }
}

/* Whether what stands here in a class is one of several characters, so that no range may begin or end with it. */
static bool is_set(const struct translation *translation)
{
    char c = peek(translation, 1);

    return (peek(translation, 0) == '\\' && c != '\0' && strchr("dDwWsSpP", c) != NULL) ||
           (peek(translation, 0) == '[' && c == ':');
}

static const char *translate_class_item(struct translation *translation)
{
    size_t size;

    if (peek(translation, 0) == '\\')
        return translate_escape(translation, true);
    if (peek(translation, 0) == '[' && peek(translation, 1) == ':') {
        size = 2;
        while (peek(translation, size) != '\0' && peek(translation, size) != ']')
            size++;
        if (peek(translation, size - 1) == ':' && size > 3) {
            copy(translation, size + 1);
            return NULL;
        }
    }
    if (peek(translation, 0) == '[')
        buffer_append_char(translation->out, '\\');
    copy(translation, utf8_size(str_skip(translation->text, translation->at)));
    return NULL;
}

static const char *translate_class(struct translation *translation)
{
    const char *problem = NULL;
    bool first = true;

    copy(translation, 1);
    if (peek(translation, 0) == '^')
        copy(translation, 1);
    while (problem == NULL && (first || peek(translation, 0) != ']')) {
        bool set = is_set(translation);

        if (translation->at >= translation->text.size)
            return "missing closing ]";
        if (peek(translation, 0) == '-' || (first && peek(translation, 0) == ']'))
            buffer_append_char(translation->out, '\\');
        first = false;
        problem = translate_class_item(translation);
        if (problem != NULL || set || peek(translation, 0) != '-' || peek(translation, 1) == ']' ||
            peek(translation, 1) == '\0')
            continue;
        copy(translation, 1);
        if (is_set(translation))
            return BAD_RANGE;
        problem = translate_class_item(translation);
    }
    if (problem == NULL)
        copy(translation, 1);
    return problem;
}

/* "(?": a name or flags; everything else is Perl's. */
static const char *translate_group(struct translation *translation)
{
    size_t size = 2;

    if (translation->groups++ >= GROUPS_MAX)
        return "expression nests too deeply";
    translation->repeated = false;
    if (peek(translation, 1) == '*')
        return NO_REPEAT;
    if (peek(translation, 1) != '?') {
        copy(translation, 1);
        return NULL;
    }
    if (peek(translation, 2) == '<' || (peek(translation, 2) == 'P' && peek(translation, 3) == '<')) {
        size = peek(translation, 2) == '<' ? 3 : 4;
        while (is_alnum(peek(translation, size)) || peek(translation, size) == '_')
            size++;
        if (peek(translation, size) != '>')
            return BAD_GROUP;
        copy(translation, 1); /* names would be bounded in length and must not begin with a digit: no matter here */
        translation->at += size;
        return NULL;
    }
    while (peek(translation, size) != '\0' && strchr("imsU-", peek(translation, size)) != NULL)
        size++;
    if ((peek(translation, size) != ':' && peek(translation, size) != ')') ||
        (peek(translation, size) == ')' && size == 2) || peek(translation, size - 1) == '-')
        return BAD_GROUP;
    copy(translation, size + 1);
    return NULL;
}

/* Size of "{2}", "{2,}", "{2,5}" here; 0 when the brace is only a brace. *ret_good: within limits. */
static size_t count_size(const struct translation *translation, bool *ret_good)
{
    size_t size = 1;
    unsigned numbers[2] = { 0, 0 };
    int at = 0;
    bool digits = false;

    for (; peek(translation, size) != '}'; size++) {
        char c = peek(translation, size);

        if (c == ',' && at == 0 && digits) {
            at = 1;
            digits = false;
        } else if (c >= '0' && c <= '9') {
            digits = true;
            if (numbers[at] <= REPEAT_MAX)
                numbers[at] = numbers[at] * 10 + (unsigned)(c - '0');
        } else {
            return 0;
        }
    }
    if (at == 0 && !digits)
        return 0;
    *ret_good =
        numbers[0] <= REPEAT_MAX && numbers[1] <= REPEAT_MAX && (at == 0 || !digits || numbers[0] <= numbers[1]);
    return size + 1;
}

static const char *translate_repeat(struct translation *translation, size_t size)
{
    if (translation->repeated)
        return BAD_REPEAT;
    copy(translation, size);
    if (peek(translation, 0) == '?')
        copy(translation, 1);
    translation->repeated = true;
    return NULL;
}

static const char *translate_one(struct translation *translation)
{
    bool good = true;
    size_t size;
    char c = peek(translation, 0);

    if (c == '*' || c == '+' || c == '?')
        return translate_repeat(translation, 1);
    if (c == '{') {
        size = count_size(translation, &good);
        if (size > 0)
            return good ? translate_repeat(translation, size) : BAD_COUNT;
        buffer_append_char(translation->out, '\\');
    }
    translation->repeated = false;
    switch (c) {
    case '\\':
        return translate_escape(translation, false);
    case '[':
        return translate_class(translation);
    case '(':
        return translate_group(translation);
    default:
        copy(translation, 1);
        return NULL;
    }
}

const char *cel_pattern_translate(struct str text, struct buffer *out)
{
    struct translation translation = { .text = text, .out = out };
    const char *problem = utf8_valid(text) ? NULL : "invalid UTF-8";

    while (problem == NULL && translation.at < text.size)
        problem = translate_one(&translation);
    return problem;
}
