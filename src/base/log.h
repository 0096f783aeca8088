/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* log.h - one line an event, key=value text or JSON, to standard error.
 *
 *   log_info("pod started", LOG_TEXT("pod", name), LOG_INT("attempt", 3));
 *
 * The process-wide level and format are the one stated exception to "no globals".
 * Safe from any thread: a line is written with one write(). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_field {
    const char *key;
    const char *text; /* NULL: number */
    int64_t number;
};

#define LOG_TEXT(key, value) ((struct log_field){ (key), text_or_empty(value), 0 })
#define LOG_INT(key, value)  ((struct log_field){ (key), NULL, (int64_t)(value) })

void log_configure(enum log_level level, enum log_format format);
void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count);

#define LOG_(level, message, ...)                                                                 \
    log_write((level), (message), (const struct log_field[]){ { "", "", 0 }, ##__VA_ARGS__ } + 1, \
              sizeof((struct log_field[]){ { "", "", 0 }, ##__VA_ARGS__ }) / sizeof(struct log_field) - 1)
#define log_debug(message, ...)   LOG_(LOG_DEBUG, message, ##__VA_ARGS__)
#define log_info(message, ...)    LOG_(LOG_INFO, message, ##__VA_ARGS__)
#define log_warning(message, ...) LOG_(LOG_WARNING, message, ##__VA_ARGS__)
#define log_error(message, ...)   LOG_(LOG_ERROR, message, ##__VA_ARGS__)

#include "base/str.h"

#endif
