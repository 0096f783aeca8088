/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kind_rules.h - the rules of each kind beside the core ones, as kinds.c lists them. Only for this folder's own files. */
#ifndef API_VALIDATION_KIND_RULES_H
#define API_VALIDATION_KIND_RULES_H

#include "api/validation/rules.h"

/* apps/, disruption_budget.c */
validate_create validate_deployment_create;
validate_update validate_deployment_update;
validate_update validate_deployment_status;
validate_create validate_replica_set_create;
validate_update validate_replica_set_update;
validate_update validate_replica_set_status;
validate_create validate_daemon_set_create;
validate_update validate_daemon_set_update;
validate_update validate_daemon_set_status;
validate_create validate_stateful_set_create;
validate_update validate_stateful_set_update;
validate_update validate_stateful_set_status;
validate_create validate_controller_revision_create;
validate_update validate_controller_revision_update;
validate_create validate_disruption_budget_create;
validate_update validate_disruption_budget_update;
validate_update validate_disruption_budget_status;

/* flowcontrol/ */
validate_create validate_flow_schema_create;
validate_update validate_flow_schema_update;
validate_update validate_flow_schema_status;
validate_create validate_priority_level_create;
validate_update validate_priority_level_update;
validate_update validate_priority_level_status;

/* certificates/ */
validate_create validate_signing_request_create;
validate_update validate_signing_request_update;
validate_update validate_signing_request_status;

/* runtime_class.c, api_service.c */
validate_create validate_runtime_class_create;
validate_update validate_runtime_class_update;
validate_create validate_api_service_create;
validate_update validate_api_service_update;
validate_update validate_api_service_status;

/* apiextensions/ */
validate_create validate_custom_resource_definition_create;
validate_update validate_custom_resource_definition_update;
validate_update validate_custom_resource_definition_status;

/* batch/ */
validate_create validate_job_create;
validate_update validate_job_update;
validate_update validate_job_status;
validate_create validate_cron_job_create;
validate_update validate_cron_job_update;

/* networking/endpoint_slice.c */
validate_create validate_endpoint_slice_create;
validate_update validate_endpoint_slice_update;

/* lease.c */
validate_create validate_lease_create;
validate_update validate_lease_update;

/* rbac/role.c */
validate_create validate_role_create;
validate_update validate_role_update;
validate_create validate_cluster_role_create;
validate_update validate_cluster_role_update;
validate_create validate_role_binding_create;
validate_update validate_role_binding_update;
validate_create validate_cluster_role_binding_create;
validate_update validate_cluster_role_binding_update;

/* core/event.c */
validate_create validate_events_event_create;
validate_update validate_events_event_update;

/* storage/, priority_class.c */
validate_create validate_storage_class_create;
validate_update validate_storage_class_update;
validate_create validate_volume_attributes_class_create;
validate_update validate_volume_attributes_class_update;
validate_create validate_volume_attachment_create;
validate_update validate_volume_attachment_update;
validate_create validate_csi_driver_create;
validate_update validate_csi_driver_update;
validate_create validate_csi_node_create;
validate_update validate_csi_node_update;
validate_create validate_csi_storage_capacity_create;
validate_update validate_csi_storage_capacity_update;
validate_update validate_volume_attachment_status;
validate_create validate_priority_class_create;
validate_update validate_priority_class_update;

/* networking/, horizontal_pod_autoscaler.c */
validate_create validate_network_policy_create;
validate_update validate_network_policy_update;
validate_create validate_ingress_create;
validate_update validate_ingress_update;
validate_update validate_ingress_status;
validate_create validate_ingress_class_create;
validate_update validate_ingress_class_update;
validate_create validate_ip_address_create;
validate_update validate_ip_address_update;
validate_create validate_service_cidr_create;
validate_update validate_service_cidr_update;
validate_create validate_autoscaler_create;
validate_update validate_autoscaler_update;
validate_update validate_autoscaler_status;

/* resource/ */
validate_create validate_resource_claim_create;
validate_update validate_resource_claim_update;
validate_update validate_resource_claim_status;
validate_create validate_resource_claim_template_create;
validate_update validate_resource_claim_template_update;
validate_create validate_device_class_create;
validate_update validate_device_class_update;
validate_create validate_resource_slice_create;
validate_update validate_resource_slice_update;

/* admissionregistration/ */
validate_create validate_validating_webhooks_create;
validate_update validate_validating_webhooks_update;
validate_create validate_mutating_webhooks_create;
validate_update validate_mutating_webhooks_update;
validate_create validate_validating_policy_create;
validate_update validate_validating_policy_update;
validate_update validate_validating_policy_status;
validate_create validate_mutating_policy_create;
validate_update validate_mutating_policy_update;
validate_create validate_validating_binding_create;
validate_update validate_validating_binding_update;
validate_create validate_mutating_binding_create;
validate_update validate_mutating_binding_update;

/* The volume that a VolumeAttachment itself describes (core/persistent_volume.c). */
void validate_inline_volume(const struct api_persistent_volume_spec *spec, const struct field_at *at,
                            struct api_invalid *errors);

#endif
