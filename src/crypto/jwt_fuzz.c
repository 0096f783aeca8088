/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "crypto/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_buffer struct buffer claims = { 0 };
    (void)!jwt_peek((struct str){ (const char *)data, size }, &claims, NULL);
    return 0;
}
