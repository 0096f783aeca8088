/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* unified_diff.h - what differs between two texts, line by line, as a unified diff without file names.
 *
 * The lines that stay are those that Python's difflib (and Go's port of it) would pick: the longest run first, then what is
 * left of it and right of it; in texts of 200 lines and more, lines that are more than one in a hundred begin no run. */
#ifndef BASE_TEXT_UNIFIED_DIFF_H
#define BASE_TEXT_UNIFIED_DIFF_H

#include "base/buffer.h"
#include "base/str.h"

#define UNIFIED_DIFF_LINES_MAX 20000 /* of either text: beyond, nothing is appended but a word about it */

/* Appends hunks with three lines around each change; nothing when the texts are equal. */
void unified_diff(struct str before, struct str after, struct buffer *out);

#endif
