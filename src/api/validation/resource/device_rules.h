/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* device_rules.h - what claims, classes and slices have in common. Only for this folder's own files. */
#ifndef API_VALIDATION_RESOURCE_DEVICE_RULES_H
#define API_VALIDATION_RESOURCE_DEVICE_RULES_H

#include "api/validation/formats/text_set.h"
#include "api/validation/rules.h"

/* Upstream's */
#define DEVICE_REQUESTS_MAX   32
#define DEVICE_CONFIG_MAX     32
#define DEVICE_PARAMETERS_MAX 10240 /* bytes */
#define DEVICE_CONDITIONS_MAX 8

/* Lists that are too long are not looked into. */
static inline bool device_list_fits(size_t count, size_t max, const struct field_at *at, struct api_invalid *errors)
{
    if (count > max)
        invalid_too_many(errors, at, count, max);
    return count <= max;
}

/* configuration.c */
void validate_device_configuration(const struct api_resource_opaque_device_configuration *opaque, bool stored,
                                   const struct field_at *at, struct api_invalid *errors);
void validate_device_parameters(struct str json, bool stored, const struct field_at *at, struct api_invalid *errors);
void validate_device_taint(const struct api_resource_device_taint *taint, const struct field_at *at,
                           struct api_invalid *errors);
void validate_device_tolerations(const struct api_resource_device_toleration *tolerations, size_t count,
                                 const struct field_at *at, struct api_invalid *errors);
void validate_binding_conditions(const char *const *conditions, size_t count, const char *const *failures,
                                 size_t n_failures, const struct field_at *at, struct api_invalid *errors);

/* request.c */
void validate_device_selectors(const struct api_resource_device_selector *selectors, size_t count,
                               const struct field_at *at, struct api_invalid *errors);
void validate_device_claim(const struct api_resource_device_claim *claim, const struct field_at *at,
                           struct api_invalid *errors);
/* "request" or "request/subrequest" of the claim. */
void validate_request_reference(const struct api_resource_device_claim *claim, const char *name,
                                const struct field_at *at, struct api_invalid *errors);
void validate_request_references(const struct api_resource_device_claim *claim, const char *const *names, size_t count,
                                 const struct field_at *at, struct api_invalid *errors);

/* capacity.c */
void validate_device_capacity(const struct api_resource_device_capacity *capacity, bool multiple,
                              const struct field_at *at, struct api_invalid *errors);

/* device.c. 'set' are the names of those fields that are set, of which one must be; shown as "{a, b}" when there are more. */
void invalid_unless_one(struct api_invalid *errors, const struct field_at *at, const char *const *set, size_t count,
                        const char *required, const char *several);
/* A set of counters by its name, of a slice or as a device uses it. */
void validate_device_counters(const char *set, const struct field_at *set_at,
                              const struct api_resource_counter_entry *counters, size_t count,
                              const struct field_at *at, struct api_invalid *errors);

/* 'old' is the stored device of that name, NULL for none. */
void validate_device(const struct api_resource_device *device, const struct api_resource_device *old,
                     bool per_device_nodes, const struct field_at *at, struct api_invalid *errors);

#endif
