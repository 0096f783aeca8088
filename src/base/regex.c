/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* regex.c - RE2's syntax checked and rewritten for PCRE2. */
#include "base/regex.h"

#include <ctype.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buffer.h"
#include "base/memory.h"

#define BACKTRACK_MAX  100000 /* ways tried before matching goes on without backtracking */
#define FIND_MAX       2000000
#define WORKSPACE      512
#define WORKSPACE_MAX  65536
#define BLANKS         "\\t\\n\\f\\r\\x20" /* RE2's \s has no vertical tab */
#define NO_BLANKS      "\\x{0}-\\x{8}\\x{b}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}"
#define LETTER_ESCAPES "AbBdDsSwWzQEpPafnrtvx"

struct regex {
    pcre2_code *code;
    pcre2_match_context *matching, *finding; /* how much work each may be */
    size_t groups;
};

static pcre2_match_context *limited(uint32_t limit)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (context == NULL)
        abort();
    pcre2_set_match_limit(context, limit);
    return context;
}

struct scan {
    struct str pattern;
    size_t at;
    struct buffer out;
    struct error *err;
};

static int refuse(struct scan *scan, const char *why, size_t from, size_t to)
{
    struct str part = { scan->pattern.data + from, (to > scan->pattern.size ? scan->pattern.size : to) - from };
    return error_set(scan->err, ERROR_INVALID, "error parsing regexp: %s: `" STR_FMT "`", why, STR_ARG(part));
}

static char peek(const struct scan *scan, size_t ahead)
{
    return scan->at + ahead < scan->pattern.size ? scan->pattern.data[scan->at + ahead] : '\0';
}

static void take(struct scan *scan, size_t count)
{
    buffer_append(&scan->out, scan->pattern.data + scan->at, count);
    scan->at += count;
}

/* Text up to \E stands for itself. */
static void take_literal(struct scan *scan)
{
    take(scan, 2);
    while (scan->at < scan->pattern.size && !(peek(scan, 0) == '\\' && peek(scan, 1) == 'E'))
        take(scan, 1);
    if (scan->at < scan->pattern.size)
        take(scan, 2);
    else
        buffer_append_text(&scan->out, "\\E");
}

static int take_escape(struct scan *scan, bool in_class)
{
    char c = peek(scan, 1);
    if (scan->at + 1 == scan->pattern.size)
        return error_set(scan->err, ERROR_INVALID, "error parsing regexp: trailing backslash at end of expression: ``");
    bool known = c == '0' || (ispunct((unsigned char)c) && (unsigned char)c < 0x80) ||
                 (c != '\0' && strchr(LETTER_ESCAPES, c) != NULL);
    if (c >= '1' && c <= '7') /* octal of at least two digits, else a back reference */
        known = peek(scan, 2) >= '0' && peek(scan, 2) <= '7';
    if (in_class && c != '\0' && strchr("AbBzQE", c) != NULL)
        known = false;
    if (!known)
        return refuse(scan, "invalid escape sequence", scan->at, scan->at + 2);
    if (c == 'Q') {
        take_literal(scan);
        return 0;
    }
    const char *instead = c == 'v'   ? "\\x{b}"
                          : c == 's' ? (in_class ? BLANKS : "[" BLANKS "]")
                          : c == 'S' ? (in_class ? NO_BLANKS : "[^" BLANKS "]")
                                     : NULL;
    if (instead != NULL) {
        buffer_append_text(&scan->out, instead);
        scan->at += 2;
        return 0;
    }
    take(scan, 2);
    if (strchr("pPx", c) != NULL && peek(scan, 0) == '{') /* \p{Greek}, \x{10ffff} */
        while (scan->at < scan->pattern.size && scan->pattern.data[scan->at - 1] != '}')
            take(scan, 1);
    return 0;
}

static int take_class(struct scan *scan)
{
    size_t start = scan->at;
    take(scan, 1);
    if (peek(scan, 0) == '^')
        take(scan, 1);
    for (bool first = true; scan->at < scan->pattern.size && (first || peek(scan, 0) != ']'); first = false) {
        if (peek(scan, 0) == '\\') {
            int rc = take_escape(scan, true);
            if (rc < 0)
                return rc;
        } else if (peek(scan, 0) == '[' && peek(scan, 1) == ':') {
            take(scan, 2);
            while (scan->at < scan->pattern.size && peek(scan, 0) != ']')
                take(scan, 1);
            if (scan->at < scan->pattern.size)
                take(scan, 1);
        } else if (peek(scan, 0) == '[' || (first && peek(scan, 0) == ']')) {
            buffer_append_char(&scan->out, '\\'); /* PCRE2 would look for [. and [= */
            take(scan, 1);
        } else {
            take(scan, 1);
        }
    }
    if (scan->at == scan->pattern.size)
        return refuse(scan, "missing closing ]", start, scan->pattern.size);
    take(scan, 1);
    return 0;
}

/* "(?:", "(?P<name>", "(?<name>", "(?i-s:", "(?i)": nothing else may follow "(?". */
static int take_group(struct scan *scan)
{
    if (peek(scan, 1) == '*')
        return refuse(scan, "missing argument to repetition operator", scan->at + 1, scan->at + 2);
    if (peek(scan, 1) != '?') {
        take(scan, 1);
        return 0;
    }
    size_t end = 2;
    bool named = peek(scan, 2) == '<' || (peek(scan, 2) == 'P' && peek(scan, 3) == '<');
    if (named) {
        end = peek(scan, 2) == 'P' ? 4 : 3;
        size_t name = end;
        while (isalnum((unsigned char)peek(scan, end)) || peek(scan, end) == '_')
            end++;
        if (end == name || peek(scan, end) != '>')
            named = false;
    } else {
        while (peek(scan, end) != '\0' && strchr("imsU-", peek(scan, end)) != NULL)
            end++;
        if (peek(scan, end) == ':' || (peek(scan, end) == ')' && end > 2))
            named = true;
    }
    if (!named)
        return refuse(scan, "invalid or unsupported Perl syntax", scan->at, scan->at + end + 1);
    take(scan, end + 1);
    return 0;
}

/* Length of "{n}", "{n,}" or "{n,m}" here; 0: the brace stands for itself. */
static size_t repeat_length(const struct scan *scan, long *ret_most)
{
    size_t end = 1;
    long most = 0;
    for (int part = 0; part < 2; part++) {
        long number = 0;
        size_t start = end;
        while (isdigit((unsigned char)peek(scan, end))) {
            number = number > 100000 ? number : number * 10 + (peek(scan, end) - '0');
            end++;
        }
        if (part == 0 && end == start)
            return 0;
        most = number > most ? number : most;
        if (peek(scan, end) == '}') {
            *ret_most = most;
            return end + 1;
        }
        if (peek(scan, end) != ',')
            return 0;
        end++;
    }
    return 0;
}

/* A repeat operator here with its '?', or nothing. */
static int take_repeat(struct scan *scan, bool *ret_taken)
{
    size_t start = scan->at;
    long most = 0;
    char c = peek(scan, 0);
    size_t length = c == '*' || c == '+' || c == '?' ? 1 : c == '{' ? repeat_length(scan, &most) : 0;
    *ret_taken = length > 0;
    if (length == 0)
        return 0;
    if (most > REGEX_REPEAT_MAX)
        return refuse(scan, "invalid repeat count", start, start + length);
    take(scan, length);
    if (peek(scan, 0) == '?')
        take(scan, 1);
    size_t behind = scan->at;
    c = peek(scan, 0);
    length = c == '*' || c == '+' || c == '?' ? 1 : c == '{' ? repeat_length(scan, &most) : 0;
    if (length > 0)
        return refuse(scan, "invalid nested repetition operator", start, behind + length);
    return 0;
}

static int rewrite(struct scan *scan)
{
    bool repeatable = false;
    while (scan->at < scan->pattern.size) {
        char c = peek(scan, 0);
        bool taken = false;
        size_t start = scan->at;
        int rc = take_repeat(scan, &taken);
        if (rc < 0)
            return rc;
        if (taken) {
            if (!repeatable)
                return refuse(scan, "missing argument to repetition operator", start, scan->at);
            repeatable = false;
            continue;
        }
        if (c == '\\')
            rc = take_escape(scan, false);
        else if (c == '[')
            rc = take_class(scan);
        else if (c == '(')
            rc = take_group(scan);
        else if (c == '{') {
            buffer_append_text(&scan->out, "\\{");
            scan->at++;
        } else
            take(scan, 1);
        if (rc < 0)
            return rc;
        repeatable = c != '(' && c != '|';
    }
    return 0;
}

static int refuse_compiled(struct scan *scan, int code)
{
    switch (code) {
    case PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS:
        return refuse(scan, "missing closing )", 0, scan->pattern.size);
    case PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS:
        return refuse(scan, "unexpected )", 0, scan->pattern.size);
    case PCRE2_ERROR_CLASS_RANGE_ORDER:
        return refuse(scan, "invalid character class range", 0, scan->pattern.size);
    default:
        break;
    }
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(code, text, sizeof(text));
    return refuse(scan, (const char *)text, 0, scan->pattern.size);
}

int regex_compile(struct str pattern, struct regex **ret_regex, struct error *err)
{
    if (pattern.size > REGEX_PATTERN_MAX)
        return error_set(err, ERROR_INVALID, "error parsing regexp: expression is longer than %d bytes",
                         REGEX_PATTERN_MAX);
    auto_buffer struct buffer out = { .max = REGEX_PATTERN_MAX * 8 };
    struct scan scan = { .pattern = pattern, .out = out, .err = err };
    int rc = rewrite(&scan);
    out = scan.out; /* frees it */
    if (rc < 0)
        return rc;

    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL)
        abort();
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int code = 0;
    PCRE2_SIZE where = 0;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)text_or_empty(out.data), out.size,
                      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &code, &where, context);
    pcre2_compile_context_free(context);
    if (compiled == NULL)
        return refuse_compiled(&scan, code);

    uint32_t groups = 0;
    pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
    struct regex *regex = memory_new(struct regex);
    *regex = (struct regex){ compiled, limited(BACKTRACK_MAX), limited(FIND_MAX), groups };
    *ret_regex = regex;
    return 0;
}

void regex_destroy(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    pcre2_match_context_free(regex->matching);
    pcre2_match_context_free(regex->finding);
    free(regex);
}

size_t regex_group_count(const struct regex *regex)
{
    return regex->groups;
}

/* pcre2_match() with a limit; the negative result of PCRE2 but for "no match", which is 0. */
static int match(const struct regex *regex, struct str text, size_t from, pcre2_match_context *context,
                 pcre2_match_data *data)
{
    int rc = pcre2_match(regex->code, (PCRE2_SPTR)text_or_empty(text.data), text.size, from, 0, data, context);
    return rc == PCRE2_ERROR_NOMATCH ? 0 : rc < 0 ? rc : 1;
}

static int match_without_backtracking(const struct regex *regex, struct str text, pcre2_match_data *data)
{
    int small[WORKSPACE];
    PCRE2_SPTR subject = (PCRE2_SPTR)text_or_empty(text.data);
    int rc = pcre2_dfa_match(regex->code, subject, text.size, 0, PCRE2_DFA_SHORTEST, data, NULL, small, WORKSPACE);
    if (rc == PCRE2_ERROR_DFA_WSSIZE) {
        int *large = memory_alloc(WORKSPACE_MAX * sizeof(*large));
        rc = pcre2_dfa_match(regex->code, subject, text.size, 0, PCRE2_DFA_SHORTEST, data, NULL, large, WORKSPACE_MAX);
        free(large);
    }
    return rc == PCRE2_ERROR_NOMATCH ? 0 : rc < 0 ? -ERROR_LIMIT : 1;
}

int regex_matches(const struct regex *regex, struct str text)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (data == NULL)
        abort();
    int rc = match(regex, text, 0, regex->matching, data);
    if (rc < 0)
        rc = match_without_backtracking(regex, text, data);
    pcre2_match_data_free(data);
    return rc;
}

int regex_find(const struct regex *regex, struct str text, size_t from, struct regex_group *ret_groups, size_t max)
{
    if (from > text.size)
        return 0;
    pcre2_match_data *data = pcre2_match_data_create((uint32_t)regex->groups + 1, NULL);
    if (data == NULL)
        abort();
    int rc = match(regex, text, from, regex->finding, data);
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    for (size_t i = 0; rc > 0 && i < max; i++) {
        ret_groups[i] = (struct regex_group){ 0 };
        if (i <= regex->groups && at[2 * i] != PCRE2_UNSET)
            ret_groups[i].text = (struct str){ text.data + at[2 * i], at[2 * i + 1] - at[2 * i] };
    }
    pcre2_match_data_free(data);
    return rc < 0 ? -ERROR_LIMIT : rc;
}
