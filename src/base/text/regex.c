/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* regex.c - compiling and matching with PCRE2, with bounded work; regex_text.c has the syntax. */
#include "base/text/regex.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text/regex_text.h"

#define STEPS_LEAST    10000 /* of backtracking, before matching goes on another way */
#define STEPS_PER_BYTE 64
#define STEPS_MOST     1000000
#define HEAP_LIMIT_KIB 16384
#define DEPTH_LIMIT    100000
#define WORKSPACE      65536 /* numbers: ways followed at once */
#define TRANSLATED_MAX ((size_t)16 * REGEX_PATTERN_MAX)

struct regex {
    pcre2_code *code;
    struct str text; /* translated, owned */
    size_t groups;
};

static pcre2_code *compile(struct str text, uint32_t options, int *ret_problem)
{
    PCRE2_SIZE where = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL)
        abort();
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text_or_empty(text.data), text.size,
                                     options | PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, ret_problem,
                                     &where, context);
    pcre2_compile_context_free(context);
    return code;
}

/* What the translation leaves to PCRE2. */
static int refuse_compiled(struct str pattern, int problem, struct error *err)
{
    PCRE2_UCHAR text[256];
    switch (problem) {
    case PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS:
        return regex_refuse(err, "missing closing )", pattern);
    case PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS:
        return regex_refuse(err, "unexpected )", pattern);
    case PCRE2_ERROR_CLASS_RANGE_ORDER:
        return regex_refuse(err, "invalid character class range", pattern);
    case PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP:
        return regex_refuse(err, "expression nests too deeply", pattern);
    default:
        break;
    }
    if (problem < 0)
        return regex_refuse(err, "invalid UTF-8", pattern);
    pcre2_get_error_message(problem, text, sizeof(text));
    return regex_refuse(err, (const char *)text, pattern);
}

int regex_compile(struct str pattern, struct regex **ret_regex, struct error *err)
{
    if (pattern.size > REGEX_PATTERN_MAX)
        return error_set(err, ERROR_INVALID, "error parsing regexp: expression is longer than %d bytes",
                         REGEX_PATTERN_MAX);
    auto_buffer struct buffer text = { .max = TRANSLATED_MAX };
    int problem = 0, rc = regex_translate(pattern, &text, err);
    if (rc < 0)
        return rc;
    pcre2_code *code = compile(buffer_str(&text), 0, &problem);
    if (code == NULL)
        return refuse_compiled(pattern, problem, err);
    uint32_t groups = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    struct regex *regex = memory_new(struct regex);
    *regex = (struct regex){ code, { memory_strndup(text_or_empty(text.data), text.size), text.size }, groups };
    *ret_regex = regex;
    return 0;
}

void regex_destroy(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    free((void *)(uintptr_t)regex->text.data);
    free(regex);
}

size_t regex_group_count(const struct regex *regex)
{
    return regex->groups;
}

/* ---------------------------------------------------------------- matching */

static bool is_limit(int rc)
{
    return rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT;
}

static uint32_t usual_steps(struct str text)
{
    size_t steps = STEPS_LEAST + text.size * STEPS_PER_BYTE;
    return steps > STEPS_MOST ? STEPS_MOST : (uint32_t)steps;
}

static pcre2_match_data *match_data(size_t places)
{
    pcre2_match_data *data = pcre2_match_data_create((uint32_t)places, NULL);
    if (data == NULL)
        abort();
    return data;
}

/* Backtracking of so many steps: 1, 0, or -ERROR_LIMIT. Text that is no UTF-8 matches nothing. */
static int match_within(const struct regex *regex, struct str text, size_t from, uint32_t steps, pcre2_match_data *data)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    if (limits == NULL)
        abort();
    pcre2_set_match_limit(limits, steps);
    pcre2_set_depth_limit(limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
    int rc = pcre2_match(regex->code, (PCRE2_SPTR)text_or_empty(text.data), text.size, from,
                         from > 0 ? PCRE2_NO_UTF_CHECK : 0, data, limits);
    pcre2_match_context_free(limits);
    return rc >= 0 ? 1 : is_limit(rc) ? -ERROR_LIMIT : 0;
}

/* Follows all ways at once, from the beginning on: slower in most cases, but it looks at each character once. */
static int match_without_backtracking(const struct regex *regex, struct str text)
{
    auto_buffer struct buffer anywhere = { .max = TRANSLATED_MAX + 32 };
    int problem = 0, rc = PCRE2_ERROR_MATCHLIMIT;
    buffer_append_text(&anywhere, "(?s:.*?)(?:");
    buffer_append_str(&anywhere, regex->text);
    buffer_append_char(&anywhere, ')');
    pcre2_code *code = compile(buffer_str(&anywhere), PCRE2_ANCHORED, &problem);
    if (code != NULL) {
        pcre2_match_data *data = match_data(1);
        int *workspace = memory_alloc(WORKSPACE * sizeof(*workspace));
        rc = pcre2_dfa_match(code, (PCRE2_SPTR)text_or_empty(text.data), text.size, 0, PCRE2_DFA_SHORTEST, data, NULL,
                             workspace, WORKSPACE);
        free(workspace);
        pcre2_match_data_free(data);
    }
    pcre2_code_free(code);
    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -ERROR_LIMIT;
}

static void charge(int64_t *work, int64_t steps)
{
    if (work != NULL)
        *work -= steps;
}

int regex_matches(const struct regex *regex, struct str text, int64_t *work)
{
    pcre2_match_data *data = match_data(1);
    int rc = match_within(regex, text, 0, usual_steps(text), data);
    pcre2_match_data_free(data);
    if (rc >= 0)
        return rc;
    charge(work, STEPS_LEAST + (int64_t)text.size * 8);
    return match_without_backtracking(regex, text);
}

int regex_find(const struct regex *regex, struct str text, size_t from, int64_t *work, struct regex_group *ret_groups,
               size_t max)
{
    if (from > text.size)
        return 0;
    size_t places = max < regex->groups + 1 ? max : regex->groups + 1;
    pcre2_match_data *data = match_data(places);
    int rc = match_within(regex, text, from, usual_steps(text), data);
    if (rc < 0) {
        charge(work, STEPS_MOST);
        rc = match_within(regex, text, from, STEPS_MOST, data);
    }
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    for (size_t i = 0; rc > 0 && i < max; i++) {
        ret_groups[i] = (struct regex_group){ 0 };
        if (i < places && at[2 * i] != PCRE2_UNSET)
            ret_groups[i].text = (struct str){ text_or_empty(text.data) + at[2 * i], at[2 * i + 1] - at[2 * i] };
    }
    pcre2_match_data_free(data);
    return rc;
}
