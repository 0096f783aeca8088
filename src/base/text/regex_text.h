/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* regex_text.h - RE2's syntax as PCRE2 has to be told it; for regex.c alone. */
#ifndef BASE_TEXT_REGEX_TEXT_H
#define BASE_TEXT_REGEX_TEXT_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

/* Appends it. What only PCRE2 knows is refused, what the two read differently is said otherwise; broken parentheses,
 * unknown classes and bad UTF-8 are left for PCRE2 to find. Errors: as regex_compile(). */
int regex_translate(struct str pattern, struct buffer *out, struct error *err) must_check;

/* -ERROR_INVALID in Go's words. */
int regex_refuse(struct error *err, const char *why, struct str part);

#endif
