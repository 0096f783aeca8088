/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pattern.c - matching, and the functions that do: matches, find, findAll. */
#include "cel/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "cel/pattern_text.h"
#include "cel/utf8.h"
#include "cel/value.h"

#define PATTERN_MAX       65536 /* bytes */
#define STEPS_LEAST       10000 /* of backtracking */
#define STEPS_PER_BYTE    64
#define STEPS_MOST        1000000
#define HEAP_LIMIT_KIB    16384
#define MATCH_DEPTH_LIMIT 100000
#define DFA_WORKSPACE     65536 /* numbers: ways followed at once */

struct cel_pattern {
    pcre2_code *code;
    struct str text; /* translated */
};

static void pattern_drop(void *pointer)
{
    struct cel_pattern *pattern = pointer;

    pcre2_code_free(pattern->code);
}

static pcre2_code *compile(struct str text, uint32_t options, const char **ret_error)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int error = 0;
    size_t offset;
    pcre2_code *code;

    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, CEL_DEPTH_MAX);
    code = pcre2_compile((PCRE2_SPTR)text.data, text.size,
                         options | PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C,
                         &error, &offset, context);
    pcre2_compile_context_free(context);
    if (code == NULL)
        *ret_error = error == PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS     ? "missing closing )"
                     : error == PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS ? "unexpected )"
                     : error == PCRE2_ERROR_QUANTIFIER_INVALID            ? "missing argument to repetition operator"
                                                                          : "invalid regular expression";
    return code;
}

const struct cel_pattern *cel_pattern_compile(struct arena *arena, struct str text, const char **ret_error)
{
    auto_buffer struct buffer translated = { .max = 16 * PATTERN_MAX };
    const char *error = text.size > PATTERN_MAX ? "expression too large" : cel_pattern_translate(text, &translated);
    struct cel_pattern *pattern;
    pcre2_code *code = NULL;

    if (error == NULL && buffer_failed(&translated))
        error = "expression too large";
    if (error == NULL)
        code = compile(translated.size > 0 ? buffer_str(&translated) : STR(""), 0, &error);
    if (code == NULL) {
        if (ret_error != NULL)
            *ret_error = error;
        return NULL;
    }
    pattern = arena_new(arena, struct cel_pattern);
    pattern->code = code;
    pattern->text = arena_str(arena, buffer_str(&translated));
    arena_hold(arena, pattern_drop, pattern);
    return pattern;
}

static bool is_limit(int rc)
{
    return rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT;
}

/* Backtracking of so many steps. */
static int find_within(const struct cel_pattern *pattern, struct str text, size_t at, uint32_t steps, size_t *ret_start,
                       size_t *ret_end)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    int rc;

    pcre2_set_match_limit(limits, steps);
    pcre2_set_depth_limit(limits, MATCH_DEPTH_LIMIT);
    pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
    rc = pcre2_match(pattern->code, (PCRE2_SPTR)(text.data == NULL ? "" : text.data), text.size, at,
                     at > 0 ? PCRE2_NO_UTF_CHECK : 0 /* checked at the first */, data, limits);
    if (rc >= 0) {
        *ret_start = pcre2_get_ovector_pointer(data)[0];
        *ret_end = pcre2_get_ovector_pointer(data)[1];
    }
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    return rc >= 0 ? 1 : is_limit(rc) ? -1 : 0;
}

static uint32_t steps_for(struct str text)
{
    size_t steps = STEPS_LEAST + text.size * STEPS_PER_BYTE;

    return steps > STEPS_MOST ? STEPS_MOST : (uint32_t)steps;
}

int cel_pattern_find(const struct cel_pattern *pattern, struct str text, size_t at, int64_t *work, size_t *ret_start,
                     size_t *ret_end)
{
    int found = find_within(pattern, text, at, steps_for(text), ret_start, ret_end);

    if (found >= 0)
        return found;
    *work -= STEPS_MOST;
    return find_within(pattern, text, at, STEPS_MOST, ret_start, ret_end);
}

/* Follows all ways at once, from the beginning on: slower in most cases, but it looks at each character once. */
static int matches_without_backtracking(const struct cel_pattern *pattern, struct str text)
{
    auto_buffer struct buffer anywhere = { .max = 16 * PATTERN_MAX + 32 };
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int *workspace = calloc(DFA_WORKSPACE, sizeof(int));
    int rc = PCRE2_ERROR_MATCHLIMIT;
    const char *error;
    pcre2_code *code;

    buffer_append_text(&anywhere, "(?s:.*?)(?:");
    buffer_append_str(&anywhere, pattern->text);
    buffer_append_char(&anywhere, ')');
    code = buffer_failed(&anywhere) ? NULL : compile(buffer_str(&anywhere), PCRE2_ANCHORED, &error);
    if (workspace != NULL && code != NULL)
        rc = pcre2_dfa_match(code, (PCRE2_SPTR)text.data, text.size, 0, PCRE2_DFA_SHORTEST, data, NULL, workspace,
                             DFA_WORKSPACE);
    free(workspace);
    pcre2_code_free(code);
    pcre2_match_data_free(data);
    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

int cel_pattern_matches(const struct cel_pattern *pattern, struct str text, int64_t *work)
{
    size_t start, end;
    int found = find_within(pattern, text, 0, steps_for(text), &start, &end);

    if (found >= 0)
        return found;
    *work -= STEPS_LEAST + (int64_t)text.size * 8;
    return matches_without_backtracking(pattern, text);
}

/* ---- functions ---- */

/* The compiled pattern of the second argument: at compile time when it is a constant. */
static const struct cel_pattern *pattern_of(struct cel_state *state, const struct cel_value *text,
                                            struct cel_value *ret_error)
{
    const char *error = NULL;
    const struct cel_pattern *pattern = state->call->pattern;

    if (pattern == NULL)
        pattern = cel_pattern_compile(state->arena, text->text, &error);
    if (pattern == NULL)
        *ret_error =
            cel_value_error(state->arena, "error parsing regexp: %s: `" STR_FMT "`", error, STR_ARG(text->text));
    return pattern;
}

static struct cel_value too_complex(void)
{
    return cel_error_text("the regular expression needs too many steps on this text");
}

static struct cel_value matches(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value error;
    const struct cel_pattern *pattern = pattern_of(state, &args[1], &error);
    int found;

    (void)count;
    if (pattern == NULL)
        return error;
    found = cel_pattern_matches(pattern, args[0].text, &state->work);
    return found < 0 ? too_complex() : cel_value_bool(found > 0);
}

static struct cel_value find(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value error;
    const struct cel_pattern *pattern = pattern_of(state, &args[1], &error);
    size_t start = 0, end = 0;
    int found;

    (void)count;
    if (pattern == NULL)
        return error;
    found = cel_pattern_find(pattern, args[0].text, 0, &state->work, &start, &end);
    if (found <= 0)
        return found < 0 ? too_complex() : cel_value_string(STR(""));
    return cel_value_string((struct str){ args[0].text.data + start, end - start });
}

/* As Go's FindAll: an empty match right behind another one does not count. */
static struct cel_value find_all(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value list = cel_list_new(state->arena, 0), error;
    const struct cel_pattern *pattern = pattern_of(state, &args[1], &error);
    struct str text = args[0].text;
    int64_t limit = count > 2 ? args[2].integer : -1;
    size_t at = 0, start = 0, end = 0, before = SIZE_MAX;

    if (pattern == NULL)
        return error;
    while ((limit < 0 || (int64_t)cel_list_size(&list) < limit) && at <= text.size) {
        int found = cel_pattern_find(pattern, text, at, &state->work, &start, &end);

        if (found < 0)
            return too_complex();
        if (found == 0)
            break;
        if (end > start || start != before)
            cel_list_push(state->arena, &list, cel_value_string((struct str){ text.data + start, end - start }));
        before = end;
        at = end > start ? end : end < text.size ? end + utf8_size(str_skip(text, end)) : text.size + 1;
    }
    return list;
}

struct cel_functions cel_patterns(void)
{
    static const struct cel_overload rows[] = {
        { "matches", "ss:b", matches, CEL_COST_MATCHES, 0, 0 },
        { "matches", "s.s:b", matches, CEL_COST_MATCHES, 0, 0 },
        { "find", "s.s:s", find, CEL_COST_FIND, 0, 0 },
        { "findAll", "s.s:Ls", find_all, CEL_COST_FIND, 0, 0 },
        { "findAll", "s.si:Ls", find_all, CEL_COST_FIND, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
