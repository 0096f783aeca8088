/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* int_or_string.h - a port, a count or a percentage: a number, or a text such as "http" or "25%". */
#ifndef API_INT_OR_STRING_H
#define API_INT_OR_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed, it is the number 0. */
struct int_or_string {
    const char *text; /* NULL: it is the number */
    int32_t number;
};

static inline bool int_or_string_is_text(const struct int_or_string *value)
{
    return value->text != NULL;
}

#endif
