/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_addresses.c - cluster addresses of Services, their families, how both may change; addresses of load balancers. */
#include "api/validation/core/service_rules.h"
#include "api/validation/formats/address.h"

static const char *const families[] = { "IPv4", "IPv6", NULL };
static const char *const family_policies[] = { "PreferDualStack", "RequireDualStack", "SingleStack", NULL };
static const char *const ip_modes[] = { "Proxy", "VIP", NULL };

static void validate_families(const struct api_service_spec *spec, const struct field_at *at,
                              struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_ip_families; i++) {
        const struct field_at *here = at_index(at_field(at, "ipFamilies"), i);
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(spec->ip_families[k], spec->ip_families[i]);
        invalid_one_of(errors, here, spec->ip_families[i], families, false);
        if (repeated)
            invalid_duplicate(errors, here, spec->ip_families[i]);
    }
    if (spec->ip_family_policy != NULL)
        invalid_one_of(errors, at_field(at, "ipFamilyPolicy"), spec->ip_family_policy, family_policies, false);
}

/* False when one of them is none. */
static bool validate_cluster_ips(const struct api_service_spec *spec, const struct api_service_spec *old,
                                 const struct field_at *at, struct api_invalid *errors)
{
    bool good = true;

    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        if (i == 0 && text_equal(spec->cluster_ips[0], "None")) {
            if (spec->n_cluster_ips > 1) {
                invalid_string_list(errors, at, spec->cluster_ips, spec->n_cluster_ips,
                                    "'None' must be the first and only value");
                good = false;
            }
            continue;
        }
        good = invalid_address(errors, at_index(at, i), format_ip, spec->cluster_ips[i],
                               old != NULL ? old->cluster_ips : NULL, old != NULL ? old->n_cluster_ips : 0) &&
               good;
    }
    if (spec->n_cluster_ips > 2)
        invalid_string_list(errors, at, spec->cluster_ips, spec->n_cluster_ips, "may only hold up to 2 values");
    return good;
}

static void validate_ip_families(const struct api_service_spec *spec, const struct field_at *at,
                                 struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_cluster_ips && i < spec->n_ip_families; i++) {
        struct ip ip;
        if (!address_read(spec->cluster_ips[i], &ip))
            continue;
        const char *wanted = text_or_empty(spec->ip_families[i]);
        if ((strcmp(wanted, "IPv4") == 0 && ip.family == IP_V6) || (strcmp(wanted, "IPv6") == 0 && ip.family == IP_V4))
            invalid_string(errors, at_index(at, i), spec->cluster_ips[i],
                           "expected an %s value as indicated by `ipFamilies[%zu]`", wanted, i);
    }
}

void validate_service_addresses(const struct api_service_spec *spec, const struct api_service_spec *old,
                                const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *ips = at_field(at, "clusterIPs");
    size_t before = errors->total;

    if (text_empty(spec->cluster_ip) && spec->n_cluster_ips > 0)
        invalid_string_list(errors, ips, spec->cluster_ips, spec->n_cluster_ips,
                            "must be empty when `clusterIP` is not specified");
    else if (!text_empty(spec->cluster_ip) && spec->n_cluster_ips == 0)
        invalid_missing(errors, ips);
    else if (!text_empty(spec->cluster_ip) && !text_equal(spec->cluster_ip, spec->cluster_ips[0]))
        invalid_string_list(errors, ips, spec->cluster_ips, spec->n_cluster_ips, "first value must match `clusterIP`");
    validate_families(spec, at, errors);
    if (!validate_cluster_ips(spec, old, ips, errors))
        return;
    if (spec->n_cluster_ips > 1) {
        enum address_families both = address_families(spec->cluster_ips, spec->n_cluster_ips, false);
        if (both == FAMILIES_BROKEN)
            invalid_failure(errors, ips, "failed to check for dual stack with error:invalid IP address");
        if (both != FAMILIES_GOOD)
            invalid_string_list(errors, ips, spec->cluster_ips, spec->n_cluster_ips,
                                "may specify no more than one IP for each IP family");
    }
    if (!service_is_headless(spec) && errors->total == before)
        validate_ip_families(spec, ips, errors);
}

/* --- updates --- */

static bool is_single_stack(const struct api_service_spec *spec)
{
    return text_equal(spec->ip_family_policy, "SingleStack");
}

static void validate_released(const struct api_service_spec *spec, const char *what, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct field_at *policy = at_field(at, "ipFamilyPolicy");

    if (is_single_stack(spec))
        return;
    if (spec->ip_family_policy == NULL)
        invalid_null(errors, policy, "must be set to 'SingleStack' when releasing the secondary %s", what);
    else
        invalid_string(errors, policy, spec->ip_family_policy,
                       "must be set to 'SingleStack' when releasing the secondary %s", what);
}

static void validate_ip_changes(const struct api_service_spec *spec, const struct api_service_spec *old,
                                const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *ips = at_field(at, "clusterIPs");
    size_t count = spec->n_cluster_ips, old_count = old->n_cluster_ips;

    if (service_is_headless(spec) && service_is_headless(old))
        return;
    for (size_t i = 0; i < count && count == old_count; i++)
        if (!text_equal(spec->cluster_ips[i], old->cluster_ips[i]))
            invalid_string_list(errors, at_index(ips, i), spec->cluster_ips, count, "may not change once set");
    if (count == old_count)
        return;
    if (count == 0)
        invalid_string_list(errors, at_index(ips, 0), spec->cluster_ips, count, "primary clusterIP can not be unset");
    if (count > 0 && old_count > 0 && !text_equal(spec->cluster_ips[0], old->cluster_ips[0]))
        invalid_string_list(errors, at_index(ips, 0), spec->cluster_ips, count, "may not change once set");
    if (count == 1 && old_count > 1)
        validate_released(spec, "clusterIP", at, errors);
}

static void validate_family_changes(const struct api_service_spec *spec, const struct api_service_spec *old,
                                    const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *first = at_index(at_field(at, "ipFamilies"), 0);
    size_t count = spec->n_ip_families, old_count = old->n_ip_families;

    if (service_is_headless(spec) || service_is_headless(old))
        return;
    for (size_t i = 0; i < count && count == old_count; i++)
        if (!text_equal(spec->ip_families[i], old->ip_families[i]))
            invalid_string_list(errors, first, spec->ip_families, count, "may not change once set");
    if (count == old_count)
        return;
    if (count < old_count && spec->n_cluster_ips == 0)
        invalid_string_list(errors, first, spec->ip_families, count, "primary ipFamily can not be unset");
    if (count > 0 && old_count > 0 && !text_equal(spec->ip_families[0], old->ip_families[0]))
        invalid_string_list(errors, first, spec->cluster_ips, spec->n_cluster_ips, "may not change once set");
    if (count == 1 && old_count > 1)
        validate_released(spec, "ipFamily", at, errors);
}

void validate_service_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_service *service = object, *before = old_object;
    const struct api_service_spec *spec = &service->spec, *old = &before->spec;
    const struct field_at *at = at_field(NULL, "spec");

    if (!service_is_type(spec, "ExternalName") && !service_is_type(old, "ExternalName")) {
        validate_ip_changes(spec, old, at, errors);
        validate_family_changes(spec, old, at, errors);
    }
    if (service_is_type(spec, "LoadBalancer") && service_is_type(old, "LoadBalancer") &&
        !text_equal(spec->load_balancer_class, old->load_balancer_class)) {
        if (spec->load_balancer_class == NULL)
            invalid_null(errors, at_field(at, "loadBalancerClass"), "may not change once set");
        else
            invalid_string(errors, at_field(at, "loadBalancerClass"), spec->load_balancer_class,
                           "may not change once set");
    }
    if (service_needs_health_check(spec) && service_needs_health_check(old) &&
        spec->health_check_node_port != old->health_check_node_port)
        invalid_forbidden(errors, at_field(at, "healthCheckNodePort"), "field is immutable");
    validate_service(service, before, errors);
}

/* --- load balancers --- */

static void validate_ingress(const struct api_load_balancer_ingress *ingress,
                             const struct api_load_balancer_status *old, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *mode = at_field(at, "ipMode");
    struct format_errors found = { .count = 0 };
    bool has_ip = !text_empty(ingress->ip), kept = false;
    struct ip ip;

    if (has_ip)
        format_ip(str_of(ingress->ip), &found);
    for (size_t i = 0; found.count > 0 && i < old->n_ingress; i++)
        kept = kept || text_equal(old->ingress[i].ip, ingress->ip);
    if (!kept)
        invalid_formats(errors, at_field(at, "ip"), &found, ingress->ip);
    if (ingress->ip_mode == NULL) {
        if (has_ip)
            invalid_required(errors, mode, "must be specified when `ip` is set");
    } else if (!has_ip) {
        invalid_forbidden(errors, mode, "may not be specified when `ip` is not set");
    } else {
        invalid_one_of(errors, mode, ingress->ip_mode, ip_modes, false);
    }
    if (text_empty(ingress->hostname))
        return;
    invalid_format(errors, at_field(at, "hostname"), format_dns1123_subdomain, ingress->hostname);
    if (address_read(ingress->hostname, &ip))
        invalid_string(errors, at_field(at, "hostname"), ingress->hostname, "must be a DNS name, not an IP address");
}

void validate_service_status(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_service *service = object, *old = old_object;
    const struct api_load_balancer_status *status = &service->status.load_balancer;
    const struct field_at *at = at_field(at_field(at_field(NULL, "status"), "loadBalancer"), "ingress");

    if (!service_is_type(&service->spec, "LoadBalancer") && status->n_ingress > 0) {
        invalid_forbidden(errors, at, "may only be used when `spec.type` is 'LoadBalancer'");
        return;
    }
    for (size_t i = 0; i < status->n_ingress; i++)
        validate_ingress(&status->ingress[i], &old->status.load_balancer, at_index(at, i), errors);
}
