/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/custom/json_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

enum step_kind { STEP_MEMBER, STEP_SLICE, STEP_ALL, STEP_FILTER, STEP_DESCENT, STEP_UNION };
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
    struct bound {   /* of a slice: first, end and stride; an index is a slice of one */
        int64_t value;
        bool known, derived;
    } bounds[3];
    const struct step *alternatives; /* of a union */
    size_t n_alternatives;
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
    bool bare; /* the next member's name has no dot: it stands behind ".." */
};

/* Looking through one document; what is left of the places that may be visited. */
struct search {
    const struct json_path *path;
    size_t left;
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

/* "0", "1:3", "::2", "-1:" */
static int parse_slice(struct parser *parser, struct str text, struct step *step)
{
    struct str rest = text, piece;
    size_t count = 0;
    step->kind = STEP_SLICE;
    for (bool more = true; more; count++) {
        size_t colon = str_find(rest, ':');
        piece = (struct str){ rest.data, colon };
        more = colon < rest.size;
        rest = more ? str_skip(rest, colon + 1) : STR("");
        if (count == countof(step->bounds) || (piece.size > 0 && !str_to_int64(piece, &step->bounds[count].value)))
            return wrong(parser, "an invalid array index");
        step->bounds[count].known = piece.size > 0;
    }
    if (count > 1)
        return 0;
    if (!step->bounds[0].known)
        return wrong(parser, "an invalid array index");
    step->bounds[1] = (struct bound){ step->bounds[0].value + 1, true, true };
    return 0;
}

static int parse_bracket(struct parser *parser, struct step *step);

/* One of several between brackets, each of which could stand alone there. */
static int parse_union(struct parser *parser, struct str text, struct step *step)
{
    struct str rest = text, piece;
    size_t most = 1;
    for (size_t i = 0; i < text.size; i++)
        most += text.data[i] == ',';
    struct step *list = arena_new_array(parser->arena, struct step, most);
    while (str_next(&rest, ',', &piece)) {
        piece = str_trim(piece);
        struct parser one = *parser;
        one.at = arena_format(parser->arena, STR_FMT "]", STR_ARG(piece));
        int rc = parse_bracket(&one, &list[step->n_alternatives++]);
        if (rc < 0)
            return rc;
        if (*one.at != '\0')
            return wrong(parser, "an invalid union");
    }
    step->kind = STEP_UNION;
    step->alternatives = list;
    return 0;
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
    const char *begin = parser->at;
    if (take_quoted(parser, &step->name) && take(parser, "]")) {
        step->kind = STEP_MEMBER;
        return 0;
    }
    parser->at = begin;
    size_t size = strcspn(parser->at, "]");
    if (memchr(parser->at, ',', size) != NULL) {
        struct str list = { parser->at, size };
        parser->at += size;
        return take(parser, "]") ? parse_union(parser, list, step) : wrong(parser, "an unterminated array");
    }
    struct str slice = take_name(parser, "]");
    if (!take(parser, "]"))
        return wrong(parser, "an unterminated array");
    return parse_slice(parser, slice, step);
}

static int parse_step(struct parser *parser, const char *stop, struct step *step)
{
    char ends[32];
    bool bare = parser->bare;
    parser->bare = false;
    if (take(parser, "["))
        return parse_bracket(parser, step);
    if (take(parser, "..")) {
        if (bare)
            return wrong(parser, "multiple recursive descent");
        parser->bare = true;
        step->kind = STEP_DESCENT;
        return 0;
    }
    if (!bare && !take(parser, "."))
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
    parser->bare = false;
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

static yyjson_val *find(struct search *search, size_t at, yyjson_val *value);

static yyjson_val *find_in_all(struct search *search, const struct step *step, size_t next, yyjson_val *value)
{
    size_t index, count;
    yyjson_val *element, *key, *found = NULL;
    yyjson_arr_foreach(value, index, count, element)
    {
        if (step->kind == STEP_FILTER && !filter_takes(step, element))
            continue;
        if ((found = find(search, next, element)) != NULL)
            return found;
    }
    if (step->kind == STEP_FILTER)
        return NULL;
    yyjson_obj_foreach(value, index, count, key, element)
    {
        if ((found = find(search, next, element)) != NULL)
            return found;
    }
    return NULL;
}

/* Bounds outside of the list are an error upstream, which finds nothing then. */
static yyjson_val *find_in_slice(struct search *search, const struct step *step, size_t next, yyjson_val *value)
{
    const struct bound *bounds = step->bounds;
    int64_t size = (int64_t)yyjson_arr_size(value), first = bounds[0].known ? bounds[0].value : 0;
    int64_t end = bounds[1].known ? bounds[1].value : size, stride = bounds[2].known ? bounds[2].value : 1;
    if (first < 0)
        first += size;
    if (end < 0 || (end == 0 && bounds[1].derived))
        end += size;
    if (first < 0 || end > size || stride <= 0)
        return NULL;
    for (int64_t i = first; i < end; i += stride) {
        yyjson_val *found = find(search, next, yyjson_arr_get(value, (size_t)i));
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* The value itself, then what is inside of it, when anything is. */
static yyjson_val *find_below(struct search *search, size_t next, yyjson_val *value)
{
    size_t index, count;
    yyjson_val *element, *key, *found = NULL;
    if (!yyjson_is_ctn(value) || unsafe_yyjson_get_len(value) == 0)
        return NULL;
    if ((found = find(search, next, value)) != NULL)
        return found;
    yyjson_arr_foreach(value, index, count, element)
    {
        if ((found = find_below(search, next, element)) != NULL)
            return found;
    }
    yyjson_obj_foreach(value, index, count, key, element)
    {
        if ((found = find_below(search, next, element)) != NULL)
            return found;
    }
    return NULL;
}

static yyjson_val *find_step(struct search *search, const struct step *step, size_t next, yyjson_val *value)
{
    yyjson_val *found = NULL;
    switch (step->kind) {
    case STEP_MEMBER:
        return find(search, next, yyjson_obj_getn(value, step->name.data, step->name.size));
    case STEP_SLICE:
        return find_in_slice(search, step, next, value);
    case STEP_DESCENT:
        return find_below(search, next, value);
    case STEP_UNION:
        for (size_t i = 0; i < step->n_alternatives && found == NULL; i++)
            found = find_step(search, &step->alternatives[i], next, value);
        return found;
    default:
        return find_in_all(search, step, next, value);
    }
}

static yyjson_val *find(struct search *search, size_t at, yyjson_val *value)
{
    if (value == NULL || search->left == 0)
        return NULL;
    search->left--;
    return at == search->path->count ? value : find_step(search, &search->path->steps[at], at + 1, value);
}

yyjson_val *json_path_find(const struct json_path *path, yyjson_val *root)
{
    struct search search = { .path = path, .left = JSON_PATH_VISITS_MAX };
    return find(&search, 0, root);
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
