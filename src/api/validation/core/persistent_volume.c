/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* persistent_volume.c - PersistentVolumes: a row each sort of source, in the order in which upstream looks for them. */
#include <stdio.h>

#include "api/codec.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/formats/names.h"
#include "api/validation/formats/resource_names.h"
#include "api/validation/internal_form.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/claim.h"
#include "api/validation/volume/source.h"
#include "api/value/entry.h"

#define MOUNT_OPTIONS_KEY "volume.beta.kubernetes.io/mount-options"

static const char *const reclaim_policies[] = { "Delete", "Recycle", "Retain", NULL };

static void validate_glusterfs(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_glusterfs_persistent_volume_source *glusterfs = source;
    const struct field_at *namespace = at_field(at, "endpointsNamespace");

    validate_glusterfs_source(source, at, errors);
    if (glusterfs->endpoints_namespace == NULL)
        return;
    if (glusterfs->endpoints_namespace[0] == '\0')
        invalid_string(errors, namespace, "", "if the endpointnamespace is set, it must be a valid namespace name");
    else
        invalid_format(errors, namespace, format_dns1123_label, glusterfs->endpoints_namespace);
}

static void validate_iscsi(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_iscsi_persistent_volume_source *iscsi = source;

    validate_iscsi_source(source, at, errors);
    if (iscsi->secret_ref != NULL)
        validate_given(iscsi->secret_ref->name, at_field(at_field(at, "secretRef"), "name"), errors);
}

static void validate_cinder(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_cinder_persistent_volume_source *cinder = source;

    validate_given(cinder->volume_id, at_field(at, "volumeID"), errors);
    if (cinder->secret_ref == NULL)
        return;
    validate_given(cinder->secret_ref->name, at_field(at_field(at, "secretRef"), "name"), errors);
    validate_given(cinder->secret_ref->namespace, at_field(at_field(at, "secretRef"), "namespace"), errors);
}

static void validate_azure_file(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_azure_file_persistent_volume_source *file = source;

    validate_given(file->secret_name, at_field(at, "secretName"), errors);
    validate_given(file->share_name, at_field(at, "shareName"), errors);
    if (file->secret_namespace != NULL)
        validate_given(file->secret_namespace, at_field(at, "secretNamespace"), errors);
}

static void validate_local(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_local_volume_source *local = source;

    if (validate_given(local->path, at_field(at, "path"), errors))
        invalid_format(errors, at_field(at, "path"), format_no_backsteps, local->path);
}

static void validate_storage_os(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_storage_os_persistent_volume_source *volume = source;

    if (validate_given(volume->volume_name, at_field(at, "volumeName"), errors))
        invalid_format(errors, at_field(at, "volumeName"), format_dns1123_label, volume->volume_name);
    invalid_optional_format(errors, at_field(at, "volumeNamespace"), format_dns1123_label, volume->volume_namespace);
    if (volume->secret_ref == NULL)
        return;
    validate_given(volume->secret_ref->name, at_field(at_field(at, "secretRef"), "name"), errors);
    validate_given(volume->secret_ref->namespace, at_field(at_field(at, "secretRef"), "namespace"), errors);
}

static void validate_csi(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_csi_persistent_volume_source *csi = source;
    const struct {
        const char *name;
        const struct api_secret_reference *ref;
    } refs[] = {
        { "controllerPublishSecretRef", csi->controller_publish_secret_ref },
        { "controllerExpandSecretRef", csi->controller_expand_secret_ref },
        { "nodePublishSecretRef", csi->node_publish_secret_ref },
        { "nodeExpandSecretRef", csi->node_expand_secret_ref },
    };

    validate_csi_driver_name(csi->driver, at_field(at, "driver"), errors);
    validate_given(csi->volume_handle, at_field(at, "volumeHandle"), errors);
    for (size_t i = 0; i < countof(refs); i++) {
        const struct field_at *here = at_field(at, refs[i].name);
        if (refs[i].ref == NULL)
            continue;
        if (validate_given(refs[i].ref->name, at_field(here, "name"), errors))
            invalid_format(errors, at_field(here, "name"), format_dns1123_subdomain, refs[i].ref->name);
        if (validate_given(refs[i].ref->namespace, at_field(here, "namespace"), errors))
            invalid_format(errors, at_field(here, "namespace"), format_dns1123_label, refs[i].ref->namespace);
    }
}

struct source_row {
    size_t offset;
    const char *refused; /* path when it is one too many; NULL: it is not refused, which is upstream's oversight */
    const char *name;    /* path of its fields */
    validate_source *validate;
    bool mount_options; /* may be asked for by annotation */
};

#define SOURCE(member_, refused_, name_, validate_, options_)                                        \
    {                                                                                                \
        offsetof(struct api_persistent_volume_source, member_), refused_, name_, validate_, options_ \
    }

static const struct source_row sources[] = {
    SOURCE(host_path, "hostPath", "hostPath", validate_host_path_source, false),
    SOURCE(gce_persistent_disk, "gcePersistentDisk", "persistentDisk", validate_gce_disk_source, true),
    SOURCE(aws_elastic_block_store, "awsElasticBlockStore", "awsElasticBlockStore", validate_aws_store_source, true),
    SOURCE(glusterfs, "glusterfs", "glusterfs", validate_glusterfs, true),
    SOURCE(flocker, "flocker", "flocker", validate_flocker_source, false),
    SOURCE(nfs, "nfs", "nfs", validate_nfs_source, true),
    SOURCE(rbd, "rbd", "rbd", validate_rbd_source, true),
    SOURCE(quobyte, "quobyte", "quobyte", validate_quobyte_source, true),
    SOURCE(cephfs, "cephFS", "cephfs", validate_ceph_source, true),
    SOURCE(iscsi, "iscsi", "iscsi", validate_iscsi, true),
    SOURCE(cinder, "cinder", "cinder", validate_cinder, true),
    SOURCE(fc, "fc", "fc", validate_fc_source, false),
    SOURCE(flex_volume, NULL, "flexVolume", validate_flex_source, false),
    SOURCE(azure_file, "azureFile", "azureFile", validate_azure_file, true),
    SOURCE(vsphere_volume, "vsphereVolume", "vsphereVolume", validate_vsphere_source, true),
    SOURCE(photon_persistent_disk, "photonPersistentDisk", "photonPersistentDisk", validate_photon_source, true),
    SOURCE(portworx_volume, "portworxVolume", "portworxVolume", validate_portworx_source, false),
    SOURCE(azure_disk, "azureDisk", "azureDisk", validate_azure_disk_source, true),
    SOURCE(scale_io, "scaleIO", "scaleIO", validate_scale_io_source, false),
    SOURCE(local, "local", "local", validate_local, false),
    SOURCE(storageos, "storageos", "storageos", validate_storage_os, false),
    SOURCE(csi, "csi", "csi", validate_csi, false),
};

static void validate_sources(const struct api_persistent_volume *volume, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct api_persistent_volume_spec *spec = &volume->spec;
    const char *base = (const char *)&spec->persistent_volume_source;
    size_t count = 0;

    for (size_t i = 0; i < countof(sources); i++) {
        const void *source = *(const void *const *)(const void *)(base + sources[i].offset);
        if (source == NULL)
            continue;
        if (count++ > 0 && sources[i].refused != NULL)
            invalid_forbidden(errors, at_field(at, sources[i].refused), "may not specify more than 1 volume type");
        else
            sources[i].validate(source, at_field(at, sources[i].name), errors);
        if (source == spec->iscsi &&
            iscsi_name_too_long(volume->metadata.name, spec->iscsi->target_portal, spec->iscsi->initiator_name)) {
            char name[600];
            snprintf(name, sizeof(name), "%s:%s", text_or_empty(volume->metadata.name),
                     text_or_empty(spec->iscsi->target_portal));
            invalid_string(errors, at_field(at_field(at, "iscsi"), "targetportal"), name, "%s", ISCSI_NAME_TOO_LONG);
        }
        if (source == spec->local && (spec->node_affinity == NULL || spec->node_affinity->required == NULL))
            invalid_required(errors, at_field(at, "nodeAffinity"), "Local volume requires node affinity");
    }
    if (count == 0)
        invalid_required(errors, at, "must specify a volume type");
}

static void validate_capacity(const struct api_persistent_volume_spec *spec, const struct field_at *at,
                              struct api_invalid *errors)
{
    static const char *const storage_only[] = { "storage", NULL };

    if (spec->n_capacity == 0)
        invalid_missing(errors, at);
    if (spec->n_capacity != 1 || !text_equal(spec->capacity[0].key, "storage")) {
        auto_buffer struct buffer shown = { .max = 4096 };
        char text[QUANTITY_TEXT_SIZE];
        for (size_t i = 0; i < spec->n_capacity; i++) {
            quantity_format(&spec->capacity[i].value, text);
            buffer_format(&shown, "%s\"%s\":\"%s\"", i == 0 ? "{" : ",", text_or_empty(spec->capacity[i].key), text);
        }
        buffer_append_text(&shown, spec->n_capacity > 0 ? "}" : "null");
        invalid_not_supported_raw(errors, at, buffer_failed(&shown) ? "{}" : shown.data, storage_only);
    }
    for (size_t i = 0; i < spec->n_capacity; i++) {
        const struct field_at *here = at_key(at, text_or_empty(spec->capacity[i].key));
        if (quantity_sign(&spec->capacity[i].value) < 0)
            invalid_number(errors, here, quantity_value(&spec->capacity[i].value), "must be a valid resource quantity");
        if (quantity_sign(&spec->capacity[i].value) <= 0)
            invalid_quantity(errors, here, &spec->capacity[i].value, "must be greater than zero");
    }
}

/* "/", "//", "/./" */
static bool is_root(const char *path)
{
    struct str rest = str_of(path), piece;

    if (path == NULL || path[0] != '/')
        return false;
    while (str_next(&rest, '/', &piece))
        if (piece.size > 0 && !str_is(piece, "."))
            return false;
    return true;
}

static void validate_attributes_class(const struct api_persistent_volume_spec *spec, const struct field_at *at,
                                      struct api_invalid *errors)
{
    const struct field_at *here = at_field(at, "volumeAttributesClassName");

    if (spec->volume_attributes_class_name == NULL)
        return;
    if (spec->volume_attributes_class_name[0] == '\0')
        invalid_required(errors, here, "an empty string is disallowed");
    else
        invalid_format(errors, here, format_dns1123_subdomain, spec->volume_attributes_class_name);
    if (spec->csi == NULL)
        invalid_required(errors, at_field(at, "csi"), "has to be specified when using volumeAttributesClassName");
}

static void validate_mount_options(const struct api_persistent_volume *volume, struct api_invalid *errors)
{
    const char *base = (const char *)&volume->spec.persistent_volume_source;

    if (string_entry_value(volume->metadata.annotations, volume->metadata.n_annotations, MOUNT_OPTIONS_KEY) == NULL)
        return;
    for (size_t i = 0; i < countof(sources); i++)
        if (sources[i].mount_options && *(const void *const *)(const void *)(base + sources[i].offset) != NULL)
            return;
    invalid_forbidden(errors, at_field(at_field(at_field(NULL, "metadata"), "annotations"), MOUNT_OPTIONS_KEY),
                      "may not specify mount options for this volume type");
}

static void validate_volume(const struct api_persistent_volume *volume, const struct api_persistent_volume *old,
                            struct api_invalid *errors)
{
    const struct api_persistent_volume_spec *spec = &volume->spec;
    const struct field_at *at = at_field(NULL, "spec"), *policy = at_field(at, "persistentVolumeReclaimPolicy");

    if (spec->n_access_modes == 0)
        invalid_missing(errors, at_field(at, "accessModes"));
    else
        validate_access_modes(spec->access_modes, spec->n_access_modes, at_field(at, "accessModes"), errors);
    validate_capacity(spec, at_field(at, "capacity"), errors);
    if (!text_empty(spec->persistent_volume_reclaim_policy))
        invalid_one_of(errors, policy, spec->persistent_volume_reclaim_policy, reclaim_policies, false);
    if (spec->node_affinity != NULL && spec->node_affinity->required == NULL)
        invalid_required(errors, at_field(at_field(at, "nodeAffinity"), "required"),
                         "must specify required node constraints");
    else if (spec->node_affinity != NULL)
        validate_node_selector(spec->node_affinity->required,
                               old != NULL && old->spec.node_affinity != NULL &&
                                   node_selector_has_bad_values(old->spec.node_affinity->required),
                               at_field(at_field(at, "nodeAffinity"), "required"), errors);
    validate_sources(volume, at, errors);
    if (spec->host_path != NULL && is_root(spec->host_path->path) &&
        text_equal(spec->persistent_volume_reclaim_policy, "Recycle"))
        invalid_forbidden(errors, policy, "may not be 'recycle' for a hostPath mount of '/'");
    invalid_optional_format(errors, at_field(at, "storageClassName"), format_dns1123_subdomain,
                            spec->storage_class_name);
    validate_volume_mode(spec->volume_mode, at_field(at, "volumeMode"), errors);
    validate_attributes_class(spec, at, errors);
    validate_mount_options(volume, errors);
}

/* A CSI volume and hardly more. */
void validate_inline_volume(const struct api_persistent_volume_spec *spec, const struct field_at *at,
                            struct api_invalid *errors)
{
    static const char never[] = "may not be specified in the context of inline volumes";
    struct api_persistent_volume volume = { .spec = *spec };
    const char *policy = spec->persistent_volume_reclaim_policy;

    if (spec->claim_ref != NULL)
        invalid_forbidden(errors, at_field(at, "claimRef"), "%s", never);
    if (spec->n_capacity > 0)
        invalid_forbidden(errors, at_field(at, "capacity"), "%s", never);
    if (spec->csi == NULL)
        invalid_required(errors, at_field(at, "csi"), "has to be specified in the context of inline volumes");
    if (spec->n_access_modes == 0)
        invalid_missing(errors, at_field(at, "accessModes"));
    else
        validate_access_modes(spec->access_modes, spec->n_access_modes, at_field(at, "accessModes"), errors);
    if (!text_empty(policy) && strcmp(policy, "Retain") != 0)
        invalid_forbidden(errors, at_field(at, "persistentVolumeReclaimPolicy"),
                          "may only be Retain in the context of inline volumes");
    if (spec->node_affinity != NULL)
        invalid_forbidden(errors, at_field(at, "nodeAffinity"), "%s", never);
    validate_sources(&volume, at, errors);
    if (!text_empty(spec->storage_class_name))
        invalid_forbidden(errors, at_field(at, "storageClassName"), "%s", never);
    if (spec->volume_mode != NULL && strcmp(spec->volume_mode, "Filesystem") != 0)
        invalid_forbidden(errors, at_field(at, "volumeMode"),
                          "may not specify volumeMode other than Filesystem in the context of inline volumes");
    validate_attributes_class(spec, at, errors);
}

void validate_volume_create(const void *object, struct api_invalid *errors)
{
    validate_volume(object, NULL, errors);
}

/* --- updates --- */

struct renamed {
    const char *old, *now;
};

static const struct renamed labels[] = {
    { "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone" },
    { "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region" },
    { "beta.kubernetes.io/os", "kubernetes.io/os" },
    { "beta.kubernetes.io/arch", "kubernetes.io/arch" },
    { "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type" },
};

static bool same_requirement(const struct api_node_selector_requirement *now,
                             const struct api_node_selector_requirement *old)
{
    struct api_node_selector_requirement same = *now;

    for (size_t i = 0; i < countof(labels); i++)
        if (text_equal(old->key, labels[i].old) && text_equal(now->key, labels[i].now))
            same.key = old->key;
    return api_equal(&api_type_node_selector_requirement, &same, old);
}

/* Only labels whose names have changed may be called by their new ones. */
static bool same_affinity(const struct api_volume_node_affinity *now, const struct api_volume_node_affinity *old)
{
    if (now == NULL || (now->required == NULL) != (old->required == NULL))
        return false;
    if (now->required == NULL)
        return true;
    if (now->required->n_node_selector_terms != old->required->n_node_selector_terms)
        return false;
    for (size_t i = 0; i < now->required->n_node_selector_terms; i++) {
        const struct api_node_selector_term *term = &now->required->node_selector_terms[i];
        const struct api_node_selector_term *before = &old->required->node_selector_terms[i];
        if (term->n_match_expressions != before->n_match_expressions || term->n_match_fields != before->n_match_fields)
            return false;
        for (size_t k = 0; k < term->n_match_expressions; k++)
            if (!same_requirement(&term->match_expressions[k], &before->match_expressions[k]))
                return false;
        for (size_t k = 0; k < term->n_match_fields; k++)
            if (!api_equal(&api_type_node_selector_requirement, &term->match_fields[k], &before->match_fields[k]))
                return false;
    }
    return true;
}

/* A secret for expanding may be added where there was none. */
static bool same_source(const struct api_persistent_volume_spec *spec, const struct api_persistent_volume_spec *old)
{
    struct api_persistent_volume_source same = spec->persistent_volume_source;
    struct api_csi_persistent_volume_source csi;

    if (spec->csi != NULL && old->csi != NULL && old->csi->controller_expand_secret_ref == NULL) {
        csi = *spec->csi;
        csi.controller_expand_secret_ref = NULL;
        same.csi = &csi;
    }
    return api_equal(&api_type_persistent_volume_source, &same, &old->persistent_volume_source);
}

void validate_volume_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_persistent_volume *volume = object, *before = old_object;
    const struct api_persistent_volume_spec *spec = &volume->spec, *old = &before->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_volume(volume, before, errors);
    if (!same_source(spec, old))
        invalid_forbidden_change(errors, at_field(at, "persistentvolumesource"), &api_type_persistent_volume_source,
                                 &spec->persistent_volume_source, &old->persistent_volume_source,
                                 "spec.persistentvolumesource is immutable after creation");
    if (!text_equal(spec->volume_mode, old->volume_mode)) {
        if (spec->volume_mode == NULL)
            invalid_null(errors, at_field(NULL, "volumeMode"), INVALID_IMMUTABLE);
        else
            invalid_string(errors, at_field(NULL, "volumeMode"), spec->volume_mode, INVALID_IMMUTABLE);
    }
    if (old->node_affinity != NULL && !same_affinity(spec->node_affinity, old->node_affinity)) {
        if (spec->node_affinity == NULL)
            invalid_null(errors, at_field(NULL, "nodeAffinity"), INVALID_IMMUTABLE);
        else
            invalid_internal(errors, at_field(NULL, "nodeAffinity"), &api_type_volume_node_affinity,
                             spec->node_affinity, INVALID_IMMUTABLE);
    }
    if (old->volume_attributes_class_name != NULL && spec->volume_attributes_class_name == NULL)
        invalid_forbidden(errors, at_field(at, "volumeAttributesClassName"),
                          "update from non-nil value to nil is forbidden");
}

void validate_volume_status(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    if (text_empty(((const struct api_persistent_volume *)object)->metadata.resource_version))
        invalid_missing(errors, at_field(NULL, "resourceVersion"));
}
