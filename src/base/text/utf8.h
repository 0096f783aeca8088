/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* utf8.h - code points of texts; a byte that is no UTF-8 counts as one. */
#ifndef BASE_TEXT_UTF8_H
#define BASE_TEXT_UTF8_H

#include "base/buffer.h"
#include "base/str.h"

#define UTF8_INVALID 0xfffdu

/* Bytes of the code point at the front of a text that is not empty; 0 when there is none (overlong forms, surrogates). */
size_t utf8_length(struct str text);
/* The same, 1 for what is none; 0 of an empty text. */
size_t utf8_size(struct str text);
uint32_t utf8_decode(struct str text); /* UTF8_INVALID for what is none */
size_t utf8_count(struct str text);    /* exact for what is UTF-8 */
bool utf8_valid(struct str text);
void utf8_append(struct buffer *out, uint32_t point);

/* The byte where the code point number 'index' begins; the size when there are not so many. */
size_t utf8_offset(struct str text, size_t index);

#endif
