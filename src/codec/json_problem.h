/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* json_problem.h - what is wrong with a text that should be JSON, in the words of Go's decoder. */
#ifndef CODEC_JSON_PROBLEM_H
#define CODEC_JSON_PROBLEM_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* "invalid character 'x' looking for beginning of value", "unexpected end of JSON input". Sets err and returns
 * -ERROR_SYNTAX; 0 when Go finds nothing wrong. */
int json_problem(struct str text, struct error *err) must_check;

/* Go reads a byte of a string that is no UTF-8, and a lone half of a surrogate pair, as U+FFFD. Appends the text with such bytes and
 * escapes replaced (three times as long at most); false when it has none. */
bool json_replace_invalid(struct str text, struct buffer *out);

#endif
