/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pattern.c - the functions of regular expressions: matches, find, findAll. */
#include "cel/value/pattern.h"

#include "base/text/utf8.h"
#include "cel/value/value.h"

static void pattern_drop(void *pointer)
{
    regex_destroy(pointer);
}

const struct regex *cel_pattern_compile(struct arena *arena, struct str text, struct error *err)
{
    struct regex *regex = NULL;

    if (regex_compile(text, &regex, err) < 0)
        return NULL;
    arena_hold(arena, pattern_drop, regex);
    return regex;
}

/* The compiled pattern of the second argument: at compile time when it is a constant. */
static const struct regex *pattern_of(struct cel_state *state, const struct cel_value *text,
                                      struct cel_value *ret_error)
{
    struct error err = { 0 };
    const struct regex *pattern = state->call->pattern;

    if (pattern == NULL)
        pattern = cel_pattern_compile(state->arena, text->text, &err);
    if (pattern == NULL)
        *ret_error = cel_value_error(state->arena, "%s", err.message);
    return pattern;
}

static struct cel_value too_complex(void)
{
    return cel_error_text("the regular expression needs too many steps on this text");
}

static struct cel_value matches(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value error;
    const struct regex *pattern = pattern_of(state, &args[1], &error);
    int found;

    (void)count;
    if (pattern == NULL)
        return error;
    found = regex_matches(pattern, args[0].text, &state->work);
    return found < 0 ? too_complex() : cel_value_bool(found > 0);
}

static struct cel_value find(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value error;
    const struct regex *pattern = pattern_of(state, &args[1], &error);
    struct regex_group whole;
    int found;

    (void)count;
    if (pattern == NULL)
        return error;
    found = regex_find(pattern, args[0].text, 0, &state->work, &whole, 1);
    if (found <= 0)
        return found < 0 ? too_complex() : cel_value_string(STR(""));
    return cel_value_string(whole.text);
}

/* As Go's FindAll: an empty match right behind another one does not count. */
static struct cel_value find_all(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value list = cel_list_new(state->arena, 0), error;
    const struct regex *pattern = pattern_of(state, &args[1], &error);
    struct str text = args[0].text;
    int64_t limit = count > 2 ? args[2].integer : -1;
    size_t at = 0, before = SIZE_MAX;

    if (pattern == NULL)
        return error;
    while ((limit < 0 || (int64_t)cel_list_size(&list) < limit) && at <= text.size) {
        struct regex_group whole;
        int found = regex_find(pattern, text, at, &state->work, &whole, 1);

        if (found < 0)
            return too_complex();
        if (found == 0)
            break;
        size_t start = text.data == NULL ? 0 : (size_t)(whole.text.data - text.data), end = start + whole.text.size;
        if (end > start || start != before)
            cel_list_push(state->arena, &list, cel_value_string(whole.text));
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
