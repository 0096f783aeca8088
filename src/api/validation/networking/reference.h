/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* reference.h - references to objects of other kinds. Only for validation's own files. */
#ifndef API_VALIDATION_NETWORKING_REFERENCE_H
#define API_VALIDATION_NETWORKING_REFERENCE_H

#include "api/validation/rules.h"

/* Kind and name, and a group when that is not NULL. */
void validate_local_reference(const char *group, const char *kind, const char *name, const struct field_at *at,
                              struct api_invalid *errors);

/* Required without a detail, else a path segment. */
void validate_required_segment(const char *value, const struct field_at *at, struct api_invalid *errors);

#endif
