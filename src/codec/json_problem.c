/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "codec/json_problem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text/utf8.h"

enum expectation { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, AFTER_VALUE };

struct scan {
    const char *at, *end;
    struct buffer open; /* the brackets around */
    enum expectation expect;
    struct error *err;
};

static int unexpected_end(const struct scan *scan)
{
    return error_set(scan->err, ERROR_SYNTAX, "unexpected end of JSON input");
}

/* At the end of the text Go offers its scanner one more blank: inside a number or a word that is what is wrong. */
static int unexpected(const struct scan *scan, const char *where)
{
    unsigned char c = scan->at == scan->end ? ' ' : (unsigned char)*scan->at;
    char shown[8];
    if (c == '\'' || c == '\\')
        snprintf(shown, sizeof(shown), "\\%c", c);
    else if (c == '\n' || c == '\r' || c == '\t')
        snprintf(shown, sizeof(shown), "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    else if (c < 0x20 || c == 0x7f)
        snprintf(shown, sizeof(shown), "\\x%02x", c);
    else if (c < 0x80)
        snprintf(shown, sizeof(shown), "%c", c);
    else if (c < 0xa0)
        snprintf(shown, sizeof(shown), "\\u%04x", c);
    else /* a byte taken for a character, as Go does */
        snprintf(shown, sizeof(shown), "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
    return error_set(scan->err, ERROR_SYNTAX, "invalid character '%s' %s", shown, where);
}

static bool next_is_digit(const struct scan *scan)
{
    return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static void skip_digits(struct scan *scan)
{
    while (next_is_digit(scan))
        scan->at++;
}

static int scan_escape(struct scan *scan)
{
    if (scan->at == scan->end || *scan->at != 'u') {
        if (scan->at == scan->end || memchr("bfnrt\\/\"", *scan->at, 8) == NULL)
            return unexpected(scan, "in string escape code");
        scan->at++;
        return 0;
    }
    scan->at++;
    for (int i = 0; i < 4; i++, scan->at++)
        if (scan->at == scan->end || !isxdigit((unsigned char)*scan->at))
            return unexpected(scan, "in \\u hexadecimal character escape");
    return 0;
}

static int scan_string(struct scan *scan)
{
    for (scan->at++; scan->at < scan->end;) {
        char c = *scan->at;
        if ((unsigned char)c < 0x20)
            return unexpected(scan, "in string literal");
        scan->at++;
        if (c == '"')
            return 0;
        int rc = c == '\\' ? scan_escape(scan) : 0;
        if (rc < 0)
            return rc;
    }
    return unexpected_end(scan);
}

static int scan_number(struct scan *scan)
{
    if (*scan->at == '-')
        scan->at++;
    if (!next_is_digit(scan))
        return unexpected(scan, "in numeric literal");
    if (*scan->at == '0')
        scan->at++;
    else
        skip_digits(scan);
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        if (!next_is_digit(scan))
            return unexpected(scan, "after decimal point in numeric literal");
        skip_digits(scan);
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
        scan->at++;
        if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
            scan->at++;
        if (!next_is_digit(scan))
            return unexpected(scan, "in exponent of numeric literal");
        skip_digits(scan);
    }
    return 0;
}

static int scan_word(struct scan *scan, const char *word)
{
    for (const char *expected = word; *expected != '\0'; expected++, scan->at++) {
        if (scan->at < scan->end && *scan->at == *expected)
            continue;
        char where[64];
        snprintf(where, sizeof(where), "in literal %s (expecting '%c')", word, *expected);
        return unexpected(scan, where);
    }
    return 0;
}

static int open_bracket(struct scan *scan)
{
    char bracket = *scan->at++;
    buffer_append_char(&scan->open, bracket);
    scan->expect = bracket == '{' ? KEY_OR_END : VALUE_OR_END;
    return 0;
}

static int close_bracket(struct scan *scan)
{
    scan->at++;
    buffer_truncate(&scan->open, scan->open.size - 1);
    scan->expect = AFTER_VALUE;
    return 0;
}

static int scan_value(struct scan *scan)
{
    char c = *scan->at;
    if (c == '{' || c == '[')
        return open_bracket(scan);
    if (c == ']' && scan->expect == VALUE_OR_END)
        return close_bracket(scan);
    scan->expect = AFTER_VALUE;
    if (c == '"')
        return scan_string(scan);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(scan);
    static const char *const words[] = { "true", "false", "null" };
    for (size_t i = 0; i < countof(words); i++)
        if (c == words[i][0])
            return scan_word(scan, words[i]);
    return unexpected(scan, "looking for beginning of value");
}

static int scan_after(struct scan *scan)
{
    char c = *scan->at;
    if (scan->open.size == 0)
        return unexpected(scan, "after top-level value");
    bool object = scan->open.data[scan->open.size - 1] == '{';
    if (c == (object ? '}' : ']'))
        return close_bracket(scan);
    if (c != ',')
        return unexpected(scan, object ? "after object key:value pair" : "after array element");
    scan->at++;
    scan->expect = object ? KEY : VALUE;
    return 0;
}

static int scan_token(struct scan *scan)
{
    switch (scan->expect) {
    case KEY_OR_END:
    case KEY:
        if (*scan->at == '}' && scan->expect == KEY_OR_END)
            return close_bracket(scan);
        if (*scan->at != '"')
            return unexpected(scan, "looking for beginning of object key string");
        scan->expect = COLON;
        return scan_string(scan);
    case COLON:
        if (*scan->at != ':')
            return unexpected(scan, "after object key");
        scan->at++;
        scan->expect = VALUE;
        return 0;
    case AFTER_VALUE:
        return scan_after(scan);
    default:
        return scan_value(scan);
    }
}

int json_problem(struct str text, struct error *err)
{
    struct scan scan = { .at = text_or_empty(text.data), .err = err, .expect = VALUE };
    scan.end = scan.at + text.size;
    int rc = 0;
    while (rc == 0) {
        while (scan.at < scan.end && (*scan.at == ' ' || *scan.at == '\t' || *scan.at == '\r' || *scan.at == '\n'))
            scan.at++;
        if (scan.at == scan.end || buffer_failed(&scan.open))
            break;
        rc = scan_token(&scan);
    }
    bool whole = scan.expect == AFTER_VALUE && scan.open.size == 0;
    buffer_fini(&scan.open);
    return rc == 0 && !whole ? unexpected_end(&scan) : rc;
}

/* The escape at the front as a number below 0x10000, -1 when there is none. */
static int read_unicode(const char *at, const char *end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    int number = 0;
    for (int i = 2; i < 6; i++) {
        if (!isxdigit((unsigned char)at[i]))
            return -1;
        number = number * 16 + (at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
    }
    return number;
}

/* Bytes at the front that Go reads as they are; 0: it reads 'ret_instead' of them as U+FFFD. */
static size_t valid_size(const char *at, const char *end, size_t *ret_instead)
{
    *ret_instead = 1;
    if (*at != '\\')
        return utf8_length((struct str){ at, (size_t)(end - at) });
    int number = read_unicode(at, end);
    if (number < 0)
        return end - at < 2 ? 1 : (unsigned char)at[1] < 0x80 ? 2 : 1;
    if (number < 0xd800 || number > 0xdfff)
        return 6;
    int second = number < 0xdc00 ? read_unicode(at + 6, end) : -1;
    *ret_instead = 6;
    return second >= 0xdc00 && second <= 0xdfff ? 12 : 0;
}

bool json_replace_invalid(struct str text, struct buffer *out)
{
    const char *at = text.data, *end = at + text.size, *copied = at;
    size_t instead;
    bool found = false;
    while (at < end) {
        size_t size = valid_size(at, end, &instead);
        if (size > 0) {
            at += size;
            continue;
        }
        buffer_append(out, copied, (size_t)(at - copied));
        buffer_append_text(out, "\xef\xbf\xbd");
        at += instead;
        copied = at;
        found = true;
    }
    if (found && copied < end)
        buffer_append(out, copied, (size_t)(end - copied));
    return found && !buffer_failed(out);
}
