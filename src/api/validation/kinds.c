/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kinds.c - one row a kind: how its objects are named, and its rules. Kinds without a row are named as
 * DNS subdomains and have no rules but those of metadata and of the tables. */
#include "api/validation/kind_rules.h"

static void format_any(struct str value, struct format_errors *errors)
{
    (void)value;
    (void)errors;
}

#define ROW(type_, name_, rules_)                                                         \
    {                                                                                     \
        .type = &api_type_##type_, .name = (name_), .create = validate_##rules_##_create, \
        .update = validate_##rules_##_update                                              \
    }
#define ROW_WITH_STATUS(type_, name_, rules_)                                             \
    {                                                                                     \
        .type = &api_type_##type_, .name = (name_), .create = validate_##rules_##_create, \
        .update = validate_##rules_##_update, .status = validate_##rules_##_status        \
    }

/* clang-format off */
static const struct validation_rules rows[] = {
    ROW_WITH_STATUS(pod, NULL, pod),
    { .type = &api_type_pod_template, .create = validate_pod_template_create },
    ROW_WITH_STATUS(apps_deployment, NULL, deployment),
    ROW_WITH_STATUS(apps_replica_set, NULL, replica_set),
    ROW(apps_daemon_set, NULL, daemon_set),
    ROW(apps_stateful_set, format_dns1123_label, stateful_set),
    ROW(replication_controller, NULL, replication_controller),
    ROW(batch_job, NULL, job),
    ROW(batch_cron_job, NULL, cron_job),
    ROW(policy_pod_disruption_budget, format_any, disruption_budget),
    ROW(service, format_dns1123_label, service),
    ROW(endpoints, NULL, endpoints),
    ROW(discovery_endpoint_slice, NULL, endpoint_slice),
    ROW(config_map, NULL, config_map),
    ROW(secret, NULL, secret),
    { .type = &api_type_namespace, .name = format_dns1123_label, .create = validate_namespace_create,
      .status = validate_namespace_status },
    ROW(node, NULL, node),
    ROW(coordination_lease, NULL, lease),
    ROW(rbac_role, format_path_segment, role),
    ROW(rbac_cluster_role, format_path_segment, cluster_role),
    ROW(rbac_role_binding, format_path_segment, role_binding),
    ROW(rbac_cluster_role_binding, format_path_segment, cluster_role_binding),
    ROW(persistent_volume_claim, NULL, claim),
    ROW(persistent_volume, NULL, volume),
    ROW(storage_storage_class, NULL, storage_class),
    ROW(scheduling_priority_class, NULL, priority_class),
    ROW(networking_network_policy, NULL, network_policy),
    ROW(networking_ingress, NULL, ingress),
    ROW(autoscaling_v2_horizontal_pod_autoscaler, NULL, autoscaler),
    { .type = &api_type_event, .create = validate_event_create },
    { .type = &api_type_events_event, .create = validate_events_event_create },
    { .type = &api_type_certificates_certificate_signing_request, .name = format_any },
    { .type = &api_type_networking_ip_address, .name = format_ip },
    { .type = &api_type_apiregistration_api_service, .name = format_path_segment },
};
/* clang-format on */

const struct validation_rules *validation_rules_find(const struct api_type *type)
{
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}
