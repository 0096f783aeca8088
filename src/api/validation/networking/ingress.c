/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ingress.c - Ingresses. */
#include "api/validation/formats/address.h"
#include "api/validation/kind_rules.h"
#include "api/validation/networking/reference.h"
#include "api/value/entry.h"

#define CLASS_ANNOTATION "kubernetes.io/ingress.class"

static const char *const path_types[] = { "Exact", "ImplementationSpecific", "Prefix", NULL };

/* What an update may keep. */
struct tolerated {
    bool secret_names;   /* that are none */
    bool wildcard_rules; /* that are broken, of hosts with a '*' */
};

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
        validate_local_reference(backend->resource->api_group, backend->resource->kind, backend->resource->name,
                                 at_field(at, "resource"), errors);
        return;
    }
    if (backend->service == NULL) {
        invalid_string(errors, at, "", "resource or service backend is required");
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

/* No way around what a path says. */
static void validate_plain_path(const char *path, const struct field_at *at, struct api_invalid *errors)
{
    static const char *const never[] = { "//", "/./", "/../", "%2f", "%2F", NULL };
    static const char *const never_last[] = { "/..", "/.", NULL };

    if (path[0] != '/')
        invalid_string(errors, at, path, "must be an absolute path");
    for (size_t i = 0; never[i] != NULL; i++)
        if (strstr(path, never[i]) != NULL)
            invalid_string(errors, at, path, "must not contain '%s'", never[i]);
    for (size_t i = 0; never_last[i] != NULL; i++)
        if (str_ends(str_of(path), str_of(never_last[i])))
            invalid_string(errors, at, path, "cannot end with '%s'", never_last[i]);
}

static void validate_path(const struct api_networking_http_ingress_path *path, const struct field_at *at,
                          struct api_invalid *errors)
{
    const struct field_at *here = at_field(at, "path");
    const char *text = text_or_empty(path->path);

    if (path->path_type == NULL) {
        invalid_required(errors, at_field(at, "pathType"), "pathType must be specified");
        return;
    }
    if (text_equal(path->path_type, "Exact") || text_equal(path->path_type, "Prefix")) {
        validate_plain_path(text, here, errors);
    } else if (invalid_one_of(errors, at_field(at, "pathType"), path->path_type, path_types, false)) {
        if (text[0] != '/' && text[0] != '\0')
            invalid_string(errors, here, text, "must be an absolute path");
    }
    validate_backend(&path->backend, at_field(at, "backend"), errors);
}

static void validate_rule_value(const struct api_networking_ingress_rule *rule, const struct field_at *at,
                                struct api_invalid *errors)
{
    const struct field_at *paths = at_field(at_field(at, "http"), "paths");

    if (rule->http == NULL)
        return;
    if (rule->http->n_paths == 0)
        invalid_missing(errors, paths);
    for (size_t i = 0; i < rule->http->n_paths; i++)
        validate_path(&rule->http->paths[i], at_index(paths, i), errors);
}

static bool is_wildcard(const char *host)
{
    return strchr(text_or_empty(host), '*') != NULL;
}

static void validate_host_name(const char *host, const struct field_at *at, struct api_invalid *errors)
{
    invalid_format(errors, at, is_wildcard(host) ? format_wildcard_dns1123_subdomain : format_dns1123_subdomain, host);
}

static void validate_rules(const struct api_networking_ingress_spec *spec, const struct tolerated *old,
                           const struct field_at *at, struct api_invalid *errors)
{
    struct ip ip;

    for (size_t i = 0; i < spec->n_rules; i++) {
        const struct api_networking_ingress_rule *rule = &spec->rules[i];
        const struct field_at *here = at_index(at, i);
        if (!text_empty(rule->host)) {
            if (address_read(rule->host, &ip))
                invalid_string(errors, at_field(here, "host"), rule->host, "must be a DNS name, not an IP address");
            validate_host_name(rule->host, at_field(here, "host"), errors);
        }
        if (!is_wildcard(rule->host) || !old->wildcard_rules)
            validate_rule_value(rule, here, errors);
    }
}

static void validate_tls(const struct api_networking_ingress_spec *spec, const struct tolerated *old,
                         const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_tls; i++) {
        const struct field_at *here = at_index(at, i);
        for (size_t k = 0; k < spec->tls[i].n_hosts; k++)
            validate_host_name(spec->tls[i].hosts[k], at_index(at_field(here, "hosts"), k), errors);
        if (!old->secret_names && !text_empty(spec->tls[i].secret_name))
            invalid_format(errors, at_field(here, "secretName"), format_dns1123_subdomain, spec->tls[i].secret_name);
    }
}

static void validate_spec(const struct api_networking_ingress_spec *spec, const struct tolerated *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    if (spec->n_rules == 0 && spec->default_backend == NULL)
        invalid_raw(errors, at, spec->rules == NULL ? "null" : "[]",
                    "either `defaultBackend` or `rules` must be specified");
    if (spec->default_backend != NULL)
        validate_backend(spec->default_backend, at_field(at, "defaultBackend"), errors);
    validate_rules(spec, old, at_field(at, "rules"), errors);
    validate_tls(spec, old, at_field(at, "tls"), errors);
    if (spec->ingress_class_name != NULL)
        invalid_format(errors, at_field(at, "ingressClassName"), format_dns1123_subdomain, spec->ingress_class_name);
}

void validate_ingress_create(const void *object, struct api_invalid *errors)
{
    const struct api_networking_ingress *ingress = object;
    const struct api_object_meta *meta = &ingress->metadata;
    const char *class = string_entry_value(meta->annotations, meta->n_annotations, CLASS_ANNOTATION);
    const struct tolerated nothing = { 0 };

    validate_spec(&ingress->spec, &nothing, errors);
    if (class != NULL && ingress->spec.ingress_class_name != NULL &&
        !text_equal(class, ingress->spec.ingress_class_name))
        invalid_string(errors, at_field(at_field(NULL, "annotations"), CLASS_ANNOTATION), class,
                       "must match `ingressClassName` when both are specified");
}

static struct tolerated tolerated_of(const struct api_networking_ingress_spec *spec)
{
    struct tolerated old = { 0 };

    for (size_t i = 0; i < spec->n_tls; i++)
        old.secret_names |= !text_empty(spec->tls[i].secret_name) &&
                            !format_ok(format_dns1123_subdomain, str_of(spec->tls[i].secret_name));
    for (size_t i = 0; i < spec->n_rules && !old.wildcard_rules; i++) {
        auto_invalid struct api_invalid found = { 0 };
        if (is_wildcard(spec->rules[i].host))
            validate_rule_value(&spec->rules[i], NULL, &found);
        old.wildcard_rules = found.total > 0;
    }
    return old;
}

void validate_ingress_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct tolerated old = tolerated_of(&((const struct api_networking_ingress *)old_object)->spec);

    validate_spec(&((const struct api_networking_ingress *)object)->spec, &old, errors);
}

void validate_ingress_status(const void *object, const void *old_object, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const struct api_networking_ingress_load_balancer_status *status =
        &((const struct api_networking_ingress *)object)->status.load_balancer;
    const struct api_networking_ingress_load_balancer_status *old =
        &((const struct api_networking_ingress *)old_object)->status.load_balancer;
    const struct field_at *at = at_field(at_field(at_field(NULL, "status"), "loadBalancer"), "ingress");
    const char **kept = arena_new_array(&arena, const char *, old->n_ingress + 1);
    struct ip ip;

    for (size_t i = 0; i < old->n_ingress; i++)
        kept[i] = text_or_empty(old->ingress[i].ip);
    for (size_t i = 0; i < status->n_ingress; i++) {
        const struct field_at *here = at_index(at, i);
        const char *hostname = status->ingress[i].hostname;
        if (!text_empty(status->ingress[i].ip))
            invalid_address(errors, at_field(here, "ip"), format_ip, status->ingress[i].ip, kept, old->n_ingress);
        if (text_empty(hostname))
            continue;
        invalid_format(errors, at_field(here, "hostname"), format_dns1123_subdomain, hostname);
        if (address_read(hostname, &ip))
            invalid_string(errors, at_field(here, "hostname"), hostname, "must be a DNS name, not an IP address");
    }
}
