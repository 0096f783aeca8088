/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* volume.c - a pod's volumes: a row each sort of source, in the order in which upstream looks for them. */
#include <stdio.h>

#include "api/validation/formats/names.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/claim.h"
#include "api/validation/volume/source.h"

static const char *const volume_fields[] = { "metadata.annotations", "metadata.labels", "metadata.name",
                                             "metadata.namespace",   "metadata.uid",    NULL };
static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };

void validate_file_mode(const int32_t *mode, const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };

    if (mode == NULL)
        return;
    format_file_mode(*mode, &found);
    for (size_t i = 0; i < found.count; i++)
        invalid_number(errors, at, *mode, "%s", found.texts[i]);
}

void validate_items(const struct api_key_to_path *items, size_t count, const struct field_at *at,
                    struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct field_at *here = at_index(at, i);
        validate_given(items[i].key, at_field(here, "key"), errors);
        validate_given(items[i].path, at_field(here, "path"), errors);
        invalid_format(errors, at_field(here, "path"), format_local_unreserved_path, items[i].path);
        validate_file_mode(items[i].mode, at_field(here, "mode"), errors);
    }
}

void validate_downward_files(const struct api_downward_api_volume_file *items, size_t count, const struct field_at *at,
                             struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_downward_api_volume_file *item = &items[i];
        validate_given(item->path, at_field(at, "path"), errors);
        invalid_format(errors, at_field(at, "path"), format_local_unreserved_path, item->path);
        if (item->field_ref != NULL) {
            validate_field_ref(item->field_ref, volume_fields, at_field(at, "fieldRef"), errors);
            if (item->resource_field_ref != NULL)
                invalid_string(errors, at, "resource",
                               "fieldRef and resourceFieldRef can not be specified simultaneously");
        } else if (item->resource_field_ref != NULL) {
            validate_resource_ref(item->resource_field_ref, true, at_field(at, "resourceFieldRef"), errors);
        } else {
            invalid_required(errors, at, "one of fieldRef and resourceFieldRef is required");
        }
        validate_file_mode(item->mode, at_field(at, "mode"), errors);
    }
}

/* --- sources that only pods have --- */

static void validate_empty_dir(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_empty_dir_volume_source *dir = source;

    if (dir->size_limit != NULL && quantity_sign(dir->size_limit) < 0)
        invalid_forbidden(errors, at_field(at, "sizeLimit"), "SizeLimit field must be a valid resource quantity");
}

static void validate_git_repo(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_git_repo_volume_source *repo = source;

    validate_given(repo->repository, at_field(at, "repository"), errors);
    invalid_format(errors, at_field(at, "directory"), format_local_path, repo->directory);
}

static void validate_secret(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_secret_volume_source *secret = source;

    validate_given(secret->secret_name, at_field(at, "secretName"), errors);
    validate_file_mode(secret->default_mode, at_field(at, "defaultMode"), errors);
    validate_items(secret->items, secret->n_items, at_field(at, "items"), errors);
}

static void validate_config_map(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_config_map_volume_source *map = source;

    validate_given(map->name, at_field(at, "name"), errors);
    validate_file_mode(map->default_mode, at_field(at, "defaultMode"), errors);
    validate_items(map->items, map->n_items, at_field(at, "items"), errors);
}

static void validate_claim_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_persistent_volume_claim_volume_source *claim = source;
    validate_given(claim->claim_name, at_field(at, "claimName"), errors);
}

static void validate_secret_ref(const struct api_local_object_reference *ref, const struct field_at *at,
                                struct api_invalid *errors)
{
    if (ref != NULL)
        validate_given(ref->name, at_field(at_field(at, "secretRef"), "name"), errors);
}

static void validate_cinder(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_cinder_volume_source *cinder = source;

    validate_given(cinder->volume_id, at_field(at, "volumeID"), errors);
    validate_secret_ref(cinder->secret_ref, at, errors);
}

static void validate_downward(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_downward_api_volume_source *downward = source;

    validate_file_mode(downward->default_mode, at_field(at, "defaultMode"), errors);
    validate_downward_files(downward->items, downward->n_items, at, errors);
}

static void validate_azure_file(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_azure_file_volume_source *file = source;

    validate_given(file->secret_name, at_field(at, "secretName"), errors);
    validate_given(file->share_name, at_field(at, "shareName"), errors);
}

static void validate_storage_os(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_storage_os_volume_source *volume = source;

    if (validate_given(volume->volume_name, at_field(at, "volumeName"), errors))
        invalid_format(errors, at_field(at, "volumeName"), format_dns1123_label, volume->volume_name);
    invalid_optional_format(errors, at_field(at, "volumeNamespace"), format_dns1123_label, volume->volume_namespace);
    validate_secret_ref(volume->secret_ref, at, errors);
}

static void validate_csi(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_csi_volume_source *csi = source;
    const struct api_local_object_reference *ref = csi->node_publish_secret_ref;

    validate_csi_driver_name(csi->driver, at_field(at, "driver"), errors);
    if (ref != NULL && text_empty(ref->name))
        invalid_missing(errors, at_field(at_field(at, "nodePublishSecretRef"), "name"));
    else if (ref != NULL)
        invalid_format(errors, at_field(at, "name"), format_dns1123_subdomain, ref->name);
}

static void validate_ephemeral(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_ephemeral_volume_source *ephemeral = source;

    if (ephemeral->volume_claim_template == NULL)
        invalid_missing(errors, at_field(at, "volumeClaimTemplate"));
    else
        validate_claim_template(ephemeral->volume_claim_template, at_field(at, "volumeClaimTemplate"), errors);
}

/* --- the sources --- */

struct source_row {
    size_t offset;
    const char *refused;       /* path when it is one too many */
    const char *name;          /* path of its fields */
    validate_source *validate; /* NULL: by validate_scoped() */
};

#define SOURCE(member_, refused_, name_, validate_)                             \
    {                                                                           \
        offsetof(struct api_volume_source, member_), refused_, name_, validate_ \
    }

static const struct source_row sources[] = {
    SOURCE(empty_dir, "emptyDir", "emptyDir", validate_empty_dir),
    SOURCE(host_path, "hostPath", "hostPath", validate_host_path_source),
    SOURCE(git_repo, "gitRepo", "gitRepo", validate_git_repo),
    SOURCE(gce_persistent_disk, "gcePersistentDisk", "persistentDisk", validate_gce_disk_source),
    SOURCE(aws_elastic_block_store, "awsElasticBlockStore", "awsElasticBlockStore", validate_aws_store_source),
    SOURCE(secret, "secret", "secret", validate_secret),
    SOURCE(nfs, "nfs", "nfs", validate_nfs_source),
    SOURCE(iscsi, "iscsi", "iscsi", validate_iscsi_source),
    SOURCE(glusterfs, "glusterfs", "glusterfs", validate_glusterfs_source),
    SOURCE(flocker, "flocker", "flocker", validate_flocker_source),
    SOURCE(persistent_volume_claim, "persistentVolumeClaim", "persistentVolumeClaim", validate_claim_source),
    SOURCE(rbd, "rbd", "rbd", validate_rbd_source),
    SOURCE(cinder, "cinder", "cinder", validate_cinder),
    SOURCE(cephfs, "cephFS", "cephfs", validate_ceph_source),
    SOURCE(quobyte, "quobyte", "quobyte", validate_quobyte_source),
    SOURCE(downward_api, "downwarAPI", "downwardAPI", validate_downward),
    SOURCE(fc, "fc", "fc", validate_fc_source),
    SOURCE(flex_volume, "flexVolume", "flexVolume", validate_flex_source),
    SOURCE(config_map, "configMap", "configMap", validate_config_map),
    SOURCE(azure_file, "azureFile", "azureFile", validate_azure_file),
    SOURCE(vsphere_volume, "vsphereVolume", "vsphereVolume", validate_vsphere_source),
    SOURCE(photon_persistent_disk, "photonPersistentDisk", "photonPersistentDisk", validate_photon_source),
    SOURCE(portworx_volume, "portworxVolume", "portworxVolume", validate_portworx_source),
    SOURCE(azure_disk, "azureDisk", "azureDisk", validate_azure_disk_source),
    SOURCE(storageos, "storageos", "storageos", validate_storage_os),
    SOURCE(projected, "projected", "projected", NULL),
    SOURCE(scale_io, "scaleIO", "scaleIO", validate_scale_io_source),
    SOURCE(csi, "csi", "csi", validate_csi),
    SOURCE(ephemeral, "ephemeral", "ephemeral", validate_ephemeral),
    SOURCE(image, "image", "image", NULL),
};

/* Sources whose rules depend on the pod around them. */
static void validate_scoped(const struct pod_scope *scope, const struct api_volume *volume, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (volume->projected != NULL) {
        validate_projected_volume(scope, volume->projected, at, errors);
        return;
    }
    if (scope->meta != NULL)
        validate_given(volume->image->reference, at_field(at, "reference"), errors);
    invalid_one_of(errors, at_field(at, "pullPolicy"), volume->image->pull_policy, pull_policies, true);
}

static void validate_sources(const struct pod_scope *scope, const struct api_volume *volume, const struct field_at *at,
                             struct api_invalid *errors)
{
    const char *base = (const char *)&volume->volume_source;
    size_t count = 0;

    for (size_t i = 0; i < countof(sources); i++) {
        const void *source = *(const void *const *)(const void *)(base + sources[i].offset);
        if (source == NULL)
            continue;
        if (count++ > 0) {
            invalid_forbidden(errors, at_field(at, sources[i].refused), "may not specify more than 1 volume type");
            continue;
        }
        if (sources[i].validate != NULL)
            sources[i].validate(source, at_field(at, sources[i].name), errors);
        else
            validate_scoped(scope, volume, at_field(at, sources[i].name), errors);
    }
    if (count == 0)
        invalid_required(errors, at, "must specify a volume type");
    if (volume->iscsi != NULL &&
        iscsi_name_too_long(volume->name, volume->iscsi->target_portal, volume->iscsi->initiator_name))
        invalid_string(errors, at_field(at, "name"), volume->name, "%s", ISCSI_NAME_TOO_LONG);
}

/* The claim made for an ephemeral volume is named after pod and volume. */
static const char *claim_name(const struct pod_scope *scope, const struct api_volume *volume, char *text, size_t size)
{
    snprintf(text, size, "%s-%s", scope->meta->name, text_or_empty(volume->name));
    return text;
}

static bool knows_name(const struct pod_scope *scope)
{
    return scope->meta != NULL && !text_empty(scope->meta->name);
}

static void validate_claim_name(const struct pod_scope *scope, const struct api_volume *volume,
                                const struct field_at *at, struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };
    char text[600];

    if (volume->ephemeral == NULL || !knows_name(scope) || text_empty(volume->name))
        return;
    format_dns1123_subdomain(str_of(claim_name(scope, volume, text, sizeof(text))), &found);
    for (size_t i = 0; i < found.count; i++)
        invalid_string(errors, at_field(at, "name"), volume->name, "PVC name \"%s\": %s", text, found.texts[i]);
}

/* A pod's own ephemeral volumes are not to be mounted by their claims. */
static void validate_foreign_claim(const struct pod_scope *scope, const struct api_volume *volume,
                                   const struct field_at *at, struct api_invalid *errors)
{
    char text[600];

    if (volume->persistent_volume_claim == NULL || !knows_name(scope))
        return;
    for (size_t i = 0; i < scope->spec->n_volumes; i++) {
        const struct api_volume *other = &scope->spec->volumes[i];
        if (other->ephemeral == NULL ||
            !text_equal(volume->persistent_volume_claim->claim_name, claim_name(scope, other, text, sizeof(text))))
            continue;
        invalid_string(errors, at_field(at_field(at, "persistentVolumeClaim"), "claimName"), text,
                       "must not reference a PVC that gets created for an ephemeral volume");
        return;
    }
}

static bool is_bad(const struct pod_scope *scope, size_t index)
{
    return scope->bad_volumes != NULL && scope->bad_volumes[index];
}

void validate_volumes(struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < scope->spec->n_volumes; i++) {
        const struct api_volume *volume = &scope->spec->volumes[i];
        const struct field_at *here = at_index(at, i);
        size_t before = errors->total;
        validate_sources(scope, volume, here, errors);
        validate_claim_name(scope, volume, here, errors);
        if (validate_given(volume->name, at_field(here, "name"), errors))
            invalid_format(errors, at_field(here, "name"), format_dns1123_label, volume->name);
        for (size_t k = 0; k < i; k++) {
            if (!is_bad(scope, k) && text_equal(scope->spec->volumes[k].name, volume->name)) {
                invalid_duplicate(errors, at_field(here, "name"), volume->name);
                break;
            }
        }
        if (errors->total > before) {
            if (scope->bad_volumes == NULL)
                scope->bad_volumes = arena_new_array(&errors->arena, bool, scope->spec->n_volumes);
            scope->bad_volumes[i] = true;
        }
        validate_foreign_claim(scope, volume, here, errors);
    }
}

const struct api_volume *pod_volume_find(const struct pod_scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->spec->n_volumes; i++)
        if (!is_bad(scope, i) && text_equal(scope->spec->volumes[i].name, name))
            return &scope->spec->volumes[i];
    return NULL;
}
