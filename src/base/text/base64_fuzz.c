/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <stdlib.h>

#include "base/text/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    auto_buffer struct buffer bytes = { 0 }, again = { 0 };
    if (base64_decode(text, &bytes)) {
        base64_encode(buffer_str(&bytes), &again);
        if (!str_equal(buffer_str(&again), text))
            abort(); /* strict decoding has one text for each bytes */
    }
    return 0;
}
