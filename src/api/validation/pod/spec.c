/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* spec.c - the spec of a pod or a template, part by part in upstream's order. */
#include "api/validation/formats/address.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/source.h"

#define NAMESERVERS_MAX       3
#define SEARCHES_MAX          32
#define SEARCHES_SIZE         2048
#define HOSTNAME_OVERRIDE_MAX 64

static const char *const restart_policies[] = { "Always", "OnFailure", "Never", NULL };
static const char *const dns_policies[] = { "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None", NULL };
static const char *const preemption_policies[] = { "PreemptLowerPriority", "Never", NULL };

static void validate_claims(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = scope->spec;

    if (spec->n_resource_claims > 0 && pod_meta_is_mirror(scope->meta))
        invalid_forbidden(errors, NULL, "static pods do not support resource claims");
    for (size_t i = 0; i < spec->n_resource_claims; i++) {
        const struct api_pod_resource_claim *claim = &spec->resource_claims[i];
        const struct field_at *here = at_index(at, i);
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(spec->resource_claims[k].name, claim->name);
        if (text_empty(claim->name))
            invalid_missing(errors, at_field(here, "name"));
        else if (repeated)
            invalid_duplicate(errors, at_field(here, "name"), claim->name);
        else
            invalid_format(errors, at_field(here, "name"), format_dns1123_label, claim->name);
        if (claim->resource_claim_name != NULL && claim->resource_claim_template_name != NULL)
            invalid_internal(errors, here, &api_type_pod_resource_claim, claim,
                             "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
        if (claim->resource_claim_name == NULL && claim->resource_claim_template_name == NULL)
            invalid_internal(errors, here, &api_type_pod_resource_claim, claim,
                             "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
        if (claim->resource_claim_name != NULL)
            invalid_format(errors, at_field(here, "resourceClaimName"), format_dns1123_subdomain,
                           claim->resource_claim_name);
        if (claim->resource_claim_template_name != NULL)
            invalid_format(errors, at_field(here, "resourceClaimTemplateName"), format_dns1123_subdomain,
                           claim->resource_claim_template_name);
    }
}

static void validate_searches(const struct api_pod_dns_config *config, const struct field_at *at,
                              struct api_invalid *errors)
{
    size_t size = config->n_searches > 0 ? config->n_searches - 1 : 0; /* blanks between */

    for (size_t i = 0; i < config->n_searches; i++)
        size += strlen(text_or_empty(config->searches[i]));
    if (config->n_searches > SEARCHES_MAX)
        invalid_string_list(errors, at, config->searches, config->n_searches, "must not have more than %d search paths",
                            SEARCHES_MAX);
    if (size > SEARCHES_SIZE)
        invalid_string_list(errors, at, config->searches, config->n_searches,
                            "must not have more than %d characters (including spaces) in the search list",
                            SEARCHES_SIZE);
    for (size_t i = 0; i < config->n_searches; i++) {
        struct str search = str_of(text_or_empty(config->searches[i]));
        struct format_errors found = { .count = 0 };
        if (str_is(search, "."))
            continue;
        if (str_ends(search, STR(".")))
            search.size--;
        format_dns1123_subdomain_underscore(search, &found);
        if (found.count > 0)
            invalid_formats(errors, at_index(at, i), &found, arena_strndup(&errors->arena, search.data, search.size));
    }
}

static void validate_dns(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_dns_config *config = spec->dns_config;
    const struct field_at *servers = at_field(at, "nameservers");

    if (text_equal(spec->dns_policy, "None")) {
        if (config == NULL) {
            invalid_required(errors, at, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if (config->n_nameservers == 0) {
            invalid_required(errors, servers, "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
    }
    if (config == NULL)
        return;
    if (config->n_nameservers > NAMESERVERS_MAX)
        invalid_string_list(errors, servers, config->nameservers, config->n_nameservers,
                            "must not have more than %d nameservers", NAMESERVERS_MAX);
    for (size_t i = 0; i < config->n_nameservers; i++)
        invalid_format(errors, at_index(servers, i), format_ip, config->nameservers[i]);
    validate_searches(config, at_field(at, "searches"), errors);
    for (size_t i = 0; i < config->n_options; i++)
        if (text_empty(config->options[i].name))
            invalid_required(errors, at_index(at_field(at, "options"), i), "must not be empty");
}

/* --- user namespaces: what needs the host's users --- */

static void forbid_devices(const struct api_container *container, const struct field_at *at, void *context,
                           struct api_invalid *errors)
{
    (void)context;
    if (container->n_volume_devices > 0)
        invalid_forbidden(errors, at_field(at, "volumeDevices"), "when `hostUsers` is false");
}

static void validate_host_users(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = scope->spec;

    if (!flag_is(spec->host_users, false))
        return;
    if (spec->host_network)
        invalid_forbidden(errors, at_field(at, "hostNetwork"), "when `hostUsers` is false");
    if (spec->host_pid)
        invalid_forbidden(errors, at_field(at, "HostPID"), "when `hostUsers` is false");
    if (spec->host_ipc)
        invalid_forbidden(errors, at_field(at, "HostIPC"), "when `hostUsers` is false");
    if (!scope->lenient.block_devices)
        pod_visit_containers(spec, at, forbid_devices, NULL, errors);
}

static void validate_hostname_override(const struct api_pod_spec *spec, const struct field_at *at,
                                       struct api_invalid *errors)
{
    const struct field_at *here = at_field(at, "hostnameOverride");

    if (spec->hostname_override == NULL)
        return;
    if (flag_is(spec->set_hostname_as_fqdn, true))
        invalid_forbidden(errors, here, "may not be specified when setHostnameAsFQDN is true");
    if (spec->host_network)
        invalid_forbidden(errors, here, "may not be specified when hostNetwork is true");
    if (strlen(spec->hostname_override) > HOSTNAME_OVERRIDE_MAX)
        invalid_too_long(errors, here, HOSTNAME_OVERRIDE_MAX);
    invalid_format(errors, here, format_dns1123_subdomain, spec->hostname_override);
}

static void validate_names(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const int64_t *deadline = spec->active_deadline_seconds;

    invalid_optional_format(errors, at_field(at, "serviceAccountName"), format_dns1123_subdomain,
                            spec->service_account_name);
    invalid_optional_format(errors, at_field(at, "nodeName"), format_dns1123_subdomain, spec->node_name);
    if (deadline != NULL && (*deadline < 1 || *deadline > INT32_MAX))
        invalid_range(errors, at_field(at, "activeDeadlineSeconds"), *deadline, 1, INT32_MAX);
    invalid_optional_format(errors, at_field(at, "hostname"), format_dns1123_label, spec->hostname);
    invalid_optional_format(errors, at_field(at, "subdomain"), format_dns1123_label, spec->subdomain);
}

static void validate_host_aliases(const struct api_pod_spec *spec, const struct field_at *at,
                                  struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_host_aliases; i++) {
        const struct field_at *here = at_index(at, i);
        invalid_format(errors, at_field(here, "ip"), format_ip, spec->host_aliases[i].ip);
        for (size_t k = 0; k < spec->host_aliases[i].n_hostnames; k++)
            invalid_format(errors, at_index(at_field(here, "hostnames"), k), format_dns1123_subdomain,
                           spec->host_aliases[i].hostnames[k]);
    }
}

static void validate_group(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *name = at_field(at, "podGroupName");

    if (spec->scheduling_group == NULL)
        return;
    if (spec->scheduling_group->pod_group_name == NULL)
        invalid_null(errors, name, "must be specified");
    else
        invalid_format(errors, name, format_dns1123_subdomain, spec->scheduling_group->pod_group_name);
}

void validate_pod_spec(struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = scope->spec;

    if (spec->termination_grace_period_seconds == NULL)
        invalid_missing(errors, at_field(at, "terminationGracePeriodSeconds"));
    validate_volumes(scope, at_field(at, "volumes"), errors);
    validate_claims(scope, at_field(at, "resourceClaims"), errors);
    validate_containers(scope, at, errors);
    validate_pod_resources(scope, at_field(at, "resources"), errors);
    validate_host_network_ports(scope, at_field(at, "containers"), errors);
    invalid_one_of(errors, at_field(at, "restartPolicy"), spec->restart_policy, restart_policies, true);
    invalid_one_of(errors, at_field(at, "dnsPolicy"), spec->dns_policy, dns_policies, true);
    validate_labels(spec->node_selector, spec->n_node_selector, at_field(at, "nodeSelector"), errors);
    validate_pod_security(scope, at_field(at, "securityContext"), errors);
    validate_affinity(scope, at_field(at, "affinity"), errors);
    validate_dns(spec, at_field(at, "dnsConfig"), errors);
    validate_gates(spec, at, errors);
    validate_topology_spread(scope, at_field(at, "topologySpreadConstraints"), errors);
    validate_host_processes(spec, at, errors);
    validate_host_users(scope, at, errors);
    validate_hostname_override(spec, at, errors);
    validate_names(spec, at, errors);
    validate_tolerations(spec->tolerations, spec->n_tolerations, scope->lenient.compare_tolerations,
                         at_field(at, "tolerations"), errors);
    validate_host_aliases(spec, at_field(at, "hostAliases"), errors);
    invalid_optional_format(errors, at_field(at, "priorityClassName"), format_dns1123_subdomain,
                            spec->priority_class_name);
    if (spec->runtime_class_name != NULL)
        invalid_format(errors, at_field(at, "runtimeClassName"), format_dns1123_subdomain, spec->runtime_class_name);
    if (spec->preemption_policy != NULL)
        invalid_one_of(errors, at_field(at, "preemptionPolicy"), spec->preemption_policy, preemption_policies, true);
    if (spec->n_overhead > 0) {
        struct api_resource_requirements overhead = { .limits = spec->overhead, .n_limits = spec->n_overhead };
        validate_container_resources(scope, &overhead, at_field(at, "overhead"), errors);
    }
    validate_os(spec, at, errors);
    validate_group(spec, at_field(at, "schedulingGroup"), errors);
}
