/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* internal_form.h - messages as upstream shows its internal types: as JSON with every field, in Go's names.
 *
 * Internal types have no JSON keys of their own; some also have their fields in another order or another place than the
 * published ones. Types of metav1 inside them have their keys, and leave out what is empty. */
#ifndef API_VALIDATION_INTERNAL_FORM_H
#define API_VALIDATION_INTERNAL_FORM_H

#include "api/validation/invalid.h"

/* 'indented': a line for each field, one blank a level. */
void internal_form(const struct api_type *type, const void *value, bool indented, struct buffer *out);

/* Forbidden: the detail, and below it how 'after' differs from 'before', line by line. */
void invalid_forbidden_change(struct api_invalid *errors, const struct field_at *at, const struct api_type *type,
                              const void *before, const void *after, const char *detail, ...) printf_like(6, 7);

#endif
