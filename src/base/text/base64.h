/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* base64.h - bytes as text: base64 and base64url (RFC 4648), and lower-case hexadecimal. */
#ifndef BASE_TEXT_BASE64_H
#define BASE_TEXT_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/str.h"

void base64_encode(struct str bytes, struct buffer *text);    /* with padding, as JSON's []byte */
void base64url_encode(struct str bytes, struct buffer *text); /* without padding, as in JWTs */

/* Appends the bytes. Strict: nothing but the alphabet (line breaks too are refused), the right padding
 * (none for the url form), no stray bits at the end. False: not such a text, or the buffer is full. */
bool base64_decode(struct str text, struct buffer *bytes);
bool base64url_decode(struct str text, struct buffer *bytes);

#define HEX_TEXT_SIZE(size) (2 * (size) + 1)
void hex_encode(struct str bytes, char *text);                 /* HEX_TEXT_SIZE(bytes.size) characters with the NUL */
bool hex_decode(struct str text, uint8_t *bytes, size_t size); /* exactly 'size' bytes; either case */

#endif
