/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "crypto/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/text/base64.h"

void digest_sha256(struct str bytes, uint8_t digest[DIGEST_SHA256_SIZE])
{
    if (EVP_Digest(bytes.data, bytes.size, digest, NULL, EVP_sha256(), NULL) != 1)
        abort(); /* the algorithm is built in; only memory can be missing */
}

void digest_sha256_hex(struct str bytes, char text[DIGEST_SHA256_HEX_SIZE])
{
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(bytes, digest);
    hex_encode((struct str){ (const char *)digest, sizeof(digest) }, text);
}
