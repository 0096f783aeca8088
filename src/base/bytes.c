/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct bytes *bytes_create(const void *data, size_t size)
{
    struct bytes *bytes = memory_alloc(sizeof(*bytes) + size + 1);
    ref_init(&bytes->ref);
    bytes->size = size;
    if (data != NULL && size > 0)
        memcpy(bytes->data, data, size);
    bytes->data[size] = '\0';
    return bytes;
}

struct bytes *bytes_ref(struct bytes *bytes)
{
    if (bytes != NULL)
        ref_get(&bytes->ref);
    return bytes;
}

void bytes_unref(struct bytes *bytes)
{
    if (bytes != NULL && ref_put(&bytes->ref))
        free(bytes);
}
