/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"

#define LOG_LINE_MAX 8192 /* longer lines are dropped to the message alone */

static atomic_int log_level_now = LOG_INFO;
static atomic_int log_format_now = LOG_FORMAT_TEXT;

static const char *const level_names[] = { "debug", "info", "warning", "error" };

void log_configure(enum log_level level, enum log_format format)
{
    atomic_store(&log_level_now, (int)level);
    atomic_store(&log_format_now, (int)format);
}

static void append_quoted(struct buffer *line, const char *text)
{
    buffer_append_char(line, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buffer_format(line, "\\%c", *p);
        else if (*p < 0x20)
            buffer_format(line, "\\u%04x", *p);
        else
            buffer_append_char(line, (char)*p);
    }
    buffer_append_char(line, '"');
}

static void append_field(struct buffer *line, const struct log_field *field, bool json)
{
    buffer_append_text(line, json ? ",\"" : " ");
    buffer_append_text(line, field->key);
    buffer_append_text(line, json ? "\":" : "=");
    if (field->text != NULL)
        append_quoted(line, field->text);
    else
        buffer_append_int64(line, field->number);
}

/* Wall-clock time for people to read; nothing decides on it, so it does not come from a loop. */
static void append_time(struct buffer *line)
{
    struct timespec now = { 0 };
    struct tm utc = { 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    buffer_format(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                  utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000000);
}

/* False: too long, nothing was written. */
static bool write_line(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    bool json = atomic_load(&log_format_now) == LOG_FORMAT_JSON;
    auto_buffer struct buffer line = { .max = LOG_LINE_MAX };
    if (json)
        buffer_append_text(&line, "{\"ts\":\"");
    append_time(&line);
    buffer_format(&line, json ? "\",\"level\":\"%s\",\"msg\":" : " %-7s ", level_names[level]);
    if (json)
        append_quoted(&line, message);
    else
        buffer_append_text(&line, message);
    for (size_t i = 0; i < count; i++)
        append_field(&line, &fields[i], json);
    buffer_append_text(&line, json ? "}\n" : "\n");
    if (buffer_failed(&line))
        return false;
    ssize_t written = write(STDERR_FILENO, line.data, line.size);
    (void)written; /* nowhere is left to report that stderr is gone */
    return true;
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    if ((int)level < atomic_load(&log_level_now) || write_line(level, message, fields, count))
        return;
    const struct log_field dropped = LOG_INT("droppedFields", count);
    if (!write_line(level, message, &dropped, 1))
        (void)!write_line(level, "a log line was too long", &dropped, 1);
}
