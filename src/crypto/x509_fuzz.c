/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* As PEM, and as the DER within, which the fuzzer would hardly find behind base64. */
#include <openssl/x509.h>

#include "crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    struct x509_info info;
    struct str text = { (const char *)data, size };
    if (x509_parse(text, &arena, &info, NULL) < 0)
        (void)!x509_request_parse(text, &arena, &info, NULL);
    X509 *certificate = d2i_X509(NULL, &data, (long)size);
    if (certificate != NULL)
        (void)!x509_describe(certificate, &arena, &info, NULL);
    X509_free(certificate);
    return 0;
}
