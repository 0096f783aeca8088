/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/subresource/service_endpoint.h"

#include <string.h>

#include "api/status.h"
#include "apiserver/subresource/kubelet.h"

static bool slice_of(const struct api_discovery_endpoint_slice *slice, const char *namespace_, const char *service)
{
    if (!text_equal(slice->metadata.namespace, namespace_))
        return false;
    for (size_t i = 0; i < slice->metadata.n_labels; i++)
        if (strcmp(slice->metadata.labels[i].key, "kubernetes.io/service-name") == 0)
            return text_equal(slice->metadata.labels[i].value, service);
    return false;
}

/* The slice's port that belongs to the service's, by name. */
static int slice_port(const struct api_discovery_endpoint_slice *slice, const char *port_name)
{
    for (size_t i = 0; i < slice->n_ports; i++)
        if (text_equal(slice->ports[i].name, port_name) && slice->ports[i].port != NULL)
            return *slice->ports[i].port;
    return 0;
}

static const struct api_service_port *service_port(const struct api_service_spec *spec, const char *text)
{
    int number = 0;
    uint64_t parsed;
    if (str_to_uint64(str_of(text), &parsed) && parsed <= 65535)
        number = (int)parsed;
    for (size_t i = 0; i < spec->n_ports; i++)
        if ((text_empty(text) && spec->n_ports == 1) || text_equal(spec->ports[i].name, text) ||
            spec->ports[i].port == number)
            return &spec->ports[i];
    return NULL;
}

int service_endpoint_find(struct api_server *server, const char *namespace_, const char *name, const char *port,
                          struct service_endpoint *ret_endpoint, struct error *err)
{
    const struct object *object = watch_cache_get(server_cache(server, &api_resource_service), namespace_, name);
    if (object == NULL)
        return api_error_not_found(err, &api_resource_service, name);
    const struct api_service_port *found = service_port(&api_service_of(object)->spec, port);
    if (found == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "no service port \"%s\" found for service \"%s\"", port, name);
    const struct cache_entry *entry;
    uint64_t seen = 0; /* each is as likely as any other */
    tree_for_each (watch_cache_objects(server_cache(server, &api_resource_discovery_endpoint_slice)), entry, node) {
        const struct api_discovery_endpoint_slice *slice = api_discovery_endpoint_slice_of(entry->object);
        int number = slice_of(slice, namespace_, name) ? slice_port(slice, found->name) : 0;
        for (size_t i = 0; number != 0 && i < slice->n_endpoints; i++) {
            const struct api_discovery_endpoint *endpoint = &slice->endpoints[i];
            const bool *ready = endpoint->conditions.ready;
            if ((ready != NULL && !*ready) || endpoint->n_addresses == 0 ||
                random_below(loop_random(server->loop), ++seen) != 0)
                continue;
            *ret_endpoint =
                (struct service_endpoint){ .address = endpoint->addresses[0],
                                           .port = number,
                                           .network_namespace = kubelet_namespace(server, endpoint->node_name),
                                           .node = endpoint->node_name };
        }
    }
    if (seen > 0)
        return 0;
    return error_set(err, ERROR_UNAVAILABLE, "no endpoints available for service \"%s\"", name);
}
