/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stdint.h>
#include <stdlib.h>

#include "codec/json_extent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    size_t extent = json_extent(text);
    if (extent > size || (extent > 0 && json_extent((struct str){ text.data, extent }) != extent) ||
        (extent > 0 && json_extent((struct str){ text.data, extent - 1 }) != 0))
        abort();
    return 0;
}
