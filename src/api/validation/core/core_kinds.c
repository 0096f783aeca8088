/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* core_kinds.c - one row a core kind: how its objects are named, and its rules. */
#include "api/validation/core/core_rules.h"

/* clang-format off */
static const struct validation_rules rows[] = {
    VALIDATION_ROW_WITH_STATUS(pod, NULL, pod),
    VALIDATION_ROW(pod_template, NULL, pod_template),
    VALIDATION_ROW_WITH_STATUS(replication_controller, NULL, replication_controller),
    VALIDATION_ROW_WITH_STATUS(service, format_dns1123_label, service),
    VALIDATION_ROW(endpoints, NULL, endpoints),
    VALIDATION_ROW(config_map, NULL, config_map),
    VALIDATION_ROW(secret, NULL, secret),
    { .type = &api_type_namespace, .name = format_dns1123_label, .create = validate_namespace_create,
      .status = validate_namespace_status },
    VALIDATION_ROW_WITH_STATUS(node, NULL, node),
    VALIDATION_ROW_WITH_STATUS(persistent_volume_claim, NULL, claim),
    VALIDATION_ROW_WITH_STATUS(persistent_volume, NULL, volume),
    VALIDATION_ROW(event, NULL, event),
    VALIDATION_ROW(limit_range, NULL, limit_range),
    VALIDATION_ROW_WITH_STATUS(resource_quota, NULL, resource_quota),
    { .type = &api_type_binding, .create = validate_binding_create },
};
/* clang-format on */

const struct validation_rules *core_rules_find(const struct api_type *type)
{
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}
