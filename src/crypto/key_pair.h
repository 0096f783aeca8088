/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* key_pair.h - do a certificate and a private key belong together? In the words of Go's TLS library, which clients know. */
#ifndef CRYPTO_KEY_PAIR_H
#define CRYPTO_KEY_PAIR_H

#include "base/error.h"
#include "base/str.h"

/* PEM with anything around it: the first certificate and the first private key count. -ERROR_INVALID. */
int key_pair_check(struct str certificate_pem, struct str key_pem, struct error *err) must_check;

#endif
