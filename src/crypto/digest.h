/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* digest.h - SHA-256 of bytes that are in memory. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdint.h>

#include "base/str.h"

#define DIGEST_SHA256_SIZE     32
#define DIGEST_SHA256_HEX_SIZE 65 /* with the NUL */

void digest_sha256(struct str bytes, uint8_t digest[DIGEST_SHA256_SIZE]);
void digest_sha256_hex(struct str bytes, char text[DIGEST_SHA256_HEX_SIZE]); /* lower case */

#endif
