/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conditions.h - lists of conditions, as newer kinds have them. Only for this folder's own files. */
#ifndef API_VALIDATION_CONDITIONS_H
#define API_VALIDATION_CONDITIONS_H

#include "api/validation/rules.h"

/* Types differ; each has a reason and a time, and says True, False or Unknown. */
void validate_conditions(const struct api_condition *conditions, size_t count, const struct field_at *at,
                         struct api_invalid *errors);

#endif
