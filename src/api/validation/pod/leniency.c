/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* leniency.c - what a stored pod or template does that newer rules forbid: updates may keep doing it. */
#include "api/validation/formats/resource_names.h"
#include "api/validation/pod/pod_rules.h"

static bool pages_are_broken(const struct api_quantity_entry *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (resource_is_hugepages(str_of(list[i].key)) &&
            !resource_has_whole_pages(str_of(list[i].key), &list[i].value))
            return true;
    return false;
}

static void look_at_container(const struct api_container *container, const struct field_at *at, void *context,
                              struct api_invalid *errors)
{
    struct pod_leniency *lenient = context;
    const struct api_resource_requirements *resources = &container->resources;

    (void)at;
    (void)errors;
    lenient->huge_pages = lenient->huge_pages || pages_are_broken(resources->limits, resources->n_limits) ||
                          pages_are_broken(resources->requests, resources->n_requests);
    lenient->block_devices = lenient->block_devices || container->n_volume_devices > 0;
}

static void look_at_volumes(const struct api_pod_spec *spec, struct pod_leniency *lenient)
{
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const struct api_projected_volume_source *projected = spec->volumes[i].projected;
        for (size_t k = 0; projected != NULL && k < projected->n_sources; k++) {
            const struct api_service_account_token_projection *token = projected->sources[k].service_account_token;
            if (token != NULL && !format_ok(format_local_unreserved_path, str_of(text_or_empty(token->path))))
                lenient->token_paths = true;
        }
    }
}

static bool term_is_broken(const struct api_pod_affinity_term *term)
{
    return label_selector_has_bad_values(term->label_selector) ||
           label_selector_has_bad_values(term->namespace_selector);
}

static bool terms_are_broken(const struct api_pod_affinity_term *required, size_t n_required,
                             const struct api_weighted_pod_affinity_term *preferred, size_t n_preferred)
{
    for (size_t i = 0; i < n_required; i++)
        if (term_is_broken(&required[i]))
            return true;
    for (size_t i = 0; i < n_preferred; i++)
        if (term_is_broken(&preferred[i].pod_affinity_term))
            return true;
    return false;
}

static void look_at_affinity(const struct api_affinity *affinity, struct pod_leniency *lenient)
{
    if (affinity == NULL)
        return;
    const struct api_pod_affinity *with = affinity->pod_affinity;
    const struct api_pod_anti_affinity *without = affinity->pod_anti_affinity;
    if (affinity->node_affinity != NULL)
        lenient->node_label_values =
            node_selector_has_bad_values(affinity->node_affinity->required_during_scheduling_ignored_during_execution);
    if (with != NULL)
        lenient->selector_values = terms_are_broken(with->required_during_scheduling_ignored_during_execution,
                                                    with->n_required_during_scheduling_ignored_during_execution,
                                                    with->preferred_during_scheduling_ignored_during_execution,
                                                    with->n_preferred_during_scheduling_ignored_during_execution);
    if (without != NULL && !lenient->selector_values)
        lenient->selector_values = terms_are_broken(without->required_during_scheduling_ignored_during_execution,
                                                    without->n_required_during_scheduling_ignored_during_execution,
                                                    without->preferred_during_scheduling_ignored_during_execution,
                                                    without->n_preferred_during_scheduling_ignored_during_execution);
}

static void look_at_spread(const struct api_pod_spec *spec, struct pod_leniency *lenient)
{
    for (size_t i = 0; i < spec->n_topology_spread_constraints; i++) {
        const struct api_topology_spread_constraint *spread = &spec->topology_spread_constraints[i];
        auto_invalid struct api_invalid keys = { 0 };
        auto_invalid struct api_invalid selector = { 0 };
        validate_label_selector(spread->label_selector, NULL, &selector);
        validate_match_label_keys(spread->match_label_keys, spread->n_match_label_keys, NULL, 0, spread->label_selector,
                                  NULL, &keys);
        lenient->spread_selectors = lenient->spread_selectors || selector.total > 0;
        lenient->spread_keys = lenient->spread_keys || keys.total > 0;
    }
}

static void look_at_sysctls(const struct api_pod_spec *spec, struct pod_leniency *lenient)
{
    const struct api_pod_security_context *security = spec->security_context;

    if (security == NULL)
        return;
    lenient->mount_option = security->se_linux_change_policy != NULL;
    for (size_t i = 0; i < security->n_sysctls; i++) {
        enum sysctl_space space = sysctl_space_of(security->sysctls[i].name);
        lenient->sysctls =
            lenient->sysctls || (spec->host_network && space == SYSCTL_NET) || (spec->host_ipc && space == SYSCTL_IPC);
    }
}

struct pod_leniency pod_leniency_of(const struct api_pod_spec *old, const struct api_object_meta *old_meta)
{
    struct pod_leniency lenient = { 0 };

    if (old == NULL)
        return lenient;
    pod_visit_containers(old, NULL, look_at_container, &lenient, NULL);
    lenient.block_devices = lenient.block_devices && flag_is(old->host_users, false);
    look_at_volumes(old, &lenient);
    look_at_affinity(old->affinity, &lenient);
    look_at_spread(old, &lenient);
    look_at_sysctls(old, &lenient);
    lenient.deletion_cost = old_meta != NULL && deletion_cost_is_bad(old_meta);
    for (size_t i = 0; i < old->n_tolerations; i++)
        if (text_equal(old->tolerations[i].operator, "Lt") || text_equal(old->tolerations[i].operator, "Gt"))
            lenient.compare_tolerations = true;
    for (size_t i = 0; i < old->n_init_containers; i++) {
        const struct api_container *container = &old->init_containers[i];
        for (size_t k = 0; !text_equal(container->restart_policy, "Always") && k < container->n_resize_policy; k++)
            if (text_equal(container->resize_policy[k].restart_policy, "RestartContainer"))
                lenient.init_resize = true;
    }
    return lenient;
}
