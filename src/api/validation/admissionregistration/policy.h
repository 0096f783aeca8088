/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy.h - what policies that judge and policies that change have in common. Only for this folder's own files. */
#ifndef API_VALIDATION_ADMISSIONREGISTRATION_POLICY_H
#define API_VALIDATION_ADMISSIONREGISTRATION_POLICY_H

#include "api/validation/expressions.h"
#include "api/validation/rules.h"

void validate_failure_policy(const char *policy, const struct field_at *at, struct api_invalid *errors);
void validate_param_kind(const struct api_admissionregistration_param_kind *kind, const struct field_at *at,
                         struct api_invalid *errors);
/* At least one rule, so that types are known. */
void validate_match_constraints(const struct api_admissionregistration_match_resources *match,
                                const struct field_at *at, struct api_invalid *errors);
void validate_variables(const struct api_admissionregistration_variable *variables, size_t count,
                        const struct expressions *expressions, const struct field_at *at, struct api_invalid *errors);
bool param_kinds_equal(const struct api_admissionregistration_param_kind *a,
                       const struct api_admissionregistration_param_kind *b);

/* Nothing but blanks. */
static inline bool text_blank(const char *text)
{
    return str_trim(str_of(text_or_empty(text))).size == 0;
}

#endif
