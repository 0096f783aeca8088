/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* columns_cluster.c - what serves the cluster itself: RBAC, storage, networking policy, admission, flow control,
 * certificates, leases, devices. */
#include "api/table/columns.h"

/* A cell that counts a list. */
#define COUNT_CELL(name_, kind, count_)                                                 \
    static void name_(const struct row *row, struct buffer *text)                       \
    {                                                                                   \
        buffer_format(text, "%zu", (size_t)((const struct kind *)row->object)->count_); \
    }

static void text_role_ref(const struct api_rbac_role_ref *ref, struct buffer *text)
{
    buffer_format(text, "%s/%s", text_or_empty(ref->kind), text_or_empty(ref->name));
}

static void text_subjects(const struct api_rbac_subject *subjects, size_t count, const char *kind, struct buffer *text)
{
    size_t before = text->size;

    for (size_t i = 0; i < count; i++) {
        if (!text_equal(subjects[i].kind, kind))
            continue;
        if (text->size > before)
            buffer_append_text(text, ", ");
        if (text_equal(kind, "ServiceAccount"))
            buffer_format(text, "%s/", text_or_empty(subjects[i].namespace));
        buffer_append_text(text, subjects[i].name);
    }
}

#define BINDING_CELLS(kind)                                                          \
    static void cell_##kind##_role(const struct row *row, struct buffer *text)       \
    {                                                                                \
        text_role_ref(&((const struct kind *)row->object)->role_ref, text);          \
    }                                                                                \
    static void cell_##kind##_users(const struct row *row, struct buffer *text)      \
    {                                                                                \
        const struct kind *object = row->object;                                     \
        text_subjects(object->subjects, object->n_subjects, "User", text);           \
    }                                                                                \
    static void cell_##kind##_groups(const struct row *row, struct buffer *text)     \
    {                                                                                \
        const struct kind *object = row->object;                                     \
        text_subjects(object->subjects, object->n_subjects, "Group", text);          \
    }                                                                                \
    static void cell_##kind##_accounts(const struct row *row, struct buffer *text)   \
    {                                                                                \
        const struct kind *object = row->object;                                     \
        text_subjects(object->subjects, object->n_subjects, "ServiceAccount", text); \
    }                                                                                \
    static const struct column columns_##kind[] = {                                  \
        COLUMN_NAME,                                                                 \
        COLUMN_CELL("Role", cell_##kind##_role),                                     \
        COLUMN_AGE,                                                                  \
        COLUMN_WIDE("Users", cell_##kind##_users),                                   \
        COLUMN_WIDE("Groups", cell_##kind##_groups),                                 \
        COLUMN_WIDE("ServiceAccounts", cell_##kind##_accounts),                      \
        COLUMNS_END,                                                                 \
    };

BINDING_CELLS(api_rbac_role_binding)
BINDING_CELLS(api_rbac_cluster_role_binding)

static void cell_ingress_hosts(const struct row *row, struct buffer *text)
{
    const struct api_networking_ingress *object = row->object;
    size_t hosts = 0;

    for (size_t i = 0; i < object->spec.n_rules; i++) {
        if (text_empty(object->spec.rules[i].host))
            continue;
        if (hosts++ < 3)
            buffer_format(text, "%s%s", hosts > 1 ? "," : "", object->spec.rules[i].host);
    }
    if (hosts == 0)
        buffer_append_char(text, '*');
    text_more(hosts > 3 ? object->spec.n_rules : 0, 3, text);
}

static void cell_ingress_address(const struct row *row, struct buffer *text)
{
    const struct api_networking_ingress_load_balancer_status *status =
        &((const struct api_networking_ingress *)row->object)->status.load_balancer;
    auto_arena struct arena arena = { 0 };
    struct api_load_balancer_ingress *list =
        arena_new_array(&arena, struct api_load_balancer_ingress, status->n_ingress);

    for (size_t i = 0; i < status->n_ingress; i++) {
        list[i].ip = status->ingress[i].ip;
        list[i].hostname = status->ingress[i].hostname;
    }
    text_addresses(list, status->n_ingress, text);
}

static void cell_ingress_ports(const struct row *row, struct buffer *text)
{
    buffer_append_text(text, ((const struct api_networking_ingress *)row->object)->spec.n_tls > 0 ? "80, 443" : "80");
}

static const struct column ingress_columns[] = {
    COLUMN_NAME,
    COLUMN_OR("Class", "spec.ingressClassName", "<none>"),
    COLUMN_CELL("Hosts", cell_ingress_hosts),
    COLUMN_CELL("Address", cell_ingress_address),
    COLUMN_CELL("Ports", cell_ingress_ports),
    COLUMN_AGE,
    COLUMNS_END,
};

static void text_default_name(const struct api_object_meta *meta, const char *const *keys, struct buffer *text)
{
    bool is_default = false;

    for (size_t i = 0; keys[i] != NULL; i++)
        is_default = is_default || text_equal(entry_value(meta->annotations, meta->n_annotations, keys[i]), "true");
    buffer_format(text, "%s%s", text_or_empty(meta->name), is_default ? " (default)" : "");
}

static void cell_ingress_class_name(const struct row *row, struct buffer *text)
{
    static const char *const keys[] = { "ingressclass.kubernetes.io/is-default-class", NULL };
    text_default_name(row->object, keys, text);
}

static void cell_ingress_class_parameters(const struct row *row, struct buffer *text)
{
    const struct api_networking_ingress_class_parameters_reference *parameters =
        ((const struct api_networking_ingress_class *)row->object)->spec.parameters;

    if (parameters == NULL) {
        buffer_append_text(text, "<none>");
        return;
    }
    buffer_append_text(text, parameters->kind);
    if (!text_empty(parameters->api_group))
        buffer_format(text, ".%s", parameters->api_group);
    buffer_format(text, "/%s", text_or_empty(parameters->name));
}

static const struct column ingress_class_columns[] = {
    { .name = "Name", .type = "string", .format = "name", .cell = cell_ingress_class_name },
    COLUMN_TEXT("Controller", "spec.controller"),
    COLUMN_CELL("Parameters", cell_ingress_class_parameters),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_policy_pods(const struct row *row, struct buffer *text)
{
    text_selector(&((const struct api_networking_network_policy *)row->object)->spec.pod_selector, text);
}

static const struct column network_policy_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Pod-Selector", cell_policy_pods),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_service_cidrs(const struct row *row, struct buffer *text)
{
    const struct api_networking_service_cidr *object = row->object;
    text_list(object->spec.cidrs, object->spec.n_cidrs, text);
}

static const struct column service_cidr_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("CIDRs", cell_service_cidrs),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_address_parent(const struct row *row, struct buffer *text)
{
    const struct api_networking_parent_reference *parent =
        ((const struct api_networking_ip_address *)row->object)->spec.parent_ref;

    if (parent == NULL) {
        buffer_append_text(text, "<none>");
        return;
    }
    text_lower(parent->resource, text);
    if (!text_empty(parent->group)) {
        buffer_append_char(text, '.');
        text_lower(parent->group, text);
    }
    if (!text_empty(parent->namespace))
        buffer_format(text, "/%s", parent->namespace);
    buffer_format(text, "/%s", text_or_empty(parent->name));
}

static const struct column ip_address_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("ParentRef", cell_address_parent),
    { .name = "Age", .type = "string", .cell = cell_age, .unnamed = true },
    COLUMNS_END,
};

static bool request_has(const struct api_certificates_certificate_signing_request *request, const char *type)
{
    for (size_t i = 0; i < request->status.n_conditions; i++)
        if (text_equal(request->status.conditions[i].type, type))
            return true;
    return false;
}

static void cell_request_condition(const struct row *row, struct buffer *text)
{
    const struct api_certificates_certificate_signing_request *request = row->object;

    buffer_append_text(text, request_has(request, "Denied")     ? "Denied"
                             : request_has(request, "Approved") ? "Approved"
                                                                : "Pending");
    if (request_has(request, "Failed"))
        buffer_append_text(text, ",Failed");
    if (request->status.certificate.size > 0)
        buffer_append_text(text, ",Issued");
}

static void cell_request_duration(const struct row *row, struct buffer *text)
{
    const int32_t *seconds =
        ((const struct api_certificates_certificate_signing_request *)row->object)->spec.expiration_seconds;
    char duration[TABLE_DURATION_SIZE] = "<none>";

    if (seconds != NULL)
        table_duration((usec_t)*seconds * USEC_PER_SEC, duration);
    buffer_append_text(text, duration);
}

static const struct column signing_request_columns[] = {
    COLUMN_NAME,
    COLUMN_AGE,
    COLUMN_OR("SignerName", "spec.signerName", "<none>"),
    COLUMN_TEXT("Requestor", "spec.username"),
    COLUMN_CELL("RequestedDuration", cell_request_duration),
    COLUMN_CELL("Condition", cell_request_condition),
    COLUMNS_END,
};

static const struct column lease_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Holder", "spec.holderIdentity"),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_storage_class_name(const struct row *row, struct buffer *text)
{
    static const char *const keys[] = { "storageclass.kubernetes.io/is-default-class",
                                        "storageclass.beta.kubernetes.io/is-default-class", NULL };
    text_default_name(row->object, keys, text);
}

static const struct column storage_class_columns[] = {
    { .name = "Name", .type = "string", .format = "name", .cell = cell_storage_class_name },
    COLUMN_TEXT("Provisioner", "provisioner"),
    COLUMN_OR("ReclaimPolicy", "reclaimPolicy", "Delete"),
    COLUMN_OR("VolumeBindingMode", "volumeBindingMode", "Immediate"),
    { .name = "AllowVolumeExpansion", .type = "string", .path = "allowVolumeExpansion" },
    COLUMN_AGE,
    COLUMNS_END,
};

static const struct column attributes_class_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("DriverName", "driverName"),
    COLUMN_AGE,
    COLUMNS_END,
};

static const struct column attachment_columns[] = {
    COLUMN_NAME,
    { .name = "Attacher", .type = "string", .format = "name", .path = "spec.attacher" },
    COLUMN_TEXT("PV", "spec.source.persistentVolumeName"),
    COLUMN_TEXT("Node", "spec.nodeName"),
    COLUMN_BOOL("Attached", "status.attached"),
    COLUMN_AGE,
    COLUMNS_END,
};

COUNT_CELL(cell_csi_node_drivers, api_storage_csi_node, spec.n_drivers)

static const struct column csi_node_columns[] = {
    COLUMN_NAME,
    COLUMN_COUNT("Drivers", cell_csi_node_drivers),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_driver_attach(const struct row *row, struct buffer *text)
{
    const bool *attach = ((const struct api_storage_csi_driver *)row->object)->spec.attach_required;
    buffer_append_text(text, attach == NULL || *attach ? "true" : "false");
}

static void cell_driver_tokens(const struct row *row, struct buffer *text)
{
    const struct api_storage_csi_driver *object = row->object;

    if (object->spec.token_requests == NULL) {
        buffer_append_text(text, "<unset>");
        return;
    }
    for (size_t i = 0; i < object->spec.n_token_requests; i++)
        buffer_format(text, "%s%s", i > 0 ? "," : "", text_or_empty(object->spec.token_requests[i].audience));
}

static void cell_driver_modes(const struct row *row, struct buffer *text)
{
    const struct api_storage_csi_driver *object = row->object;

    if (object->spec.n_volume_lifecycle_modes == 0)
        buffer_append_text(text, "<none>");
    text_list(object->spec.volume_lifecycle_modes, object->spec.n_volume_lifecycle_modes, text);
}

static const struct column csi_driver_columns[] = {
    COLUMN_NAME,
    { .name = "AttachRequired", .type = "boolean", .cell = cell_driver_attach, .raw = true },
    COLUMN_BOOL("PodInfoOnMount", "spec.podInfoOnMount"),
    COLUMN_BOOL("StorageCapacity", "spec.storageCapacity"),
    COLUMN_CELL("TokenRequests", cell_driver_tokens),
    COLUMN_BOOL("RequiresRepublish", "spec.requiresRepublish"),
    COLUMN_CELL("Modes", cell_driver_modes),
    COLUMN_AGE,
    COLUMNS_END,
};

static const struct column priority_class_columns[] = {
    COLUMN_NAME,
    COLUMN_NUMBER("Value", "value"),
    COLUMN_BOOL("Global-Default", "globalDefault"),
    COLUMN_AGE,
    COLUMN_TEXT("PreemptionPolicy", "preemptionPolicy"),
    COLUMNS_END,
};

static const struct column runtime_class_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Handler", "handler"),
    COLUMN_AGE,
    COLUMNS_END,
};

COUNT_CELL(cell_mutating_webhooks, api_admissionregistration_mutating_webhook_configuration, n_webhooks)
COUNT_CELL(cell_validating_webhooks, api_admissionregistration_validating_webhook_configuration, n_webhooks)
COUNT_CELL(cell_validations, api_admissionregistration_validating_admission_policy, spec.n_validations)
COUNT_CELL(cell_mutations, api_admissionregistration_mutating_admission_policy, spec.n_mutations)

static const struct column mutating_webhook_columns[] = {
    COLUMN_NAME,
    COLUMN_COUNT("Webhooks", cell_mutating_webhooks),
    COLUMN_AGE,
    COLUMNS_END,
};
static const struct column validating_webhook_columns[] = {
    COLUMN_NAME,
    COLUMN_COUNT("Webhooks", cell_validating_webhooks),
    COLUMN_AGE,
    COLUMNS_END,
};

static void text_param_kind(const struct api_admissionregistration_param_kind *kind, struct buffer *text)
{
    if (kind == NULL)
        buffer_append_text(text, "<unset>");
    else
        buffer_format(text, "%s/%s", text_or_empty(kind->api_version), text_or_empty(kind->kind));
}

static void text_param_ref(const struct api_admissionregistration_param_ref *ref, struct buffer *text)
{
    if (ref == NULL) {
        buffer_append_text(text, "<unset>");
        return;
    }
    if (text_empty(ref->name)) {
        text_selector(ref->selector, text);
        return;
    }
    text_or(ref->namespace, "*", text);
    buffer_format(text, "/%s", ref->name);
}

static void cell_validating_kind(const struct row *row, struct buffer *text)
{
    text_param_kind(
        ((const struct api_admissionregistration_validating_admission_policy *)row->object)->spec.param_kind, text);
}

static void cell_mutating_kind(const struct row *row, struct buffer *text)
{
    text_param_kind(((const struct api_admissionregistration_mutating_admission_policy *)row->object)->spec.param_kind,
                    text);
}

static void cell_validating_ref(const struct row *row, struct buffer *text)
{
    text_param_ref(
        ((const struct api_admissionregistration_validating_admission_policy_binding *)row->object)->spec.param_ref,
        text);
}

static void cell_mutating_ref(const struct row *row, struct buffer *text)
{
    text_param_ref(
        ((const struct api_admissionregistration_mutating_admission_policy_binding *)row->object)->spec.param_ref,
        text);
}

static const struct column validating_policy_columns[] = {
    COLUMN_NAME,
    COLUMN_COUNT("Validations", cell_validations),
    COLUMN_CELL("ParamKind", cell_validating_kind),
    COLUMN_AGE,
    COLUMNS_END,
};
static const struct column mutating_policy_columns[] = {
    COLUMN_NAME, COLUMN_COUNT("Mutations", cell_mutations), COLUMN_CELL("ParamKind", cell_mutating_kind), COLUMN_AGE,
    COLUMNS_END,
};
static const struct column validating_binding_columns[] = {
    COLUMN_NAME, COLUMN_TEXT("PolicyName", "spec.policyName"), COLUMN_CELL("ParamRef", cell_validating_ref), COLUMN_AGE,
    COLUMNS_END,
};
static const struct column mutating_binding_columns[] = {
    COLUMN_NAME, COLUMN_TEXT("PolicyName", "spec.policyName"), COLUMN_CELL("ParamRef", cell_mutating_ref), COLUMN_AGE,
    COLUMNS_END,
};

static void cell_flow_dangling(const struct row *row, struct buffer *text)
{
    const struct api_flowcontrol_flow_schema *object = row->object;
    const char *status = "?";

    for (size_t i = 0; i < object->status.n_conditions; i++)
        if (text_equal(object->status.conditions[i].type, "Dangling"))
            status = text_or_empty(object->status.conditions[i].status);
    buffer_append_text(text, status);
}

static const struct column flow_schema_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("PriorityLevel", "spec.priorityLevelConfiguration.name"),
    COLUMN_TEXT("MatchingPrecedence", "spec.matchingPrecedence"),
    COLUMN_OR("DistinguisherMethod", "spec.distinguisherMethod.type", "<none>"),
    COLUMN_AGE,
    COLUMN_CELL("MissingPL", cell_flow_dangling),
    COLUMNS_END,
};

static const struct column priority_level_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Type", "spec.type"),
    COLUMN_OR("NominalConcurrencyShares", "spec.limited.nominalConcurrencyShares", "<none>"),
    COLUMN_OR("Queues", "spec.limited.limitResponse.queuing.queues", "<none>"),
    COLUMN_OR("HandSize", "spec.limited.limitResponse.queuing.handSize", "<none>"),
    COLUMN_OR("QueueLengthLimit", "spec.limited.limitResponse.queuing.queueLengthLimit", "<none>"),
    COLUMN_AGE,
    COLUMNS_END,
};

static const struct column age_columns[] = { COLUMN_NAME, COLUMN_AGE, COLUMNS_END };

static void cell_claim_state(const struct row *row, struct buffer *text)
{
    const struct api_resource_resource_claim *object = row->object;
    bool deleted = object->metadata.deletion_timestamp != 0;

    if (deleted)
        buffer_append_text(text, "deleted");
    else if (object->status.allocation == NULL)
        buffer_append_text(text, "pending");
    if (object->status.allocation == NULL)
        return;
    buffer_append_text(text, deleted ? ",allocated" : "allocated");
    if (object->status.n_reserved_for > 0)
        buffer_append_text(text, ",reserved");
}

static const struct column resource_claim_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("State", cell_claim_state),
    COLUMN_AGE,
    COLUMNS_END,
};

static const struct column resource_slice_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Node", "spec.nodeName"),
    COLUMN_TEXT("Driver", "spec.driver"),
    COLUMN_TEXT("Pool", "spec.pool.name"),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_api_service(const struct row *row, struct buffer *text)
{
    const struct api_apiregistration_service_reference *service =
        ((const struct api_apiregistration_api_service *)row->object)->spec.service;

    if (service == NULL)
        buffer_append_text(text, "Local");
    else
        buffer_format(text, "%s/%s", text_or_empty(service->namespace), text_or_empty(service->name));
}

static void cell_api_service_available(const struct row *row, struct buffer *text)
{
    const struct api_apiregistration_api_service *object = row->object;

    for (size_t i = 0; i < object->status.n_conditions; i++) {
        const struct api_apiregistration_api_service_condition *condition = &object->status.conditions[i];
        if (!text_equal(condition->type, "Available"))
            continue;
        buffer_append_text(text, condition->status);
        if (!text_equal(condition->status, "True") && !text_empty(condition->reason))
            buffer_format(text, " (%s)", condition->reason);
        return;
    }
    buffer_append_text(text, "Unknown");
}

static const struct column api_service_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Service", cell_api_service),
    COLUMN_CELL("Available", cell_api_service_available),
    COLUMN_AGE,
    COLUMNS_END,
};

const struct columns columns_cluster[] = {
    { &api_type_rbac_role_binding, columns_api_rbac_role_binding },
    { &api_type_rbac_cluster_role_binding, columns_api_rbac_cluster_role_binding },
    { &api_type_networking_ingress, ingress_columns },
    { &api_type_networking_ingress_class, ingress_class_columns },
    { &api_type_networking_network_policy, network_policy_columns },
    { &api_type_networking_service_cidr, service_cidr_columns },
    { &api_type_networking_ip_address, ip_address_columns },
    { &api_type_certificates_certificate_signing_request, signing_request_columns },
    { &api_type_coordination_lease, lease_columns },
    { &api_type_storage_storage_class, storage_class_columns },
    { &api_type_storage_volume_attributes_class, attributes_class_columns },
    { &api_type_storage_volume_attachment, attachment_columns },
    { &api_type_storage_csi_node, csi_node_columns },
    { &api_type_storage_csi_driver, csi_driver_columns },
    { &api_type_scheduling_priority_class, priority_class_columns },
    { &api_type_node_runtime_class, runtime_class_columns },
    { &api_type_admissionregistration_mutating_webhook_configuration, mutating_webhook_columns },
    { &api_type_admissionregistration_validating_webhook_configuration, validating_webhook_columns },
    { &api_type_admissionregistration_validating_admission_policy, validating_policy_columns },
    { &api_type_admissionregistration_mutating_admission_policy, mutating_policy_columns },
    { &api_type_admissionregistration_validating_admission_policy_binding, validating_binding_columns },
    { &api_type_admissionregistration_mutating_admission_policy_binding, mutating_binding_columns },
    { &api_type_flowcontrol_flow_schema, flow_schema_columns },
    { &api_type_flowcontrol_priority_level_configuration, priority_level_columns },
    { &api_type_resource_device_class, age_columns },
    { &api_type_resource_resource_claim, resource_claim_columns },
    { &api_type_resource_resource_claim_template, age_columns },
    { &api_type_resource_resource_slice, resource_slice_columns },
    { &api_type_apiregistration_api_service, api_service_columns },
    { NULL, NULL },
};
