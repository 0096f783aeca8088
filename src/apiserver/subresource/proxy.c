/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pods/proxy, services/proxy and nodes/proxy: an HTTP request carried on into the cluster. */

#include <string.h>

#include "api/status.h"
#include "apiserver/admission/admission.h"
#include "apiserver/connect.h"
#include "apiserver/handlers.h"
#include "apiserver/server_internal.h"
#include "apiserver/subresource/kubelet.h"
#include "apiserver/subresource/service_endpoint.h"
#include "crypto/tls.h"

/* "[scheme:]name[:port]" */
struct proxy_name {
    const char *scheme;
    const char *name;
    const char *port; /* "" when not given */
};

static int read_name(struct request *request, struct proxy_name *ret_name, struct error *err)
{
    struct str parts[3], rest = str_of(request->name);
    size_t count = 0;
    while (count < countof(parts) && str_next(&rest, ':', &parts[count]))
        count++;
    bool schemed = count == 3 || (count == 2 && (str_is(parts[0], "http") || str_is(parts[0], "https")));
    *ret_name = (struct proxy_name){ "http", "", "" };
    if (count == 0 || rest.data != NULL)
        return error_set(err, ERROR_BAD_REQUEST, "invalid proxy name \"%s\"", request->name);
    if (schemed)
        ret_name->scheme = arena_str(&request->arena, parts[0]).data;
    ret_name->name = arena_str(&request->arena, parts[schemed ? 1 : 0]).data;
    if (count > (schemed ? 2u : 1u))
        ret_name->port = arena_str(&request->arena, parts[schemed ? 2 : 1]).data;
    if (strcmp(ret_name->scheme, "http") != 0 && strcmp(ret_name->scheme, "https") != 0)
        return error_set(err, ERROR_BAD_REQUEST, "invalid proxy scheme \"%s\"", ret_name->scheme);
    return 0;
}

static const char *path_of(struct request *request)
{
    const char *rest = text_empty(request->rest) ? "/" : request->rest;
    return request->query.size == 0 ? rest
                                    : arena_format(&request->arena, "%s?" STR_FMT, rest, STR_ARG(request->query));
}

/* Whoever runs in the cluster has a certificate of his own making: it is taken, as upstream takes it. */
static int proxy_tls(struct api_server *server, struct tls_context **ret_tls, struct error *err)
{
    const struct tls_options options = { .insecure_skip_verify = true };
    int rc = server->proxy_tls != NULL ? 0 : tls_context_create(&options, &server->proxy_tls, err);
    *ret_tls = server->proxy_tls;
    return rc;
}

static int reach_address(struct request *request, const struct proxy_name *name, const char *address, int port,
                         const char *node, struct connect_target *target, struct error *err)
{
    struct ip ip;
    bool known = ip_parse(str_of(address), &ip);
    if (!known || (!ip_is_global_unicast(&ip) && !request->server->options.proxy_to_this_host))
        return error_set(err, ERROR_BAD_REQUEST, "address not allowed"); /* not to be led back to this host */
    if (strcmp(name->scheme, "https") == 0) {
        int rc = proxy_tls(request->server, &target->tls, err);
        if (rc < 0)
            return rc;
    }
    target->address = kubelet_tcp_address(&request->arena, address, port);
    target->authority = arena_format(&request->arena, "%s:%d", address, port);
    target->network_namespace = kubelet_namespace(request->server, node);
    target->path = path_of(request);
    target->peer = arena_format(&request->arena, "%s %s", request->plural, request->name);
    return 0;
}

static bool number_of(const char *text, int *ret_port)
{
    uint64_t number;
    if (!str_to_uint64(str_of(text), &number) || number == 0 || number > 65535)
        return false;
    *ret_port = (int)number;
    return true;
}

/* ---------------------------------------------------------------- pods */

static int pod_port(const struct api_pod *pod, const struct proxy_name *name, struct error *err, int *ret_port)
{
    *ret_port = 80;
    if (!text_empty(name->port)) {
        if (number_of(name->port, ret_port))
            return 0;
        for (size_t i = 0; i < pod->spec.n_containers; i++)
            for (size_t j = 0; j < pod->spec.containers[i].n_ports; j++)
                if (text_equal(pod->spec.containers[i].ports[j].name, name->port)) {
                    *ret_port = pod->spec.containers[i].ports[j].container_port;
                    return 0;
                }
        return error_set(err, ERROR_BAD_REQUEST, "pod %s has no port %s", name->name, name->port);
    }
    for (size_t i = 0; i < pod->spec.n_containers; i++) {
        if (pod->spec.containers[i].n_ports > 0) {
            *ret_port = pod->spec.containers[i].ports[0].container_port;
            return 0;
        }
    }
    return 0;
}

static int plan_pod(struct request *request, struct connect_target *target, struct error *err)
{
    struct proxy_name name;
    int port;
    int rc = read_name(request, &name, err);
    if (rc < 0)
        return rc;
    const struct object *object = watch_cache_get(request->registry->cache, request->namespace_, name.name);
    if (object == NULL)
        return api_error_not_found(err, &api_resource_pod, name.name);
    const struct api_pod *pod = api_pod_of(object);
    rc = pod_port(pod, &name, err, &port);
    if (rc < 0)
        return rc;
    if (text_empty(pod->status.pod_ip))
        return error_set(err, ERROR_UNAVAILABLE, "pod %s has no address yet", name.name);
    return reach_address(request, &name, pod->status.pod_ip, port, pod->spec.node_name, target, err);
}

/* ---------------------------------------------------------------- services */

static int plan_service(struct request *request, struct connect_target *target, struct error *err)
{
    struct proxy_name name;
    int rc = read_name(request, &name, err);
    if (rc < 0)
        return rc;
    struct service_endpoint endpoint;
    rc = service_endpoint_find(request->server, request->namespace_, name.name, name.port, &endpoint, err);
    if (rc < 0)
        return rc;
    return reach_address(request, &name, endpoint.address, endpoint.port, endpoint.node, target, err);
}

/* ---------------------------------------------------------------- nodes */

static int plan_node(struct request *request, struct connect_target *target, struct error *err)
{
    struct proxy_name name;
    int rc = read_name(request, &name, err);
    if (rc < 0)
        return rc;
    target->path = path_of(request);
    return kubelet_reach(request, name.name, target, err);
}

static const char *own_path(struct request *request)
{
    return text_empty(request->namespace_)
               ? arena_format(&request->arena, "/api/v1/%s/%s/proxy", request->plural, request->name)
               : arena_format(&request->arena, "/api/v1/namespaces/%s/%s/%s/proxy", request->namespace_,
                              request->plural, request->name);
}

/* A page's relative links lead to its neighbours: those of a root need its last slash. */
static void redirect_to_root(struct request *request, struct connect_target *target)
{
    target->redirect = arena_format(&request->arena, "%s/%s" STR_FMT, target->prepend,
                                    request->query.size > 0 ? "?" : "", STR_ARG(request->query));
    request_respond_connect(request, target);
}

static void serve_plan(struct request *request,
                       int (*plan)(struct request *request, struct connect_target *target, struct error *err))
{
    struct error err = { 0 };
    struct connect_target *target = arena_new(&request->arena, struct connect_target);
    target->prepend = own_path(request);
    if (request->headers == NULL)
        request_refuse(request, ERROR_UNSUPPORTED, "a proxy needs an HTTP connection");
    else if (text_empty(request->rest) && (text_equal(request->method, "GET") || text_equal(request->method, "HEAD")))
        redirect_to_root(request, target);
    else if (admission_check_connection(request, &err) < 0 || plan(request, target, &err) < 0)
        request_fail(request, &err);
    else
        request_respond_connect(request, target);
}

void serve_pod_proxy(struct request *request)
{
    serve_plan(request, plan_pod);
}

void serve_service_proxy(struct request *request)
{
    serve_plan(request, plan_service);
}

void serve_node_proxy(struct request *request)
{
    serve_plan(request, plan_node);
}
