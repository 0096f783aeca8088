/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* columns_core.c - services and their endpoints, nodes, events, volumes, configuration: core and networking. */
#include <stdlib.h>

#include "api/table/columns.h"
#include "base/memory.h"

static void cell_service_cluster_ip(const struct row *row, struct buffer *text)
{
    const struct api_service *object = row->object;
    text_or(object->spec.n_cluster_ips > 0 ? object->spec.cluster_ips[0] : NULL, "<none>", text);
}

static void cell_service_external_ip(const struct row *row, struct buffer *text)
{
    const struct api_service *object = row->object;
    const struct api_service_spec *spec = &object->spec;
    size_t before = text->size;

    if (text_equal(spec->type, "ExternalName")) {
        buffer_append_text(text, spec->external_name);
        return;
    }
    bool balanced = text_equal(spec->type, "LoadBalancer");
    if (!balanced && !text_equal(spec->type, "ClusterIP") && !text_equal(spec->type, "NodePort")) {
        buffer_append_text(text, "<unknown>");
        return;
    }
    if (balanced)
        text_addresses(object->status.load_balancer.ingress, object->status.load_balancer.n_ingress, text);
    if (text->size > before && spec->n_external_ips > 0)
        buffer_append_char(text, ',');
    text_list(spec->external_ips, spec->n_external_ips, text);
    if (text->size == before)
        buffer_append_text(text, balanced ? "<pending>" : "<none>");
}

static void cell_service_ports(const struct row *row, struct buffer *text)
{
    const struct api_service *object = row->object;

    if (object->spec.n_ports == 0)
        buffer_append_text(text, "<none>");
    for (size_t i = 0; i < object->spec.n_ports; i++) {
        const struct api_service_port *port = &object->spec.ports[i];
        buffer_format(text, "%s%d", i > 0 ? "," : "", port->port);
        if (port->node_port > 0)
            buffer_format(text, ":%d", port->node_port);
        buffer_format(text, "/%s", text_or_empty(port->protocol));
    }
}

static void cell_service_selector(const struct row *row, struct buffer *text)
{
    const struct api_service *object = row->object;
    text_labels(object->spec.selector, object->spec.n_selector, text);
}

static const struct column service_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Type", "spec.type"),
    COLUMN_CELL("Cluster-IP", cell_service_cluster_ip),
    COLUMN_CELL("External-IP", cell_service_external_ip),
    COLUMN_CELL("Port(s)", cell_service_ports),
    COLUMN_AGE,
    COLUMN_WIDE("Selector", cell_service_selector),
    COLUMNS_END,
};

#define ENDPOINTS_SHOWN 3

static void add_endpoint(const char *ip, const struct api_endpoint_port *port, size_t *count, struct buffer *text)
{
    if (++*count > ENDPOINTS_SHOWN)
        return;
    if (*count > 1)
        buffer_append_char(text, ',');
    bool v6 = port != NULL && strchr(text_or_empty(ip), ':') != NULL;
    buffer_format(text, v6 ? "[%s]" : "%s", text_or_empty(ip));
    if (port != NULL)
        buffer_format(text, ":%d", port->port);
}

static void cell_endpoints(const struct row *row, struct buffer *text)
{
    const struct api_endpoints *object = row->object;
    size_t count = 0;

    if (object->n_subsets == 0)
        buffer_append_text(text, "<none>");
    for (size_t i = 0; i < object->n_subsets; i++) {
        const struct api_endpoint_subset *subset = &object->subsets[i];
        for (size_t k = 0; subset->n_ports == 0 && k < subset->n_addresses; k++)
            add_endpoint(subset->addresses[k].ip, NULL, &count, text);
        for (size_t p = 0; p < subset->n_ports; p++)
            for (size_t k = 0; k < subset->n_addresses; k++)
                add_endpoint(subset->addresses[k].ip, &subset->ports[p], &count, text);
    }
    text_more(count, ENDPOINTS_SHOWN, text);
}

static const struct column endpoints_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Endpoints", cell_endpoints),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_slice_ports(const struct row *row, struct buffer *text)
{
    const struct api_discovery_endpoint_slice *object = row->object;

    if (object->n_ports == 0)
        buffer_append_text(text, "<unset>");
    for (size_t i = 0; i < object->n_ports && i < ENDPOINTS_SHOWN; i++) {
        const struct api_discovery_endpoint_port *port = &object->ports[i];
        if (i > 0)
            buffer_append_char(text, ',');
        if (port->port != NULL)
            buffer_format(text, "%d", *port->port);
        else
            text_or(port->name, "*", text);
    }
    text_more(object->n_ports, ENDPOINTS_SHOWN, text);
}

static void cell_slice_endpoints(const struct row *row, struct buffer *text)
{
    const struct api_discovery_endpoint_slice *object = row->object;
    size_t count = 0;

    if (object->n_endpoints == 0)
        buffer_append_text(text, "<unset>");
    for (size_t i = 0; i < object->n_endpoints; i++)
        for (size_t k = 0; k < object->endpoints[i].n_addresses; k++)
            add_endpoint(object->endpoints[i].addresses[k], NULL, &count, text);
    text_more(count, ENDPOINTS_SHOWN, text);
}

static const struct column endpoint_slice_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("AddressType", "addressType"),
    COLUMN_CELL("Ports", cell_slice_ports),
    COLUMN_CELL("Endpoints", cell_slice_endpoints),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_node_status(const struct row *row, struct buffer *text)
{
    const struct api_node *node = row->object;
    const char *status = "Unknown";

    for (size_t i = 0; i < node->status.n_conditions; i++)
        if (text_equal(node->status.conditions[i].type, "Ready"))
            status = text_equal(node->status.conditions[i].status, "True") ? "Ready" : "NotReady";
    buffer_format(text, "%s%s", status, node->spec.unschedulable ? ",SchedulingDisabled" : "");
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void cell_node_roles(const struct row *row, struct buffer *text)
{
    static const char prefix[] = "node-role.kubernetes.io/";
    const struct api_object_meta *meta = row->object;
    autofree const char **roles = memory_resize(NULL, meta->n_labels + 1, sizeof(*roles));
    size_t n = 0;

    for (size_t i = 0; i < meta->n_labels; i++) {
        const char *key = text_or_empty(meta->labels[i].key);
        const char *role = strncmp(key, prefix, sizeof(prefix) - 1) == 0 ? key + sizeof(prefix) - 1
                           : strcmp(key, "kubernetes.io/role") == 0      ? meta->labels[i].value
                                                                         : NULL;
        if (!text_empty(role))
            roles[n++] = role;
    }
    if (n == 0)
        buffer_append_text(text, "<none>");
    else
        qsort(roles, n, sizeof(*roles), compare_texts);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(roles[i], roles[i - 1]) != 0)
            buffer_format(text, "%s%s", i > 0 ? "," : "", roles[i]);
}

static void text_node_address(const struct api_node *node, const char *type, struct buffer *text)
{
    for (size_t i = 0; i < node->status.n_addresses; i++) {
        if (text_equal(node->status.addresses[i].type, type)) {
            buffer_append_text(text, node->status.addresses[i].address);
            return;
        }
    }
    buffer_append_text(text, "<none>");
}

static void cell_node_internal_ip(const struct row *row, struct buffer *text)
{
    text_node_address(row->object, "InternalIP", text);
}

static void cell_node_external_ip(const struct row *row, struct buffer *text)
{
    text_node_address(row->object, "ExternalIP", text);
}

static void cell_node_kernel(const struct row *row, struct buffer *text)
{
    const struct api_node_system_info *info = &((const struct api_node *)row->object)->status.node_info;

    text_or(info->kernel_version, "<unknown>", text);
    if (!text_empty(info->architecture))
        buffer_format(text, " (%s)", info->architecture);
}

static const struct column node_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Status", cell_node_status),
    COLUMN_CELL("Roles", cell_node_roles),
    COLUMN_AGE,
    COLUMN_TEXT("Version", "status.nodeInfo.kubeletVersion"),
    COLUMN_WIDE("Internal-IP", cell_node_internal_ip),
    COLUMN_WIDE("External-IP", cell_node_external_ip),
    { .name = "OS-Image", .type = "string", .path = "status.nodeInfo.osImage", .empty = "<unknown>", .priority = 1 },
    COLUMN_WIDE("Kernel-Version", cell_node_kernel),
    { .name = "Container-Runtime",
      .type = "string",
      .path = "status.nodeInfo.containerRuntimeVersion",
      .empty = "<unknown>",
      .priority = 1 },
    COLUMNS_END,
};

static void cell_event_first_seen(const struct row *row, struct buffer *text)
{
    const struct api_event *event = row->object;
    text_age(event->first_timestamp != 0 ? event->first_timestamp : event->event_time, row->now, text);
}

static void cell_event_last_seen(const struct row *row, struct buffer *text)
{
    const struct api_event *event = row->object;

    if (event->series != NULL)
        text_age(event->series->last_observed_time, row->now, text);
    else if (event->last_timestamp != 0)
        text_age(event->last_timestamp, row->now, text);
    else
        cell_event_first_seen(row, text);
}

static void cell_event_object(const struct row *row, struct buffer *text)
{
    const struct api_event *event = row->object;

    text_lower(event->involved_object.kind, text);
    if (!text_empty(event->involved_object.name))
        buffer_format(text, "/%s", event->involved_object.name);
}

static void cell_event_source(const struct row *row, struct buffer *text)
{
    const struct api_event *event = row->object;
    const char *host = text_empty(event->source.host) ? event->reporting_instance : event->source.host;

    text_or(event->source.component, text_or_empty(event->reporting_component), text);
    if (!text_empty(host))
        buffer_format(text, ", %s", host);
}

static void cell_event_message(const struct row *row, struct buffer *text)
{
    buffer_append_str(text, str_trim(str_of(text_or_empty(((const struct api_event *)row->object)->message))));
}

static void cell_event_count(const struct row *row, struct buffer *text)
{
    const struct api_event *event = row->object;
    int32_t count = event->series != NULL ? event->series->count : event->count == 0 ? 1 : event->count;
    buffer_format(text, "%d", count);
}

static const struct column event_columns[] = {
    COLUMN_CELL("Last Seen", cell_event_last_seen),
    COLUMN_TEXT("Type", "type"),
    COLUMN_TEXT("Reason", "reason"),
    COLUMN_CELL("Object", cell_event_object),
    { .name = "Subobject", .type = "string", .path = "involvedObject.fieldPath", .priority = 1 },
    COLUMN_WIDE("Source", cell_event_source),
    COLUMN_CELL("Message", cell_event_message),
    COLUMN_WIDE("First Seen", cell_event_first_seen),
    { .name = "Count", .type = "string", .cell = cell_event_count, .priority = 1, .raw = true },
    { .name = "Name", .type = "string", .format = "name", .path = "metadata.name", .priority = 1 },
    COLUMNS_END,
};

static const struct column namespace_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Status", "status.phase"),
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_secret_data(const struct row *row, struct buffer *text)
{
    buffer_format(text, "%zu", ((const struct api_secret *)row->object)->n_data);
}

static const struct column secret_columns[] = {
    COLUMN_NAME,
    COLUMN_TEXT("Type", "type"),
    { .name = "Data", .type = "string", .cell = cell_secret_data, .raw = true },
    COLUMN_AGE,
    COLUMNS_END,
};

static void cell_config_map_data(const struct row *row, struct buffer *text)
{
    const struct api_config_map *object = row->object;
    buffer_format(text, "%zu", object->n_data + object->n_binary_data);
}

static const struct column config_map_columns[] = {
    COLUMN_NAME,
    { .name = "Data", .type = "string", .cell = cell_config_map_data, .raw = true },
    COLUMN_AGE,
    COLUMNS_END,
};

static const struct column service_account_columns[] = { COLUMN_NAME, COLUMN_AGE, COLUMNS_END };

static void text_modes(const char *const *modes, size_t count, struct buffer *text)
{
    static const char *const names[][2] = { { "ReadWriteOnce", "RWO" },
                                            { "ReadOnlyMany", "ROX" },
                                            { "ReadWriteMany", "RWX" },
                                            { "ReadWriteOncePod", "RWOP" } };
    size_t before = text->size;

    for (size_t i = 0; i < countof(names); i++) {
        bool found = false;
        for (size_t k = 0; k < count; k++)
            found = found || text_equal(modes[k], names[i][0]);
        if (found)
            buffer_format(text, "%s%s", text->size > before ? "," : "", names[i][1]);
    }
}

static void text_resource(const struct api_quantity_entry *entries, size_t count, const char *name, struct buffer *text)
{
    char amount[QUANTITY_TEXT_SIZE];

    for (size_t i = 0; i < count; i++) {
        if (text_equal(entries[i].key, name)) {
            quantity_format(&entries[i].value, amount);
            buffer_append_text(text, amount);
        }
    }
}

static void text_storage_class(const struct api_object_meta *meta, const char *name, struct buffer *text)
{
    const char *annotated =
        entry_value(meta->annotations, meta->n_annotations, "volume.beta.kubernetes.io/storage-class");
    buffer_append_text(text, annotated != NULL ? annotated : name);
}

static void text_phase(const struct api_object_meta *meta, const char *phase, struct buffer *text)
{
    buffer_append_text(text, meta->deletion_timestamp != 0 ? "Terminating" : phase);
}

static void cell_volume_capacity(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume *object = row->object;
    text_resource(object->spec.capacity, object->spec.n_capacity, "storage", text);
}

static void cell_volume_modes(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume *object = row->object;
    text_modes(object->spec.access_modes, object->spec.n_access_modes, text);
}

static void cell_volume_status(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume *object = row->object;
    text_phase(&object->metadata, object->status.phase, text);
}

static void cell_volume_claim(const struct row *row, struct buffer *text)
{
    const struct api_object_reference *claim = ((const struct api_persistent_volume *)row->object)->spec.claim_ref;
    if (claim != NULL)
        buffer_format(text, "%s/%s", text_or_empty(claim->namespace), text_or_empty(claim->name));
}

static void cell_volume_class(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume *object = row->object;
    text_storage_class(&object->metadata, object->spec.storage_class_name, text);
}

static const struct column volume_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Capacity", cell_volume_capacity),
    COLUMN_CELL("Access Modes", cell_volume_modes),
    COLUMN_TEXT("Reclaim Policy", "spec.persistentVolumeReclaimPolicy"),
    COLUMN_CELL("Status", cell_volume_status),
    COLUMN_CELL("Claim", cell_volume_claim),
    COLUMN_CELL("StorageClass", cell_volume_class),
    COLUMN_OR("VolumeAttributesClass", "spec.volumeAttributesClassName", "<unset>"),
    COLUMN_TEXT("Reason", "status.reason"),
    COLUMN_AGE,
    { .name = "VolumeMode", .type = "string", .path = "spec.volumeMode", .empty = "<unset>", .priority = 1 },
    COLUMNS_END,
};

static void cell_claim_status(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume_claim *object = row->object;
    text_phase(&object->metadata, object->status.phase, text);
}

static void cell_claim_capacity(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume_claim *object = row->object;
    if (!text_empty(object->spec.volume_name))
        text_resource(object->status.capacity, object->status.n_capacity, "storage", text);
}

static void cell_claim_modes(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume_claim *object = row->object;
    if (!text_empty(object->spec.volume_name))
        text_modes(object->status.access_modes, object->status.n_access_modes, text);
}

static void cell_claim_class(const struct row *row, struct buffer *text)
{
    const struct api_persistent_volume_claim *object = row->object;
    text_storage_class(&object->metadata, object->spec.storage_class_name, text);
}

static const struct column claim_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Status", cell_claim_status),
    COLUMN_TEXT("Volume", "spec.volumeName"),
    COLUMN_CELL("Capacity", cell_claim_capacity),
    COLUMN_CELL("Access Modes", cell_claim_modes),
    COLUMN_CELL("StorageClass", cell_claim_class),
    COLUMN_OR("VolumeAttributesClass", "spec.volumeAttributesClassName", "<unset>"),
    COLUMN_AGE,
    { .name = "VolumeMode", .type = "string", .path = "spec.volumeMode", .empty = "<unset>", .priority = 1 },
    COLUMNS_END,
};

/* Used and hard amounts of the resources whose names begin with "limits.", or of all others. */
static void text_quota(const struct api_resource_quota *quota, bool limits, struct buffer *text)
{
    size_t before = text->size;

    for (size_t i = 0; i < quota->status.n_hard; i++) {
        const char *name = text_or_empty(quota->status.hard[i].key);
        if ((strncmp(name, "limits.", 7) == 0) != limits)
            continue;
        buffer_format(text, "%s%s: ", text->size > before ? ", " : "", name);
        size_t at = text->size;
        text_resource(quota->status.used, quota->status.n_used, name, text);
        if (text->size == at)
            buffer_append_char(text, '0');
        buffer_append_char(text, '/');
        text_resource(quota->status.hard, quota->status.n_hard, name, text);
    }
}

static void cell_quota_request(const struct row *row, struct buffer *text)
{
    text_quota(row->object, false, text);
}

static void cell_quota_limit(const struct row *row, struct buffer *text)
{
    text_quota(row->object, true, text);
}

static const struct column quota_columns[] = {
    COLUMN_NAME, COLUMN_CELL("Request", cell_quota_request), COLUMN_CELL("Limit", cell_quota_limit), COLUMN_AGE,
    COLUMNS_END,
};

static const struct api_component_condition *component_health(const struct row *row)
{
    const struct api_component_status *object = row->object;

    for (size_t i = 0; i < object->n_conditions; i++)
        if (text_equal(object->conditions[i].type, "Healthy"))
            return &object->conditions[i];
    return NULL;
}

static void cell_component_status(const struct row *row, struct buffer *text)
{
    const struct api_component_condition *health = component_health(row);
    buffer_append_text(text, health == NULL ? "Unknown" : text_equal(health->status, "True") ? "Healthy" : "Unhealthy");
}

static void cell_component_message(const struct row *row, struct buffer *text)
{
    const struct api_component_condition *health = component_health(row);
    buffer_append_text(text, health == NULL ? "" : health->message);
}

static void cell_component_error(const struct row *row, struct buffer *text)
{
    const struct api_component_condition *health = component_health(row);
    buffer_append_text(text, health == NULL ? "" : health->error);
}

static const struct column component_status_columns[] = {
    COLUMN_NAME,
    COLUMN_CELL("Status", cell_component_status),
    COLUMN_CELL("Message", cell_component_message),
    COLUMN_CELL("Error", cell_component_error),
    COLUMNS_END,
};

const struct columns columns_core[] = {
    { &api_type_service, service_columns },
    { &api_type_endpoints, endpoints_columns },
    { &api_type_discovery_endpoint_slice, endpoint_slice_columns },
    { &api_type_node, node_columns },
    { &api_type_event, event_columns },
    { &api_type_namespace, namespace_columns },
    { &api_type_secret, secret_columns },
    { &api_type_config_map, config_map_columns },
    { &api_type_service_account, service_account_columns },
    { &api_type_persistent_volume, volume_columns },
    { &api_type_persistent_volume_claim, claim_columns },
    { &api_type_resource_quota, quota_columns },
    { &api_type_component_status, component_status_columns },
    { NULL, NULL },
};
