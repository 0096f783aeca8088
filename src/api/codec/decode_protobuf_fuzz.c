/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stddef.h>
#include <stdint.h>

#include "api/codec.h"
#include "generated/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte picks the kind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct api_kind *kind = &api_kinds[data[0] % api_kind_count];
    auto_arena struct arena arena = { 0 };
    void *value = arena_zalloc(&arena, kind->type->size);
    if (api_decode_protobuf(kind->type, (struct str){ (const char *)data + 1, size - 1 }, &arena, value, NULL) < 0)
        return 0;
    auto_buffer struct buffer out = { 0 };
    api_encode_protobuf(kind->type, value, &out);
    return 0;
}
