/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    struct x509_info info;
    struct str text = { (const char *)data, size };
    if (x509_parse(text, &arena, &info, NULL) < 0)
        (void)!x509_request_parse(text, &arena, &info, NULL);
    return 0;
}
