/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/handlers.h"

#include "apiserver/registry/registry.h"

static const struct resource_handler resource_handlers[] = {
    { "*", "*", "status", API_GET, registry_get },
    { "*", "*", "status", API_UPDATE, registry_replace },
    { "*", "*", "status", API_PATCH, registry_patch },
    { "*", "*", "scale", API_GET, serve_scale_get },
    { "*", "*", "scale", API_UPDATE | API_PATCH, serve_scale_write },
    { "", "pods", "binding", API_CREATE, serve_binding },
    { "", "bindings", "", API_CREATE, serve_binding },
    { "", "pods", "ephemeralcontainers", API_GET | API_UPDATE | API_PATCH, serve_ephemeral_containers },
    { "", "pods", "resize", API_GET | API_UPDATE | API_PATCH, serve_resize },
    { "", "namespaces", "finalize", API_UPDATE, serve_finalize },
    { "", "pods", "eviction", API_CREATE, serve_eviction },
    { "", "serviceaccounts", "token", API_CREATE, serve_token_request },
    { "", "componentstatuses", "", API_GET, serve_component_status },
    { "", "componentstatuses", "", API_LIST_VERB, serve_component_status_list },
    { "", "pods", "log", API_GET, serve_log },
    { "", "pods", "exec", API_GET | API_CREATE, serve_exec },
    { "", "pods", "attach", API_GET | API_CREATE, serve_attach },
    { "", "pods", "portforward", API_GET | API_CREATE, serve_port_forward },
    { "", "pods", "proxy", API_GET | API_CREATE | API_UPDATE | API_PATCH | API_DELETE, serve_pod_proxy },
    { "", "services", "proxy", API_GET | API_CREATE | API_UPDATE | API_PATCH | API_DELETE, serve_service_proxy },
    { "", "nodes", "proxy", API_GET | API_CREATE | API_UPDATE | API_PATCH | API_DELETE, serve_node_proxy },
    { "certificates.k8s.io", "certificatesigningrequests", "approval", API_GET | API_UPDATE | API_PATCH,
      serve_approval },
    { "authorization.k8s.io", "subjectaccessreviews", "", API_CREATE, serve_subject_access_review },
    { "authorization.k8s.io", "localsubjectaccessreviews", "", API_CREATE, serve_local_subject_access_review },
    { "authorization.k8s.io", "selfsubjectaccessreviews", "", API_CREATE, serve_self_subject_access_review },
    { "authorization.k8s.io", "selfsubjectrulesreviews", "", API_CREATE, serve_self_subject_rules_review },
    { "authentication.k8s.io", "selfsubjectreviews", "", API_CREATE, serve_self_subject_review },
    { "authentication.k8s.io", "tokenreviews", "", API_CREATE, serve_token_review },
};

static const struct path_handler path_handlers[] = {
    { "/livez", serve_livez, false },
    { "/livez/", serve_livez, false },
    { "/readyz", serve_readyz, false },
    { "/readyz/", serve_readyz, false },
    { "/healthz", serve_healthz, false },
    { "/healthz/", serve_healthz, false },
    { "/version", serve_version, true },
    { "/version/", serve_version, true },
    { "/metrics", serve_metrics, false },
    { "/metrics/slis", serve_slis, false },
    { "/", serve_discovery, false },
    { "/api", serve_discovery, true },
    { "/api/", serve_discovery, true },
    { "/openapi/", serve_openapi, false },
    { "/apis", serve_discovery, false },
    { "/apis/", serve_discovery, false },
    { "/.well-known/openid-configuration", serve_issuer, true },
    { "/openid/v1/jwks", serve_issuer_keys, true },
};

static bool fits(const char *pattern, const char *text)
{
    return strcmp(pattern, "*") == 0 || strcmp(pattern, text) == 0;
}

const struct resource_handler *resource_handler_find(const struct api_resource *resource, const char *subresource,
                                                     enum api_verb verb)
{
    for (size_t i = 0; i < countof(resource_handlers); i++) {
        const struct resource_handler *handler = &resource_handlers[i];
        if (fits(handler->group, resource->kind->group) && fits(handler->plural, resource->plural) &&
            strcmp(handler->subresource, subresource) == 0 && (handler->verbs & verb))
            return handler;
    }
    return NULL;
}

const struct path_handler *path_handler_find(const char *path)
{
    for (size_t i = 0; i < countof(path_handlers); i++) {
        const char *pattern = path_handlers[i].path;
        size_t length = strlen(pattern);
        if (strcmp(path, pattern) == 0 ||
            (length > 1 && pattern[length - 1] == '/' && strncmp(path, pattern, length) == 0))
            return &path_handlers[i];
    }
    return NULL;
}
