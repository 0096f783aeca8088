/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate_number.c - ranges of formats, bounds and factors of numbers. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "api/structural/validate.h"

/* How sentences show a bound. */
static void show(const struct structural_number *bound, char text[CHECK_NUMBER_SIZE])
{
    if (bound->is_integer)
        snprintf(text, CHECK_NUMBER_SIZE, "%lld", (long long)bound->integer);
    else
        check_number_format(bound->real, text);
}

static bool fits_type(const struct structural_node *node, const struct structural_number *number)
{
    uint8_t format = node->checks->number_format;
    if (node->type == STRUCTURAL_INTEGER && !node->int_or_string) {
        bool whole = number->is_integer || (number->real == trunc(number->real) && fabs(number->real) < 9.2e18);
        return whole && (format != NUMBER_INT32 || (number->real >= INT32_MIN && number->real <= INT32_MAX));
    }
    return format != NUMBER_FLOAT || fabs(number->real) <= (double)FLT_MAX;
}

/* "Checked value must be of type integer with format int32 in spec.x": upstream gives it no field. */
static bool check_range(struct check *check, const struct structural_node *node, const struct structural_number *number,
                        const char *what, const struct field_at *at)
{
    static const char *const formats[] = { "", "int32", "int64", "float", "double" };
    const char *type = node->int_or_string                ? ""
                       : node->type == STRUCTURAL_INTEGER ? "integer"
                       : node->type == STRUCTURAL_NUMBER  ? "number"
                                                          : "";
    if (fits_type(node, number))
        return true;
    auto_buffer struct buffer path = { 0 };
    const char *format = formats[node->checks->number_format];
    if (format[0] != '\0')
        check_fail(check, NULL, NULL, "%s value must be of type %s with format %s in %s", what, type, format,
                   check_path(check, at, &path));
    else
        check_fail(check, NULL, NULL, "%s value must be of type %s (default format) in %s", what, type,
                   check_path(check, at, &path));
    return false;
}

/* The bound in the type that it is compared in: integers with integers. */
static struct structural_number bound_of(double bound, bool as_integer)
{
    struct structural_number number = { .real = bound };
    if (as_integer) {
        number.is_integer = true;
        number.integer = bound >= 9223372036854775807.0    ? INT64_MAX
                         : bound <= -9223372036854775808.0 ? INT64_MIN
                                                           : (int64_t)bound;
    }
    return number;
}

static int compare(const struct structural_number *value, const struct structural_number *bound)
{
    if (bound->is_integer)
        return value->integer < bound->integer ? -1 : value->integer > bound->integer;
    return value->real < bound->real ? -1 : value->real > bound->real;
}

static void check_bound(struct check *check, const struct structural_node *node, yyjson_val *value,
                        const struct structural_number *number, bool upper, const struct field_at *at)
{
    const struct structural_checks *checks = node->checks;
    double limit = upper ? checks->maximum : checks->minimum;
    bool exclusive = upper ? checks->exclusive_maximum : checks->exclusive_minimum;
    struct structural_number plain = { .real = limit };
    bool native = check_range(check, node, &plain, upper ? "Maximum boundary" : "Minimum boundary", at);
    struct structural_number bound = bound_of(limit, native && number->is_integer);
    char text[CHECK_NUMBER_SIZE];
    int order = compare(number, &bound);
    if (upper ? order < 0 : order > 0)
        return;
    if (order == 0 && !exclusive)
        return;
    show(&bound, text);
    check_fail_body(check, at, value, "should be %s than %s%s", upper ? "less" : "greater",
                    exclusive ? "" : "or equal to ", text);
}

static void check_multiple(struct check *check, const struct structural_node *node, yyjson_val *value,
                           const struct structural_number *number, const struct field_at *at)
{
    struct structural_number plain = { .real = node->checks->multiple };
    bool native = check_range(check, node, &plain, "MultipleOf", at);
    struct structural_number factor = bound_of(node->checks->multiple, native && number->is_integer);
    char text[CHECK_NUMBER_SIZE];
    bool positive = factor.is_integer ? factor.integer > 0 : factor.real > 0;
    if (!positive) {
        auto_buffer struct buffer path = { 0 };
        show(&factor, text);
        check->failures++;
        if (check->errors != NULL)
            invalid_raw(check->errors, at != NULL ? at : at_field(NULL, "<nil>"), text,
                        "factor MultipleOf declared for %s must be positive: %s", check_path(check, at, &path), text);
        return;
    }
    bool multiple = factor.is_integer ? number->integer % factor.integer == 0
                    : factor.real < 1 ? check_is_whole(1 / factor.real * number->real)
                                      : check_is_whole(number->real / factor.real);
    if (multiple)
        return;
    show(&factor, text);
    check_fail_body(check, at, value, "should be a multiple of %s", text);
}

void check_number(struct check *check, const struct structural_node *node, yyjson_val *value, const struct field_at *at)
{
    static const struct structural_checks none;
    struct structural_node bare;
    struct structural_number number = { 0 };
    if (!structural_number_of(value, &number))
        number.real = HUGE_VAL;
    if (node->checks == NULL) { /* integers have their range all the same */
        if (node->type != STRUCTURAL_INTEGER || number.is_integer)
            return;
        bare = *node;
        bare.checks = &none;
        node = &bare;
    }
    check_range(check, node, &number, "Checked", at);
    if (node->checks->has_multiple)
        check_multiple(check, node, value, &number, at);
    if (node->checks->has_minimum)
        check_bound(check, node, value, &number, false, at);
    if (node->checks->has_maximum)
        check_bound(check, node, value, &number, true, at);
}
