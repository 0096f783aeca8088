/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* match.h - which requests webhooks and policies are asked about. Only for this folder's own files. */
#ifndef API_VALIDATION_ADMISSIONREGISTRATION_MATCH_H
#define API_VALIDATION_ADMISSIONREGISTRATION_MATCH_H

#include "api/validation/expressions.h"
#include "api/validation/rules.h"

extern const char *const admission_failure_policies[];
extern const char *const admission_match_policies[];
extern const char *const admission_reinvocation_policies[];

/* rule.c */
void validate_admission_rule(const struct api_admissionregistration_rule_with_operations *rule,
                             const struct field_at *at, struct api_invalid *errors);

/* match.c. NULL resources pass; 'at' of the operations below is that of the resources. */
void validate_match_resources(const struct api_admissionregistration_match_resources *match, const struct field_at *at,
                              struct api_invalid *errors);
/* What is deleted cannot be changed. */
void validate_mutated_operations(const struct api_admissionregistration_match_resources *match,
                                 const struct field_at *at, struct api_invalid *errors);
void validate_match_conditions(const struct api_admissionregistration_match_condition *conditions, size_t count,
                               const struct expressions *expressions, const struct field_at *at,
                               struct api_invalid *errors);
bool match_conditions_equal(const struct api_admissionregistration_match_condition *a, size_t n_a,
                            const struct api_admissionregistration_match_condition *b, size_t n_b);

#endif
