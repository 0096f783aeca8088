/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* str.h - a borrowed run of bytes, usually text: pointer and size, no owner.
 *
 * The bytes belong to somebody else (a buffer, an arena, a literal) and need not end
 * in NUL. Where C strings appear (decoded API objects), NULL means "" everywhere. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data;
    size_t size;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_FMT      "%.*s"
#define STR_ARG(s)   (int)(s).size, (s).data != NULL ? (s).data : ""

static inline struct str str_of(const char *text)
{
    return (struct str){ text, text == NULL ? 0 : strlen(text) };
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    return str_equal(a, str_of(text));
}

int str_compare(struct str a, struct str b);       /* by byte, shorter first */
bool str_equal_nocase(struct str a, struct str b); /* ASCII case only */
bool str_starts(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
bool str_contains(struct str text, struct str part);
struct str str_trim(struct str text); /* ASCII blanks at both ends */
struct str str_skip(struct str text, size_t count);

/* Splits off what stands before 'separator' and moves *rest behind it; the last piece
 * leaves *rest empty with data NULL. False when *rest was already finished.
 *   struct str rest = text, word; while (str_next(&rest, ',', &word)) ... */
bool str_next(struct str *rest, char separator, struct str *ret_piece);

/* Position of a byte, or size when it is absent. */
size_t str_find(struct str text, char byte);

/* Whole text, decimal, no blanks, no plus sign; false when it is not a number in range. */
bool str_to_int64(struct str text, int64_t *ret_value);
bool str_to_uint64(struct str text, uint64_t *ret_value);

uint64_t str_hash(struct str text); /* FNV-1a, 64 bit; stable across runs and machines */

/* C strings of API objects: NULL and "" are equal. */
static inline const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static inline bool text_equal(const char *a, const char *b)
{
    return strcmp(text_or_empty(a), text_or_empty(b)) == 0;
}

/* The texts up to NULL one behind the other, NUL-terminated: what "%s%s..." does, without a format to look at. Returns the
 * size of the whole; from 'size' on it did not fit and was cut off. */
size_t text_join(char *text, size_t size, ...) __attribute__((sentinel));

static inline bool text_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

#endif
