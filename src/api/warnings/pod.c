/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod.c - pods and what pods are made from. */
#include <stdio.h>

#include "api/value/entry.h"
#include "api/warnings/pod_warnings.h"

#define SECCOMP_POD_KEY  "seccomp.security.alpha.kubernetes.io/pod"
#define SECCOMP_PREFIX   "container.seccomp.security.alpha.kubernetes.io/"
#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"
#define USE_SECCOMP      "non-functional in v1.27+; use the \"seccompProfile\" field instead"
#define NULL_SELECTOR    "a null labelSelector results in matching no pod"

struct old_key {
    const char *key;
    const char *text;
};

static const struct old_key annotations[] = {
    { "scheduler.alpha.kubernetes.io/critical-pod",
      "non-functional in v1.16+; use the \"priorityClassName\" field instead" },
    { "security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead" },
    { "security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead" },
};

static const struct old_source sources[] = {
    OLD_SOURCE(api_volume_source, photon_persistent_disk, "photonPersistentDisk",
               "deprecated in v1.11, non-functional in v1.16+"),
    OLD_SOURCE(api_volume_source, git_repo, "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    OLD_SOURCE(api_volume_source, scale_io, "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    OLD_SOURCE(api_volume_source, flocker, "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    OLD_SOURCE(api_volume_source, storageos, "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    OLD_SOURCE(api_volume_source, quobyte, "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    OLD_SOURCE(api_volume_source, glusterfs, "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    OLD_SOURCE(api_volume_source, cephfs, "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    OLD_SOURCE(api_volume_source, rbd, "rbd", "deprecated in v1.28, non-functional in v1.31+"),
};

static void warn_scheduling(const struct api_pod_spec *spec, const struct field_at *at, const struct warning_list *list)
{
    const struct api_node_affinity *affinity = spec->affinity != NULL ? spec->affinity->node_affinity : NULL;
    const struct field_at *nodes = at_field(at_field(at, "affinity"), "nodeAffinity");

    for (size_t i = 0; i < spec->n_node_selector; i++)
        warn_label(list, at_key(at_field(at, "nodeSelector"), text_or_empty(spec->node_selector[i].key)),
                   spec->node_selector[i].key, false);
    if (affinity != NULL) {
        const struct api_node_selector *required = affinity->required_during_scheduling_ignored_during_execution;
        const struct field_at *terms =
            at_field(at_field(nodes, "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");
        for (size_t i = 0; required != NULL && i < required->n_node_selector_terms; i++)
            warn_node_term(&required->node_selector_terms[i], false, at_index(terms, i), list);
        const struct field_at *preferred = at_field(nodes, "preferredDuringSchedulingIgnoredDuringExecution");
        for (size_t i = 0; i < affinity->n_preferred_during_scheduling_ignored_during_execution; i++)
            warn_node_term(&affinity->preferred_during_scheduling_ignored_during_execution[i].preference, true,
                           at_field(at_index(preferred, i), "preference"), list);
    }
    for (size_t i = 0; i < spec->n_topology_spread_constraints; i++) {
        const struct api_topology_spread_constraint *spread = &spec->topology_spread_constraints[i];
        const struct field_at *here = at_index(at_field(at, "topologySpreadConstraints"), i);
        warn_label(list, at_field(here, "topologyKey"), spread->topology_key, false);
        if (spread->label_selector == NULL)
            warning_add(list, at_field(here, "labelSelector"), NULL_SELECTOR);
    }
}

static void warn_volumes(const struct api_pod_spec *spec, const struct field_at *at, const struct warning_list *list)
{
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const struct api_ephemeral_volume_source *ephemeral = spec->volumes[i].ephemeral;
        const struct field_at *here = at_index(at_field(at, "volumes"), i);
        warn_old_sources(&spec->volumes[i].volume_source, sources, countof(sources), here, list);
        if (ephemeral != NULL && ephemeral->volume_claim_template != NULL)
            warn_claim_spec(&ephemeral->volume_claim_template->spec,
                            at_field(at_field(at_field(here, "ephemeral"), "volumeClaimTemplate"), "spec"), list);
    }
    warn_overlaps(spec, list);
}

static void warn_lists(const struct api_pod_spec *spec, const struct field_at *at, const struct warning_list *list)
{
    for (size_t i = 0; i < spec->n_host_aliases; i++)
        for (size_t k = 0; k < i; k++)
            if (text_equal(spec->host_aliases[k].ip, spec->host_aliases[i].ip)) {
                warning_add(list, at_field(at_index(at_field(at, "hostAliases"), i), "ip"), "duplicate ip \"%s\"",
                            text_or_empty(spec->host_aliases[i].ip));
                break;
            }
    for (size_t i = 0; i < spec->n_image_pull_secrets; i++)
        for (size_t k = 0; k < i; k++)
            if (text_equal(spec->image_pull_secrets[k].name, spec->image_pull_secrets[i].name)) {
                warning_add(list, at_field(at_index(at_field(at, "imagePullSecrets"), i), "name"),
                            "duplicate name \"%s\"", text_or_empty(spec->image_pull_secrets[i].name));
                break;
            }
    for (size_t i = 0; i < spec->n_image_pull_secrets; i++)
        if (text_empty(spec->image_pull_secrets[i].name))
            warning_add(list, at_field(at_index(at_field(at, "imagePullSecrets"), i), "name"),
                        "invalid empty name \"\"");
}

/* A name given again whose value does not build on the one before. */
static void warn_env(const struct api_container *container, const struct field_at *at, const struct warning_list *list)
{
    for (size_t i = 1; i < container->n_env; i++) {
        const struct api_env_var *variable = &container->env[i];
        char reference[300];
        bool repeated = false;
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = text_equal(container->env[k].name, variable->name);
        if (!repeated)
            continue;
        snprintf(reference, sizeof(reference), "$(%s)", text_or_empty(variable->name));
        const char *value = text_or_empty(variable->value);
        if (variable->value_from != NULL || strcmp(value, reference) == 0 || strstr(value, reference) == NULL)
            warning_add(list, at_index(at_field(at, "env"), i),
                        "hides previous definition of \"%s\", which may be dropped when using apply",
                        text_or_empty(variable->name));
    }
}

static const char *container_annotation(const struct api_object_meta *meta, const char *prefix, const char *name,
                                        const char **ret_key)
{
    for (size_t i = 0; i < meta->n_annotations; i++) {
        const char *key = meta->annotations[i].key;
        if (!str_starts(str_of(key), str_of(prefix)) || !text_equal(key + strlen(prefix), name))
            continue;
        *ret_key = key;
        return text_or_empty(meta->annotations[i].value);
    }
    return NULL;
}

/* Does the field of the pod say what the annotation says? */
static bool same_profile(const struct api_app_armor_profile *profile, const char *annotation)
{
    if (profile == NULL)
        return false;
    if (text_equal(annotation, "unconfined"))
        return text_equal(profile->type, "Unconfined");
    if (text_equal(annotation, "runtime/default"))
        return text_equal(profile->type, "RuntimeDefault");
    return text_equal(profile->type, "Localhost") && str_starts(str_of(annotation), STR("localhost/")) &&
           text_equal(annotation + sizeof("localhost/") - 1, profile->localhost_profile);
}

static void warn_container(const struct api_object_meta *meta, const struct api_pod_spec *spec,
                           const struct api_container *container, bool template, const struct field_at *annotated,
                           const struct field_at *at, const struct warning_list *list)
{
    static const char *const names[] = { "memory", "ephemeral-storage" };
    const struct api_security_context *own = container->security_context;
    const struct api_pod_security_context *pod = spec->security_context;
    const struct api_resource_requirements *resources = &container->resources;
    const char *key = NULL;

    if ((own == NULL || own->seccomp_profile == NULL) && meta->n_annotations > 0 &&
        container_annotation(meta, SECCOMP_PREFIX, container->name, &key) != NULL)
        warning_add(list, at_key(annotated, key), USE_SECCOMP);
    if (template && (own == NULL || own->app_armor_profile == NULL) && meta->n_annotations > 0) {
        const char *value = container_annotation(meta, APP_ARMOR_PREFIX, container->name, &key);
        if (value != NULL && !same_profile(pod != NULL ? pod->app_armor_profile : NULL, value))
            warning_add(list, at_key(annotated, key),
                        "deprecated since v1.30; use the \"appArmorProfile\" field instead");
    }
    for (size_t i = 0; i < countof(names); i++) {
        warn_fraction(resources->limits, resources->n_limits, names[i], at_field(at_field(at, "resources"), "limits"),
                      list);
        warn_fraction(resources->requests, resources->n_requests, names[i],
                      at_field(at_field(at, "resources"), "requests"), list);
    }
    warn_env(container, at, list);
}

static void warn_terms(const struct api_pod_affinity_term *required, size_t n_required,
                       const struct api_weighted_pod_affinity_term *preferred, size_t n_preferred,
                       const struct field_at *at, const struct warning_list *list)
{
    const struct field_at *here = at_field(at, "requiredDuringSchedulingIgnoredDuringExecution");
    const struct field_at *soft = at_field(at, "preferredDuringSchedulingIgnoredDuringExecution");

    for (size_t i = 0; i < n_required; i++)
        if (required[i].label_selector == NULL)
            warning_add(list, at_field(at_index(here, i), "labelSelector"), NULL_SELECTOR);
    for (size_t i = 0; i < n_preferred; i++)
        if (preferred[i].pod_affinity_term.label_selector == NULL)
            warning_add(list, at_field(at_field(at_index(soft, i), "podAffinityTerm"), "labelSelector"), NULL_SELECTOR);
}

static void warn_affinity(const struct api_affinity *affinity, const struct field_at *at,
                          const struct warning_list *list)
{
    if (affinity == NULL)
        return;
    const struct api_pod_affinity *with = affinity->pod_affinity;
    const struct api_pod_anti_affinity *without = affinity->pod_anti_affinity;
    if (with != NULL)
        warn_terms(with->required_during_scheduling_ignored_during_execution,
                   with->n_required_during_scheduling_ignored_during_execution,
                   with->preferred_during_scheduling_ignored_during_execution,
                   with->n_preferred_during_scheduling_ignored_during_execution, at_field(at, "podAffinity"), list);
    if (without != NULL)
        warn_terms(without->required_during_scheduling_ignored_during_execution,
                   without->n_required_during_scheduling_ignored_during_execution,
                   without->preferred_during_scheduling_ignored_during_execution,
                   without->n_preferred_during_scheduling_ignored_during_execution, at_field(at, "podAntiAffinity"),
                   list);
}

void warn_pod_parts(const struct api_object_meta *meta, const struct api_pod_spec *spec, const struct field_at *root,
                    const struct warning_list *list)
{
    const struct field_at *at = at_field(root, "spec");
    const struct field_at *annotated = at_field(at_field(root, "metadata"), "annotations");
    const struct api_pod_security_context *security = spec->security_context;

    warn_scheduling(spec, at, list);
    for (size_t i = 0; meta->n_annotations > 0 && i < countof(annotations); i++)
        if (string_entry_value(meta->annotations, meta->n_annotations, annotations[i].key) != NULL)
            warning_add(list, at_key(annotated, annotations[i].key), "%s", annotations[i].text);
    warn_volumes(spec, at, list);
    warn_lists(spec, at, list);
    warn_fraction(spec->overhead, spec->n_overhead, "memory", at_field(at, "overhead"), list);
    warn_fraction(spec->overhead, spec->n_overhead, "ephemeral-storage", at_field(at, "overhead"), list);
    if ((security == NULL || security->seccomp_profile == NULL) && meta->n_annotations > 0 &&
        string_entry_value(meta->annotations, meta->n_annotations, SECCOMP_POD_KEY) != NULL)
        warning_add(list, at_key(annotated, SECCOMP_POD_KEY), USE_SECCOMP);
    for (size_t i = 0; i < spec->n_init_containers; i++)
        warn_container(meta, spec, &spec->init_containers[i], root != NULL, annotated,
                       at_index(at_field(at, "initContainers"), i), list);
    for (size_t i = 0; i < spec->n_containers; i++)
        warn_container(meta, spec, &spec->containers[i], root != NULL, annotated,
                       at_index(at_field(at, "containers"), i), list);
    warn_ports(spec, root, list);
    if (spec->termination_grace_period_seconds != NULL && *spec->termination_grace_period_seconds < 0)
        warning_add(list, at_field(at, "terminationGracePeriodSeconds"),
                    "must be >= 0; negative values are invalid and will be treated as 1");
    warn_affinity(spec->affinity, at_field(at, "affinity"), list);
    for (size_t i = 0; spec->dns_config != NULL && i < spec->dns_config->n_nameservers; i++)
        warn_of_address(spec->dns_config->nameservers[i],
                        at_index(at_field(at_field(at, "dnsConfig"), "nameservers"), i), list);
    for (size_t i = 0; i < spec->n_host_aliases; i++)
        warn_of_address(spec->host_aliases[i].ip, at_field(at_index(at_field(at, "hostAliases"), i), "ip"), list);
}
