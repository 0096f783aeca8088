/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* core.c - core kinds beside pods. */
#include "api/value/entry.h"
#include "api/warnings/pod_warnings.h"

#define CLASS_KEY     "volume.beta.kubernetes.io/storage-class"
#define MOUNT_KEY     "volume.beta.kubernetes.io/mount-options"
#define HINTS_KEY     "service.kubernetes.io/topology-aware-hints"
#define MODE_KEY      "service.kubernetes.io/topology-mode"
#define MANAGED_LABEL "endpoints.kubernetes.io/managed-by"
#define MOUNTABLE_KEY "kubernetes.io/enforce-mountable-secrets"

static bool annotated(const struct api_object_meta *meta, const char *key)
{
    return meta->n_annotations > 0 && string_entry_value(meta->annotations, meta->n_annotations, key) != NULL;
}

static const struct field_at *annotation_path(const char *key, struct field_at path[3])
{
    path[0] = (struct field_at){ .name = "metadata" };
    path[1] = (struct field_at){ .parent = &path[0], .name = "annotations" };
    path[2] = (struct field_at){ .parent = &path[1], .key = key };
    return &path[2];
}

static void warn_addresses(const struct api_service_spec *spec, const struct field_at *at,
                           const struct warning_list *list)
{
    for (size_t i = 0; i < spec->n_external_ips; i++)
        warn_of_address(spec->external_ips[i], at_index(at_field(at, "externalIPs"), i), list);
    if (!text_empty(spec->load_balancer_ip))
        warn_of_address(spec->load_balancer_ip, at_field(at, "loadBalancerIP"), list);
    for (size_t i = 0; i < spec->n_load_balancer_source_ranges; i++)
        warn_of_prefix(spec->load_balancer_source_ranges[i], at_index(at_field(at, "loadBalancerSourceRanges"), i),
                       list);
}

void warn_of_service(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_service *service = object;
    const struct api_service_spec *spec = &service->spec;
    const struct field_at *at = at_field(NULL, "spec");
    bool named = text_equal(spec->type, "ExternalName");
    bool headless = spec->n_cluster_ips == 1 && text_equal(spec->cluster_ips[0], "None");

    (void)old;
    if (annotated(&service->metadata, HINTS_KEY))
        warning_add(list, NULL, "annotation " HINTS_KEY " is deprecated, please use " MODE_KEY " instead");
    for (size_t i = 0; !headless && i < spec->n_cluster_ips; i++)
        warn_of_address(spec->cluster_ips[i], at_index(at_field(at, "clusterIPs"), i), list);
    if (headless && !text_empty(spec->load_balancer_ip))
        warning_add(list, NULL, "spec.loadBalancerIP is ignored for headless services");
    if (headless && spec->n_external_ips > 0)
        warning_add(list, NULL, "spec.externalIPs is ignored for headless services");
    if (headless && !text_equal(spec->session_affinity, "None"))
        warning_add(list, NULL, "spec.SessionAffinity is ignored for headless services");
    warn_addresses(spec, at, list);
    if (!headless && !named && spec->n_external_ips > 0)
        warning_add(list, NULL, "spec.externalIPs is deprecated and may no longer be implemented in some clusters");
    if (named && spec->n_external_ips > 0)
        warning_add(list, NULL, "spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    if (!named && !text_empty(spec->external_name))
        warning_add(list, NULL, "spec.externalName is ignored when spec.type is not \"ExternalName\"");
    if (text_equal(spec->traffic_distribution, "PreferClose"))
        warning_add(list, NULL, "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
}

void warn_of_endpoints(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_endpoints *endpoints = object;

    (void)old;
    if (string_entry_value(endpoints->metadata.labels, endpoints->metadata.n_labels, MANAGED_LABEL) != NULL)
        return;
    for (size_t i = 0; i < endpoints->n_subsets; i++) {
        const struct api_endpoint_subset *subset = &endpoints->subsets[i];
        const struct field_at *at = at_index(at_field(NULL, "subsets"), i);
        for (size_t k = 0; k < subset->n_addresses; k++)
            warn_of_address(subset->addresses[k].ip, at_field(at_index(at_field(at, "addresses"), k), "ip"), list);
        for (size_t k = 0; k < subset->n_not_ready_addresses; k++)
            warn_of_address(subset->not_ready_addresses[k].ip,
                            at_field(at_index(at_field(at, "notReadyAddresses"), k), "ip"), list);
    }
}

void warn_of_node(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_node_spec *spec = &((const struct api_node *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    (void)old;
    if (spec->config_source != NULL)
        warning_add(list, at_field(at, "configSource"), "the feature is removed");
    if (!text_empty(spec->external_id))
        warning_add(list, at_field(at, "externalID"), "this field is deprecated, and is unused by Kubernetes");
    for (size_t i = 0; i < spec->n_pod_cidrs; i++)
        warn_of_prefix(spec->pod_cidrs[i], at_index(at_field(at, "podCIDRs"), i), list);
}

static const struct old_source sources[] = {
    OLD_SOURCE(api_persistent_volume_source, cephfs, "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    OLD_SOURCE(api_persistent_volume_source, photon_persistent_disk, "photonPersistentDisk",
               "deprecated in v1.11, non-functional in v1.16+"),
    OLD_SOURCE(api_persistent_volume_source, scale_io, "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    OLD_SOURCE(api_persistent_volume_source, storageos, "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    OLD_SOURCE(api_persistent_volume_source, glusterfs, "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    OLD_SOURCE(api_persistent_volume_source, rbd, "rbd", "deprecated in v1.28, non-functional in v1.31+"),
};

void warn_of_volume(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_persistent_volume *volume = object;
    const struct field_at *at = at_field(NULL, "spec");
    const struct api_node_selector *nodes =
        volume->spec.node_affinity != NULL ? volume->spec.node_affinity->required : NULL;
    const struct field_at *terms = at_field(at_field(at_field(at, "nodeAffinity"), "required"), "nodeSelectorTerms");
    struct field_at path[3];

    (void)old;
    if (annotated(&volume->metadata, CLASS_KEY))
        warning_add(list, annotation_path(CLASS_KEY, path),
                    "deprecated since v1.8; use \"storageClassName\" attribute instead");
    if (annotated(&volume->metadata, MOUNT_KEY))
        warning_add(list, annotation_path(MOUNT_KEY, path),
                    "deprecated since v1.31; use \"mountOptions\" attribute instead");
    if (text_equal(volume->spec.persistent_volume_reclaim_policy, "Recycle"))
        warning_add(list, at_field(at, "persistentVolumeReclaimPolicy"),
                    "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic "
                    "provisioning.");
    for (size_t i = 0; nodes != NULL && i < nodes->n_node_selector_terms; i++)
        warn_node_term(&nodes->node_selector_terms[i], false, at_index(terms, i), list);
    warn_old_sources(&volume->spec.persistent_volume_source, sources, countof(sources), at, list);
}

void warn_claim_spec(const struct api_persistent_volume_claim_spec *spec, const struct field_at *at,
                     const struct warning_list *list)
{
    const struct field_at *resources = at_field(at, "resources");

    warn_fraction(spec->resources.requests, spec->resources.n_requests, "storage", at_field(resources, "requests"),
                  list);
    warn_fraction(spec->resources.limits, spec->resources.n_limits, "storage", at_field(resources, "limits"), list);
}

void warn_of_claim(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_persistent_volume_claim *claim = object;
    struct field_at path[3];

    (void)old;
    if (annotated(&claim->metadata, CLASS_KEY))
        warning_add(list, annotation_path(CLASS_KEY, path),
                    "deprecated since v1.8; use \"storageClassName\" attribute instead");
    warn_claim_spec(&claim->spec, at_field(NULL, "spec"), list);
}

void warn_of_service_account(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_service_account *account = object, *before = old;
    struct field_at path[3];

    if (annotated(&account->metadata, MOUNTABLE_KEY) &&
        (before == NULL || !annotated(&before->metadata, MOUNTABLE_KEY)))
        warning_add(list, annotation_path(MOUNTABLE_KEY, path),
                    "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets");
}

void warn_of_pod_status(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_pod_status *status = &((const struct api_pod *)object)->status;
    const struct field_at *at = at_field(NULL, "status");

    (void)old;
    for (size_t i = 0; i < status->n_pod_ips; i++)
        warn_of_address(status->pod_ips[i].ip, at_field(at_index(at_field(at, "podIPs"), i), "ip"), list);
    for (size_t i = 0; i < status->n_host_ips; i++)
        warn_of_address(status->host_ips[i].ip, at_field(at_index(at_field(at, "hostIPs"), i), "ip"), list);
}

void warn_of_service_status(const void *object, const void *old, const struct warning_list *list)
{
    const struct api_load_balancer_status *status = &((const struct api_service *)object)->status.load_balancer;
    const struct field_at *at = at_field(at_field(at_field(NULL, "status"), "loadBalancer"), "ingress");

    (void)old;
    for (size_t i = 0; i < status->n_ingress; i++)
        warn_of_address(status->ingress[i].ip, at_field(at_index(at, i), "ip"), list);
}
