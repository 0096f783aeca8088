/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* decimal.c - see decimal.h. */
#include "codec/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct decimal decimal_of(double value)
{
    struct decimal decimal = { .negative = signbit(value) };
    char text[40];
    double magnitude = fabs(value);
    int precision = 0;
    do
        snprintf(text, sizeof(text), "%.*e", precision, magnitude);
    while (strtod(text, NULL) != magnitude && ++precision < DECIMAL_DIGITS_MAX);
    const char *at = text;
    for (; *at != '\0' && *at != 'e'; at++)
        if (*at != '.' && decimal.count < DECIMAL_DIGITS_MAX)
            decimal.digits[decimal.count++] = *at;
    decimal.exponent = *at == 'e' ? (int)strtol(at + 1, NULL, 10) : 0;
    return decimal;
}

void decimal_append_plain(const struct decimal *decimal, struct buffer *out)
{
    if (decimal->negative)
        buffer_append_char(out, '-');
    if (decimal->exponent < 0)
        buffer_append_text(out, "0.");
    for (int i = -1; i > decimal->exponent; i--)
        buffer_append_char(out, '0');
    for (int i = 0; i < decimal->count || i <= decimal->exponent; i++) {
        if (i == decimal->exponent + 1 && i > 0)
            buffer_append_char(out, '.');
        buffer_append_char(out, i < decimal->count ? decimal->digits[i] : '0');
    }
}

void decimal_append_scientific(const struct decimal *decimal, int exponent_digits, struct buffer *out)
{
    int exponent = decimal->exponent;
    if (decimal->negative)
        buffer_append_char(out, '-');
    buffer_append_char(out, decimal->digits[0]);
    if (decimal->count > 1)
        buffer_format(out, ".%.*s", decimal->count - 1, decimal->digits + 1);
    buffer_format(out, "e%c%0*d", exponent < 0 ? '-' : '+', exponent_digits, abs(exponent));
}
