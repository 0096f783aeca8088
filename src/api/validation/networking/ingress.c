/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ingress.c - Ingresses. */
#include "api/validation/address.h"
#include "api/validation/kind_rules.h"

static const char *const path_types[] = { "Exact", "ImplementationSpecific", "Prefix", NULL };

static void validate_host(const char *host, const struct field_at *at, struct api_invalid *errors)
{
    struct ip ip;

    if (text_empty(host))
        return;
    if (ip_parse(str_of(host), &ip))
        invalid_string(errors, at, host, "must be a DNS name, not an IP address");
    else
        invalid_format(errors, at,
                       strchr(host, '*') != NULL ? format_wildcard_dns1123_subdomain : format_dns1123_subdomain, host);
}

static void validate_backend(const struct api_networking_ingress_backend *backend, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *service = at_field(at, "service");
    const struct field_at *port = at_field(service, "port");

    if (backend->resource != NULL && backend->service != NULL) {
        invalid_string(errors, at, "", "cannot set both resource and service backends");
        return;
    }
    if (backend->resource != NULL) {
        if (text_empty(backend->resource->kind))
            invalid_missing(errors, at_field(at_field(at, "resource"), "kind"));
        if (text_empty(backend->resource->name))
            invalid_missing(errors, at_field(at_field(at, "resource"), "name"));
        return;
    }
    if (backend->service == NULL) {
        invalid_string(errors, at, "", "one of resource or service backend is required");
        return;
    }
    if (text_empty(backend->service->name))
        invalid_missing(errors, at_field(service, "name"));
    else
        invalid_format(errors, at_field(service, "name"), format_dns1123_label, backend->service->name);
    bool named = !text_empty(backend->service->port.name);
    bool numbered = backend->service->port.number != 0;
    if (named && numbered)
        invalid_string(errors, at, "", "cannot set both port name & port number");
    else if (named)
        invalid_format(errors, at_field(port, "name"), format_port_name, backend->service->port.name);
    else if (numbered)
        invalid_port_number(errors, at_field(port, "number"), backend->service->port.number);
    else
        invalid_required(errors, at, "port name or number is required");
}

static void validate_path(const struct api_networking_http_ingress_path *path, const struct field_at *at,
                          struct api_invalid *errors)
{
    static const char *const never[] = { "//", "/./", "/../", "%2f", "%2F", NULL };
    const struct field_at *here = at_field(at, "path");
    const char *text = text_or_empty(path->path);
    bool free_form = text_equal(path->path_type, "ImplementationSpecific");

    if (path->path_type == NULL)
        invalid_required(errors, at_field(at, "pathType"), "pathType must be specified");
    else
        invalid_one_of(errors, at_field(at, "pathType"), path->path_type, path_types, false);
    if (text[0] != '/' && (!free_form || text[0] != '\0'))
        invalid_string(errors, here, text, "must be an absolute path");
    for (size_t i = 0; !free_form && never[i] != NULL; i++)
        if (strstr(text, never[i]) != NULL)
            invalid_string(errors, here, text, "must not contain '%s'", never[i]);
    validate_backend(&path->backend, at_field(at, "backend"), errors);
}

void validate_ingress_create(const void *object, struct api_invalid *errors)
{
    const struct api_networking_ingress_spec *spec = &((const struct api_networking_ingress *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    if (spec->n_rules == 0 && spec->default_backend == NULL)
        invalid_raw(errors, at, "[]", "either `defaultBackend` or `rules` must be specified");
    if (spec->default_backend != NULL)
        validate_backend(spec->default_backend, at_field(at, "defaultBackend"), errors);
    for (size_t i = 0; i < spec->n_rules; i++) {
        const struct field_at *here = at_index(at_field(at, "rules"), i);
        validate_host(spec->rules[i].host, at_field(here, "host"), errors);
        if (spec->rules[i].http == NULL)
            continue;
        const struct field_at *paths = at_field(at_field(here, "http"), "paths");
        if (spec->rules[i].http->n_paths == 0)
            invalid_missing(errors, paths);
        for (size_t k = 0; k < spec->rules[i].http->n_paths; k++)
            validate_path(&spec->rules[i].http->paths[k], at_index(paths, k), errors);
    }
    for (size_t i = 0; i < spec->n_tls; i++) {
        const struct field_at *here = at_index(at_field(at, "tls"), i);
        for (size_t k = 0; k < spec->tls[i].n_hosts; k++)
            validate_host(spec->tls[i].hosts[k], at_index(at_field(here, "hosts"), k), errors);
        if (!text_empty(spec->tls[i].secret_name))
            invalid_format(errors, at_field(here, "secretName"), format_dns1123_subdomain, spec->tls[i].secret_name);
    }
    if (spec->ingress_class_name != NULL)
        invalid_format(errors, at_field(at, "ingressClassName"), format_dns1123_subdomain, spec->ingress_class_name);
}

void validate_ingress_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_ingress_create(object, errors);
}
