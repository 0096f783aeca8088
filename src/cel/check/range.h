/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* range.h - from the least to the most that something may cost or measure; UINT64_MAX is without end. */
#ifndef CEL_CHECK_RANGE_H
#define CEL_CHECK_RANGE_H

#include <math.h>

#include "cel/cel.h"

static inline uint64_t saturating_add(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static inline uint64_t saturating_multiply(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* Rounded up. */
static inline uint64_t saturating_scale(uint64_t a, double factor)
{
    double scaled = ceil((double)a * factor);

    return scaled >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)scaled;
}

static inline struct cel_cost range_of(uint64_t min, uint64_t max)
{
    return (struct cel_cost){ min, max };
}

static inline struct cel_cost range_fixed(uint64_t value)
{
    return range_of(value, value);
}

static inline struct cel_cost range_unknown(void)
{
    return range_of(0, UINT64_MAX);
}

static inline struct cel_cost range_add(struct cel_cost a, struct cel_cost b)
{
    return range_of(saturating_add(a.min, b.min), saturating_add(a.max, b.max));
}

static inline struct cel_cost range_multiply(struct cel_cost a, struct cel_cost b)
{
    return range_of(saturating_multiply(a.min, b.min), saturating_multiply(a.max, b.max));
}

static inline struct cel_cost range_scale(struct cel_cost a, double factor)
{
    return range_of(saturating_scale(a.min, factor), saturating_scale(a.max, factor));
}

static inline struct cel_cost range_union(struct cel_cost a, struct cel_cost b)
{
    return range_of(a.min < b.min ? a.min : b.min, a.max > b.max ? a.max : b.max);
}

#endif
