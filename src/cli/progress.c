/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cli/progress.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/str.h"

enum { TEXT_COLUMN = 64 };

void progress_init(struct progress *progress, FILE *out, usec_t now)
{
    *progress = (struct progress){ .out = out, .terminal = isatty(fileno(out)) == 1, .began = now };
}

void progress_format(usec_t span, char text[24])
{
    if (span < USEC_PER_MSEC)
        snprintf(text, 24, "%lld µs", (long long)span);
    else if (span < USEC_PER_SEC)
        snprintf(text, 24, "%lld ms", (long long)(span / USEC_PER_MSEC));
    else
        snprintf(text, 24, "%.1f s", (double)span / (double)USEC_PER_SEC);
}

static void draw_running(struct progress *progress)
{
    if (progress->terminal) {
        fprintf(progress->out, "\r\033[K  … %s", progress->what);
        fflush(progress->out);
    }
}

static void finish(struct progress *progress, usec_t now, const char *mark)
{
    if (!progress->running)
        return;
    char time[24];
    progress_format(now - progress->step_began, time);
    fprintf(progress->out, "%s  %s %-*s %8s\n", progress->terminal ? "\r\033[K" : "", mark, TEXT_COLUMN, progress->what,
            time);
    fflush(progress->out);
    progress->running = false;
}

void progress_step(struct progress *progress, usec_t now, const char *format, ...)
{
    finish(progress, now, "✓");
    va_list args;
    va_start(args, format);
    vsnprintf(progress->what, sizeof(progress->what), format, args);
    va_end(args);
    progress->step_began = now;
    progress->running = true;
    draw_running(progress);
}

void progress_note(struct progress *progress, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(progress->what, sizeof(progress->what), format, args);
    va_end(args);
    draw_running(progress);
}

void progress_done(struct progress *progress, usec_t now)
{
    finish(progress, now, "✓");
}

void progress_failed(struct progress *progress, usec_t now)
{
    finish(progress, now, "✗");
}

usec_t progress_total(const struct progress *progress, usec_t now)
{
    return now - progress->began;
}
