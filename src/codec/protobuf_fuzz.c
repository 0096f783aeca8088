/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stddef.h>
#include <stdint.h>

#include "codec/protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str message = { (const char *)data, size };
    struct protobuf_field field;
    while (protobuf_read(&message, &field, NULL) > 0)
        continue;
    return 0;
}
