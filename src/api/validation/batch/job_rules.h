/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_rules.h - the parts of Jobs and of what Jobs are made from. Only for validation's own files. */
#ifndef API_VALIDATION_BATCH_JOB_RULES_H
#define API_VALIDATION_BATCH_JOB_RULES_H

#include "api/validation/rules.h"

/* A Job's spec but its selector; 'old' is the template that is stored, NULL on create. */
void validate_job_spec(const struct api_batch_job_spec *spec, const struct api_pod_template_spec *old,
                       const struct field_at *at, struct api_invalid *errors);

/* job_policies.c */
void validate_pod_failure_policy(const struct api_batch_job_spec *spec, const struct field_at *at,
                                 struct api_invalid *errors);
void validate_success_policy(const struct api_batch_job_spec *spec, const struct field_at *at,
                             struct api_invalid *errors);
void validate_pod_replacement(const struct api_batch_job_spec *spec, const struct field_at *at,
                              struct api_invalid *errors);

/* job_template_update.c: what may change of the pods of a Job that waits */
bool job_may_be_rearranged(const struct api_batch_job *old);
void validate_job_template_update(const struct api_batch_job_spec *spec, const struct api_batch_job *old,
                                  const struct field_at *at, struct api_invalid *errors);

#endif
