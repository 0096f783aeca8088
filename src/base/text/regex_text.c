/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* regex_text.c - see regex_text.h. */
#include "base/text/regex_text.h"

#include <string.h>

#include "base/text/regex.h"

#define NAME_MOST 32 /* bytes of a group's name that PCRE2 takes */

#define BLANKS     "\\t\\n\\f\\r\\x20" /* RE2's \s has no vertical tab */
#define NO_BLANKS  "\\x{0}-\\x{8}\\x{b}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}"
#define BAD_ESCAPE "invalid escape sequence"
#define BAD_GROUP  "invalid or unsupported Perl syntax"
#define NO_REPEAT  "missing argument to repetition operator"

struct scan {
    struct str pattern;
    size_t at;
    struct buffer *out;
    struct error *err;
};

int regex_refuse(struct error *err, const char *why, struct str part)
{
    return error_set(err, ERROR_INVALID, "error parsing regexp: %s: `" STR_FMT "`", why, STR_ARG(part));
}

static int refuse(struct scan *scan, const char *why, size_t from, size_t to)
{
    size_t end = to > scan->pattern.size ? scan->pattern.size : to;
    return regex_refuse(scan->err, why, (struct str){ scan->pattern.data + from, end - from });
}

static bool ended(const struct scan *scan)
{
    return scan->at >= scan->pattern.size;
}

/* '\0' behind the end. */
static char peek(const struct scan *scan, size_t ahead)
{
    return scan->at + ahead < scan->pattern.size ? scan->pattern.data[scan->at + ahead] : '\0';
}

static void take(struct scan *scan, size_t count)
{
    buffer_append(scan->out, scan->pattern.data + scan->at, count);
    scan->at += count;
}

static void say(struct scan *scan, const char *instead, size_t count)
{
    buffer_append_text(scan->out, instead);
    scan->at += count;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

static bool is_punctuation(char c)
{
    return (unsigned char)c < 0x80 && !is_alnum(c) && c != '\0';
}

/* The whole of a character, so that a range ends behind it. */
static void take_character(struct scan *scan)
{
    size_t size = 1;
    while (((unsigned char)peek(scan, size) & 0xc0) == 0x80 && size < 4)
        size++;
    take(scan, size);
}

/* ---------------------------------------------------------------- escapes */

/* Text up to \E stands for itself. */
static void take_literal(struct scan *scan)
{
    scan->at += 2;
    while (!ended(scan) && !(peek(scan, 0) == '\\' && peek(scan, 1) == 'E')) {
        if (is_punctuation(peek(scan, 0)))
            buffer_append_char(scan->out, '\\');
        take(scan, 1);
    }
    if (!ended(scan))
        scan->at += 2;
}

/* "\12", "\012": up to three octal digits. One digit alone, but 0, would be a back reference. */
static int take_octal(struct scan *scan)
{
    unsigned value = 0;
    if (peek(scan, 1) != '0' && !is_octal(peek(scan, 2)))
        return refuse(scan, BAD_ESCAPE, scan->at, scan->at + 2);
    scan->at++;
    for (int count = 0; count < 3 && is_octal(peek(scan, 0)); count++)
        value = value * 8 + (unsigned)(scan->pattern.data[scan->at++] - '0');
    buffer_format(scan->out, "\\x{%x}", value);
    return 0;
}

/* "\p{Greek}", "\pL", "\x{10ffff}", "\x7f": size of what follows the letter; 0: nothing good. */
static size_t argument_size(const struct scan *scan, char letter)
{
    size_t size = 1;
    if (peek(scan, 2) == '{') {
        while (peek(scan, 1 + size) != '}')
            if (peek(scan, 2 + size++) == '\0')
                return 0;
        return size;
    }
    if (letter == 'x')
        return is_alnum(peek(scan, 2)) && is_alnum(peek(scan, 3)) ? 2 : 0;
    return peek(scan, 2) == '\0' ? 0 : 1;
}

/* At a backslash. */
static int take_escape(struct scan *scan, bool in_class)
{
    char c = peek(scan, 1);
    size_t argument;
    if (scan->at + 1 == scan->pattern.size)
        return error_set(scan->err, ERROR_INVALID, "error parsing regexp: trailing backslash at end of expression: ``");
    if (is_octal(c))
        return take_octal(scan);
    if (is_punctuation(c) || (c != '\0' && strchr(in_class ? "afnrtdDwW" : "afnrtdDwWbBAz", c) != NULL)) {
        take(scan, 2);
        return 0;
    }
    switch (c) {
    case 'v': /* PCRE2 means all vertical blanks */
        say(scan, "\\x{b}", 2);
        return 0;
    case 's':
        say(scan, in_class ? BLANKS : "[" BLANKS "]", 2);
        return 0;
    case 'S':
        say(scan, in_class ? NO_BLANKS : "[^" BLANKS "]", 2);
        return 0;
    case 'p':
    case 'P':
    case 'x':
        argument = argument_size(scan, c);
        if (argument == 0)
            return refuse(scan, BAD_ESCAPE, scan->at, scan->at + 2);
        take(scan, 2 + argument);
        return 0;
    case 'Q':
        if (!in_class) {
            take_literal(scan);
            return 0;
        }
        break;
    default:
        break;
    }
    return refuse(scan, BAD_ESCAPE, scan->at, scan->at + 2);
}

/* ---------------------------------------------------------------- classes */

/* "[:alpha:]" here: its size, else 0. */
static size_t named_class_size(const struct scan *scan)
{
    size_t size = 2;
    if (peek(scan, 0) != '[' || peek(scan, 1) != ':')
        return 0;
    while (peek(scan, size) != '\0' && peek(scan, size) != ']')
        size++;
    return peek(scan, size) == ']' && peek(scan, size - 1) == ':' && size > 3 ? size + 1 : 0;
}

/* Whether what stands here is several characters, so that no range may begin or end with it. */
static bool is_set(const struct scan *scan)
{
    char c = peek(scan, 1);
    return (peek(scan, 0) == '\\' && c != '\0' && strchr("dDwWsSpP", c) != NULL) || named_class_size(scan) > 0;
}

static int take_class_item(struct scan *scan)
{
    size_t named = named_class_size(scan);
    if (peek(scan, 0) == '\\')
        return take_escape(scan, true);
    if (named > 0) {
        take(scan, named);
        return 0;
    }
    if (peek(scan, 0) == '[') /* PCRE2 would look for [. and [= */
        buffer_append_char(scan->out, '\\');
    take_character(scan);
    return 0;
}

/* One item, or a range of two. */
static int take_class_range(struct scan *scan, bool first)
{
    size_t start = scan->at;
    bool set = is_set(scan);
    if (peek(scan, 0) == '-' || (first && peek(scan, 0) == ']'))
        buffer_append_char(scan->out, '\\');
    int rc = take_class_item(scan);
    if (rc < 0 || set || peek(scan, 0) != '-' || peek(scan, 1) == ']' || peek(scan, 1) == '\0')
        return rc;
    take(scan, 1);
    if (is_set(scan))
        return refuse(scan, "invalid character class range", start, scan->at + 2);
    return take_class_item(scan);
}

static int take_class(struct scan *scan)
{
    size_t start = scan->at;
    take(scan, 1);
    if (peek(scan, 0) == '^')
        take(scan, 1);
    for (bool first = true; first || peek(scan, 0) != ']'; first = false) {
        if (ended(scan))
            return refuse(scan, "missing closing ]", start, scan->pattern.size);
        int rc = take_class_range(scan, first);
        if (rc < 0)
            return rc;
    }
    take(scan, 1);
    return 0;
}

/* ---------------------------------------------------------------- groups */

/* "(?P<name>" or "(?<name>" here: true, behind it. PCRE2 finds names that come twice; those that it would not take go. */
static bool take_name(struct scan *scan, size_t begin)
{
    size_t end = begin;
    if (peek(scan, begin - 1) != '<')
        return false;
    while (is_alnum(peek(scan, end)) || peek(scan, end) == '_')
        end++;
    if (end == begin || peek(scan, end) != '>')
        return false;
    if (end - begin <= NAME_MOST && !is_digit(peek(scan, begin)))
        take(scan, end + 1);
    else
        say(scan, "(", end + 1);
    return true;
}

/* "(", "(?:", names and flags: nothing else may follow "(?". */
static int take_group(struct scan *scan)
{
    size_t name = peek(scan, 2) == 'P' ? 4 : 3, end = 2;
    if (peek(scan, 1) == '*')
        return refuse(scan, NO_REPEAT, scan->at + 1, scan->at + 2);
    if (peek(scan, 1) != '?') {
        take(scan, 1);
        return 0;
    }
    if (take_name(scan, name))
        return 0;
    if (peek(scan, name - 1) == '<') /* a bad name, or looking behind */
        return refuse(scan, BAD_GROUP, scan->at, scan->at + name + 1);
    while (peek(scan, end) != '\0' && strchr("imsU-", peek(scan, end)) != NULL)
        end++;
    bool flags = peek(scan, end) == ':' || (peek(scan, end) == ')' && end > 2);
    if (!flags || peek(scan, end - 1) == '-')
        return refuse(scan, BAD_GROUP, scan->at, scan->at + end + 1);
    take(scan, end + 1);
    return 0;
}

/* ---------------------------------------------------------------- repetition */

/* Length of "{n}", "{n,}" or "{n,m}" here; 0: the brace stands for itself. *ret_good: within limits. */
static size_t count_length(const struct scan *scan, bool *ret_good)
{
    long numbers[2] = { 0, 0 };
    size_t end = 1, digits = 0;
    int part = 0;
    for (; peek(scan, end) != '}'; end++) {
        char c = peek(scan, end);
        if (c == ',' && part == 0 && digits > 0) {
            part = 1;
            digits = 0;
        } else if (is_digit(c)) {
            digits++;
            if (numbers[part] <= REGEX_REPEAT_MAX)
                numbers[part] = numbers[part] * 10 + (c - '0');
        } else {
            return 0;
        }
    }
    if (part == 0 && digits == 0)
        return 0;
    bool ordered = part == 0 || digits == 0 || numbers[0] <= numbers[1];
    *ret_good = numbers[0] <= REGEX_REPEAT_MAX && numbers[1] <= REGEX_REPEAT_MAX && ordered;
    return end + 1;
}

static size_t repeat_length(const struct scan *scan, bool *ret_good)
{
    char c = peek(scan, 0);
    *ret_good = true;
    return c == '*' || c == '+' || c == '?' ? 1 : c == '{' ? count_length(scan, ret_good) : 0;
}

/* A repeat operator here with its '?', or nothing. */
static int take_repeat(struct scan *scan, bool *ret_taken)
{
    size_t start = scan->at;
    bool good;
    size_t length = repeat_length(scan, &good);
    *ret_taken = length > 0;
    if (length == 0)
        return 0;
    if (!good)
        return refuse(scan, "invalid repeat count", start, start + length);
    take(scan, length);
    if (peek(scan, 0) == '?')
        take(scan, 1);
    length = repeat_length(scan, &good);
    if (length > 0)
        return refuse(scan, "invalid nested repetition operator", start, scan->at + length);
    return 0;
}

static int take_one(struct scan *scan)
{
    switch (peek(scan, 0)) {
    case '\\':
        return take_escape(scan, false);
    case '[':
        return take_class(scan);
    case '(':
        return take_group(scan);
    case '{':
        say(scan, "\\{", 1);
        return 0;
    default:
        take(scan, 1);
        return 0;
    }
}

int regex_translate(struct str pattern, struct buffer *out, struct error *err)
{
    struct scan scan = { .pattern = pattern, .out = out, .err = err };
    bool repeatable = false, taken;
    while (!ended(&scan)) {
        char c = peek(&scan, 0);
        size_t start = scan.at;
        int rc = take_repeat(&scan, &taken);
        if (rc == 0 && taken && !repeatable)
            rc = refuse(&scan, NO_REPEAT, start, scan.at);
        if (rc == 0 && !taken)
            rc = take_one(&scan);
        if (rc < 0)
            return rc;
        repeatable = !taken && c != '(' && c != '|';
    }
    return 0;
}
