/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mount.c - how containers mount volumes, as directories and as block devices. */
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/source.h"

static const char *const propagations[] = { "Bidirectional", "HostToContainer", "None", NULL };
static const char *const read_only_modes[] = { "Disabled", "Enabled", "IfPossible", NULL };

static void validate_propagation(const struct api_volume_mount *mount, const struct api_container *container,
                                 const struct field_at *at, struct api_invalid *errors)
{
    const struct api_security_context *security = container->security_context;
    bool privileged = security != NULL && flag_is(security->privileged, true);

    if (mount->mount_propagation == NULL)
        return;
    invalid_one_of(errors, at, mount->mount_propagation, propagations, false);
    if (text_equal(mount->mount_propagation, "Bidirectional") && !privileged)
        invalid_forbidden(errors, at, "Bidirectional mount propagation is available only to privileged containers");
}

static void validate_recursive(const struct api_volume_mount *mount, const struct field_at *at,
                               struct api_invalid *errors)
{
    if (mount->recursive_read_only == NULL ||
        !invalid_one_of(errors, at, mount->recursive_read_only, read_only_modes, false) ||
        text_equal(mount->recursive_read_only, "Disabled"))
        return;
    if (!mount->read_only)
        invalid_forbidden(errors, at, "may only be specified when readOnly is true");
    if (mount->mount_propagation != NULL && !text_equal(mount->mount_propagation, "None"))
        invalid_forbidden(errors, at, "may only be specified when mountPropagation is None or not specified");
}

static void validate_clashes(const struct api_container *container, size_t index, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct api_volume_mount *mount = &container->volume_mounts[index];
    bool repeated = false, name = false, path = false;

    for (size_t k = 0; k < index; k++)
        repeated = repeated || text_equal(container->volume_mounts[k].mount_path, mount->mount_path);
    for (size_t k = 0; k < container->n_volume_devices; k++) {
        name = name || text_equal(container->volume_devices[k].name, mount->name);
        path = path || text_equal(container->volume_devices[k].device_path, mount->mount_path);
    }
    if (repeated)
        invalid_string(errors, at_field(at, "mountPath"), mount->mount_path, "must be unique");
    if (name)
        invalid_string(errors, at_field(at, "name"), mount->name, "must not already exist in volumeDevices");
    if (path)
        invalid_string(errors, at_field(at, "mountPath"), mount->mount_path,
                       "must not already exist as a path in volumeDevices");
}

static void validate_mount(const struct pod_scope *scope, const struct api_container *container, size_t index,
                           const struct field_at *list, struct api_invalid *errors)
{
    const struct api_volume_mount *mount = &container->volume_mounts[index];
    const struct field_at *at = at_index(list, index);

    validate_given(mount->name, at_field(at, "name"), errors);
    if (pod_volume_find(scope, mount->name) == NULL)
        invalid_not_found(errors, at_field(at, "name"), mount->name);
    validate_given(mount->mount_path, at_field(at, "mountPath"), errors);
    validate_clashes(container, index, at, errors);
    invalid_format(errors, at_field(list, "subPath"), format_local_path, mount->sub_path);
    if (!text_empty(mount->sub_path_expr)) {
        if (!text_empty(mount->sub_path))
            invalid_string(errors, at_field(at, "subPathExpr"), mount->sub_path_expr,
                           "subPathExpr and subPath are mutually exclusive");
        invalid_format(errors, at_field(list, "subPathExpr"), format_local_path, mount->sub_path_expr);
    }
    validate_propagation(mount, container, at_field(list, "mountPropagation"), errors);
    validate_recursive(mount, at_field(list, "recursiveReadOnly"), errors);
}

static void validate_device(const struct pod_scope *scope, const struct api_container *container, size_t index,
                            const struct field_at *at, struct api_invalid *errors)
{
    const struct api_volume_device *device = &container->volume_devices[index];
    const struct api_volume *volume = pod_volume_find(scope, device->name);
    const struct field_at *name = at_field(at, "name"), *path = at_field(at, "devicePath");
    bool same_name = false, same_path = false, mounted_name = false, mounted_path = false;

    for (size_t k = 0; k < index; k++) {
        same_name = same_name || text_equal(container->volume_devices[k].name, device->name);
        same_path = same_path || text_equal(container->volume_devices[k].device_path, device->device_path);
    }
    for (size_t k = 0; k < container->n_volume_mounts; k++) {
        mounted_name = mounted_name || text_equal(container->volume_mounts[k].name, device->name);
        mounted_path = mounted_path || text_equal(container->volume_mounts[k].mount_path, device->device_path);
    }
    validate_given(device->name, name, errors);
    if (same_name && !text_empty(device->name))
        invalid_string(errors, name, device->name, "must be unique");
    if (volume != NULL && volume->persistent_volume_claim == NULL && volume->ephemeral == NULL)
        invalid_string(errors, name, device->name,
                       "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
    if (volume == NULL)
        invalid_not_found(errors, name, device->name);
    validate_given(device->device_path, path, errors);
    if (same_path)
        invalid_string(errors, path, device->device_path, "must be unique");
    if (!format_ok(format_no_backsteps, str_of(device->device_path)))
        invalid_string(errors, path, device->device_path, "can not contain backsteps ('..')");
    if (mounted_name)
        invalid_string(errors, name, device->name, "must not already exist in volumeMounts");
    if (mounted_path)
        invalid_string(errors, path, device->device_path, "must not already exist as a path in volumeMounts");
}

void validate_volume_mounts(const struct pod_scope *scope, const struct api_container *container,
                            const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < container->n_volume_mounts; i++)
        validate_mount(scope, container, i, at_field(at, "volumeMounts"), errors);
    for (size_t i = 0; i < container->n_volume_devices; i++)
        validate_device(scope, container, i, at_index(at_field(at, "volumeDevices"), i), errors);
}
