/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* volume.c - a pod's volumes and how containers mount them. */
#include "api/field_path.h"
#include "api/validation/pod/pod_rules.h"

static const char *const volume_fields[] = { "metadata.annotations", "metadata.labels", "metadata.name",
                                             "metadata.namespace",   "metadata.uid",    NULL };
static const char *const host_path_types[] = { "",     "BlockDevice",  "CharDevice", "Directory", "DirectoryOrCreate",
                                               "File", "FileOrCreate", "Socket",     NULL };
static const char *const propagations[] = { "Bidirectional", "HostToContainer", "None", NULL };
static const char *const read_only_modes[] = { "Disabled", "Enabled", "IfPossible", NULL };
static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };

static bool has_backstep(const char *path)
{
    struct str rest = str_of(path), piece;

    while (str_next(&rest, '/', &piece))
        if (str_is(piece, ".."))
            return true;
    return false;
}

void validate_local_path(const char *path, const struct field_at *at, struct api_invalid *errors)
{
    if (path[0] == '/')
        invalid_string(errors, at, path, "must be a relative path");
    if (has_backstep(path))
        invalid_string(errors, at, path, "must not contain '..'");
}

/* Of files in a volume: names that begin with ".." are the kubelet's own. */
static void validate_file_path(const char *path, const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(path)) {
        invalid_missing(errors, at);
        return;
    }
    validate_local_path(path, at, errors);
    if (strncmp(path, "..", 2) == 0 && path[2] != '\0' && path[2] != '/')
        invalid_string(errors, at, path, "must not start with '..'");
}

static void validate_mode(const int32_t *mode, const struct field_at *at, struct api_invalid *errors)
{
    if (mode != NULL && (*mode < 0 || *mode > 0777))
        invalid_number(errors, at, *mode, "must be a number between 0 and 0777 (octal), both inclusive");
}

static void validate_items(const struct api_key_to_path *items, size_t count, const struct field_at *at,
                           struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct field_at *here = at_index(at, i);
        if (text_empty(items[i].key))
            invalid_missing(errors, at_field(here, "key"));
        validate_file_path(items[i].path, at_field(here, "path"), errors);
        validate_mode(items[i].mode, at_field(here, "mode"), errors);
    }
}

static void validate_downward_files(const struct api_downward_api_volume_file *items, size_t count,
                                    const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_downward_api_volume_file *item = &items[i];
        validate_file_path(item->path, at_field(at, "path"), errors);
        if (item->field_ref != NULL && item->resource_field_ref != NULL)
            invalid_string(errors, at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
        else if (item->field_ref != NULL)
            validate_field_ref(item->field_ref, volume_fields, at_field(at, "fieldRef"), errors);
        else if (item->resource_field_ref != NULL)
            validate_resource_ref(item->resource_field_ref, true, at_field(at, "resourceFieldRef"), errors);
        else
            invalid_required(errors, at, "one of fieldRef and resourceFieldRef is required");
        validate_mode(item->mode, at_field(at, "mode"), errors);
    }
}

static void validate_token(const struct api_service_account_token_projection *token, const struct field_at *at,
                           struct api_invalid *errors)
{
    const struct field_at *seconds = at_field(at, "expirationSeconds");

    if (token->expiration_seconds != NULL && *token->expiration_seconds < 600)
        invalid_number(errors, seconds, *token->expiration_seconds, "may not specify a duration less than 10 minutes");
    if (token->expiration_seconds != NULL && *token->expiration_seconds > (int64_t)1 << 32)
        invalid_number(errors, seconds, *token->expiration_seconds,
                       "may not specify a duration larger than 2^32 seconds");
    validate_file_path(token->path, at_field(at, "path"), errors);
}

static void validate_projection(const struct api_volume_projection *source, const struct field_at *at,
                                struct api_invalid *errors)
{
    int count = 0;

    if (source->secret != NULL && ++count == 1) {
        if (text_empty(source->secret->name))
            invalid_missing(errors, at_field(at_field(at, "secret"), "name"));
        validate_items(source->secret->items, source->secret->n_items, at_field(at_field(at, "secret"), "items"),
                       errors);
    }
    if (source->config_map != NULL && ++count == 1) {
        if (text_empty(source->config_map->name))
            invalid_missing(errors, at_field(at_field(at, "configMap"), "name"));
        validate_items(source->config_map->items, source->config_map->n_items,
                       at_field(at_field(at, "configMap"), "items"), errors);
    }
    if (source->downward_api != NULL && ++count == 1)
        validate_downward_files(source->downward_api->items, source->downward_api->n_items, at_field(at, "downwardAPI"),
                                errors);
    if (source->service_account_token != NULL && ++count == 1)
        validate_token(source->service_account_token, at_field(at, "serviceAccountToken"), errors);
    count += (source->cluster_trust_bundle != NULL) + (source->pod_certificate != NULL);
    if (count > 1)
        invalid_forbidden(errors, at, "may not specify more than 1 volume type per source");
    else if (count == 0)
        invalid_required(errors, at, "must specify exactly one of a projected source type");
}

/* The sources whose fields can be wrong; the others only count. */
static void validate_source(const struct api_volume *volume, bool is_template, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (volume->empty_dir != NULL && volume->empty_dir->size_limit != NULL &&
        quantity_sign(volume->empty_dir->size_limit) < 0)
        invalid_forbidden(errors, at_field(at_field(at, "emptyDir"), "sizeLimit"),
                          "SizeLimit field must be a valid resource quantity");
    if (volume->host_path != NULL) {
        const struct field_at *here = at_field(at, "hostPath");
        if (text_empty(volume->host_path->path))
            invalid_missing(errors, at_field(here, "path"));
        else if (has_backstep(volume->host_path->path))
            invalid_string(errors, at_field(here, "path"), volume->host_path->path, "must not contain '..'");
        if (volume->host_path->type != NULL)
            invalid_one_of(errors, at_field(here, "type"), volume->host_path->type, host_path_types, false);
    }
    if (volume->secret != NULL) {
        const struct field_at *here = at_field(at, "secret");
        if (text_empty(volume->secret->secret_name))
            invalid_missing(errors, at_field(here, "secretName"));
        validate_mode(volume->secret->default_mode, at_field(here, "defaultMode"), errors);
        validate_items(volume->secret->items, volume->secret->n_items, at_field(here, "items"), errors);
    }
    if (volume->config_map != NULL) {
        const struct field_at *here = at_field(at, "configMap");
        if (text_empty(volume->config_map->name))
            invalid_missing(errors, at_field(here, "name"));
        validate_mode(volume->config_map->default_mode, at_field(here, "defaultMode"), errors);
        validate_items(volume->config_map->items, volume->config_map->n_items, at_field(here, "items"), errors);
    }
    if (volume->persistent_volume_claim != NULL && text_empty(volume->persistent_volume_claim->claim_name))
        invalid_missing(errors, at_field(at_field(at, "persistentVolumeClaim"), "claimName"));
    if (volume->downward_api != NULL) {
        validate_mode(volume->downward_api->default_mode, at_field(at_field(at, "downwardAPI"), "defaultMode"), errors);
        validate_downward_files(volume->downward_api->items, volume->downward_api->n_items, at_field(at, "downwardAPI"),
                                errors);
    }
    if (volume->projected != NULL) {
        const struct field_at *here = at_field(at, "projected");
        validate_mode(volume->projected->default_mode, at_field(here, "defaultMode"), errors);
        for (size_t i = 0; i < volume->projected->n_sources; i++)
            validate_projection(&volume->projected->sources[i], at_index(at_field(here, "sources"), i), errors);
    }
    if (volume->image != NULL) {
        if (!is_template && text_empty(volume->image->reference))
            invalid_missing(errors, at_field(at_field(at, "image"), "reference"));
        invalid_one_of(errors, at_field(at_field(at, "image"), "pullPolicy"), volume->image->pull_policy, pull_policies,
                       true);
    }
}

static void validate_remote_source(const struct api_volume *volume, const struct field_at *at,
                                   struct api_invalid *errors)
{
    if (volume->nfs != NULL) {
        const struct field_at *here = at_field(at, "nfs");
        if (text_empty(volume->nfs->server))
            invalid_missing(errors, at_field(here, "server"));
        if (text_empty(volume->nfs->path))
            invalid_missing(errors, at_field(here, "path"));
        else if (volume->nfs->path[0] != '/')
            invalid_string(errors, at_field(here, "path"), volume->nfs->path, "must be an absolute path");
    }
    if (volume->csi != NULL) {
        const struct field_at *here = at_field(at_field(at, "csi"), "driver");
        struct str driver = str_of(text_or_empty(volume->csi->driver));
        if (driver.size == 0)
            invalid_missing(errors, here);
        else if (driver.size > 63)
            invalid_too_long(errors, here, 63);
    }
    if (volume->ephemeral != NULL && volume->ephemeral->volume_claim_template == NULL)
        invalid_missing(errors, at_field(at_field(at, "ephemeral"), "volumeClaimTemplate"));
    if (volume->git_repo != NULL && text_empty(volume->git_repo->repository))
        invalid_missing(errors, at_field(at_field(at, "gitRepo"), "repository"));
}

/* Exactly one source. */
static void validate_source_count(const struct api_volume *volume, const struct field_at *at,
                                  struct api_invalid *errors)
{
    const struct api_type *type = &api_type_volume_source;
    int count = 0;

    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        const void *source = *(const void *const *)((const char *)&volume->volume_source + field->offset);
        if (source != NULL && count++ > 0)
            invalid_forbidden(errors, at_field(at, field->name), "may not specify more than 1 volume type");
    }
    if (count == 0)
        invalid_required(errors, at, "must specify a volume type");
}

void validate_volumes(const struct api_pod_spec *spec, bool is_template, const struct field_at *at,
                      struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const struct api_volume *volume = &spec->volumes[i];
        const struct field_at *here = at_index(at, i);
        if (text_empty(volume->name))
            invalid_missing(errors, at_field(here, "name"));
        else
            invalid_format(errors, at_field(here, "name"), format_dns1123_label, volume->name);
        for (size_t k = 0; k < i; k++) {
            if (!text_empty(volume->name) && text_equal(spec->volumes[k].name, volume->name)) {
                invalid_duplicate(errors, at_field(here, "name"), volume->name);
                break;
            }
        }
        validate_source_count(volume, here, errors);
        validate_source(volume, is_template, here, errors);
        validate_remote_source(volume, here, errors);
    }
}

static const struct api_volume *find_volume(const struct api_pod_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_volumes; i++)
        if (text_equal(spec->volumes[i].name, name))
            return &spec->volumes[i];
    return NULL;
}

static void validate_propagation(const struct api_volume_mount *mount, const struct api_container *container,
                                 const struct field_at *at, struct api_invalid *errors)
{
    const struct api_security_context *security = container->security_context;
    bool privileged = security != NULL && security->privileged != NULL && *security->privileged;

    if (mount->mount_propagation != NULL) {
        const struct field_at *here = at_field(at, "mountPropagation");
        invalid_one_of(errors, here, mount->mount_propagation, propagations, false);
        if (text_equal(mount->mount_propagation, "Bidirectional") && !privileged)
            invalid_forbidden(errors, here,
                              "Bidirectional mount propagation is available only to privileged containers");
    }
    if (mount->recursive_read_only == NULL)
        return;
    const struct field_at *here = at_field(at, "recursiveReadOnly");
    if (!invalid_one_of(errors, here, mount->recursive_read_only, read_only_modes, false) ||
        text_equal(mount->recursive_read_only, "Disabled"))
        return;
    if (!mount->read_only)
        invalid_forbidden(errors, here, "may only be specified when readOnly is true");
    if (mount->mount_propagation != NULL && !text_equal(mount->mount_propagation, "None"))
        invalid_forbidden(errors, here, "may only be specified when mountPropagation is None or not specified");
}

static void validate_mount(const struct api_container *container, size_t index, const struct api_pod_spec *spec,
                           const struct field_at *list, struct api_invalid *errors)
{
    const struct api_volume_mount *mount = &container->volume_mounts[index];
    const struct field_at *at = at_index(list, index);

    if (text_empty(mount->name))
        invalid_missing(errors, at_field(at, "name"));
    if (find_volume(spec, mount->name) == NULL)
        invalid_not_found(errors, at_field(at, "name"), mount->name);
    if (text_empty(mount->mount_path))
        invalid_missing(errors, at_field(at, "mountPath"));
    for (size_t k = 0; k < index; k++) {
        if (text_equal(container->volume_mounts[k].mount_path, mount->mount_path)) {
            invalid_string(errors, at_field(at, "mountPath"), mount->mount_path, "must be unique");
            break;
        }
    }
    for (size_t k = 0; k < container->n_volume_devices; k++) {
        if (text_equal(container->volume_devices[k].name, mount->name))
            invalid_string(errors, at_field(at, "name"), mount->name, "must not already exist in volumeDevices");
        if (text_equal(container->volume_devices[k].device_path, mount->mount_path))
            invalid_string(errors, at_field(at, "mountPath"), mount->mount_path,
                           "must not already exist as a path in volumeDevices");
    }
    if (!text_empty(mount->sub_path))
        validate_local_path(mount->sub_path, at_field(list, "subPath"), errors);
    if (!text_empty(mount->sub_path_expr)) {
        if (!text_empty(mount->sub_path))
            invalid_string(errors, at_field(at, "subPathExpr"), mount->sub_path_expr,
                           "subPathExpr and subPath are mutually exclusive");
        validate_local_path(mount->sub_path_expr, at_field(list, "subPathExpr"), errors);
    }
    validate_propagation(mount, container, list, errors);
}

static void validate_device(const struct api_container *container, size_t index, const struct api_pod_spec *spec,
                            const struct field_at *at, struct api_invalid *errors)
{
    const struct api_volume_device *device = &container->volume_devices[index];
    const struct api_volume *volume = find_volume(spec, device->name);

    if (text_empty(device->name))
        invalid_missing(errors, at_field(at, "name"));
    if (text_empty(device->device_path))
        invalid_missing(errors, at_field(at, "devicePath"));
    else if (has_backstep(device->device_path))
        invalid_string(errors, at_field(at, "devicePath"), device->device_path, "must not contain '..'");
    for (size_t k = 0; k < index; k++) {
        if (text_equal(container->volume_devices[k].name, device->name))
            invalid_string(errors, at_field(at, "name"), device->name, "must be unique");
        if (text_equal(container->volume_devices[k].device_path, device->device_path))
            invalid_string(errors, at_field(at, "devicePath"), device->device_path, "must be unique");
    }
    if (volume == NULL)
        invalid_not_found(errors, at_field(at, "name"), device->name);
    else if (volume->persistent_volume_claim == NULL && volume->ephemeral == NULL)
        invalid_string(errors, at_field(at, "name"), device->name,
                       "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
}

void validate_volume_mounts(const struct api_container *container, const struct api_pod_spec *spec,
                            const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < container->n_volume_mounts; i++)
        validate_mount(container, i, spec, at_field(at, "volumeMounts"), errors);
    for (size_t i = 0; i < container->n_volume_devices; i++)
        validate_device(container, i, spec, at_index(at_field(at, "volumeDevices"), i), errors);
}
