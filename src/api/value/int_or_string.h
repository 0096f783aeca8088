/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* int_or_string.h - a number, or a text such as "25%" or a port's name. */
#ifndef API_VALUE_INT_OR_STRING_H
#define API_VALUE_INT_OR_STRING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* A value; the text belongs to whoever made it. A zeroed struct is the number 0. */
struct int_or_string {
    const char *text; /* not NULL: it is this text, and number means nothing */
    int32_t number;
};

static inline bool int_or_string_is_text(const struct int_or_string *value)
{
    return value->text != NULL;
}

#define INT_OR_STRING_TEXT_SIZE 12

static inline struct int_or_string int_or_string_of(int32_t number)
{
    return (struct int_or_string){ .number = number };
}

bool int_or_string_equal(const struct int_or_string *a, const struct int_or_string *b);

/* The text, or the number printed into 'space'. */
const char *int_or_string_text(const struct int_or_string *value, char space[INT_OR_STRING_TEXT_SIZE]);

/* "25%" as 25. False when it is no percentage. */
bool int_or_string_percent(const struct int_or_string *value, int32_t *ret_percent);

/* The number itself, or that share of 'total': of maxSurge (rounded up), maxUnavailable (rounded down).
 * Errors: -ERROR_INVALID when the text is no percentage. */
int int_or_string_scale(const struct int_or_string *value, int32_t total, bool round_up, int32_t *ret_number,
                        struct error *err) must_check;

#endif
