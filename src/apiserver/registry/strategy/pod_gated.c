/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Fields of pods whose feature gates are off (ContainerStopSignals, ClusterTrustBundleProjection, PodCertificateRequest,
 * GenericWorkload, DRANodeAllocatableResources, ImageVolumeWithDigest): dropped from pods and templates, unless the stored
 * one has some already. */

#include "apiserver/registry/strategy/pod_fields.h"

enum {
    STOP_SIGNALS = 1 << 0,
    TRUST_BUNDLES = 1 << 1,
    CERTIFICATES = 1 << 2,
    GROUPS = 1 << 3,
};

/* Which of them a list of containers uses; those not in 'keep' are dropped from it. */
static unsigned signals_of(struct api_container *list, size_t count, unsigned keep, bool drop)
{
    unsigned used = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].lifecycle == NULL || list[i].lifecycle->stop_signal == NULL)
            continue;
        used |= STOP_SIGNALS;
        if (drop && !(keep & STOP_SIGNALS))
            list[i].lifecycle->stop_signal = NULL;
    }
    return used;
}

static unsigned sources_of(struct api_pod_spec *spec, unsigned keep, bool drop)
{
    unsigned used = 0;
    for (size_t i = 0; i < spec->n_volumes; i++) {
        struct api_projected_volume_source *projected = spec->volumes[i].projected;
        for (size_t k = 0; projected != NULL && k < projected->n_sources; k++) {
            struct api_volume_projection *source = &projected->sources[k];
            used |= (source->cluster_trust_bundle != NULL ? TRUST_BUNDLES : 0) |
                    (source->pod_certificate != NULL ? CERTIFICATES : 0);
            if (drop && !(keep & TRUST_BUNDLES))
                source->cluster_trust_bundle = NULL;
            if (drop && !(keep & CERTIFICATES))
                source->pod_certificate = NULL;
        }
    }
    return used;
}

static unsigned walk(struct api_pod_spec *spec, unsigned keep, bool drop)
{
    unsigned used = signals_of(spec->containers, spec->n_containers, keep, drop) |
                    signals_of(spec->init_containers, spec->n_init_containers, keep, drop) |
                    sources_of(spec, keep, drop) | (spec->scheduling_group != NULL ? GROUPS : 0);
    if (drop && !(keep & GROUPS))
        spec->scheduling_group = NULL;
    return used;
}

void pod_spec_drop_gated(struct api_pod_spec *spec, const struct api_pod_spec *old)
{
    /* Looking changes nothing; most objects use none of them. */
    if (walk(spec, 0, false) == 0)
        return;
    unsigned keep = old != NULL ? walk((struct api_pod_spec *)old, 0, false) : 0;
    walk(spec, keep, true);
}

static bool has_volume_status(const struct api_container_status *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < list[i].n_volume_mounts; k++)
            if (list[i].volume_mounts[k].volume_status != NULL)
                return true;
    return false;
}

static void drop_volume_status(struct api_container_status *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < list[i].n_volume_mounts; k++)
            list[i].volume_mounts[k].volume_status = NULL;
}

void pod_status_drop_gated(struct api_pod_status *status, const struct api_pod_status *old)
{
    if (old->n_node_allocatable_resource_claim_statuses == 0) {
        status->node_allocatable_resource_claim_statuses = NULL;
        status->n_node_allocatable_resource_claim_statuses = 0;
    }
    if (has_volume_status(old->container_statuses, old->n_container_statuses) ||
        has_volume_status(old->init_container_statuses, old->n_init_container_statuses) ||
        has_volume_status(old->ephemeral_container_statuses, old->n_ephemeral_container_statuses))
        return;
    drop_volume_status(status->container_statuses, status->n_container_statuses);
    drop_volume_status(status->init_container_statuses, status->n_init_container_statuses);
    drop_volume_status(status->ephemeral_container_statuses, status->n_ephemeral_container_statuses);
}

/* --- kinds with templates --- */

struct template_row {
    const struct api_type *type;
    size_t offset;
    bool is_pointer;
};

static const struct template_row templates[] = {
    { &api_type_pod_template, offsetof(struct api_pod_template, template), false },
    { &api_type_replication_controller, offsetof(struct api_replication_controller, spec.template), true },
    { &api_type_apps_deployment, offsetof(struct api_apps_deployment, spec.template), false },
    { &api_type_apps_replica_set, offsetof(struct api_apps_replica_set, spec.template), false },
    { &api_type_apps_daemon_set, offsetof(struct api_apps_daemon_set, spec.template), false },
    { &api_type_apps_stateful_set, offsetof(struct api_apps_stateful_set, spec.template), false },
    { &api_type_batch_job, offsetof(struct api_batch_job, spec.template), false },
    { &api_type_batch_cron_job, offsetof(struct api_batch_cron_job, spec.job_template.spec.template), false },
};

static struct api_pod_template_spec *template_in(const struct template_row *row, const void *object)
{
    if (object == NULL)
        return NULL;
    char *member = (char *)object + row->offset;
    return row->is_pointer ? *(struct api_pod_template_spec **)(void *)member : (void *)member;
}

void templates_drop_gated(const struct api_type *type, void *object, const void *old)
{
    for (size_t i = 0; i < countof(templates); i++) {
        if (templates[i].type != type)
            continue;
        struct api_pod_template_spec *template = template_in(&templates[i], object);
        const struct api_pod_template_spec *before = template_in(&templates[i], old);
        if (template != NULL)
            pod_spec_drop_gated(&template->spec, before != NULL ? &before->spec : NULL);
    }
}
