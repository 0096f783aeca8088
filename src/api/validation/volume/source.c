/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* source.c - sources of volumes that pods and PersistentVolumes have in common. */
#include "api/validation/volume/source.h"

#define ISCSI_LUN_MAX       255
#define PARTITION_MAX       255
#define ISCSI_NAME_SIZE_MAX 64
#define QUOBYTE_TENANT_MAX  64
#define QUOBYTE_REGISTRY    "must be a host:port pair or multiple pairs separated by commas"
#define SAME_PLACE(a_, b_, m_) \
    _Static_assert(offsetof(struct a_, m_) == offsetof(struct b_, m_), "one check reads both")

SAME_PLACE(api_rbd_volume_source, api_rbd_persistent_volume_source, image);
SAME_PLACE(api_ceph_fs_volume_source, api_ceph_fs_persistent_volume_source, n_monitors);
SAME_PLACE(api_flex_volume_source, api_flex_persistent_volume_source, n_options);
SAME_PLACE(api_scale_io_volume_source, api_scale_io_persistent_volume_source, volume_name);
SAME_PLACE(api_glusterfs_volume_source, api_glusterfs_persistent_volume_source, path);
SAME_PLACE(api_iscsi_volume_source, api_iscsi_persistent_volume_source, initiator_name);

static const char *const host_path_types[] = { "",     "BlockDevice",  "CharDevice", "Directory", "DirectoryOrCreate",
                                               "File", "FileOrCreate", "Socket",     NULL };
static const char *const caching_modes[] = { "None", "ReadOnly", "ReadWrite", NULL };
static const char *const disk_kinds[] = { "Dedicated", "Managed", "Shared", NULL };
static const char *const managed_disks[] = {
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}", NULL
};
static const char *const blob_disks[] = {
    "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd", NULL
};

bool validate_given(const char *value, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(value))
        invalid_missing(errors, at);
    return !text_empty(value);
}

void validate_host_path_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_host_path_volume_source *path = source;

    if (!validate_given(path->path, at_field(at, "path"), errors))
        return;
    invalid_format(errors, at_field(at, "path"), format_no_backsteps, path->path);
    if (path->type != NULL)
        invalid_one_of(errors, at_field(at, "type"), path->type, host_path_types, false);
}

static void validate_disk(const char *id, const char *id_name, int32_t partition, const struct field_at *at,
                          struct api_invalid *errors)
{
    validate_given(id, at_field(at, id_name), errors);
    if (partition < 0 || partition > PARTITION_MAX)
        invalid_range(errors, at_field(at, "partition"), partition, 1, PARTITION_MAX);
}

void validate_gce_disk_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_gce_persistent_disk_volume_source *disk = source;
    validate_disk(disk->pd_name, "pdName", disk->partition, at, errors);
}

void validate_aws_store_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_aws_elastic_block_store_volume_source *store = source;
    validate_disk(store->volume_id, "volumeID", store->partition, at, errors);
}

void validate_nfs_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_nfs_volume_source *nfs = source;

    validate_given(nfs->server, at_field(at, "server"), errors);
    validate_given(nfs->path, at_field(at, "path"), errors);
    if (text_or_empty(nfs->path)[0] != '/')
        invalid_string(errors, at_field(at, "path"), nfs->path, "must be an absolute path");
}

void validate_flocker_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_flocker_volume_source *flocker = source;

    if (text_empty(flocker->dataset_name) && text_empty(flocker->dataset_uuid))
        invalid_required(errors, at, "one of datasetName and datasetUUID is required");
    if (!text_empty(flocker->dataset_name) && !text_empty(flocker->dataset_uuid))
        invalid_string(errors, at, "resource", "datasetName and datasetUUID can not be specified simultaneously");
    if (strchr(text_or_empty(flocker->dataset_name), '/') != NULL)
        invalid_string(errors, at_field(at, "datasetName"), flocker->dataset_name, "must not contain '/'");
}

/* One colon, or an address in brackets before it. */
static bool is_host_port(struct str text)
{
    if (str_starts(text, STR("["))) {
        size_t end = str_find(text, ']');
        return end + 1 < text.size && text.data[end + 1] == ':' &&
               str_find(str_skip(text, end + 2), ':') == text.size - end - 2;
    }
    size_t colon = str_find(text, ':');
    return colon < text.size && str_find(str_skip(text, colon + 1), ':') == text.size - colon - 1;
}

void validate_quobyte_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_quobyte_volume_source *quobyte = source;
    struct str rest = str_of(text_or_empty(quobyte->registry)), pair;

    if (rest.size == 0) {
        invalid_required(errors, at_field(at, "registry"), "%s", QUOBYTE_REGISTRY);
    } else if (strlen(text_or_empty(quobyte->tenant)) > QUOBYTE_TENANT_MAX) {
        invalid_required(errors, at_field(at, "tenant"), "must be a UUID and may not exceed a length of 64 characters");
    } else {
        while (str_next(&rest, ',', &pair))
            if (!is_host_port(pair))
                invalid_string(errors, at_field(at, "registry"), quobyte->registry, "%s", QUOBYTE_REGISTRY);
    }
    validate_given(quobyte->volume, at_field(at, "volume"), errors);
}

void validate_fc_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_fc_volume_source *fc = source;
    const struct field_at *names = at_field(at, "targetWWNs");

    if (fc->n_target_wwns == 0 && fc->n_wwids == 0)
        invalid_required(errors, names, "must specify either targetWWNs or wwids, but not both");
    if (fc->n_target_wwns > 0 && fc->n_wwids > 0)
        invalid_string_list(errors, names, fc->target_wwns, fc->n_target_wwns,
                            "targetWWNs and wwids can not be specified simultaneously");
    if (fc->n_target_wwns == 0)
        return;
    if (fc->lun == NULL)
        invalid_required(errors, at_field(at, "lun"), "lun is required if targetWWNs is specified");
    else if (*fc->lun < 0 || *fc->lun > ISCSI_LUN_MAX)
        invalid_range(errors, at_field(at, "lun"), *fc->lun, 0, ISCSI_LUN_MAX);
}

void validate_vsphere_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_vsphere_virtual_disk_volume_source *disk = source;
    validate_given(disk->volume_path, at_field(at, "volumePath"), errors);
}

void validate_photon_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_photon_persistent_disk_volume_source *disk = source;
    validate_given(disk->pd_id, at_field(at, "pdID"), errors);
}

void validate_portworx_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_portworx_volume_source *volume = source;
    validate_given(volume->volume_id, at_field(at, "volumeID"), errors);
}

void validate_azure_disk_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_azure_disk_volume_source *disk = source;
    const struct field_at *uri = at_field(at, "diskURI");
    bool managed = text_equal(disk->kind, "Managed");

    validate_given(disk->disk_name, at_field(at, "diskName"), errors);
    validate_given(disk->disk_uri, uri, errors);
    if (disk->caching_mode != NULL)
        invalid_one_of(errors, at_field(at, "cachingMode"), disk->caching_mode, caching_modes, false);
    if (disk->kind == NULL)
        return;
    invalid_one_of(errors, at_field(at, "kind"), disk->kind, disk_kinds, false);
    if (managed && !str_starts(str_of(disk->disk_uri), STR("/subscriptions/")))
        invalid_not_supported(errors, uri, disk->disk_uri, managed_disks);
    if (!managed && !str_starts(str_of(disk->disk_uri), STR("https://")))
        invalid_not_supported(errors, uri, disk->disk_uri, blob_disks);
}

void validate_rbd_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_rbd_volume_source *rbd = source;

    if (rbd->n_monitors == 0)
        invalid_missing(errors, at_field(at, "monitors"));
    validate_given(rbd->image, at_field(at, "image"), errors);
}

void validate_ceph_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_ceph_fs_volume_source *ceph = source;

    if (ceph->n_monitors == 0)
        invalid_missing(errors, at_field(at, "monitors"));
}

/* What Kubernetes' own domains hold is not for options of users. */
static bool is_reserved(struct str key)
{
    static const char *const domains[] = { "kubernetes.io", "k8s.io" };
    size_t slash = str_find(key, '/');
    struct str domain = { key.data, slash };

    for (size_t i = 0; i < countof(domains); i++) {
        struct str own = str_of(domains[i]);
        if (domain.size < own.size || !str_equal_nocase(str_skip(domain, domain.size - own.size), own))
            continue;
        if (domain.size == own.size || domain.data[domain.size - own.size - 1] == '.')
            return true;
    }
    return false;
}

void validate_flex_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_flex_volume_source *flex = source;

    validate_given(flex->driver, at_field(at, "driver"), errors);
    for (size_t i = 0; i < flex->n_options; i++) {
        const char *key = text_or_empty(flex->options[i].key);
        if (is_reserved(str_of(key)))
            invalid_string(errors, at_key(at_field(at, "options"), key), key,
                           "kubernetes.io and k8s.io namespaces are reserved");
    }
}

void validate_scale_io_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_scale_io_volume_source *volume = source;

    validate_given(volume->gateway, at_field(at, "gateway"), errors);
    validate_given(volume->system, at_field(at, "system"), errors);
    validate_given(volume->volume_name, at_field(at, "volumeName"), errors);
}

void validate_glusterfs_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_glusterfs_volume_source *glusterfs = source;

    validate_given(glusterfs->endpoints, at_field(at, "endpoints"), errors);
    validate_given(glusterfs->path, at_field(at, "path"), errors);
}

void validate_iscsi_source(const void *source, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_iscsi_volume_source *iscsi = source;

    validate_given(iscsi->target_portal, at_field(at, "targetPortal"), errors);
    if (validate_given(iscsi->iqn, at_field(at, "iqn"), errors))
        invalid_format(errors, at_field(at, "iqn"), format_iscsi_name, iscsi->iqn);
    if (iscsi->lun < 0 || iscsi->lun > ISCSI_LUN_MAX)
        invalid_range(errors, at_field(at, "lun"), iscsi->lun, 0, ISCSI_LUN_MAX);
    if ((iscsi->chap_auth_discovery || iscsi->chap_auth_session) && iscsi->secret_ref == NULL)
        invalid_missing(errors, at_field(at, "secretRef"));
    if (iscsi->initiator_name != NULL)
        invalid_format(errors, at_field(at, "initiatorname"), format_iscsi_name, iscsi->initiator_name);
}

bool iscsi_name_too_long(const char *volume, const char *portal, const char *initiator)
{
    return initiator != NULL && strlen(text_or_empty(volume)) + 1 + strlen(text_or_empty(portal)) > ISCSI_NAME_SIZE_MAX;
}
