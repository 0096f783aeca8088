/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/custom/json_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

enum step_kind { STEP_MEMBER, STEP_INDEX, STEP_ALL, STEP_FILTER };
enum filter_relation {
    FILTER_EXISTS,
    FILTER_EQUAL,
    FILTER_UNEQUAL,
    FILTER_LESS,
    FILTER_MOST,
    FILTER_MORE,
    FILTER_LEAST
};

struct step {
    enum step_kind kind;
    struct str name; /* of a member */
    int64_t index;   /* negative: from the end */
    /* of a filter */
    const struct json_path *left;
    enum filter_relation relation;
    struct str text; /* what it is compared with; a number is text too */
    bool quoted;
};

struct json_path {
    struct step *steps;
    size_t count;
};

struct parser {
    const char *at;
    struct arena *arena;
    struct error *err;
    const char *whole;
};

static int wrong(struct parser *parser, const char *what)
{
    return error_set(parser->err, ERROR_INVALID, "%s in JSON path \"%s\"", what, parser->whole);
}

static int parse_steps(struct parser *parser, const char *stop, const struct json_path **ret_path);

/* Up to one of 'ends', which a backslash takes its meaning from. */
static struct str take_name(struct parser *parser, const char *ends)
{
    char *name = arena_alloc(parser->arena, strlen(parser->at) + 1);
    size_t size = 0;
    while (*parser->at != '\0' && strchr(ends, *parser->at) == NULL) {
        if (*parser->at == '\\' && parser->at[1] != '\0')
            parser->at++;
        name[size++] = *parser->at++;
    }
    name[size] = '\0';
    return (struct str){ name, size };
}

static void skip_blanks(struct parser *parser)
{
    while (*parser->at == ' ')
        parser->at++;
}

static bool take(struct parser *parser, const char *text)
{
    size_t size = strlen(text);
    if (strncmp(parser->at, text, size) != 0)
        return false;
    parser->at += size;
    return true;
}

static bool take_quoted(struct parser *parser, struct str *ret_text)
{
    char quote = *parser->at;
    if (quote != '"' && quote != '\'')
        return false;
    parser->at++;
    *ret_text = take_name(parser, (char[]){ quote, '\0' });
    return take(parser, (char[]){ quote, '\0' });
}

static void take_relation(struct parser *parser, struct step *step)
{
    static const struct {
        const char *text;
        enum filter_relation relation;
    } relations[] = { { "==", FILTER_EQUAL }, { "!=", FILTER_UNEQUAL }, { "<=", FILTER_MOST },
                      { ">=", FILTER_LEAST }, { "<", FILTER_LESS },     { ">", FILTER_MORE } };
    step->relation = FILTER_EXISTS;
    for (size_t i = 0; i < countof(relations); i++) {
        if (take(parser, relations[i].text)) {
            step->relation = relations[i].relation;
            return;
        }
    }
}

/* Behind "[?(": @.path, perhaps an operator and what to compare with, ")]". */
static int parse_filter(struct parser *parser, struct step *step)
{
    step->kind = STEP_FILTER;
    skip_blanks(parser);
    if (!take(parser, "@"))
        return wrong(parser, "a filter that does not begin with @");
    int rc = parse_steps(parser, " =!<>)", &step->left);
    if (rc < 0)
        return rc;
    skip_blanks(parser);
    take_relation(parser, step);
    skip_blanks(parser);
    if (step->relation != FILTER_EXISTS) {
        step->quoted = *parser->at == '"' || *parser->at == '\'';
        if (!step->quoted)
            step->text = take_name(parser, " )");
        else if (!take_quoted(parser, &step->text))
            return wrong(parser, "an unterminated quoted string");
    }
    skip_blanks(parser);
    return take(parser, ")]") ? 0 : wrong(parser, "an unterminated filter");
}

/* Behind "[". */
static int parse_bracket(struct parser *parser, struct step *step)
{
    if (take(parser, "?("))
        return parse_filter(parser, step);
    if (take(parser, "*]")) {
        step->kind = STEP_ALL;
        return 0;
    }
    if (take_quoted(parser, &step->name)) {
        step->kind = STEP_MEMBER;
        return take(parser, "]") ? 0 : wrong(parser, "an unterminated array");
    }
    struct str number = take_name(parser, "]");
    step->kind = STEP_INDEX;
    if (!str_to_int64(number, &step->index) || !take(parser, "]"))
        return wrong(parser, "an invalid array index");
    return 0;
}

static int parse_step(struct parser *parser, const char *stop, struct step *step)
{
    char ends[32];
    if (take(parser, "["))
        return parse_bracket(parser, step);
    if (!take(parser, "."))
        return wrong(parser, "an unexpected character");
    if (*parser->at == '[') /* ".[0]" is "[0]" */
        return parse_step(parser, stop, step);
    snprintf(ends, sizeof(ends), ".[%s", stop);
    step->kind = STEP_MEMBER;
    step->name = take_name(parser, ends);
    if (step->name.size == 0)
        return wrong(parser, "an empty member name");
    if (str_is(step->name, "*"))
        step->kind = STEP_ALL;
    return 0;
}

static int parse_steps(struct parser *parser, const char *stop, const struct json_path **ret_path)
{
    struct json_path *path = arena_new(parser->arena, struct json_path);
    path->steps = arena_new_array(parser->arena, struct step, JSON_PATH_STEPS_MAX);
    while (*parser->at != '\0' && strchr(stop, *parser->at) == NULL) {
        if (path->count == JSON_PATH_STEPS_MAX)
            return wrong(parser, "too many steps");
        int rc = parse_step(parser, stop, &path->steps[path->count++]);
        if (rc < 0)
            return rc;
    }
    *ret_path = path;
    return 0;
}

int json_path_compile(const char *text, struct arena *arena, const struct json_path **ret_path, struct error *err)
{
    struct parser parser = { .at = text, .arena = arena, .err = err, .whole = text };
    if (text[0] != '.' && text[0] != '[')
        return wrong(&parser, "no leading dot");
    if (strcmp(text, ".") == 0) {
        *ret_path = arena_new(arena, struct json_path);
        return 0;
    }
    return parse_steps(&parser, "", ret_path);
}

/* ---------------------------------------------------------------- looking */

static struct str scalar_text(yyjson_val *value)
{
    if (yyjson_is_raw(value))
        return (struct str){ yyjson_get_raw(value), yyjson_get_len(value) };
    if (yyjson_is_str(value))
        return (struct str){ yyjson_get_str(value), yyjson_get_len(value) };
    if (yyjson_is_bool(value))
        return yyjson_get_bool(value) ? STR("true") : STR("false");
    return (struct str){ 0 };
}

static bool compare(enum filter_relation relation, int order)
{
    switch (relation) {
    case FILTER_EQUAL:
        return order == 0;
    case FILTER_UNEQUAL:
        return order != 0;
    case FILTER_LESS:
        return order < 0;
    case FILTER_MOST:
        return order <= 0;
    case FILTER_MORE:
        return order > 0;
    case FILTER_LEAST:
        return order >= 0;
    default:
        return true;
    }
}

static bool filter_takes(const struct step *step, yyjson_val *element)
{
    yyjson_val *left = json_path_find(step->left, element);
    if (left == NULL || step->relation == FILTER_EXISTS)
        return left != NULL;
    struct str text = scalar_text(left);
    if (text.data == NULL || yyjson_is_str(left) != step->quoted)
        return false;
    if (step->quoted || yyjson_is_bool(left))
        return compare(step->relation, str_compare(text, step->text));
    double a = strtod(text.data, NULL), b = strtod(step->text.data, NULL);
    return compare(step->relation, a < b ? -1 : a > b);
}

static yyjson_val *find(const struct json_path *path, size_t at, yyjson_val *value)
{
    for (; value != NULL && at < path->count; at++) {
        const struct step *step = &path->steps[at];
        if (step->kind == STEP_MEMBER) {
            value = yyjson_obj_getn(value, step->name.data, step->name.size);
            continue;
        }
        if (step->kind == STEP_INDEX) {
            int64_t size = (int64_t)yyjson_arr_size(value), index = step->index < 0 ? size + step->index : step->index;
            value = index < 0 ? NULL : yyjson_arr_get(value, (size_t)index);
            continue;
        }
        size_t index, count;
        yyjson_val *element, *key, *found = NULL;
        yyjson_arr_foreach(value, index, count, element)
        {
            if (step->kind == STEP_FILTER && !filter_takes(step, element))
                continue;
            if ((found = find(path, at + 1, element)) != NULL)
                return found;
        }
        if (step->kind == STEP_ALL)
            yyjson_obj_foreach(value, index, count, key, element)
            {
                if ((found = find(path, at + 1, element)) != NULL)
                    return found;
            }
        return NULL;
    }
    return value;
}

yyjson_val *json_path_find(const struct json_path *path, yyjson_val *root)
{
    return find(path, 0, root);
}

bool json_path_patch(const struct json_path *path, struct str value, struct buffer *out)
{
    for (size_t i = 0; i < path->count; i++) {
        if (path->steps[i].kind != STEP_MEMBER)
            return false;
        buffer_append_char(out, '{');
        json_append_string(out, path->steps[i].name);
        buffer_append_char(out, ':');
    }
    buffer_append_str(out, value);
    for (size_t i = 0; i < path->count; i++)
        buffer_append_char(out, '}');
    return true;
}
