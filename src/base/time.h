/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* time.h - moments and spans in microseconds, and their RFC 3339 text.
 *
 * Nothing here asks a clock: the loop is the one that knows what time it is. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef int64_t usec_t; /* microseconds; as a moment: since 1970-01-01T00:00:00Z, 0 = not set */
#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC  ((usec_t)1000000)

#define TIME_TEXT_SIZE 32

/* "2006-01-02T15:04:05Z", with six fraction digits when micros is set. Years 1 to 9999. */
void time_format(usec_t moment, bool micros, char text[TIME_TEXT_SIZE]);

/* RFC 3339 with any offset and fraction (cut to microseconds). The exact epoch, whose number
 * means "not set", is read as one microsecond later. False when it is not such a text. */
bool time_parse(struct str text, usec_t *ret_moment);

/* Go's duration text: "1h2m3s", "1.5s", "300ms", "-2m", "0s"; in nanoseconds. */
#define DURATION_TEXT_SIZE 32
void duration_format(int64_t nanoseconds, char text[DURATION_TEXT_SIZE]);
bool duration_parse(struct str text, int64_t *ret_nanoseconds);

#endif
