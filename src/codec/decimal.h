/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* decimal.h - the fewest decimal digits that read back as the same double, as Go writes numbers. Those who write them differ in when
 * they use an exponent, and in how. */
#ifndef CODEC_DECIMAL_H
#define CODEC_DECIMAL_H

#include <stdbool.h>

#include "base/buffer.h"

#define DECIMAL_DIGITS_MAX 17

struct decimal {
    bool negative;
    int exponent; /* of ten, at the first digit: 3 in 1500 */
    int count;
    char digits[DECIMAL_DIGITS_MAX + 1]; /* the first is 0 only in zero, the last never beside it */
};

struct decimal decimal_of(double value); /* finite */

void decimal_append_plain(const struct decimal *decimal, struct buffer *out); /* -1500, 0.00015 */
/* 1.5e+03; the exponent has at least so many digits. */
void decimal_append_scientific(const struct decimal *decimal, int exponent_digits, struct buffer *out);

#endif
