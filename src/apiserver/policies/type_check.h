/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* type_check.h - a policy's expressions against the types that it is about: what would not be there, or be something else.
 *
 * That is no error, as objects are of any type when the expressions run: upstream's controller writes it into the policy's
 * status. */
#ifndef APISERVER_POLICIES_TYPE_CHECK_H
#define APISERVER_POLICIES_TYPE_CHECK_H

#include "cel/cel.h"
#include "generated/types.h"

/* Who knows the types that are served. */
struct type_source {
    /* Of a resource: its kind, and the type of its objects in the arena; false when there is none. */
    bool (*resource)(void *context, const char *group, const char *version, const char *plural, struct arena *arena,
                     const struct api_kind **ret_kind, const struct cel_type **ret_type);
    /* Of a kind; NULL when there is none. */
    const struct cel_type *(*kind)(void *context, const char *api_version, const char *kind, struct arena *arena);
    void *context;
};

/* The warnings, of validations and their messages in their order; in the arena. */
size_t policy_check_types(const struct api_admissionregistration_validating_admission_policy *policy,
                          const struct type_source *source, struct arena *arena,
                          struct api_admissionregistration_expression_warning **ret_warnings);

#endif
