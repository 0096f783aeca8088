/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* yaml_scalar.c - resolving plain scalars: null, booleans, numbers in several bases, timestamps. */
#include "codec/yaml_scalar.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define NUMBER_TEXT_MAX 128

struct word {
    const char *text;
    struct yaml_scalar scalar;
};

#define TRUE_WORD(text)                             \
    {                                               \
        text,                                       \
        {                                           \
            .kind = YAML_KIND_BOOL, .boolean = true \
        }                                           \
    }
#define FALSE_WORD(text)                             \
    {                                                \
        text,                                        \
        {                                            \
            .kind = YAML_KIND_BOOL, .boolean = false \
        }                                            \
    }
#define NULL_WORD(text)            \
    {                              \
        text,                      \
        {                          \
            .kind = YAML_KIND_NULL \
        }                          \
    }
#define FLOAT_WORD(text, value)                        \
    {                                                  \
        text,                                          \
        {                                              \
            .kind = YAML_KIND_FLOAT, .number = (value) \
        }                                              \
    }

/* clang-format off */
static const struct word words[] = {
    NULL_WORD(""), NULL_WORD("~"), NULL_WORD("null"), NULL_WORD("Null"), NULL_WORD("NULL"),
    TRUE_WORD("y"), TRUE_WORD("Y"), TRUE_WORD("yes"), TRUE_WORD("Yes"), TRUE_WORD("YES"),
    TRUE_WORD("true"), TRUE_WORD("True"), TRUE_WORD("TRUE"), TRUE_WORD("on"), TRUE_WORD("On"), TRUE_WORD("ON"),
    FALSE_WORD("n"), FALSE_WORD("N"), FALSE_WORD("no"), FALSE_WORD("No"), FALSE_WORD("NO"),
    FALSE_WORD("false"), FALSE_WORD("False"), FALSE_WORD("FALSE"), FALSE_WORD("off"), FALSE_WORD("Off"),
    FALSE_WORD("OFF"),
    FLOAT_WORD(".nan", NAN), FLOAT_WORD(".NaN", NAN), FLOAT_WORD(".NAN", NAN),
    FLOAT_WORD(".inf", INFINITY), FLOAT_WORD(".Inf", INFINITY), FLOAT_WORD(".INF", INFINITY),
    FLOAT_WORD("+.inf", INFINITY), FLOAT_WORD("+.Inf", INFINITY), FLOAT_WORD("+.INF", INFINITY),
    FLOAT_WORD("-.inf", -INFINITY), FLOAT_WORD("-.Inf", -INFINITY), FLOAT_WORD("-.INF", -INFINITY),
    { "<<", { .kind = YAML_KIND_MERGE } },
};
/* clang-format on */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits of the text from 'at' on, at least 'min' and at most 'max' of them; moves *at. */
static bool take_digits(struct str text, size_t *at, size_t min, size_t max)
{
    size_t count = 0;

    while (*at < text.size && count < max && is_digit(text.data[*at])) {
        ++*at;
        count++;
    }
    return count >= min;
}

static bool take_byte(struct str text, size_t *at, char c)
{
    if (*at == text.size || text.data[*at] != c)
        return false;
    ++*at;
    return true;
}

/* YYYY-M-D, also with a time of day, a fraction and a zone. */
static bool is_timestamp(struct str text)
{
    size_t at = 0;

    if (!take_digits(text, &at, 4, 4) || !take_byte(text, &at, '-') || !take_digits(text, &at, 1, 2) ||
        !take_byte(text, &at, '-') || !take_digits(text, &at, 1, 2))
        return false;
    if (at == text.size)
        return true;
    if (!take_byte(text, &at, 'T') && !take_byte(text, &at, 't') && !take_byte(text, &at, ' '))
        return false;
    if (!take_digits(text, &at, 1, 2) || !take_byte(text, &at, ':') || !take_digits(text, &at, 1, 2) ||
        !take_byte(text, &at, ':') || !take_digits(text, &at, 1, 2))
        return false;
    if (take_byte(text, &at, '.') && !take_digits(text, &at, 1, 9))
        return false;
    if (at == text.size || (at + 1 == text.size && text.data[at] == 'Z'))
        return true;
    if (!take_byte(text, &at, '+') && !take_byte(text, &at, '-'))
        return false;
    return take_digits(text, &at, 1, 2) && take_byte(text, &at, ':') && take_digits(text, &at, 2, 2) && at == text.size;
}

static int base_of(struct str *digits)
{
    static const struct {
        const char *prefix;
        int base;
    } prefixes[] = { { "0x", 16 }, { "0X", 16 }, { "0b", 2 }, { "0B", 2 }, { "0o", 8 }, { "0O", 8 } };

    for (size_t i = 0; i < countof(prefixes); i++) {
        if (str_starts(*digits, str_of(prefixes[i].prefix))) {
            *digits = str_skip(*digits, 2);
            return prefixes[i].base;
        }
    }
    if (digits->size > 1 && digits->data[0] == '0') {
        *digits = str_skip(*digits, 1);
        return 8;
    }
    return 10;
}

static int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

static bool parse_integer(struct str text, struct yaml_scalar *scalar)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t value = 0;

    if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = str_skip(text, 1);
    int base = base_of(&text);
    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int digit = digit_value(text.data[i]);
        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    if (negative && value > (uint64_t)INT64_MAX + 1)
        return false;
    scalar->kind = !negative && value > INT64_MAX ? YAML_KIND_UINT : YAML_KIND_INT;
    scalar->natural = value;
    scalar->integer = negative ? (int64_t)-value : (int64_t)value;
    return true;
}

/* [-+]? (.D+ | D+ (.D*)?) ([eE][-+]?D+)? */
static bool is_float(struct str text)
{
    size_t at = 0;

    if (!take_byte(text, &at, '-'))
        (void)take_byte(text, &at, '+');
    bool whole = take_digits(text, &at, 1, SIZE_MAX);
    if (take_byte(text, &at, '.') && !take_digits(text, &at, whole ? 0 : 1, SIZE_MAX))
        return false;
    if (!whole && (at == 0 || !is_digit(text.data[at - 1])))
        return false;
    if (take_byte(text, &at, 'e') || take_byte(text, &at, 'E')) {
        if (!take_byte(text, &at, '-'))
            (void)take_byte(text, &at, '+');
        if (!take_digits(text, &at, 1, SIZE_MAX))
            return false;
    }
    return at == text.size && at > 0;
}

void yaml_scalar_resolve(struct str text, struct yaml_scalar *ret_scalar)
{
    struct yaml_scalar scalar = { .kind = YAML_KIND_STRING };
    char plain[NUMBER_TEXT_MAX];
    size_t size = 0;

    for (size_t i = 0; i < countof(words); i++) {
        if (str_is(text, words[i].text)) {
            *ret_scalar = words[i].scalar;
            return;
        }
    }
    bool number = text.size > 0 && text.size < NUMBER_TEXT_MAX &&
                  (is_digit(text.data[0]) || text.data[0] == '-' || text.data[0] == '+' || text.data[0] == '.');
    if (number && is_timestamp(text)) {
        scalar.kind = YAML_KIND_TIMESTAMP;
    } else if (number) {
        for (size_t i = 0; i < text.size; i++)
            if (text.data[i] != '_')
                plain[size++] = text.data[i];
        plain[size] = '\0';
        struct str digits = { plain, size };
        if (!(text.data[0] != '.' && parse_integer(digits, &scalar)) && is_float(digits)) {
            scalar.kind = YAML_KIND_FLOAT;
            scalar.number = strtod(plain, NULL);
        }
    }
    *ret_scalar = scalar;
}

bool yaml_scalar_is_base60(struct str text)
{
    size_t at = 0;
    size_t groups = 0;

    if (!take_byte(text, &at, '-'))
        (void)take_byte(text, &at, '+');
    if (!take_digits(text, &at, 1, SIZE_MAX))
        return false;
    while (take_byte(text, &at, ':')) {
        if (!take_digits(text, &at, 1, 2))
            return false;
        groups++;
    }
    if (groups == 0)
        return false;
    if (take_byte(text, &at, '.'))
        (void)take_digits(text, &at, 0, SIZE_MAX);
    return at == text.size;
}
