/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* network.c - NetworkPolicies and Ingresses, and autoscalers, which as those speak of other objects by name. */
#include "api/validation/address.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const policy_types[] = { "Egress", "Ingress", NULL };
static const char *const path_types[] = { "Exact", "ImplementationSpecific", "Prefix", NULL };
static const char *const metric_types[] = { "ContainerResource", "External", "Object", "Pods", "Resource", NULL };

static void validate_policy_ports(const struct api_networking_network_policy_port *ports, size_t count,
                                  const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_network_policy_port *port = &ports[i];
        const struct field_at *here = at_index(at, i);
        const struct field_at *end = at_field(here, "endPort");
        if (!text_empty(port->protocol))
            invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, false);
        if (port->port != NULL)
            validate_port_or_name(port->port, at_field(here, "port"), errors);
        if (port->end_port == NULL)
            continue;
        if (port->port == NULL)
            invalid_number(errors, end, *port->end_port, "may not be specified when `port` is not specified");
        else if (port->port->text != NULL)
            invalid_number(errors, end, *port->end_port, "may not be specified when `port` is non-numeric");
        else if (*port->end_port < port->port->number)
            invalid_number(errors, end, *port->end_port, "must be greater than or equal to `port`");
        else
            invalid_port_number(errors, end, *port->end_port);
    }
}

static void validate_block(const struct api_networking_ip_block *block, const struct field_at *at,
                           struct api_invalid *errors)
{
    static const char not_cidr[] = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    struct ip_prefix whole, part;

    if (text_empty(block->cidr)) {
        invalid_missing(errors, at_field(at, "cidr"));
        return;
    }
    if (!ip_prefix_parse(str_of(block->cidr), &whole)) {
        invalid_string(errors, at_field(at, "cidr"), block->cidr, "%s", not_cidr);
        return;
    }
    for (size_t i = 0; i < block->n_except; i++) {
        const struct field_at *here = at_index(at_field(at, "except"), i);
        if (!ip_prefix_parse(str_of(text_or_empty(block->except[i])), &part))
            invalid_string(errors, here, block->except[i], "%s", not_cidr);
        else if (!ip_prefix_contains(&whole, &part.address) || part.length <= whole.length)
            invalid_string(errors, here, block->except[i], "must be a strict subset of `cidr`");
    }
}

static void validate_peers(const struct api_networking_network_policy_peer *peers, size_t count,
                           const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_network_policy_peer *peer = &peers[i];
        const struct field_at *here = at_index(at, i);
        validate_label_selector(peer->pod_selector, at_field(here, "podSelector"), errors);
        validate_label_selector(peer->namespace_selector, at_field(here, "namespaceSelector"), errors);
        if (peer->ip_block != NULL)
            validate_block(peer->ip_block, at_field(here, "ipBlock"), errors);
        bool selects = peer->pod_selector != NULL || peer->namespace_selector != NULL;
        if (!selects && peer->ip_block == NULL)
            invalid_required(errors, here, "must specify a peer");
        else if (selects && peer->ip_block != NULL)
            invalid_forbidden(errors, here, "may not specify both ipBlock and another peer");
    }
}

void validate_network_policy_create(const void *object, struct api_invalid *errors)
{
    const struct api_networking_network_policy_spec *spec =
        &((const struct api_networking_network_policy *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_label_selector(&spec->pod_selector, at_field(at, "podSelector"), errors);
    for (size_t i = 0; i < spec->n_ingress; i++) {
        const struct field_at *here = at_index(at_field(at, "ingress"), i);
        validate_policy_ports(spec->ingress[i].ports, spec->ingress[i].n_ports, at_field(here, "ports"), errors);
        validate_peers(spec->ingress[i].from, spec->ingress[i].n_from, at_field(here, "from"), errors);
    }
    for (size_t i = 0; i < spec->n_egress; i++) {
        const struct field_at *here = at_index(at_field(at, "egress"), i);
        validate_policy_ports(spec->egress[i].ports, spec->egress[i].n_ports, at_field(here, "ports"), errors);
        validate_peers(spec->egress[i].to, spec->egress[i].n_to, at_field(here, "to"), errors);
    }
    if (spec->n_policy_types > 2)
        invalid_raw(errors, at_field(at, "policyTypes"), "[]", "may not specify more than two policyTypes");
    for (size_t i = 0; i < spec->n_policy_types && i < 2; i++)
        invalid_one_of(errors, at_index(at_field(at, "policyTypes"), i), spec->policy_types[i], policy_types, false);
}

void validate_network_policy_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_network_policy_create(object, errors);
}

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

static void validate_target(const struct api_autoscaling_v2_cross_version_object_reference *target,
                            const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(target->kind))
        invalid_missing(errors, at_field(at, "kind"));
    else
        invalid_format(errors, at_field(at, "kind"), format_path_segment, target->kind);
    if (text_empty(target->name))
        invalid_missing(errors, at_field(at, "name"));
    else
        invalid_format(errors, at_field(at, "name"), format_path_segment, target->name);
}

void validate_autoscaler_create(const void *object, struct api_invalid *errors)
{
    const struct api_autoscaling_v2_horizontal_pod_autoscaler_spec *spec =
        &((const struct api_autoscaling_v2_horizontal_pod_autoscaler *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    if (spec->min_replicas != NULL && *spec->min_replicas < 1)
        invalid_number(errors, at_field(at, "minReplicas"), *spec->min_replicas, "must be greater than or equal to 1");
    if (spec->max_replicas == 0)
        invalid_missing(errors, at_field(at, "maxReplicas"));
    else if (spec->max_replicas < 1)
        invalid_number(errors, at_field(at, "maxReplicas"), spec->max_replicas, "must be greater than 0");
    if (spec->min_replicas != NULL && spec->max_replicas != 0 && spec->max_replicas < *spec->min_replicas)
        invalid_number(errors, at_field(at, "maxReplicas"), spec->max_replicas,
                       "must be greater than or equal to `minReplicas`");
    validate_target(&spec->scale_target_ref, at_field(at, "scaleTargetRef"), errors);
    for (size_t i = 0; i < spec->n_metrics; i++)
        invalid_one_of(errors, at_field(at_index(at_field(at, "metrics"), i), "type"), spec->metrics[i].type,
                       metric_types, true);
}

void validate_autoscaler_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_autoscaler_create(object, errors);
}
