/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* progress.h - long work, told step by step: a live line while a step runs, its time when it is done.
 *
 * On a terminal the line is rewritten; elsewhere each finished step is one plain line. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/time.h"

struct progress {
    FILE *out;
    bool terminal;
    bool running; /* a step is under way */
    usec_t began; /* the first step */
    usec_t step_began;
    char what[160];
};

/* 'now' is any clock that does not jump back. */
void progress_init(struct progress *progress, FILE *out, usec_t now);
void progress_step(struct progress *progress, usec_t now, const char *format, ...)
    printf_like(3, 4); /* ends the step before */
void progress_note(struct progress *progress, const char *format, ...)
    printf_like(2, 3); /* replaces the text of the running step */
void progress_done(struct progress *progress, usec_t now);
void progress_failed(struct progress *progress, usec_t now);
usec_t progress_total(const struct progress *progress, usec_t now);

/* "340 µs", "12 ms", "1.2 s". */
void progress_format(usec_t span, char text[24]);

#endif
