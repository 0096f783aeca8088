/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* random.c - see random.h. */
#include "crypto/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_secret(void *bytes, size_t size)
{
    char *next = bytes;
    while (size > 0) {
        ssize_t count = getrandom(next, size, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            abort();
        next += count;
        size -= (size_t)count;
    }
}

void random_secret_text(char *text, size_t length)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < length;) {
        unsigned char byte;
        random_secret(&byte, 1);
        if (byte < 252) /* 7 * 36: above it the remainder would favour some letters */
            text[i++] = alphabet[byte % 36];
    }
    text[length] = '\0';
}
