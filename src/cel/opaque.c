/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* opaque.c - equality of the values that libraries make. */
#include "cel/value.h"

bool cel_opaque_equal(const struct cel_value *a, const struct cel_value *b)
{
    return a->opaque == b->opaque;
}

uint64_t cel_format_pattern_size(const struct cel_value *format)
{
    (void)format;
    return 1;
}
