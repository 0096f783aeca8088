/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_rules.h - the parts of Jobs and of what Jobs are made from. Only for validation's own files. */
#ifndef API_VALIDATION_BATCH_JOB_RULES_H
#define API_VALIDATION_BATCH_JOB_RULES_H

#include "api/validation/rules.h"

/* A Job's spec but its selector. */
void validate_job_spec(const struct api_batch_job_spec *spec, const struct field_at *at, struct api_invalid *errors);

#endif
