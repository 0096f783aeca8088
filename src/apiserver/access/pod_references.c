/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_references.c - see the header. */
#include "apiserver/access/pod_references.h"

#include <stdio.h>

#define MIRROR_ANNOTATION "kubernetes.io/config.mirror"

/* 'name' NULL: whatever it is called. */
static bool is(const char *candidate, const char *name)
{
    return !text_empty(candidate) && (name == NULL || text_equal(candidate, name));
}

static bool environment_refers(const struct api_container *container, enum pod_reference reference, const char *name)
{
    bool secret = reference == POD_REFERENCE_SECRET, map = reference == POD_REFERENCE_CONFIG_MAP;
    for (size_t i = 0; i < container->n_env_from; i++) {
        const struct api_env_from_source *from = &container->env_from[i];
        if ((secret && from->secret_ref != NULL && is(from->secret_ref->name, name)) ||
            (map && from->config_map_ref != NULL && is(from->config_map_ref->name, name)))
            return true;
    }
    for (size_t i = 0; i < container->n_env; i++) {
        const struct api_env_var_source *from = container->env[i].value_from;
        if (from == NULL)
            continue;
        if ((secret && from->secret_key_ref != NULL && is(from->secret_key_ref->name, name)) ||
            (map && from->config_map_key_ref != NULL && is(from->config_map_key_ref->name, name)))
            return true;
    }
    return false;
}

static bool projection_refers(const struct api_projected_volume_source *projected, enum pod_reference reference,
                              const char *name)
{
    for (size_t i = 0; i < projected->n_sources; i++) {
        const struct api_volume_projection *source = &projected->sources[i];
        if (reference == POD_REFERENCE_SECRET && source->secret != NULL && is(source->secret->name, name))
            return true;
        if (reference == POD_REFERENCE_CONFIG_MAP && source->config_map != NULL && is(source->config_map->name, name))
            return true;
    }
    return false;
}

static bool volume_secret(const struct api_volume *volume, const char *name)
{
    const struct api_local_object_reference *const references[] = {
        volume->iscsi != NULL ? volume->iscsi->secret_ref : NULL,
        volume->rbd != NULL ? volume->rbd->secret_ref : NULL,
        volume->flex_volume != NULL ? volume->flex_volume->secret_ref : NULL,
        volume->cinder != NULL ? volume->cinder->secret_ref : NULL,
        volume->cephfs != NULL ? volume->cephfs->secret_ref : NULL,
        volume->scale_io != NULL ? volume->scale_io->secret_ref : NULL,
        volume->storageos != NULL ? volume->storageos->secret_ref : NULL,
        volume->csi != NULL ? volume->csi->node_publish_secret_ref : NULL,
    };
    for (size_t i = 0; i < countof(references); i++)
        if (references[i] != NULL && is(references[i]->name, name))
            return true;
    return (volume->secret != NULL && is(volume->secret->secret_name, name)) ||
           (volume->azure_file != NULL && is(volume->azure_file->secret_name, name));
}

bool pod_volume_claim(const struct api_pod *pod, const struct api_volume *volume, char name[512])
{
    if (volume->persistent_volume_claim != NULL)
        snprintf(name, 512, "%s", text_or_empty(volume->persistent_volume_claim->claim_name));
    else if (volume->ephemeral != NULL) /* made for the pod from a template */
        snprintf(name, 512, "%s-%s", text_or_empty(pod->metadata.name), text_or_empty(volume->name));
    else
        return false;
    return true;
}

static bool volume_refers(const struct api_pod *pod, const struct api_volume *volume, enum pod_reference reference,
                          const char *name)
{
    char claim[512];
    if (reference == POD_REFERENCE_CLAIM)
        return pod_volume_claim(pod, volume, claim) && is(claim, name);
    if (reference == POD_REFERENCE_SECRET && volume_secret(volume, name))
        return true;
    if (reference == POD_REFERENCE_CONFIG_MAP && volume->config_map != NULL && is(volume->config_map->name, name))
        return true;
    return volume->projected != NULL && projection_refers(volume->projected, reference, name);
}

static bool containers_refer(const struct api_pod_spec *spec, enum pod_reference reference, const char *name)
{
    for (size_t i = 0; i < spec->n_init_containers; i++)
        if (environment_refers(&spec->init_containers[i], reference, name))
            return true;
    for (size_t i = 0; i < spec->n_containers; i++)
        if (environment_refers(&spec->containers[i], reference, name))
            return true;
    for (size_t i = 0; i < spec->n_ephemeral_containers; i++) {
        const struct api_ephemeral_container *ephemeral = &spec->ephemeral_containers[i];
        const struct api_container container = { .env = ephemeral->env,
                                                 .n_env = ephemeral->n_env,
                                                 .env_from = ephemeral->env_from,
                                                 .n_env_from = ephemeral->n_env_from };
        if (environment_refers(&container, reference, name))
            return true;
    }
    return false;
}

static bool resource_claims_refer(const struct api_pod *pod, const char *name)
{
    for (size_t i = 0; i < pod->spec.n_resource_claims; i++)
        if (is(pod->spec.resource_claims[i].resource_claim_name, name))
            return true;
    for (size_t i = 0; i < pod->status.n_resource_claim_statuses; i++)
        if (is(pod->status.resource_claim_statuses[i].resource_claim_name, name))
            return true;
    return false;
}

bool pod_refers_to(const struct api_pod *pod, enum pod_reference reference, const char *name)
{
    const struct api_pod_spec *spec = &pod->spec;
    if (reference == POD_REFERENCE_SERVICE_ACCOUNT)
        return is(spec->service_account_name, name);
    if (reference == POD_REFERENCE_RESOURCE_CLAIM)
        return resource_claims_refer(pod, name);
    for (size_t i = 0; reference == POD_REFERENCE_SECRET && i < spec->n_image_pull_secrets; i++)
        if (is(spec->image_pull_secrets[i].name, name))
            return true;
    for (size_t i = 0; i < spec->n_volumes; i++)
        if (volume_refers(pod, &spec->volumes[i], reference, name))
            return true;
    return containers_refer(spec, reference, name);
}

bool pod_is_mirror(const struct api_pod *pod)
{
    for (size_t i = 0; i < pod->metadata.n_annotations; i++)
        if (text_equal(pod->metadata.annotations[i].key, MIRROR_ANNOTATION))
            return true;
    return false;
}
