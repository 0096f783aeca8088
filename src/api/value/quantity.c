/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* quantity.c - parsing, canonical text and arithmetic of resource amounts.
 *
 * Everything is computed in 128 bits and reduced to 63 at the end; the largest product is
 * 19 digits times 2^60, which stays below 2^127. */
#include "api/value/quantity.h"

#include <limits.h>
#include <stdio.h>

typedef unsigned __int128 uint128;

#define EXPONENT_MIN  (-9)
#define MAGNITUDE_MAX 120 /* digits in front of the point; upstream has no limit */
#define DIGITS_MAX    19

struct suffix {
    const char *text;
    int8_t base;
    int8_t exponent;
};

static const struct suffix suffixes[] = {
    { "n", 10, -9 }, { "u", 10, -6 }, { "m", 10, -3 }, { "", 10, 0 },   { "k", 10, 3 },  { "M", 10, 6 },
    { "G", 10, 9 },  { "T", 10, 12 }, { "P", 10, 15 }, { "E", 10, 18 }, { "Ki", 2, 10 }, { "Mi", 2, 20 },
    { "Gi", 2, 30 }, { "Ti", 2, 40 }, { "Pi", 2, 50 }, { "Ei", 2, 60 },
};

/* Digits as they stand in the text. */
struct number {
    uint128 digits;
    int exponent; /* of ten */
    int point;    /* digits behind the point */
    int length;   /* of all digits without leading zeros in front of the point */
    bool inexact; /* further digits, not all zero, were cut */
    bool negative;
    bool leading_zero; /* as upstream sees the digits when it asks whether the text is canonical */
    bool ends_in_000;
};

static void number_push(struct number *number, int digit)
{
    if (number->digits >= (uint128)1000000000000000000u * 10) { /* DIGITS_MAX digits are there */
        number->inexact |= digit != 0;
        number->exponent++;
        return;
    }
    number->digits = number->digits * 10 + (unsigned)digit;
}

/* Reads sign, digits, point, digits; moves *text behind them. */
static void number_read(struct str *text, struct number *number)
{
    size_t at = 0;
    int zeros = 0;

    if (at < text->size && (text->data[at] == '-' || text->data[at] == '+'))
        number->negative = text->data[at++] == '-';
    while (at < text->size && text->data[at] == '0')
        at++;
    size_t start = at;
    for (; at < text->size && text->data[at] >= '0' && text->data[at] <= '9'; at++) {
        number_push(number, text->data[at] - '0');
        zeros = text->data[at] == '0' ? zeros + 1 : 0;
    }
    number->length = (int)(at - start);
    if (number->length == 0) {
        number->length = 1;
        number->leading_zero = true;
        zeros = 1;
    }
    if (at < text->size && text->data[at] == '.') {
        for (at++; at < text->size && text->data[at] >= '0' && text->data[at] <= '9'; at++) {
            number_push(number, text->data[at] - '0');
            number->exponent--;
            number->point++;
            zeros = text->data[at] == '0' ? zeros + 1 : 0;
        }
    }
    number->length += number->point;
    number->ends_in_000 = zeros >= 3;
    *text = str_skip(*text, at);
}

/* What follows the number: letters, an optional sign, digits, and nothing else. */
static bool suffix_shape(struct str text)
{
    size_t at = 0;

    while (at < text.size && strchr("eEinumkKMGTP", text.data[at]) != NULL && text.data[at] != '\0')
        at++;
    if (at < text.size && (text.data[at] == '-' || text.data[at] == '+'))
        at++;
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at == text.size;
}

static bool suffix_find(struct str text, struct suffix *ret_suffix, enum quantity_format *ret_format)
{
    for (size_t i = 0; i < countof(suffixes); i++) {
        if (!str_is(text, suffixes[i].text))
            continue;
        *ret_suffix = suffixes[i];
        *ret_format = suffixes[i].base == 2 ? QUANTITY_BINARY_SI : QUANTITY_DECIMAL_SI;
        return true;
    }
    if (text.size < 2 || (text.data[0] != 'e' && text.data[0] != 'E'))
        return false;

    int64_t exponent = 0;
    text = str_skip(text, text.data[1] == '+' ? 2 : 1);
    if (!str_to_int64(text, &exponent) || exponent > MAGNITUDE_MAX)
        return false;
    ret_suffix->base = 10;
    ret_suffix->exponent = (int8_t)(exponent < -MAGNITUDE_MAX ? -MAGNITUDE_MAX : exponent);
    *ret_format = QUANTITY_DECIMAL_EXPONENT;
    return true;
}

/* value * 10^exponent with the smallest exponent that is allowed and fits, rounded away from zero. */
static void reduce(uint128 value, int exponent, bool inexact, bool negative, struct quantity *quantity)
{
    while (exponent < EXPONENT_MIN || value + inexact > INT64_MAX) {
        if (value == 0 && !inexact)
            break;
        inexact |= value % 10 != 0;
        value /= 10;
        exponent++;
    }
    value += inexact;
    if (value == 0)
        exponent = 0;
    if (exponent > INT8_MAX) { /* only texts of more than a hundred digits get there */
        value = INT64_MAX;
        exponent = INT8_MAX;
    }
    quantity->mantissa = negative ? -(int64_t)value : (int64_t)value;
    quantity->exponent10 = (int8_t)exponent;
}

/* 10^power, saturating. */
static uint128 power_of_ten(int power)
{
    uint128 value = 1;

    if (power > 38)
        return ~(uint128)0;
    while (power-- > 0)
        value *= 10;
    return value;
}

/* Whole units of a non-negative amount, rounded up; anything that int64 cannot hold is INT64_MAX. */
static uint128 magnitude(const struct quantity *quantity, int exponent, bool *ret_exact)
{
    uint128 value = quantity->mantissa < 0 ? -(uint128)quantity->mantissa : (uint128)quantity->mantissa;
    int shift = quantity->exponent10 - exponent;

    *ret_exact = true;
    if (shift >= 0) {
        uint128 factor = power_of_ten(shift);
        if (value != 0 && factor > INT64_MAX / value) {
            *ret_exact = false;
            return INT64_MAX;
        }
        return value * factor;
    }
    uint128 factor = power_of_ten(-shift);
    *ret_exact = value % factor == 0;
    return value / factor + (*ret_exact ? 0 : 1);
}

/* How many digits stand in front of the point. */
static int magnitude_of(const struct quantity *quantity)
{
    int digits = quantity->exponent10;

    for (int64_t rest = quantity->mantissa; rest != 0; rest /= 10)
        digits++;
    return digits;
}

int quantity_parse(struct str text, struct quantity *ret_quantity, struct error *err)
{
    struct number number = { 0 };
    struct suffix suffix = { 0 };
    enum quantity_format format = QUANTITY_DECIMAL_SI;
    struct str rest = text;

    if (text.size == 0 || text.size > QUANTITY_TEXT_MAX)
        goto wrong;
    number_read(&rest, &number);
    if (!suffix_shape(rest))
        goto wrong;
    if (!suffix_find(rest, &suffix, &format)) /* no digits at all is 0 to upstream */
        return error_set(err, ERROR_SYNTAX, "unable to parse quantity's suffix");

    struct quantity quantity = { .format = (uint8_t)format, .set = true };
    int exponent = number.exponent;
    uint128 value = number.digits;
    if (suffix.base == 2)
        value <<= suffix.exponent;
    else
        exponent += suffix.exponent;
    reduce(value, exponent, number.inexact, number.negative, &quantity);

    if (magnitude_of(&quantity) > MAGNITUDE_MAX)
        return error_set(err, ERROR_SYNTAX, "unable to parse quantity's suffix");
    bool exact = false;
    if (format == QUANTITY_BINARY_SI) {
        uint128 whole = magnitude(&quantity, 0, &exact);
        if (whole >= INT64_MAX) {
            quantity.mantissa = number.negative ? -INT64_MAX : INT64_MAX;
            quantity.exponent10 = 0;
        } else if (whole == 1 && !exact) {
            quantity.format = QUANTITY_DECIMAL_SI;
        }
    }
    /* Upstream keeps the text of what looks canonical at first sight: "1.234" stays, "1.5" becomes 1500m. */
    if (suffix.base == 10 && number.point > 0 && number.length <= 18 && exponent >= EXPONENT_MIN && exponent % 3 == 0 &&
        !number.ends_in_000 && !number.leading_zero)
        quantity.point = (uint8_t)number.point;
    *ret_quantity = quantity;
    return 0;

wrong:
    return error_set(err, ERROR_SYNTAX,
                     "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

static const char *suffix_text(int base, int exponent)
{
    for (size_t i = 0; i < countof(suffixes); i++)
        if (suffixes[i].base == base && suffixes[i].exponent == exponent)
            return suffixes[i].text;
    return NULL;
}

/* At the end of 'room'; "" for 0. Most numbers are small, and division of wide ones is slow. */
static const char *digits_of(uint128 value, char room[QUANTITY_TEXT_SIZE])
{
    size_t at = QUANTITY_TEXT_SIZE;
    room[--at] = '\0';
    for (; value > UINT64_MAX; value /= 10)
        room[--at] = (char)('0' + (int)(value % 10));
    for (uint64_t rest = (uint64_t)value; rest != 0; rest /= 10)
        room[--at] = (char)('0' + (int)(rest % 10));
    return room + at;
}

/* Number and decimal suffix; a mantissa of 19 digits may get two zeros more. */
static void format_decimal(__int128 mantissa, int exponent, enum quantity_format format, char text[QUANTITY_TEXT_SIZE])
{
    while (mantissa % 10 == 0) {
        mantissa /= 10;
        exponent++;
    }
    while (exponent % 3 != 0) {
        mantissa *= 10;
        exponent--;
    }

    char room[QUANTITY_TEXT_SIZE];
    bool negative = mantissa < 0;
    const char *digits = digits_of(negative ? (uint128)-mantissa : (uint128)mantissa, room);
    const char *suffix = format == QUANTITY_DECIMAL_SI ? suffix_text(10, exponent) : NULL;
    if (suffix != NULL)
        (void)text_join(text, QUANTITY_TEXT_SIZE, negative ? "-" : "", digits, suffix, NULL);
    else if (exponent == 0)
        (void)text_join(text, QUANTITY_TEXT_SIZE, negative ? "-" : "", digits, NULL);
    else
        snprintf(text, QUANTITY_TEXT_SIZE, "%s%se%d", negative ? "-" : "", digits, exponent);
}

/* As written: the point stays where it was. */
static void format_with_point(const struct quantity *quantity, char text[QUANTITY_TEXT_SIZE])
{
    char digits[QUANTITY_TEXT_SIZE];
    int exponent = quantity->exponent10 + quantity->point;
    int64_t value = quantity->mantissa < 0 ? -quantity->mantissa : quantity->mantissa;
    int length = snprintf(digits, sizeof(digits), "%0*lld", quantity->point + 1, (long long)value);
    int front = length - quantity->point;
    char suffix[16] = "";

    if (quantity->format == QUANTITY_DECIMAL_SI)
        snprintf(suffix, sizeof(suffix), "%s", text_or_empty(suffix_text(10, exponent)));
    else if (exponent != 0)
        snprintf(suffix, sizeof(suffix), "e%d", exponent);
    snprintf(text, QUANTITY_TEXT_SIZE, "%s%.*s.%s%s", quantity->mantissa < 0 ? "-" : "", front, digits, digits + front,
             suffix);
}

void quantity_format(const struct quantity *quantity, char text[QUANTITY_TEXT_SIZE])
{
    if (quantity->mantissa == 0) {
        snprintf(text, QUANTITY_TEXT_SIZE, "0");
        return;
    }
    if (quantity->point > 0) {
        format_with_point(quantity, text);
        return;
    }
    if (quantity->format == QUANTITY_BINARY_SI) {
        bool exact = false;
        uint128 value = magnitude(quantity, 0, &exact);
        if (exact && value >= 1024) {
            int exponent = 0;
            while (value % 1024 == 0 && exponent < 60) {
                value /= 1024;
                exponent += 10;
            }
            char digits[QUANTITY_TEXT_SIZE];
            (void)text_join(text, QUANTITY_TEXT_SIZE, quantity->mantissa < 0 ? "-" : "", digits_of(value, digits),
                            exponent == 0 ? "" : suffix_text(2, exponent), NULL);
            return;
        }
    }
    enum quantity_format format = quantity->format == QUANTITY_BINARY_SI ? QUANTITY_DECIMAL_SI : quantity->format;
    format_decimal(quantity->mantissa, quantity->exponent10, format, text);
}

struct quantity quantity_of(int64_t value, enum quantity_format format)
{
    return (struct quantity){ .mantissa = value, .format = (uint8_t)format, .set = true };
}

struct quantity quantity_of_milli(int64_t value, enum quantity_format format)
{
    return (struct quantity){ .mantissa = value, .exponent10 = -3, .format = (uint8_t)format, .set = true };
}

static int64_t scaled_value(const struct quantity *quantity, int exponent)
{
    bool exact = false;
    uint128 value = magnitude(quantity, exponent, &exact);

    if (value > INT64_MAX)
        value = INT64_MAX;
    return quantity->mantissa < 0 ? -(int64_t)value : (int64_t)value;
}

int64_t quantity_value(const struct quantity *quantity)
{
    return scaled_value(quantity, 0);
}

int64_t quantity_milli_value(const struct quantity *quantity)
{
    return scaled_value(quantity, -3);
}

double quantity_double(const struct quantity *quantity)
{
    double value = (double)quantity->mantissa;

    for (int i = 0; i < quantity->exponent10; i++)
        value *= 10;
    double divisor = 1;
    for (int i = quantity->exponent10; i < 0; i++)
        divisor *= 10;
    return value / divisor;
}

bool quantity_is_integer(const struct quantity *quantity)
{
    bool exact = false;

    (void)magnitude(quantity, 0, &exact);
    return exact;
}

int quantity_sign(const struct quantity *quantity)
{
    return (quantity->mantissa > 0) - (quantity->mantissa < 0);
}

bool quantity_is_zero(const struct quantity *quantity)
{
    return quantity->mantissa == 0;
}

int quantity_compare(const struct quantity *a, const struct quantity *b)
{
    int sign_a = quantity_sign(a);
    int sign_b = quantity_sign(b);

    if (sign_a != sign_b)
        return sign_a < sign_b ? -1 : 1;
    if (sign_a == 0)
        return 0;

    uint128 left = sign_a < 0 ? -(uint128)a->mantissa : (uint128)a->mantissa;
    uint128 right = sign_a < 0 ? -(uint128)b->mantissa : (uint128)b->mantissa;
    int shift = a->exponent10 - b->exponent10;
    /* A shift of more than 19 places outweighs any mantissa of the other side. */
    if (shift > DIGITS_MAX)
        return sign_a;
    if (shift < -DIGITS_MAX)
        return -sign_a;
    if (shift > 0)
        left *= power_of_ten(shift);
    else
        right *= power_of_ten(-shift);
    if (left == right)
        return 0;
    return left < right ? -sign_a : sign_a;
}

static void add_signed(struct quantity *quantity, const struct quantity *other, bool negate)
{
    if (quantity->mantissa == 0) {
        quantity->format = other->format;
        quantity->exponent10 = other->exponent10;
    }
    quantity->point = 0;
    quantity->set = true;
    if (other->mantissa == 0)
        return;

    __int128 left = quantity->mantissa;
    __int128 right = negate ? -(__int128)other->mantissa : (__int128)other->mantissa;
    int exponent = quantity->exponent10;
    /* Bring both to the smaller exponent; where that cannot fit, the smaller amount is below the last kept digit. */
    if (other->exponent10 < exponent) {
        int shift = exponent - other->exponent10;
        if (shift > DIGITS_MAX) {
            right = right < 0 ? -1 : 1;
            left *= (__int128)power_of_ten(DIGITS_MAX);
            exponent -= DIGITS_MAX;
        } else {
            left *= (__int128)power_of_ten(shift);
            exponent = other->exponent10;
        }
    } else if (other->exponent10 > exponent) {
        int shift = other->exponent10 - exponent;
        if (shift > DIGITS_MAX) {
            left = left < 0 ? -1 : left > 0;
            right *= (__int128)power_of_ten(DIGITS_MAX);
            exponent = other->exponent10 - DIGITS_MAX;
        } else {
            right *= (__int128)power_of_ten(shift);
        }
    }

    __int128 sum = left + right;
    bool negative = sum < 0;
    reduce(negative ? -(uint128)sum : (uint128)sum, exponent, false, negative, quantity);
}

void quantity_add(struct quantity *quantity, const struct quantity *other)
{
    add_signed(quantity, other, false);
}

void quantity_sub(struct quantity *quantity, const struct quantity *other)
{
    add_signed(quantity, other, true);
}

void quantity_negate(struct quantity *quantity)
{
    quantity->mantissa = quantity->mantissa == INT64_MIN ? INT64_MAX : -quantity->mantissa;
}
