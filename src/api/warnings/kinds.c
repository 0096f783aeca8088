/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kinds.c - which kinds say what. */
#include <stdarg.h>
#include <stdio.h>

#include "api/warnings/kind_warnings.h"

#define TEXT_SIZE 2048

struct row {
    const struct api_type *type;
    warn_of *object, *status;
};

static const struct row rows[] = {
    { &api_type_pod, warn_of_pod, warn_of_pod_status },
    { &api_type_service, warn_of_service, warn_of_service_status },
    { &api_type_endpoints, warn_of_endpoints, NULL },
    { &api_type_node, warn_of_node, NULL },
    { &api_type_persistent_volume, warn_of_volume, NULL },
    { &api_type_persistent_volume_claim, warn_of_claim, NULL },
    { &api_type_service_account, warn_of_service_account, NULL },
    { &api_type_apps_deployment, warn_of_deployment, NULL },
    { &api_type_apps_replica_set, warn_of_replica_set, NULL },
    { &api_type_apps_stateful_set, warn_of_stateful_set, NULL },
    { &api_type_apiextensions_custom_resource_definition, warn_of_definition, NULL },
    { &api_type_batch_job, warn_of_job, NULL },
    { &api_type_batch_cron_job, warn_of_cron_job, NULL },
    { &api_type_networking_ingress, warn_of_ingress, warn_of_ingress_status },
    { &api_type_networking_network_policy, warn_of_network_policy, NULL },
    { &api_type_discovery_endpoint_slice, warn_of_endpoint_slice, NULL },
    { &api_type_storage_storage_class, warn_of_storage_class, NULL },
    { &api_type_storage_csi_driver, warn_of_csi_driver, NULL },
    { &api_type_storage_csi_storage_capacity, warn_of_storage_capacity, NULL },
    { &api_type_node_runtime_class, warn_of_runtime_class, NULL },
    { &api_type_resource_resource_slice, warn_of_resource_slice, NULL },
};

void api_warnings(const struct api_kind *kind, const void *object, const void *old, bool status,
                  const struct warning_list *list)
{
    for (size_t i = 0; i < countof(rows); i++) {
        warn_of *warn = status ? rows[i].status : rows[i].object;
        if (rows[i].type == kind->type && warn != NULL)
            warn(object, old, list);
    }
    if (!status)
        warn_of_template(kind, object, old, list);
}

void warning_add(const struct warning_list *list, const struct field_at *at, const char *format, ...)
{
    auto_buffer struct buffer line = { .max = 2 * TEXT_SIZE };
    char text[TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (at != NULL) {
        field_at_format(at, &line);
        buffer_append_text(&line, ": ");
    }
    buffer_append_text(&line, text);
    buffer_append_char(&line, '\0');
    if (!buffer_failed(&line))
        list->add(list->context, line.data);
}
