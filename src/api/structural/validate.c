/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate.c - whether a value is what its schema says, in the words of upstream's kube-openapi.
 *
 * A first walk only counts what is wrong; nearly always that is nothing. Only else a second one words it. Errors have two
 * paths: the field's, and within the sentence the one below the value that validation began with. Both walks also count what
 * fits ("matches"), by which upstream picks the alternative of anyOf and oneOf whose errors it shows. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/structural/checks.h"
#include "api/structural/validate.h"
#include "codec/decimal.h"
#include "codec/json.h"

#define DETAIL_MAX 2048

static const char *const type_names[] = { "", "object", "array", "string", "integer", "number", "boolean" };

static const struct field_at no_path = { .name = "<nil>" }; /* what Go prints for a path that is none */

/* The path below the base; upstream joins everything but indexes with dots. */
static void format_below(const struct field_at *base, const struct field_at *at, struct buffer *text)
{
    if (at == base || at == NULL)
        return;
    format_below(base, at->parent, text);
    if (at->name == NULL) {
        buffer_format(text, "[%zu]", at->index);
        return;
    }
    if (text->size > 0)
        buffer_append_char(text, '.');
    buffer_append_text(text, at->name);
}

const char *check_path(const struct check *check, const struct field_at *at, struct buffer *text)
{
    format_below(check->base, at, text);
    return text_or_empty(text->data);
}

static const struct field_at *place_of(const struct field_at *at)
{
    return at != NULL ? at : &no_path;
}

/* As Go's %v. */
void check_number_format(double value, char text[CHECK_NUMBER_SIZE])
{
    struct decimal decimal = decimal_of(value);
    auto_buffer struct buffer out = { .max = CHECK_NUMBER_SIZE };
    if (decimal.exponent < -4 || decimal.exponent >= 6)
        decimal_append_scientific(&decimal, 2, &out);
    else
        decimal_append_plain(&decimal, &out);
    snprintf(text, CHECK_NUMBER_SIZE, STR_FMT, STR_ARG(buffer_str(&out)));
}

/* A value as errors show it, when it is no string. */
static void append_shown(struct buffer *out, yyjson_val *value)
{
    struct structural_number number;
    char text[CHECK_NUMBER_SIZE];
    if (!structural_number_of(value, &number)) {
        json_append_value(out, value);
    } else if (number.is_integer) {
        buffer_append_int64(out, number.integer);
    } else {
        check_number_format(number.real, text);
        buffer_append_text(out, text);
    }
}

static void fail(struct check *check, const struct field_at *at, yyjson_val *value, const char *detail)
{
    if (value == NULL || yyjson_is_null(value)) {
        invalid_string(check->errors, place_of(at), "", "%s", detail);
    } else if (yyjson_is_str(value)) {
        invalid_string(check->errors, place_of(at), yyjson_get_str(value), "%s", detail);
    } else {
        auto_buffer struct buffer shown = { 0 };
        append_shown(&shown, value);
        invalid_raw(check->errors, place_of(at), text_or_empty(shown.data), "%s", detail);
    }
}

void check_fail(struct check *check, const struct field_at *at, yyjson_val *value, const char *format, ...)
{
    char detail[DETAIL_MAX];
    check->failures++;
    if (check->errors == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    fail(check, at, value, detail);
}

void check_fail_body(struct check *check, const struct field_at *at, yyjson_val *value, const char *format, ...)
{
    char detail[DETAIL_MAX];
    check->failures++;
    if (check->errors == NULL)
        return;
    auto_buffer struct buffer sentence = { 0 };
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    check_path(check, at, &sentence);
    buffer_format(&sentence, " in body %s", detail);
    fail(check, at, value, sentence.data);
}

static void fail_type(struct check *check, const struct field_at *at, const char *wanted, const char *got)
{
    check->failures++;
    if (check->errors == NULL)
        return;
    auto_buffer struct buffer path = { 0 }, quoted = { 0 };
    invalid_append_quoted(&quoted, got);
    invalid_type(check->errors, place_of(at), got, "%s in body must be of type %s: %s", check_path(check, at, &path),
                 wanted, quoted.data);
}

static enum structural_type type_of(yyjson_val *value)
{
    if (yyjson_is_str(value))
        return STRUCTURAL_STRING;
    if (yyjson_is_obj(value))
        return STRUCTURAL_OBJECT;
    if (yyjson_is_arr(value))
        return STRUCTURAL_ARRAY;
    if (yyjson_is_bool(value))
        return STRUCTURAL_BOOLEAN;
    struct structural_number number;
    if (!structural_number_of(value, &number))
        return STRUCTURAL_NUMBER; /* infinite */
    return number.is_integer ? STRUCTURAL_INTEGER : STRUCTURAL_NUMBER;
}

bool check_is_whole(double value)
{
    return isfinite(value) && fabs(value) <= 9007199254740991.0 &&
           (value == trunc(value) || fabs(value - trunc(value)) / (2 * fabs(value)) < 1e-9);
}

/* Upstream's type validator. Returns its matches. */
static size_t check_type(struct check *check, const struct structural_node *node, yyjson_val *value,
                         const struct field_at *at)
{
    bool typed = node->type != STRUCTURAL_UNTYPED || node->int_or_string;
    const char *format = node->checks != NULL ? node->checks->format_name : NULL;
    const char *wanted = node->int_or_string ? "integer,string" : type_names[node->type];
    if (yyjson_is_null(value)) {
        if (!typed || node->nullable)
            return 1;
        fail_type(check, at, wanted, "null");
        return 0;
    }
    if (!typed && format == NULL)
        return 0;
    enum structural_type type = type_of(value);
    bool integers = node->int_or_string || node->type == STRUCTURAL_INTEGER;
    bool fits = node->int_or_string ? type == STRUCTURAL_INTEGER || type == STRUCTURAL_STRING : type == node->type;
    struct structural_number number = { 0 };
    if (type == STRUCTURAL_NUMBER && integers)
        fits = structural_number_of(value, &number) && check_is_whole(number.real);
    if (type == STRUCTURAL_INTEGER && node->type == STRUCTURAL_NUMBER)
        fits = true;
    bool text_or_list = type == STRUCTURAL_STRING || type == STRUCTURAL_ARRAY;
    if (!text_or_list && format != NULL && !fits) {
        fail_type(check, at, format, type == STRUCTURAL_INTEGER ? "int64" : type == STRUCTURAL_NUMBER ? "float64" : "");
        return 1;
    }
    if (!integers && node->type != STRUCTURAL_NUMBER && format != NULL && text_or_list)
        return 2;
    if (fits)
        return 2;
    fail_type(check, at, wanted, type_names[type]);
    return 1;
}

static size_t count_runes(const char *text, size_t size)
{
    size_t runes = 0;
    for (size_t i = 0; i < size; i++)
        runes += ((unsigned char)text[i] & 0xc0) != 0x80;
    return runes;
}

static void check_string(struct check *check, const struct structural_checks *checks, yyjson_val *value,
                         const struct field_at *at)
{
    struct str text = { yyjson_get_str(value), yyjson_get_len(value) };
    if (checks->max_length != CHECK_UNSET || checks->min_length != CHECK_UNSET) {
        int64_t runes = (int64_t)count_runes(text.data, text.size);
        if (checks->max_length != CHECK_UNSET && runes > checks->max_length) {
            check->failures++;
            if (check->errors != NULL)
                invalid_too_long(check->errors, place_of(at),
                                 (size_t)(checks->max_length < 0 ? 0 : checks->max_length));
            return;
        }
        if (checks->min_length != CHECK_UNSET && runes < checks->min_length) {
            check_fail_body(check, at, value, "should be at least %lld chars long", (long long)checks->min_length);
            return;
        }
    }
    if (checks->pattern == NULL)
        return;
    if (checks->regex == NULL)
        check_fail_body(check, at, value, "should match '%s, but pattern is invalid: %s'", checks->pattern,
                        checks->regex_problem);
    else if (regex_matches(checks->regex, text, NULL) != 1)
        check_fail_body(check, at, value, "should match '%s'", checks->pattern);
}

static void check_format(struct check *check, const struct structural_checks *checks, yyjson_val *value,
                         const struct field_at *at)
{
    struct str text = { yyjson_get_str(value), yyjson_get_len(value) };
    if (checks->format != NULL && !checks->format->check(text))
        fail_type(check, at, checks->format_name, text.data);
}

static bool enum_holds(yyjson_val *allowed, yyjson_val *value)
{
    struct structural_number a, b;
    if (structural_number_of(allowed, &a) &&
        structural_number_of(value, &b)) /* Go converts to the allowed one's type */
        return a.is_integer ? a.integer == (b.is_integer ? b.integer : (int64_t)b.real) : a.real == b.real;
    return structural_equal(allowed, value);
}

static void check_enum(struct check *check, const struct structural_checks *checks, yyjson_val *value,
                       const struct field_at *at)
{
    yyjson_arr_iter allowed = yyjson_arr_iter_with(checks->enumeration);
    for (yyjson_val *one; (one = yyjson_arr_iter_next(&allowed)) != NULL;)
        if (!yyjson_is_null(one) && enum_holds(one, value))
            return;
    check->failures++;
    if (check->errors == NULL)
        return;
    auto_arena struct arena scratch = { 0 };
    const char **texts = arena_new_array(&scratch, const char *, yyjson_arr_size(checks->enumeration) + 1);
    size_t count = 0;
    allowed = yyjson_arr_iter_with(checks->enumeration);
    for (yyjson_val *one; (one = yyjson_arr_iter_next(&allowed)) != NULL;) {
        auto_buffer struct buffer json = { 0 };
        json_append_value(&json, one);
        texts[count++] = yyjson_is_str(one) ? yyjson_get_str(one) : arena_strdup(&scratch, json.data);
    }
    if (yyjson_is_str(value)) {
        invalid_not_supported(check->errors, place_of(at), yyjson_get_str(value), texts);
        return;
    }
    auto_buffer struct buffer shown = { 0 };
    append_shown(&shown, value);
    invalid_not_supported_raw(check->errors, place_of(at), text_or_empty(shown.data), texts);
}

static void check_size(struct check *check, const struct field_at *at, int64_t size, int64_t max, int64_t min,
                       const char *what)
{
    if (min != CHECK_UNSET && size < min) {
        auto_buffer struct buffer path = { 0 };
        check->failures++;
        if (check->errors != NULL)
            invalid_number(check->errors, place_of(at), size, "%s in body should have at least %lld %s",
                           check_path(check, at, &path), (long long)min, what);
    }
    if (max != CHECK_UNSET && size > max) {
        check->failures++;
        if (check->errors != NULL)
            invalid_too_many(check->errors, place_of(at), (size_t)size, (size_t)(max < 0 ? 0 : max));
    }
}

/* Of an item of a list-map: its value, or the default. */
static yyjson_val *list_key(const struct structural_node *node, yyjson_val *item, const char *key)
{
    yyjson_val *value = yyjson_obj_get(item, key);
    const struct structural_node *property =
        value == NULL && node->items != NULL ? structural_property_find(node->items, str_of(key)) : NULL;
    return property != NULL ? property->fill_value : value;
}

yyjson_val *structural_find_item(const struct structural_node *list, yyjson_val *old, yyjson_val *item, size_t *hint)
{
    size_t count = yyjson_arr_size(old);
    if (list->list != STRUCTURAL_LIST_MAP || !yyjson_is_obj(item))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        yyjson_val *candidate = yyjson_arr_get(old, (*hint + i) % count);
        bool same = yyjson_is_obj(candidate);
        for (uint32_t k = 0; same && k < list->n_list_keys; k++) {
            yyjson_val *a = list_key(list, candidate, list->list_keys[k]);
            yyjson_val *b = list_key(list, item, list->list_keys[k]);
            same = a != NULL && b != NULL ? structural_equal(a, b) : a == b;
        }
        if (same) {
            *hint = (*hint + i + 1) % count;
            return candidate;
        }
    }
    return NULL;
}

static size_t check_array(struct check *check, const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                          const struct field_at *at)
{
    size_t matches = 1, index = 0, hint = 0;
    if (node->items != NULL) {
        yyjson_arr_iter items = yyjson_arr_iter_with(value);
        for (yyjson_val *item; (item = yyjson_arr_iter_next(&items)) != NULL; index++) {
            yyjson_val *old_item = yyjson_is_arr(old) ? structural_find_item(node, old, item, &hint) : NULL;
            matches += check_value(check, node->items, item, old_item, at_index(at, index));
        }
    }
    if (node->checks != NULL)
        check_size(check, at, (int64_t)yyjson_arr_size(value), node->checks->max_items, node->checks->min_items,
                   "items");
    return matches;
}

static size_t check_member(struct check *check, const struct structural_node *node, yyjson_val *key, yyjson_val *old,
                           const struct field_at *at)
{
    struct str name = { yyjson_get_str(key), yyjson_get_len(key) };
    const struct structural_node *member = structural_member_node(node, name);
    if (member != NULL) {
        yyjson_val *old_value = yyjson_is_obj(old) ? yyjson_obj_getn(old, name.data, name.size) : NULL;
        return check_value(check, member, yyjson_obj_iter_get_val(key), old_value, at_field(at, name.data));
    }
    auto_buffer struct buffer path = { 0 };
    if (node->additional == STRUCTURAL_ADDITIONAL_FALSE)
        check_fail(check, at, key, "%s.%s in body is a forbidden property", check_path(check, at, &path), name.data);
    return 0;
}

static size_t check_object(struct check *check, const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                           const struct field_at *at)
{
    const struct structural_checks *checks = node->checks;
    size_t matches = 0;
    if (checks != NULL)
        check_size(check, at, (int64_t)yyjson_obj_size(value), checks->max_properties, checks->min_properties,
                   "properties");
    if (node->n_properties > 0 || node->additional_node != NULL || node->additional == STRUCTURAL_ADDITIONAL_FALSE) {
        yyjson_obj_iter members = yyjson_obj_iter_with(value);
        for (yyjson_val *key; (key = yyjson_obj_iter_next(&members)) != NULL;)
            matches += check_member(check, node, key, old, at);
    }
    for (uint32_t i = 0; checks != NULL && i < checks->n_required; i++) {
        if (yyjson_obj_getn(value, checks->required[i].data, checks->required[i].size) != NULL)
            continue;
        check->failures++;
        if (check->errors != NULL)
            invalid_missing(check->errors, at_field(at, checks->required[i].data));
    }
    return matches;
}

/* All of upstream's validators of one node, in its order. */
size_t check_node(struct check *check, const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                  const struct field_at *at)
{
    const struct structural_checks *checks = node->checks;
    size_t matches = check_type(check, node, value, at);
    if (yyjson_is_null(value)) {
        if (checks != NULL && checks->enumeration != NULL)
            check_enum(check, checks, value, at);
        return matches;
    }
    matches += 4; /* the junctors' own and their turn, the enum's turn, the whole */
    if (checks != NULL && (checks->n_all_of | checks->n_any_of | checks->n_one_of || checks->not != NULL))
        matches += check_junctors(check, checks, value, old, at);
    if (yyjson_is_str(value)) {
        matches += 1 + (checks != NULL && checks->format != NULL);
        if (checks != NULL) {
            check_string(check, checks, value, at);
            check_format(check, checks, value, at);
        }
    } else if (yyjson_is_arr(value)) {
        matches += 1 + check_array(check, node, value, old, at);
    } else if (!yyjson_is_obj(value) && !yyjson_is_bool(value)) {
        matches += 2;
        check_number(check, node, value, at);
    }
    if (checks != NULL && checks->enumeration != NULL)
        check_enum(check, checks, value, at);
    if (yyjson_is_obj(value))
        matches += 1 + check_object(check, node, value, old, at);
    return matches;
}

size_t check_value(struct check *check, const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                   const struct field_at *at)
{
    struct check_mark mark = check_mark(check);
    size_t matches = check_node(check, node, value, old, at);
    if (old != NULL && check->failures > mark.failures && structural_equal(value, old))
        check_restore(check, &mark); /* it was wrong before, and is what it was */
    return matches;
}

static bool same_error(const struct api_invalid_error *a, const struct api_invalid_error *b)
{
    return strcmp(a->field, b->field) == 0 && strcmp(a->message, b->message) == 0;
}

/* The same place may be checked by several alternatives. */
static void drop_repeats(struct api_invalid *errors, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < errors->count; i++) {
        bool seen = false;
        for (size_t k = from; k < kept && !seen; k++)
            seen = same_error(&errors->errors[k], &errors->errors[i]);
        if (!seen)
            errors->errors[kept++] = errors->errors[i];
    }
    errors->total -= errors->count - kept;
    errors->count = kept;
}

void structural_validate(const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                         const struct field_at *at, struct api_invalid *errors)
{
    struct check check = { .base = at };
    if (node == NULL || value == NULL)
        return;
    check_value(&check, node, value, NULL, at);
    if (check.failures == 0)
        return;
    size_t from = errors->count;
    check = (struct check){ .base = at, .errors = errors };
    check_value(&check, node, value, old, at);
    drop_repeats(errors, from);
}
