/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* core_rules.h - the rules of core/v1 kinds, as core_kinds.c lists them. Only for this folder's own files. */
#ifndef API_VALIDATION_CORE_CORE_RULES_H
#define API_VALIDATION_CORE_CORE_RULES_H

#include "api/validation/rules.h"

validate_create validate_pod_create;
validate_update validate_pod_update;
validate_update validate_pod_status;
validate_create validate_pod_template_create;
validate_update validate_pod_template_update;
validate_create validate_replication_controller_create;
validate_update validate_replication_controller_update;
validate_create validate_service_create;
validate_update validate_service_update;
validate_create validate_endpoints_create;
validate_update validate_endpoints_update;
validate_create validate_config_map_create;
validate_update validate_config_map_update;
validate_create validate_secret_create;
validate_update validate_secret_update;
validate_create validate_namespace_create;
validate_update validate_namespace_status;
validate_create validate_node_create;
validate_update validate_node_update;
validate_update validate_node_status;
validate_create validate_limit_range_create;
validate_update validate_limit_range_update;
validate_create validate_resource_quota_create;
validate_update validate_resource_quota_update;
validate_update validate_resource_quota_status;
validate_update validate_service_status;
validate_update validate_replication_controller_status;
validate_update validate_claim_status;
validate_update validate_volume_status;
validate_update validate_event_update;
validate_create validate_binding_create;
validate_create validate_event_create;
validate_create validate_claim_create;
validate_update validate_claim_update;
validate_create validate_volume_create;
validate_update validate_volume_update;

/* Of ConfigMaps and Secrets: values together, in bytes. */
#define DATA_SIZE_MAX  (1024 * 1024)
#define IMMUTABLE_DATA "field is immutable when `immutable` is set"
bool same_bytes_entries(const struct api_bytes_entry *a, size_t n_a, const struct api_bytes_entry *b, size_t n_b);

/* taints, also from an annotation: paths below 'at' */
void validate_taints(const struct api_taint *taints, size_t count, const struct field_at *at,
                     struct api_invalid *errors);

#endif
