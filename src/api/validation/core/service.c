/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service.c - Services. Which addresses and ports are free is the allocator's business. */
#include <stdio.h>

#include "api/validation/core/service_rules.h"
#include "api/validation/formats/address.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/source.h"
#include "api/value/entry.h"

#define AFFINITY_SECONDS_MAX 86400
#define RANGES_KEY           "service.beta.kubernetes.io/load-balancer-source-ranges"
#define HINTS_KEY            "service.kubernetes.io/topology-aware-hints"
#define MODE_KEY             "service.kubernetes.io/topology-mode"
#define ONLY_BALANCED        "may only be used when `type` is 'LoadBalancer'"

static const char *const types[] = { "ClusterIP", "ExternalName", "LoadBalancer", "NodePort", NULL };
static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const affinities[] = { "ClientIP", "None", NULL };
static const char *const traffic_policies[] = { "Cluster", "Local", NULL };
static const char *const distributions[] = { "PreferClose", "PreferSameZone", "PreferSameNode", NULL };

static bool is_external(const struct api_service_spec *spec)
{
    return service_is_type(spec, "LoadBalancer") || service_is_type(spec, "NodePort") ||
           (service_is_type(spec, "ClusterIP") && spec->n_external_ips > 0);
}

static const char *annotation(const struct api_service *service, const char *key)
{
    return string_entry_value(service->metadata.annotations, service->metadata.n_annotations, key);
}

static void validate_type(const struct api_service_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    if (service_is_headless(spec) && (service_is_type(spec, "LoadBalancer") || service_is_type(spec, "NodePort")))
        invalid_string(errors, at_index(at_field(at, "clusterIPs"), 0), "None",
                       "may not be set to 'None' for %s services", spec->type);
    if (!service_is_type(spec, "ExternalName"))
        return;
    if (spec->n_cluster_ips > 0)
        invalid_forbidden(errors, at_field(at, "clusterIPs"), "may not be set for ExternalName services");
    if (spec->n_ip_families > 0)
        invalid_forbidden(errors, at_field(at, "ipFamilies"), "may not be set for ExternalName services");
    if (spec->ip_family_policy != NULL)
        invalid_forbidden(errors, at_field(at, "ipFamilyPolicy"), "may not be set for ExternalName services");
    struct str name = str_of(text_or_empty(spec->external_name));
    struct format_errors found = { .count = 0 };
    if (str_ends(name, STR(".")))
        name.size--;
    if (name.size == 0) {
        invalid_missing(errors, at_field(at, "externalName"));
        return;
    }
    format_dns1123_subdomain(name, &found);
    if (found.count > 0)
        invalid_formats(errors, at_field(at, "externalName"), &found,
                        arena_strndup(&errors->arena, name.data, name.size));
}

static void validate_port(const struct api_service_spec *spec, size_t index, const struct field_at *at,
                          struct api_invalid *errors)
{
    const struct api_service_port *port = &spec->ports[index];
    bool repeated = false;

    for (size_t k = 0; k < index; k++)
        repeated = repeated || text_equal(spec->ports[k].name, port->name);
    if (spec->n_ports > 1 && text_empty(port->name))
        invalid_missing(errors, at_field(at, "name"));
    if (!text_empty(port->name)) {
        invalid_format(errors, at_field(at, "name"), format_dns1123_label, port->name);
        if (repeated)
            invalid_duplicate(errors, at_field(at, "name"), port->name);
    }
    invalid_port_number(errors, at_field(at, "port"), port->port);
    invalid_one_of(errors, at_field(at, "protocol"), port->protocol, protocols, true);
    validate_port_or_name(&port->target_port, at_field(at, "targetPort"), errors);
    if (port->app_protocol != NULL)
        invalid_format(errors, at_field(at, "appProtocol"), format_qualified_name, port->app_protocol);
}

static void validate_affinity_config(const struct api_session_affinity_config *config, const struct field_at *at,
                                     struct api_invalid *errors)
{
    const struct field_at *seconds = at_field(at_field(at, "clientIP"), "timeoutSeconds");

    if (config == NULL)
        invalid_required(errors, at, "when session affinity type is ClientIP");
    else if (config->client_ip == NULL)
        invalid_required(errors, at_field(at, "clientIP"), "when session affinity type is ClientIP");
    else if (config->client_ip->timeout_seconds == NULL)
        invalid_required(errors, seconds, "when session affinity type is ClientIP");
    else if (*config->client_ip->timeout_seconds < 1 || *config->client_ip->timeout_seconds > AFFINITY_SECONDS_MAX)
        invalid_number(errors, seconds, *config->client_ip->timeout_seconds, "must be greater than 0 and less than %d",
                       AFFINITY_SECONDS_MAX);
}

static void validate_session_affinity(const struct api_service_spec *spec, const struct field_at *at,
                                      struct api_invalid *errors)
{
    const struct field_at *config = at_field(at, "sessionAffinityConfig");

    invalid_one_of(errors, at_field(at, "sessionAffinity"), spec->session_affinity, affinities, true);
    if (text_equal(spec->session_affinity, "ClientIP"))
        validate_affinity_config(spec->session_affinity_config, config, errors);
    else if (text_equal(spec->session_affinity, "None") && spec->session_affinity_config != NULL)
        invalid_forbidden(errors, config, "must not be set when session affinity is None");
}

static void validate_external_ips(const struct api_service_spec *spec, const struct api_service_spec *old,
                                  const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_external_ips; i++)
        if (invalid_address(errors, at_index(at, i), format_ip, spec->external_ips[i],
                            old != NULL ? old->external_ips : NULL, old != NULL ? old->n_external_ips : 0))
            validate_outside_address(spec->external_ips[i], at_index(at, i), errors);
}

/* Ports of nodes, and pairs of port and protocol, are there once. */
static void validate_port_pairs(const struct api_service_spec *spec, const struct field_at *at,
                                struct api_invalid *errors)
{
    for (size_t i = 0; service_is_type(spec, "ClusterIP") && i < spec->n_ports; i++)
        if (spec->ports[i].node_port != 0)
            invalid_forbidden(errors, at_field(at_index(at, i), "nodePort"),
                              "may not be used when `type` is 'ClusterIP'");
    for (size_t i = 0; i < spec->n_ports; i++) {
        const struct api_service_port *port = &spec->ports[i];
        bool repeated = false;
        for (size_t k = 0; k < i && port->node_port != 0; k++)
            repeated = repeated || (spec->ports[k].node_port == port->node_port &&
                                    text_equal(spec->ports[k].protocol, port->protocol));
        char text[24];
        snprintf(text, sizeof(text), "%d", port->node_port);
        if (repeated)
            invalid_duplicate_raw(errors, at_field(at_index(at, i), "nodePort"), text);
    }
    for (size_t i = 0; i < spec->n_ports; i++) {
        struct api_service_port key = { .protocol = spec->ports[i].protocol, .port = spec->ports[i].port };
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated =
                repeated || (spec->ports[k].port == key.port && text_equal(spec->ports[k].protocol, key.protocol));
        if (repeated)
            invalid_duplicate_internal(errors, at_index(at, i), &api_type_service_port, &key, NULL);
    }
}

static void validate_annotated_ranges(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    struct str rest = str_trim(str_of(text)), range;

    while (rest.size > 0 && str_next(&rest, ',', &range)) {
        struct format_errors found = { .count = 0 };
        range = str_trim(range);
        format_cidr(range, &found);
        if (found.count > 0)
            invalid_formats(errors, at, &found, arena_strndup(&errors->arena, text_or_empty(range.data), range.size));
    }
}

static void validate_source_ranges(const struct api_service *service, const struct api_service *old,
                                   const struct field_at *at, struct api_invalid *errors)
{
    const struct api_service_spec *spec = &service->spec;
    bool balanced = service_is_type(spec, "LoadBalancer");
    const char *annotated = annotation(service, RANGES_KEY);

    if (spec->n_load_balancer_source_ranges == 0 && annotated != NULL) {
        const struct field_at *key = at_key(at_field(at_field(NULL, "metadata"), "annotations"), RANGES_KEY);
        if (!balanced)
            invalid_forbidden(errors, key, ONLY_BALANCED);
        if (old == NULL || !text_equal(text_or_empty(annotation(old, RANGES_KEY)), annotated))
            validate_annotated_ranges(annotated, key, errors);
        return;
    }
    if (spec->n_load_balancer_source_ranges > 0 && !balanced)
        invalid_forbidden(errors, at, ONLY_BALANCED);
    for (size_t i = 0; i < spec->n_load_balancer_source_ranges; i++) {
        struct str range = str_trim(str_of(text_or_empty(spec->load_balancer_source_ranges[i])));
        struct format_errors found = { .count = 0 };
        bool kept = false;
        format_cidr(range, &found);
        for (size_t k = 0; found.count > 0 && old != NULL && k < old->spec.n_load_balancer_source_ranges; k++)
            kept = kept || str_is(range, text_or_empty(old->spec.load_balancer_source_ranges[k]));
        if (found.count > 0 && !kept)
            invalid_formats(errors, at_index(at, i), &found,
                            arena_strndup(&errors->arena, text_or_empty(range.data), range.size));
    }
}

static void validate_load_balancer(const struct api_service_spec *spec, const struct field_at *at,
                                   struct api_invalid *errors)
{
    bool balanced = service_is_type(spec, "LoadBalancer");

    if (spec->allocate_load_balancer_node_ports != NULL && !balanced)
        invalid_forbidden(errors, at_field(at, "allocateLoadBalancerNodePorts"), ONLY_BALANCED);
    if (spec->allocate_load_balancer_node_ports == NULL && balanced)
        invalid_missing(errors, at_field(NULL, "allocateLoadBalancerNodePorts")); /* upstream's path */
    if (spec->load_balancer_class == NULL)
        return;
    if (balanced)
        invalid_format(errors, at_field(at, "loadBalancerClass"), format_qualified_name, spec->load_balancer_class);
    else
        invalid_forbidden(errors, at_field(at, "loadBalancerClass"), ONLY_BALANCED);
}

static void validate_traffic(const struct api_service_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *external = at_field(at, "externalTrafficPolicy");
    const struct field_at *internal = at_field(at, "internalTrafficPolicy");
    const struct field_at *port = at_field(at, "healthCheckNodePort");

    if (is_external(spec))
        invalid_one_of(errors, external, spec->external_traffic_policy, traffic_policies, true);
    else if (!text_empty(spec->external_traffic_policy))
        invalid_string(errors, external, spec->external_traffic_policy,
                       "may only be set for externally-accessible services");
    if (!service_needs_health_check(spec) && spec->health_check_node_port != 0)
        invalid_number(errors, port, spec->health_check_node_port,
                       "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
    else if (service_needs_health_check(spec) && spec->health_check_node_port == 0)
        invalid_missing(errors, port);
    else if (spec->health_check_node_port != 0)
        invalid_port_number(errors, port, spec->health_check_node_port);
    if (spec->internal_traffic_policy != NULL)
        invalid_one_of(errors, internal, spec->internal_traffic_policy, traffic_policies, false);
    else if (service_is_type(spec, "ClusterIP") || service_is_type(spec, "NodePort") ||
             service_is_type(spec, "LoadBalancer"))
        invalid_missing(errors, internal);
    if (spec->traffic_distribution != NULL)
        invalid_one_of(errors, at_field(at, "trafficDistribution"), spec->traffic_distribution, distributions, false);
}

void validate_service(const struct api_service *service, const struct api_service *old, struct api_invalid *errors)
{
    const struct api_service_spec *spec = &service->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const char *mode = annotation(service, MODE_KEY), *hints = annotation(service, HINTS_KEY);

    if (mode != NULL && hints != NULL && !text_equal(mode, hints))
        invalid_string(errors, at_key(at_field(at_field(NULL, "metadata"), "annotations"), MODE_KEY), mode,
                       "must match annotations[" HINTS_KEY "] when both are specified");
    if (spec->n_ports == 0 && !service_is_headless(spec) && !service_is_type(spec, "ExternalName"))
        invalid_missing(errors, at_field(at, "ports"));
    validate_type(spec, at, errors);
    for (size_t i = 0; i < spec->n_ports; i++)
        validate_port(spec, i, at_index(at_field(at, "ports"), i), errors);
    validate_labels(spec->selector, spec->n_selector, at_field(at, "selector"), errors);
    validate_session_affinity(spec, at, errors);
    if (!service_is_type(spec, "ExternalName"))
        validate_service_addresses(spec, old != NULL ? &old->spec : NULL, at, errors);
    validate_external_ips(spec, old != NULL ? &old->spec : NULL, at_field(at, "externalIPs"), errors);
    invalid_one_of(errors, at_field(at, "type"), spec->type, types, true);
    validate_port_pairs(spec, at_field(at, "ports"), errors);
    validate_source_ranges(service, old, at_field(at, "LoadBalancerSourceRanges"), errors);
    validate_load_balancer(spec, at, errors);
    validate_traffic(spec, at, errors);
}

void validate_service_create(const void *object, struct api_invalid *errors)
{
    validate_service(object, NULL, errors);
}
