/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service.c - Services: type, ports, addresses. Which addresses and ports are free is the allocator's business. */
#include <stdio.h>

#include "api/validation/address.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/pod/pod_rules.h"

#define AFFINITY_SECONDS_MAX 86400

static const char *const types[] = { "ClusterIP", "ExternalName", "LoadBalancer", "NodePort", NULL };
static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const affinities[] = { "ClientIP", "None", NULL };
static const char *const traffic_policies[] = { "Cluster", "Local", NULL };
static const char *const families[] = { "IPv4", "IPv6", NULL };
static const char *const family_policies[] = { "PreferDualStack", "RequireDualStack", "SingleStack", NULL };
static const char *const distributions[] = { "PreferClose", "PreferSameNode", "PreferSameZone", NULL };

static bool is_headless(const struct api_service_spec *spec)
{
    return spec->n_cluster_ips == 1 && text_equal(spec->cluster_ips[0], "None");
}

static bool is_type(const struct api_service_spec *spec, const char *type)
{
    return text_equal(spec->type, type);
}

static bool is_external(const struct api_service_spec *spec)
{
    return is_type(spec, "LoadBalancer") || is_type(spec, "NodePort") ||
           (is_type(spec, "ClusterIP") && spec->n_external_ips > 0);
}

static void validate_repeats(const struct api_service_spec *spec, size_t index, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct api_service_port *port = &spec->ports[index];
    bool same_name = false, same_node = false, same_port = false;

    for (size_t k = 0; k < index; k++) {
        const struct api_service_port *other = &spec->ports[k];
        bool protocol = text_equal(other->protocol, port->protocol);
        same_name = same_name || (!text_empty(port->name) && text_equal(other->name, port->name));
        same_node = same_node || (port->node_port != 0 && other->node_port == port->node_port && protocol);
        same_port = same_port || (other->port == port->port && protocol);
    }
    char text[256];
    if (same_name)
        invalid_duplicate(errors, at_field(at, "name"), port->name);
    if (same_node) {
        snprintf(text, sizeof(text), "%d", port->node_port);
        invalid_duplicate_raw(errors, at_field(at, "nodePort"), text);
    }
    if (same_port) {
        snprintf(text, sizeof(text), "{\"protocol\":\"%s\",\"port\":%d,\"targetPort\":0}",
                 text_or_empty(port->protocol), port->port);
        invalid_duplicate_raw(errors, at, text);
    }
}

static void validate_ports(const struct api_service_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    bool may_be_empty = is_headless(spec) || is_type(spec, "ExternalName");

    if (spec->n_ports == 0 && !may_be_empty)
        invalid_missing(errors, at);
    for (size_t i = 0; i < spec->n_ports; i++) {
        const struct api_service_port *port = &spec->ports[i];
        const struct field_at *here = at_index(at, i);
        if (spec->n_ports > 1 && text_empty(port->name))
            invalid_missing(errors, at_field(here, "name"));
        else if (!text_empty(port->name))
            invalid_format(errors, at_field(here, "name"), format_dns1123_label, port->name);
        invalid_port_number(errors, at_field(here, "port"), port->port);
        invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, true);
        validate_port_or_name(&port->target_port, at_field(here, "targetPort"), errors);
        if (port->app_protocol != NULL)
            invalid_format(errors, at_field(here, "appProtocol"), format_qualified_name, port->app_protocol);
        if (is_type(spec, "ClusterIP") && port->node_port != 0)
            invalid_forbidden(errors, at_field(here, "nodePort"), "may not be used when `type` is 'ClusterIP'");
        validate_repeats(spec, i, here, errors);
    }
}

static void validate_session_affinity(const struct api_service_spec *spec, const struct field_at *at,
                                      struct api_invalid *errors)
{
    const struct field_at *config = at_field(at, "sessionAffinityConfig");
    const struct field_at *seconds = at_field(at_field(config, "clientIP"), "timeoutSeconds");
    const struct api_session_affinity_config *given = spec->session_affinity_config;

    invalid_one_of(errors, at_field(at, "sessionAffinity"), spec->session_affinity, affinities, true);
    if (text_equal(spec->session_affinity, "None")) {
        if (given != NULL)
            invalid_forbidden(errors, config, "must not be set when session affinity is None");
        return;
    }
    if (!text_equal(spec->session_affinity, "ClientIP"))
        return;
    if (given == NULL)
        invalid_required(errors, config, "when session affinity type is ClientIP");
    else if (given->client_ip == NULL)
        invalid_required(errors, at_field(config, "clientIP"), "when session affinity type is ClientIP");
    else if (given->client_ip->timeout_seconds == NULL)
        invalid_required(errors, seconds, "when session affinity type is ClientIP");
    else if (*given->client_ip->timeout_seconds < 1 || *given->client_ip->timeout_seconds > AFFINITY_SECONDS_MAX)
        invalid_number(errors, seconds, *given->client_ip->timeout_seconds, "must be greater than 0 and less than %d",
                       AFFINITY_SECONDS_MAX);
}

static void validate_cluster_ips(const struct api_service_spec *spec, const struct field_at *at,
                                 struct api_invalid *errors)
{
    const struct field_at *ips = at_field(at, "clusterIPs");

    if (spec->n_cluster_ips > 0 && text_empty(spec->cluster_ip))
        invalid_raw(errors, ips, "[]", "must be empty when `clusterIP` is not specified");
    if (spec->n_cluster_ips > 0 && !text_empty(spec->cluster_ip) && !text_equal(spec->cluster_ip, spec->cluster_ips[0]))
        invalid_raw(errors, ips, "[]", "first value must match `clusterIP`");
    for (size_t i = 0; i < spec->n_ip_families; i++) {
        const struct field_at *here = at_index(at_field(at, "ipFamilies"), i);
        invalid_one_of(errors, here, spec->ip_families[i], families, false);
        for (size_t k = 0; k < i; k++)
            if (text_equal(spec->ip_families[k], spec->ip_families[i]))
                invalid_duplicate(errors, here, spec->ip_families[i]);
    }
    if (spec->ip_family_policy != NULL)
        invalid_one_of(errors, at_field(at, "ipFamilyPolicy"), spec->ip_family_policy, family_policies, false);
    if (spec->n_cluster_ips > 2)
        invalid_raw(errors, ips, "[]", "may only hold up to 2 values");
    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        bool none = text_equal(spec->cluster_ips[i], "None");
        struct ip ip;
        if (none && spec->n_cluster_ips > 1)
            invalid_string(errors, at_index(ips, i), "None", "must be set to 'None' only as a single value");
        else if (!none && invalid_format(errors, at_index(ips, i), format_ip, spec->cluster_ips[i]) &&
                 i < spec->n_ip_families && ip_parse(str_of(spec->cluster_ips[i]), &ip) &&
                 text_equal(spec->ip_families[i], "IPv4") != (ip.family == IP_V4))
            invalid_string(errors, at_index(ips, i), spec->cluster_ips[i],
                           "expected an %s value as indicated by "
                           "`ipFamilies[%zu]`",
                           spec->ip_families[i], i);
    }
}

static void validate_type(const struct api_service_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *first_ip = at_index(at_field(at, "clusterIPs"), 0);

    invalid_one_of(errors, at_field(at, "type"), spec->type, types, true);
    if (is_headless(spec) && (is_type(spec, "LoadBalancer") || is_type(spec, "NodePort")))
        invalid_string(errors, first_ip, "None", "may not be set to 'None' for %s services", spec->type);
    if (!is_type(spec, "ExternalName")) {
        validate_cluster_ips(spec, at, errors);
        return;
    }
    struct str name = str_of(text_or_empty(spec->external_name));
    struct format_errors found = { .count = 0 };
    if (spec->n_cluster_ips > 0)
        invalid_forbidden(errors, at_field(at, "clusterIPs"), "may not be set for ExternalName services");
    if (spec->n_ip_families > 0)
        invalid_forbidden(errors, at_field(at, "ipFamilies"), "may not be set for ExternalName services");
    if (spec->ip_family_policy != NULL)
        invalid_forbidden(errors, at_field(at, "ipFamilyPolicy"), "may not be set for ExternalName services");
    if (str_ends(name, STR(".")))
        name.size--;
    if (name.size == 0) {
        invalid_missing(errors, at_field(at, "externalName"));
        return;
    }
    format_dns1123_subdomain(name, &found);
    invalid_formats(errors, at_field(at, "externalName"), &found, spec->external_name);
}

static void validate_traffic(const struct api_service_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *external = at_field(at, "externalTrafficPolicy");
    const struct field_at *internal = at_field(at, "internalTrafficPolicy");
    bool local_balancer = is_type(spec, "LoadBalancer") && text_equal(spec->external_traffic_policy, "Local");

    if (is_external(spec))
        invalid_one_of(errors, external, spec->external_traffic_policy, traffic_policies, true);
    else if (!text_empty(spec->external_traffic_policy))
        invalid_string(errors, external, spec->external_traffic_policy,
                       "may only be set for externally-accessible services");
    if (!local_balancer && spec->health_check_node_port != 0)
        invalid_number(errors, at_field(at, "healthCheckNodePort"), spec->health_check_node_port,
                       "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
    if (spec->internal_traffic_policy != NULL)
        invalid_one_of(errors, internal, spec->internal_traffic_policy, traffic_policies, false);
    else if (!is_type(spec, "ExternalName"))
        invalid_missing(errors, internal);
    if (spec->traffic_distribution != NULL)
        invalid_one_of(errors, at_field(at, "trafficDistribution"), spec->traffic_distribution, distributions, false);
}

static void validate_load_balancer(const struct api_service_spec *spec, const struct field_at *at,
                                   struct api_invalid *errors)
{
    bool balanced = is_type(spec, "LoadBalancer");
    const struct field_at *ranges = at_field(at, "LoadBalancerSourceRanges");

    if (spec->n_load_balancer_source_ranges > 0 && !balanced)
        invalid_forbidden(errors, ranges, "may only be used when `type` is 'LoadBalancer'");
    for (size_t i = 0; balanced && i < spec->n_load_balancer_source_ranges; i++) {
        struct ip_prefix prefix;
        const char *range = text_or_empty(spec->load_balancer_source_ranges[i]);
        if (!ip_prefix_parse(str_trim(str_of(range)), &prefix))
            invalid_string(errors, at_index(ranges, i), range,
                           "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
    if (spec->allocate_load_balancer_node_ports != NULL && !balanced)
        invalid_forbidden(errors, at_field(at, "allocateLoadBalancerNodePorts"),
                          "may only be used when `type` is 'LoadBalancer'");
    if (spec->load_balancer_class == NULL)
        return;
    if (!balanced)
        invalid_forbidden(errors, at_field(at, "loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'");
    else
        invalid_format(errors, at_field(at, "loadBalancerClass"), format_qualified_name, spec->load_balancer_class);
}

void validate_service_create(const void *object, struct api_invalid *errors)
{
    const struct api_service_spec *spec = &((const struct api_service *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_type(spec, at, errors);
    validate_ports(spec, at_field(at, "ports"), errors);
    validate_labels(spec->selector, spec->n_selector, at_field(at, "selector"), errors);
    validate_session_affinity(spec, at, errors);
    for (size_t i = 0; i < spec->n_external_ips; i++)
        validate_outside_address(spec->external_ips[i], at_index(at_field(at, "externalIPs"), i), errors);
    validate_load_balancer(spec, at, errors);
    validate_traffic(spec, at, errors);
}

void validate_service_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_service_spec *spec = &((const struct api_service *)object)->spec;
    const struct api_service_spec *old = &((const struct api_service *)old_object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    bool named = is_type(spec, "ExternalName") || is_type(old, "ExternalName");

    /* The first address stays as long as there is one. */
    if (!named && old->n_cluster_ips > 0) {
        const struct field_at *ip = at_index(at_field(at, "clusterIPs"), 0);
        if (spec->n_cluster_ips == 0)
            invalid_raw(errors, ip, "[]", "primary clusterIP can not be unset");
        else if (!text_equal(spec->cluster_ips[0], old->cluster_ips[0]))
            invalid_string(errors, ip, spec->cluster_ips[0], "may not change once set");
    }
    if (is_type(spec, "LoadBalancer") && is_type(old, "LoadBalancer") &&
        !text_equal(spec->load_balancer_class, old->load_balancer_class))
        invalid_string(errors, at_field(at, "loadBalancerClass"), spec->load_balancer_class, "may not change once set");
    validate_service_create(object, errors);
}
