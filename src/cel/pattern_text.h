/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pattern_text.h - a regular expression of RE2 as PCRE2 reads it. */
#ifndef CEL_PATTERN_TEXT_H
#define CEL_PATTERN_TEXT_H

#include "base/buffer.h"
#include "base/str.h"

/* NULL when 'out' has the translation, else what is wrong, in the words of Go's package. */
const char *cel_pattern_translate(struct str text, struct buffer *out);

#endif
