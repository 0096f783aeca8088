/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* bytes.h - an immutable, refcounted run of bytes: encoded once, sent many times. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/ref.h"
#include "base/str.h"

struct bytes {
    struct ref ref;
    size_t size;
    char data[]; /* followed by a NUL that size does not count */
};

struct bytes *bytes_create(const void *data, size_t size); /* copies; data may be NULL to be filled before sharing */
struct bytes *bytes_ref(struct bytes *bytes);              /* safe from any thread; NULL stays NULL */
void bytes_unref(struct bytes *bytes);                     /* NULL is fine */

static inline struct str bytes_str(const struct bytes *bytes)
{
    return bytes == NULL ? (struct str){ 0 } : (struct str){ bytes->data, bytes->size };
}

#endif
