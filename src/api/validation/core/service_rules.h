/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_rules.h - the parts of Services. Only for the files of Services. */
#ifndef API_VALIDATION_CORE_SERVICE_RULES_H
#define API_VALIDATION_CORE_SERVICE_RULES_H

#include "api/validation/core/core_rules.h"

static inline bool service_is_type(const struct api_service_spec *spec, const char *type)
{
    return text_equal(spec->type, type);
}

static inline bool service_is_headless(const struct api_service_spec *spec)
{
    return spec->n_cluster_ips == 1 && text_equal(spec->cluster_ips[0], "None");
}

static inline bool service_needs_health_check(const struct api_service_spec *spec)
{
    return service_is_type(spec, "LoadBalancer") && text_equal(spec->external_traffic_policy, "Local");
}

/* service.c. 'old' is NULL on create. */
void validate_service(const struct api_service *service, const struct api_service *old, struct api_invalid *errors);

/* service_addresses.c */
void validate_service_addresses(const struct api_service_spec *spec, const struct api_service_spec *old,
                                const struct field_at *at, struct api_invalid *errors);

#endif
