/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/structural/path.h"

#include <string.h>

/* The next piece: '.', '[', ']', a quoted text with its quotes, or what stands between. False at the end. */
static bool next_token(struct str *rest, struct str *ret_token)
{
    size_t size = 0;
    if (rest->size == 0)
        return false;
    if (strchr(".[]", rest->data[0]) != NULL) {
        size = 1;
    } else if (rest->data[0] == '\'') {
        for (size = 1; size < rest->size; size++)
            if (rest->data[size] == '\'' && rest->data[size - 1] != '\\')
                break;
        size = size < rest->size ? size + 1 : size;
    } else {
        while (size < rest->size && strchr(".[]", rest->data[size]) == NULL)
            size++;
    }
    *ret_token = (struct str){ rest->data, size };
    *rest = str_skip(*rest, size);
    return true;
}

/* What stands between quotes, with escapes read. */
static int unquote(struct str token, struct arena *arena, struct str *ret_text, struct error *err)
{
    static const char escapes[] = "a\ab\bf\fn\nr\rt\tv\v\\\\'\'\"\"";
    if (token.size < 2 || token.data[0] != '\'' || token.data[token.size - 1] != '\'')
        return error_set(err, ERROR_INVALID, "expected single quoted string but got " STR_FMT, STR_ARG(token));
    char *text = arena_strndup(arena, token.data + 1, token.size - 2);
    size_t used = 0;
    for (const char *c = text; *c != '\0'; c++) {
        const char *escape = NULL;
        if (*c == '\\') {
            c++;
            for (const char *e = escapes; *e != '\0' && escape == NULL; e += 2)
                if (*e == *c)
                    escape = e + 1;
            if (escape == NULL)
                return error_set(err, ERROR_INVALID, "invalid string literal: invalid syntax");
        }
        text[used++] = escape != NULL ? *escape : *c;
    }
    text[used] = '\0';
    *ret_text = (struct str){ text, used };
    return 0;
}

static int take_step(struct structural_path *path, struct str name, struct error *err)
{
    const struct structural_node *node = path->node;
    bool named = node->n_properties > 0;
    const struct structural_node *next = named ? structural_property_find(node, name) : node->additional_node;
    if (next == NULL)
        return error_set(err, ERROR_INVALID, "does not refer to a valid field");
    if (path->count == STRUCTURAL_PATH_MAX)
        return error_set(err, ERROR_INVALID, "has more than %d steps", STRUCTURAL_PATH_MAX);
    path->steps[path->count++] = (struct structural_step){ name, !named };
    path->node = next;
    return 0;
}

static int take_bracket(struct structural_path *path, struct str *rest, struct arena *arena, struct error *err)
{
    struct str token, name = { 0 };
    if (!next_token(rest, &token))
        return error_set(err, ERROR_INVALID, "unexpected end of JSON path");
    int rc = unquote(token, arena, &name, err);
    if (rc == 0)
        rc = take_step(path, name, err);
    if (rc < 0)
        return rc;
    if (!next_token(rest, &token))
        return error_set(err, ERROR_INVALID, "unexpected end of JSON path");
    if (!str_is(token, "]"))
        return error_set(err, ERROR_INVALID, "expected ] but got " STR_FMT, STR_ARG(token));
    return 0;
}

int structural_path_resolve(const struct structural_node *node, struct str text, bool brackets, struct arena *arena,
                            struct structural_path *ret_path, struct error *err)
{
    struct structural_path path = { .node = node };
    struct str rest = text, token;
    while (next_token(&rest, &token)) {
        int rc = 0;
        if (str_is(token, "[")) {
            rc = brackets ? take_bracket(&path, &rest, arena, err)
                          : error_set(err, ERROR_INVALID, "array notation is not allowed");
        } else if (str_is(token, ".")) {
            rc = next_token(&rest, &token) ? take_step(&path, arena_str(arena, token), err)
                                           : error_set(err, ERROR_INVALID, "unexpected end of JSON path");
        } else {
            rc = error_set(err, ERROR_INVALID, "expected [ or . but got: " STR_FMT, STR_ARG(token));
        }
        if (rc < 0)
            return rc;
    }
    *ret_path = path;
    return 0;
}

void structural_path_format(const struct structural_path *path, struct buffer *text)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->steps[i].key)
            buffer_format(text, "[%s]", path->steps[i].name.data);
        else
            buffer_format(text, "%s%s", i > 0 ? "." : "", path->steps[i].name.data);
}
