/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* warnings.h - what is taken and better not sent: texts for Warning headers, in upstream's words. Pure. */
#ifndef API_WARNINGS_WARNINGS_H
#define API_WARNINGS_WARNINGS_H

#include "api/schema.h"
#include "api/validation/invalid.h"

/* Who wants to know; 'text' is the callee's only for the call. */
struct warning_list {
    void (*add)(void *context, const char *text);
    void *context;
};

/* Of an object that is valid. 'old' is NULL on create; 'status': it came through the status subresource. */
void api_warnings(const struct api_kind *kind, const void *object, const void *old, bool status,
                  const struct warning_list *list);

/* "PATH: text"; a NULL path leaves it out. */
void warning_add(const struct warning_list *list, const struct field_at *at, const char *format, ...) printf_like(3, 4);

#endif
