/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object_scan.h - reading the text of an object without parsing it; for object.c and object_text.c.
 *
 * The text is trusted to be well-formed only as far as it is looked at: every step is bounded. Values are borrowed runs of it. */
#ifndef API_OBJECT_SCAN_H
#define API_OBJECT_SCAN_H

#include <string.h>

#include "base/str.h"
#include "codec/json_extent.h"

struct scanner {
    const char *at;
    const char *end;
};

static inline bool scan_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline void scan_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end && scan_is_blank(*scanner->at))
        scanner->at++;
}

static inline bool scan_take(struct scanner *scanner, char c)
{
    scan_blanks(scanner);
    if (scanner->at == scanner->end || *scanner->at != c)
        return false;
    scanner->at++;
    return true;
}

/* The text between the quotes, escapes as they are: it ends at a quote behind an even number of backslashes. */
static inline bool scan_string(struct scanner *scanner, struct str *ret_text)
{
    if (!scan_take(scanner, '"'))
        return false;
    const char *start = scanner->at, *quote = start;
    for (;; quote++) {
        quote = memchr(quote, '"', (size_t)(scanner->end - quote));
        if (quote == NULL)
            return false;
        size_t backslashes = 0;
        while (quote - backslashes > start && quote[-1 - (ptrdiff_t)backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 0)
            break;
    }
    *ret_text = (struct str){ start, (size_t)(quote - start) };
    scanner->at = quote + 1;
    return true;
}

/* A number or a word: up to what may follow one. */
static inline void scan_word(struct scanner *scanner)
{
    while (scanner->at < scanner->end && *scanner->at != ',' && *scanner->at != '}' && *scanner->at != ']' &&
           !scan_is_blank(*scanner->at))
        scanner->at++;
}

/* A whole value. */
static inline bool scan_value(struct scanner *scanner, struct str *ret_text)
{
    scan_blanks(scanner);
    const char *start = scanner->at;
    struct str text = { start, (size_t)(scanner->end - start) };
    if (text.size == 0)
        return false;
    if (*start == '"') {
        if (!scan_string(scanner, &text))
            return false;
    } else if (*start == '{' || *start == '[') {
        scanner->at += json_extent(text);
    } else {
        scan_word(scanner);
    }
    *ret_text = (struct str){ start, (size_t)(scanner->at - start) };
    return ret_text->size > 0;
}

/* The key of an object's next member, up to its value; false at its end, or where the text is wrong (then *ret_good is
 * false). */
static inline bool scan_key(struct scanner *scanner, bool first, struct str *ret_key, bool *ret_good)
{
    *ret_good = true;
    if (scan_take(scanner, '}'))
        return false;
    *ret_good = (first || scan_take(scanner, ',')) && scan_string(scanner, ret_key) && scan_take(scanner, ':');
    return *ret_good;
}

/* The same with its value. */
static inline bool scan_member(struct scanner *scanner, bool first, struct str *ret_key, struct str *ret_value,
                               bool *ret_good)
{
    if (!scan_key(scanner, first, ret_key, ret_good))
        return false;
    *ret_good = scan_value(scanner, ret_value);
    return *ret_good;
}

static inline struct str scan_unquote(struct str value)
{
    bool quoted = value.size >= 2 && value.data[0] == '"';
    return quoted ? (struct str){ value.data + 1, value.size - 2 } : (struct str){ 0 };
}

#endif
