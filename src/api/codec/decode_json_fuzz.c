/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "api/codec.h"
#include "generated/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte picks the kind. What was read is written, and read and written the same again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct api_kind *kind = &api_kinds[data[0] % api_kind_count];
    auto_arena struct arena arena = { 0 };
    void *value = arena_zalloc(&arena, kind->type->size);
    struct api_strict_errors strict;
    if (api_decode_json(kind->type, (struct str){ (const char *)data + 1, size - 1 }, &arena, value, &strict, NULL) < 0)
        return 0;
    auto_buffer struct buffer once = { 0 }, twice = { 0 };
    api_encode_json(kind->type, kind, value, &once);
    value = arena_zalloc(&arena, kind->type->size);
    if (api_decode_json(kind->type, buffer_str(&once), &arena, value, &strict, NULL) < 0 || strict.count > 0)
        abort();
    api_encode_json(kind->type, kind, value, &twice);
    if (!str_equal(buffer_str(&once), buffer_str(&twice)))
        abort();
    return 0;
}
