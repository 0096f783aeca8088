/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* uuid.c - see uuid.h. */
#include "base/text/uuid.h"

#include <string.h>

void uuid_format(const uint8_t random_bytes[16], char text[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    memcpy(bytes, random_bytes, sizeof(bytes));
    bytes[6] = (uint8_t)(0x40 | (bytes[6] & 0x0f)); /* version 4 */
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f)); /* variant of RFC 4122 */
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

void uuid_generate(struct random *random, char text[UUID_TEXT_SIZE])
{
    uint64_t words[2] = { random_next(random), random_next(random) };
    uint8_t bytes[16];
    memcpy(bytes, words, sizeof(bytes));
    uuid_format(bytes, text);
}
