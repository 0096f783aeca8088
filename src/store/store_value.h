/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store_value.h - the value of a record, which may lie within bytes that somebody else keeps anyway.
 *
 * The API server serves an object with its resourceVersion in it; the store keeps the same text without. One copy is
 * enough for both: the value is the first 'size' bytes but for a gap. Immutable; references may be dropped by any thread. */
#ifndef STORE_STORE_VALUE_H
#define STORE_STORE_VALUE_H

#include <stdint.h>

#include "base/bytes.h"

/* A zeroed one is no value. */
struct store_value {
    struct bytes *bytes; /* a reference */
    uint32_t size;       /* of the bytes that belong to it, the gap among them */
    uint32_t gap, gap_size;
};

struct store_value store_value_of(struct bytes *bytes); /* all of them; takes a reference of its own; NULL: no value */
struct store_value store_value_ref(struct store_value value);
void store_value_unref(struct store_value value);

static inline size_t store_value_size(struct store_value value)
{
    return value.size - value.gap_size;
}

/* One after the other they are the value; the second may be empty. */
struct store_value_parts {
    struct str head, tail;
};
struct store_value_parts store_value_parts(struct store_value value);

/* In one piece: the bytes themselves, or a copy. The caller's reference; NULL for no value. */
struct bytes *store_value_bytes(struct store_value value);

bool store_value_equal(struct store_value a, struct store_value b);

#endif
