/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pattern.h - regular expressions of RE2's syntax and meaning, done by PCRE2.
 *
 * What RE2 does not know (back references, looking around, possessive and nested repetition) is refused; what the two read
 * differently is translated. The work of a match is bounded: where backtracking passes its limit, whether there is a match is
 * found by following all ways at once; where there is one is then an error. */
#ifndef CEL_PATTERN_H
#define CEL_PATTERN_H

#include "base/arena.h"
#include "base/str.h"

struct cel_pattern;

/* NULL when it is no pattern; *ret_error (may be NULL) then says why. The arena frees it. */
const struct cel_pattern *cel_pattern_compile(struct arena *arena, struct str text, const char **ret_error);

/* 1: it matches somewhere, 0: not, -1: too much work. What is more than usual is taken from *work. Safe from many threads. */
int cel_pattern_matches(const struct cel_pattern *pattern, struct str text, int64_t *work);

/* The first match at or behind the byte 'at'; as above. */
int cel_pattern_find(const struct cel_pattern *pattern, struct str text, size_t at, int64_t *work, size_t *ret_start,
                     size_t *ret_end);

#endif
