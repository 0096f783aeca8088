/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What kinds want beside the generic life of an object: one row each, by group and kind. */

#include "apiserver/registry/strategy/strategies.h"

#include <string.h>

#include "apiserver/access/escalation.h"

static const struct strategy strategies[] = {
    { .group = "",
      .kind = "Pod",
      .prepare_create = pod_prepare_create,
      .prepare_status = pod_prepare_status,
      .grace = pod_grace },
    { .group = "", .kind = "Node", .flags = STRATEGY_KEEP_STATUS, .is_heartbeat = node_is_heartbeat },
    { .group = "",
      .kind = "Namespace",
      .prepare_create = namespace_prepare_create,
      .prepare_update = namespace_prepare_update,
      .prepare_delete = namespace_prepare_delete,
      .held = namespace_held },
    { .group = "",
      .kind = "Service",
      .prepare_update = service_prepare_update,
      .allocate = service_allocate,
      .release = service_release },
    { .group = "", .kind = "Secret", .prepare_create = secret_prepare_create, .prepare_update = secret_prepare_update },
    { .group = "",
      .kind = "ServiceAccount",
      .prepare_create = service_account_prepare,
      .prepare_update = service_account_prepare_update },
    { .group = "", .kind = "PersistentVolume", .prepare_create = volume_prepare_create },
    { .group = "", .kind = "PersistentVolumeClaim", .prepare_create = claim_prepare_create },
    { .group = "apps",
      .kind = "Deployment",
      .flags = STRATEGY_STATUS_KEEPS_LABELS,
      .spec_changed = deployment_spec_changed },
    { .group = "apiextensions.k8s.io",
      .kind = "CustomResourceDefinition",
      .prepare_create = custom_definition_prepare,
      .prepare_update = custom_definition_prepare_update,
      .validate = custom_definition_validate,
      .prepare_delete = custom_definition_prepare_delete },
    { .group = "batch", .kind = "Job", .prepare_create = job_prepare_create },
    { .group = "apps",
      .kind = "StatefulSet",
      .prepare_create = stateful_set_prepare_create,
      .prepare_update = stateful_set_prepare_update },
    { .group = "coordination.k8s.io",
      .kind = "Lease",
      .prepare_create = lease_prepare_create,
      .prepare_update = lease_prepare_update },
    { .group = "storage.k8s.io",
      .kind = "CSIDriver",
      .prepare_create = csi_driver_prepare_create,
      .prepare_update = csi_driver_prepare_update },
    { .group = "resource.k8s.io",
      .kind = "ResourceSlice",
      .prepare_create = resource_slice_prepare_create,
      .prepare_update = resource_slice_prepare_update },
    { .group = "scheduling.k8s.io", .kind = "PriorityClass", .spec_changed = never_changed },
    { .group = "discovery.k8s.io",
      .kind = "EndpointSlice",
      .prepare_create = endpoint_slice_prepare_create,
      .prepare_update = endpoint_slice_prepare_update,
      .spec_changed = endpoint_slice_changed },
    { .group = "admissionregistration.k8s.io",
      .kind = "ValidatingWebhookConfiguration",
      .spec_changed = webhooks_changed },
    { .group = "certificates.k8s.io",
      .kind = "CertificateSigningRequest",
      .prepare_create = signing_request_prepare_create,
      .prepare_update = signing_request_prepare_update,
      .prepare_status = signing_request_prepare_status,
      .validate = signing_request_validate,
      .validate_status = signing_request_validate_status },
    { .group = "rbac.authorization.k8s.io", .kind = "Role", .authorize = escalation_check_role },
    { .group = "rbac.authorization.k8s.io", .kind = "ClusterRole", .authorize = escalation_check_role },
    { .group = "rbac.authorization.k8s.io", .kind = "RoleBinding", .authorize = escalation_check_binding },
    { .group = "rbac.authorization.k8s.io", .kind = "ClusterRoleBinding", .authorize = escalation_check_binding },
    { .group = "networking.k8s.io", .kind = "ServiceCIDR", .flags = STRATEGY_STATUS_KEEPS_META },
    { .group = "storage.k8s.io", .kind = "VolumeAttachment", .flags = STRATEGY_STATUS_KEEPS_META },
    { .group = "flowcontrol.apiserver.k8s.io", .kind = "FlowSchema", .flags = STRATEGY_STATUS_KEEPS_META },
    { .group = "flowcontrol.apiserver.k8s.io",
      .kind = "PriorityLevelConfiguration",
      .flags = STRATEGY_STATUS_KEEPS_META },
    { .group = "resource.k8s.io",
      .kind = "ResourceClaim",
      .flags = STRATEGY_STATUS_KEEPS_META,
      .prepare_status = resource_claim_prepare_status },
    { .group = "apiregistration.k8s.io",
      .kind = "APIService",
      .flags = STRATEGY_STATUS_KEEPS_META,
      .prepare_create = api_service_prepare_create },
    { .group = "admissionregistration.k8s.io",
      .kind = "ValidatingAdmissionPolicy",
      .flags = STRATEGY_STATUS_KEEPS_META },
};

static const struct strategy plain = { .kind = "" };

const struct strategy *strategy_of(const struct api_kind *kind)
{
    for (size_t i = 0; i < countof(strategies); i++)
        if (strcmp(strategies[i].group, kind->group) == 0 && strcmp(strategies[i].kind, kind->kind) == 0)
            return &strategies[i];
    return &plain;
}
