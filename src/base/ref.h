/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ref.h - an atomic reference count for objects that threads share read-only. */
#ifndef BASE_REF_H
#define BASE_REF_H

#include <stdatomic.h>
#include <stdbool.h>

struct ref {
    atomic_uint count;
};

static inline void ref_init(struct ref *ref)
{
    atomic_init(&ref->count, 1);
}

static inline void ref_get(struct ref *ref)
{
    atomic_fetch_add_explicit(&ref->count, 1, memory_order_relaxed);
}

/* True for the caller that gave back the last reference and must destroy the object. */
static inline bool ref_put(struct ref *ref)
{
    return atomic_fetch_sub_explicit(&ref->count, 1, memory_order_acq_rel) == 1;
}

#endif
