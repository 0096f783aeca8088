/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/subresource/kubelet.h"

#include <string.h>

#include "api/status.h"
#include "apiserver/server_internal.h"

#define KUBELET_PORT 10250

static const char *node_address(const struct api_node *node)
{
    static const char *const preferred[] = { "InternalIP", "ExternalIP", "Hostname" };
    for (size_t i = 0; i < countof(preferred); i++)
        for (size_t j = 0; j < node->status.n_addresses; j++)
            if (text_equal(node->status.addresses[j].type, preferred[i]))
                return node->status.addresses[j].address;
    return NULL;
}

const char *kubelet_tcp_address(struct arena *arena, const char *host, int port)
{
    return arena_format(arena, strchr(host, ':') != NULL ? "tcp:[%s]:%d" : "tcp:%s:%d", host, port);
}

int kubelet_namespace(struct api_server *server, const char *node)
{
    struct kubelet_route route = { 0 };
    if (server->options.route_kubelet != NULL && !text_empty(node))
        server->options.route_kubelet(server->options.route_context, node, &route);
    return route.network_namespace;
}

int kubelet_reach(struct request *request, const char *name, struct connect_target *target, struct error *err)
{
    const struct api_server_options *options = &request->server->options;
    const struct object *object = watch_cache_get(server_cache(request->server, &api_resource_node), NULL, name);
    if (object == NULL)
        return api_error_not_found(err, &api_resource_node, name);
    const struct api_node *node = api_node_of(object);
    const char *address = node_address(node);
    if (address == NULL)
        return error_set(err, ERROR_INTERNAL, "no preferred addresses found; known addresses: []");
    struct tls_context *tls = options->kubelet_tls == NULL ? NULL : options->kubelet_tls(options->route_context);
    if (tls == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "this server has no credentials for kubelets");
    int port = node->status.daemon_endpoints.kubelet_endpoint.port;
    target->address = kubelet_tcp_address(&request->arena, address, port == 0 ? KUBELET_PORT : port);
    target->authority = arena_format(&request->arena, "%s:%d", address, port == 0 ? KUBELET_PORT : port);
    target->server_name = arena_strdup(&request->arena, address);
    target->network_namespace = kubelet_namespace(request->server, name);
    target->tls = tls;
    target->peer = arena_format(&request->arena, "node %s", name);
    return 0;
}
