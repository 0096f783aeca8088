/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* label_selector_parse.c - the text form of label selectors.
 *
 *   selector    = [ requirement *( "," requirement ) ]
 *   requirement = [ "!" ] KEY | KEY ( "=" | "==" | "!=" | ">" | "<" ) [ VALUE ] | KEY ( "in" | "notin" ) "(" values ")"
 *   values      = possibly empty VALUEs, separated by ","
 *
 * "in" and "notin" are words of the language only where an operator is expected. */
#include "api/selector/label_requirement.h"
#include "api/selector/selector.h"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_COMMA, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_NOT, TOKEN_OPERATOR, TOKEN_BAD };

struct symbol {
    const char *text;
    enum token token;
    enum label_operator operator;
};

/* Longest first. */
static const struct symbol symbols[] = {
    { "==", TOKEN_OPERATOR, LABEL_DOUBLE_EQUALS },
    { "!=", TOKEN_OPERATOR, LABEL_NOT_EQUALS },
    { "=", TOKEN_OPERATOR, LABEL_EQUALS },
    { ">", TOKEN_OPERATOR, LABEL_GREATER },
    { "<", TOKEN_OPERATOR, LABEL_LESS },
    { "!", TOKEN_NOT, LABEL_DOES_NOT_EXIST },
    { ",", TOKEN_COMMA, LABEL_EQUALS },
    { "(", TOKEN_OPEN, LABEL_EQUALS },
    { ")", TOKEN_CLOSE, LABEL_EQUALS },
};

struct parser {
    struct str rest;
    enum token token; /* the one looked at */
    struct str text;
    enum label_operator operator; /* of TOKEN_OPERATOR */
    struct arena *arena;
    size_t count; /* of requirements and values so far */
    struct error *err;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_special(char c)
{
    return c != '\0' && strchr("=!(),><", c) != NULL;
}

static void parser_next(struct parser *parser)
{
    while (parser->rest.size > 0 && is_blank(parser->rest.data[0]))
        parser->rest = str_skip(parser->rest, 1);
    parser->text = (struct str){ parser->rest.data, 0 };
    if (parser->rest.size == 0) {
        parser->token = TOKEN_END;
        return;
    }
    for (size_t i = 0; i < countof(symbols); i++) {
        if (!str_starts(parser->rest, str_of(symbols[i].text)))
            continue;
        parser->token = symbols[i].token;
        parser->operator= symbols[i].operator;
        parser->text.size = strlen(symbols[i].text);
        parser->rest = str_skip(parser->rest, parser->text.size);
        return;
    }
    while (parser->text.size < parser->rest.size && !is_blank(parser->rest.data[parser->text.size]) &&
           !is_special(parser->rest.data[parser->text.size]))
        parser->text.size++;
    parser->rest = str_skip(parser->rest, parser->text.size);
    parser->token = TOKEN_WORD;
}

static int expected(struct parser *parser, const char *what)
{
    return error_set(parser->err, ERROR_BAD_REQUEST, "found '" STR_FMT "', expected: %s", STR_ARG(parser->text), what);
}

static int add_value(struct parser *parser, struct label_requirement *requirement, struct str value)
{
    if (++parser->count > SELECTOR_REQUIREMENTS_MAX)
        return error_set(parser->err, ERROR_BAD_REQUEST, "the selector has more than %d requirements and values",
                         SELECTOR_REQUIREMENTS_MAX);
    /* Grows by doubling: counts that are powers of two are full. */
    size_t n = requirement->n_values;
    if ((n & (n - 1)) == 0) {
        struct str *values = arena_new_array(parser->arena, struct str, n == 0 ? 1 : 2 * n);
        if (n > 0)
            memcpy(values, requirement->values, n * sizeof(*values));
        requirement->values = values;
    }
    requirement->values[requirement->n_values++] = arena_str(parser->arena, value);
    return 0;
}

/* "(a,,b)": what stands between commas may be empty. */
static int parse_values(struct parser *parser, struct label_requirement *requirement)
{
    if (parser->token != TOKEN_OPEN)
        return error_set(parser->err, ERROR_BAD_REQUEST, "found '" STR_FMT "' expected: '('", STR_ARG(parser->text));
    parser_next(parser);
    if (parser->token == TOKEN_CLOSE) {
        parser_next(parser);
        return add_value(parser, requirement, STR("")); /* "()" is the empty value */
    }
    if (parser->token != TOKEN_WORD && parser->token != TOKEN_COMMA)
        return expected(parser, "',', ')' or identifier");

    for (;;) {
        struct str value = STR("");
        if (parser->token == TOKEN_WORD) {
            value = parser->text;
            parser_next(parser);
        } else if (parser->token != TOKEN_COMMA && parser->token != TOKEN_CLOSE) {
            return expected(parser, "',', or identifier");
        }
        int rc = add_value(parser, requirement, value);
        if (rc < 0)
            return rc;
        if (parser->token == TOKEN_CLOSE)
            break;
        if (parser->token != TOKEN_COMMA)
            return expected(parser, "',' or ')'");
        parser_next(parser);
    }
    parser_next(parser);
    return 0;
}

static int parse_exact_value(struct parser *parser, struct label_requirement *requirement)
{
    if (parser->token == TOKEN_END || parser->token == TOKEN_COMMA)
        return add_value(parser, requirement, STR(""));
    if (parser->token != TOKEN_WORD)
        return expected(parser, "identifier");
    int rc = add_value(parser, requirement, parser->text);
    parser_next(parser);
    return rc;
}

static int parse_operator(struct parser *parser, struct label_requirement *requirement)
{
    if (parser->token == TOKEN_OPERATOR)
        requirement->operator= parser->operator;
    else if (parser->token == TOKEN_WORD && str_is(parser->text, "in"))
        requirement->operator= LABEL_IN;
    else if (parser->token == TOKEN_WORD && str_is(parser->text, "notin"))
        requirement->operator= LABEL_NOT_IN;
    else
        return expected(parser, "in, notin, =, ==, !=, gt, lt");
    parser_next(parser);
    return 0;
}

static int parse_requirement(struct parser *parser, struct label_requirement *requirement)
{
    bool negated = parser->token == TOKEN_NOT;

    if (negated)
        parser_next(parser);
    if (parser->token != TOKEN_WORD)
        return expected(parser, "identifier");
    requirement->key = arena_str(parser->arena, parser->text);
    requirement->operator= LABEL_EXISTS;
    int rc = label_key_check(requirement->key, "<nil>", parser->err); /* upstream's path of a text */
    if (rc < 0)
        return rc;
    parser_next(parser);

    if (negated) {
        requirement->operator= LABEL_DOES_NOT_EXIST;
        return 0;
    }
    if (parser->token == TOKEN_END || parser->token == TOKEN_COMMA)
        return 0;
    rc = parse_operator(parser, requirement);
    if (rc < 0)
        return rc;
    rc = requirement->operator== LABEL_IN || requirement->operator== LABEL_NOT_IN
             ? parse_values(parser, requirement)
             : parse_exact_value(parser, requirement);
    if (rc < 0)
        return rc;
    label_requirement_sort(requirement);
    return label_requirement_check(requirement, parser->err);
}

static int add_requirement(struct parser *parser, struct label_selector *selector, size_t *capacity)
{
    if (++parser->count > SELECTOR_REQUIREMENTS_MAX)
        return error_set(parser->err, ERROR_BAD_REQUEST, "the selector has more than %d requirements and values",
                         SELECTOR_REQUIREMENTS_MAX);
    if (selector->n_requirements == *capacity) {
        *capacity = *capacity == 0 ? 4 : 2 * *capacity;
        struct label_requirement *grown = arena_new_array(parser->arena, struct label_requirement, *capacity);
        if (selector->n_requirements > 0)
            memcpy(grown, selector->requirements, selector->n_requirements * sizeof(*grown));
        selector->requirements = grown;
    }
    int rc = parse_requirement(parser, &selector->requirements[selector->n_requirements]);
    if (rc < 0)
        return error_wrap_code(parser->err, rc, "unable to parse requirement");
    selector->n_requirements++;
    return 0;
}

int label_selector_parse(struct str text, struct arena *arena, struct label_selector *ret_selector, struct error *err)
{
    struct parser parser = { .rest = text, .arena = arena, .err = err };
    struct label_selector selector = { 0 };
    size_t capacity = 0;

    parser_next(&parser);
    while (parser.token != TOKEN_END) {
        if (parser.token != TOKEN_WORD && parser.token != TOKEN_NOT)
            return selector.n_requirements == 0 ? expected(&parser, "!, identifier, or 'end of string'")
                                                : expected(&parser, "identifier after ','");
        int rc = add_requirement(&parser, &selector, &capacity);
        if (rc < 0)
            return rc;
        if (parser.token == TOKEN_END)
            break;
        if (parser.token != TOKEN_COMMA)
            return expected(&parser, "',' or 'end of string'");
        parser_next(&parser);
        if (parser.token == TOKEN_END)
            return expected(&parser, "identifier after ','");
    }
    label_requirements_sort(&selector);
    *ret_selector = selector;
    return 0;
}
