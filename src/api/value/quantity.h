/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* quantity.h - resource amounts such as "500m", "1.5Gi" or "10e6".
 *
 * A value, 16 bytes, no owner: mantissa * 10^exponent10 and the family of suffixes it was written
 * with. Nothing is smaller than one nano: smaller amounts are rounded away from zero. Upstream keeps any
 * number of digits; here digits beyond what 63 bits hold are rounded away from zero. */
#ifndef API_VALUE_QUANTITY_H
#define API_VALUE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum quantity_format {
    QUANTITY_DECIMAL_SI,       /* n u m "" k M G T P E */
    QUANTITY_BINARY_SI,        /* Ki Mi Gi Ti Pi Ei */
    QUANTITY_DECIMAL_EXPONENT, /* e3, e6, e-3 */
};

/* A zeroed struct is the amount 0. */
struct quantity {
    int64_t mantissa;
    int8_t exponent10; /* -9 and up */
    uint8_t format;    /* enum quantity_format */
    uint8_t point;     /* digits behind the point as it was written, where upstream keeps the text ("1.234") */
    bool set;          /* given, as opposed to absent */
};

#define QUANTITY_TEXT_SIZE 48
#define QUANTITY_TEXT_MAX  256 /* longer texts are refused */

/* Errors: -ERROR_SYNTAX with upstream's sentence. */
int quantity_parse(struct str text, struct quantity *ret_quantity, struct error *err) must_check;

/* Canonical text, as upstream writes it. */
void quantity_format(const struct quantity *quantity, char text[QUANTITY_TEXT_SIZE]);

struct quantity quantity_of(int64_t value, enum quantity_format format);
struct quantity quantity_of_milli(int64_t value, enum quantity_format format);

/* Rounded away from zero to whole units or thousandths; saturates at the ends of int64. */
int64_t quantity_value(const struct quantity *quantity);
int64_t quantity_milli_value(const struct quantity *quantity);
double quantity_double(const struct quantity *quantity);

/* True when the amount is a whole number that int64 holds. */
bool quantity_is_integer(const struct quantity *quantity);

int quantity_compare(const struct quantity *a, const struct quantity *b); /* -1, 0, 1 */
int quantity_sign(const struct quantity *quantity);
bool quantity_is_zero(const struct quantity *quantity);

/* In place; a zero takes the other's format. */
void quantity_add(struct quantity *quantity, const struct quantity *other);
void quantity_sub(struct quantity *quantity, const struct quantity *other);
void quantity_negate(struct quantity *quantity);

#endif
