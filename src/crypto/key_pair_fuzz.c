/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "crypto/key_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is both texts, one after the other. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    (void)!key_pair_check(text, text, NULL);
    (void)!key_pair_check((struct str){ text.data, size / 2 }, str_skip(text, size / 2), NULL);
    return 0;
}
