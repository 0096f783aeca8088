/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* regex.h - regular expressions as Go's regexp package reads them (RE2 syntax), run by PCRE2.
 *
 * What RE2 does not have (look-around, back references, possessive repeats, ...) is refused, and what the two read
 * differently is rewritten, so that a pattern means here what it means to upstream. A compiled expression is immutable and
 * may be used by many threads at once. Work is bounded: matching that tries too many ways goes on without backtracking, and
 * what is still too much is an error. Whoever counts what others cost gives 'work', from which more than the usual is taken;
 * it may be NULL. */
#ifndef BASE_TEXT_REGEX_H
#define BASE_TEXT_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define REGEX_PATTERN_MAX 65536 /* bytes */
#define REGEX_REPEAT_MAX  1000  /* of {n,m}, as in RE2 */

struct regex;

/* Errors: -ERROR_INVALID in Go's words ("error parsing regexp: missing closing ): `(a`"). */
int regex_compile(struct str pattern, struct regex **ret_regex, struct error *err) must_check;
void regex_destroy(struct regex *regex); /* NULL is fine */
DEFINE_CLEANUP(struct regex *, regex_destroy);

size_t regex_group_count(const struct regex *regex); /* without the whole match */

/* Whether it is found anywhere in the text: 1 or 0. Errors: -ERROR_LIMIT. */
int regex_matches(const struct regex *regex, struct str text, int64_t *work) must_check;

struct regex_group {
    struct str text; /* data NULL: did not take part */
};

/* The leftmost match at or behind 'from', as Perl and Go choose it; beyond the beginning only in a text that was searched from
 * there before (its UTF-8 is then known to be good). 'ret_groups' gets the whole match and then the groups, at most 'max', which is
 * 1 or more. 1 when there is one, else 0. Errors: -ERROR_LIMIT. */
int regex_find(const struct regex *regex, struct str text, size_t from, int64_t *work, struct regex_group *ret_groups,
               size_t max) must_check;

#endif
