/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "crypto/key.h"
#include "crypto/p256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str der = { (const char *)data, size };
    key_unref(p256_parse_private(der));
    key_unref(p256_parse_public(der));
    return 0;
}
