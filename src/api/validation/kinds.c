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

/* clang-format off */
static const struct validation_rules rows[] = {
    VALIDATION_ROW_WITH_STATUS(apps_deployment, NULL, deployment),
    VALIDATION_ROW_WITH_STATUS(apps_replica_set, NULL, replica_set),
    VALIDATION_ROW_WITH_STATUS(apps_daemon_set, NULL, daemon_set),
    VALIDATION_ROW_WITH_STATUS(apps_stateful_set, format_dns1123_label, stateful_set),
    VALIDATION_ROW(apps_controller_revision, NULL, controller_revision),
    VALIDATION_ROW(admissionregistration_validating_webhook_configuration, NULL, validating_webhooks),
    VALIDATION_ROW(admissionregistration_mutating_webhook_configuration, NULL, mutating_webhooks),
    VALIDATION_ROW_WITH_STATUS(admissionregistration_validating_admission_policy, NULL, validating_policy),
    VALIDATION_ROW(admissionregistration_mutating_admission_policy, NULL, mutating_policy),
    VALIDATION_ROW(admissionregistration_validating_admission_policy_binding, NULL, validating_binding),
    VALIDATION_ROW(admissionregistration_mutating_admission_policy_binding, NULL, mutating_binding),
    VALIDATION_ROW_WITH_STATUS(apiextensions_custom_resource_definition, NULL, custom_resource_definition),
    VALIDATION_ROW_WITH_STATUS(batch_job, NULL, job),
    VALIDATION_ROW(batch_cron_job, NULL, cron_job),
    VALIDATION_ROW_WITH_STATUS(policy_pod_disruption_budget, format_any, disruption_budget),
    VALIDATION_ROW(discovery_endpoint_slice, NULL, endpoint_slice),
    VALIDATION_ROW(coordination_lease, NULL, lease),
    VALIDATION_ROW(rbac_role, format_path_segment, role),
    VALIDATION_ROW(rbac_cluster_role, format_path_segment, cluster_role),
    VALIDATION_ROW(rbac_role_binding, format_path_segment, role_binding),
    VALIDATION_ROW(rbac_cluster_role_binding, format_path_segment, cluster_role_binding),
    VALIDATION_ROW_WITH_STATUS(resource_resource_claim, NULL, resource_claim),
    VALIDATION_ROW(resource_resource_claim_template, NULL, resource_claim_template),
    VALIDATION_ROW(resource_device_class, NULL, device_class),
    VALIDATION_ROW(resource_resource_slice, NULL, resource_slice),
    VALIDATION_ROW(storage_storage_class, NULL, storage_class),
    VALIDATION_ROW(storage_volume_attributes_class, NULL, volume_attributes_class),
    VALIDATION_ROW_WITH_STATUS(storage_volume_attachment, NULL, volume_attachment),
    VALIDATION_ROW(storage_csi_driver, NULL, csi_driver),
    VALIDATION_ROW(storage_csi_node, NULL, csi_node),
    VALIDATION_ROW(storage_csi_storage_capacity, NULL, csi_storage_capacity),
    VALIDATION_ROW(scheduling_priority_class, NULL, priority_class),
    VALIDATION_ROW(networking_network_policy, NULL, network_policy),
    VALIDATION_ROW_WITH_STATUS(networking_ingress, NULL, ingress),
    VALIDATION_ROW(networking_ingress_class, NULL, ingress_class),
    VALIDATION_ROW(networking_ip_address, format_ip_canonical, ip_address),
    VALIDATION_ROW(networking_service_cidr, NULL, service_cidr),
    VALIDATION_ROW_WITH_STATUS(autoscaling_v2_horizontal_pod_autoscaler, NULL, autoscaler),
    VALIDATION_ROW(events_event, NULL, events_event),
    VALIDATION_ROW_WITH_STATUS(certificates_certificate_signing_request, format_any, signing_request),
    VALIDATION_ROW_WITH_STATUS(apiregistration_api_service, format_path_segment, api_service),
    VALIDATION_ROW_WITH_STATUS(flowcontrol_flow_schema, NULL, flow_schema),
    VALIDATION_ROW_WITH_STATUS(flowcontrol_priority_level_configuration, NULL, priority_level),
    VALIDATION_ROW(node_runtime_class, NULL, runtime_class),
};
/* clang-format on */

const struct validation_rules *validation_rules_find(const struct api_type *type)
{
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return core_rules_find(type);
}
