/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* random.h - bytes that nobody can guess, from the kernel: keys, tokens, serial numbers.
 * Everything else takes its randomness from the loop, so that runs can be repeated. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>

/* Cannot fail once the system has booted; aborts if it does, as no key is better than a bad one. */
void random_secret(void *bytes, size_t size);

/* 'length' characters of [a-z0-9] and a NUL, as in bootstrap tokens; a little over 5 bits each. */
void random_secret_text(char *text, size_t length);

#endif
