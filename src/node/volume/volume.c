/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/volume/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "node/volume/sub_path.h"

struct set_up {
    const struct volume_host *host;
    const struct downward *downward;
    const struct api_volume *volume;
    gid_t group; /* fsGroup, (gid_t)-1 none */
    usec_t now;
};

/* A kind of volume: what makes it a row, and how it comes to be. */
struct volume_kind {
    const char *directory; /* below volumes/; NULL: none (hostPath) */
    bool (*is)(const struct api_volume *volume);
    int (*set_up)(const struct set_up *set_up, const char *path, struct error *err);
    bool changes; /* volumes_update() makes it again */
    bool read_only;
};

const struct api_volume *volume_find(const struct api_pod *pod, const char *name)
{
    for (size_t i = 0; i < pod->spec.n_volumes; i++) {
        if (text_equal(pod->spec.volumes[i].name, name))
            return &pod->spec.volumes[i];
    }
    return NULL;
}

static gid_t fs_group(const struct api_pod *pod)
{
    const struct api_pod_security_context *security = pod->spec.security_context;
    return security != NULL && security->fs_group != NULL ? (gid_t)*security->fs_group : (gid_t)-1;
}

static int mount_tmpfs(const char *path, int64_t size, struct error *err)
{
    if (mount_is_point(path))
        return 0;
    char options[64] = "";
    if (size > 0)
        snprintf(options, sizeof(options), "size=%lld", (long long)size);
    if (mount("tmpfs", path, "tmpfs", 0, options) < 0)
        return error_errno(err, "mount tmpfs at %s", path);
    return 0;
}

static int set_mode(const char *path, mode_t mode, gid_t group, struct error *err)
{
    if (group != (gid_t)-1) {
        if (chown(path, (uid_t)-1, group) < 0)
            return error_errno(err, "chown %s", path);
        mode |= 02770;
    }
    return chmod(path, mode) < 0 ? error_errno(err, "chmod %s", path) : 0;
}

/* --- emptyDir --- */

static bool is_empty_dir(const struct api_volume *volume)
{
    return volume->empty_dir != NULL;
}

static int set_up_empty_dir(const struct set_up *set_up, const char *path, struct error *err)
{
    const struct api_empty_dir_volume_source *source = set_up->volume->empty_dir;
    bool made = !file_exists(AT_FDCWD, path);
    int rc = file_make_directories(AT_FDCWD, path, 0777, err);
    if (rc == 0 && text_equal(source->medium, "Memory")) {
        made = made || !mount_is_point(path);
        rc = mount_tmpfs(path, source->size_limit != NULL ? quantity_value(source->size_limit) : 0, err);
    } else if (rc == 0 && str_starts(str_of(source->medium), STR("HugePages"))) {
        return error_set(err, ERROR_UNSUPPORTED, "emptyDir medium %s is not supported by this node", source->medium);
    }
    return rc == 0 && made ? set_mode(path, 0777, set_up->group, err) : rc;
}

/* --- hostPath --- */

static bool is_host_path(const struct api_volume *volume)
{
    return volume->host_path != NULL;
}

static int check_type(const char *path, const char *type, struct error *err)
{
    static const struct {
        const char *type;
        mode_t mode;
        const char *text;
    } types[] = { { "Directory", S_IFDIR, "directory" },
                  { "DirectoryOrCreate", S_IFDIR, "directory" },
                  { "File", S_IFREG, "file" },
                  { "FileOrCreate", S_IFREG, "file" },
                  { "Socket", S_IFSOCK, "socket file" },
                  { "CharDevice", S_IFCHR, "character device" },
                  { "BlockDevice", S_IFBLK, "block device" } };
    struct stat info;
    int found = stat(path, &info);
    for (size_t i = 0; i < countof(types); i++) {
        if (text_equal(type, types[i].type) && (found < 0 || (info.st_mode & S_IFMT) != types[i].mode))
            return error_set(err, ERROR_INVALID, "hostPath type check failed: %s is not a %s", path, types[i].text);
    }
    return 0;
}

static int set_up_host_path(const struct set_up *set_up, const char *unused, struct error *err)
{
    (void)unused;
    const char *path = set_up->volume->host_path->path, *type = set_up->volume->host_path->type;
    if (text_equal(type, "DirectoryOrCreate") && !file_exists(AT_FDCWD, path)) {
        int rc = file_make_directories(AT_FDCWD, path, 0755, err);
        if (rc < 0)
            return rc;
    } else if (text_equal(type, "FileOrCreate") && !file_exists(AT_FDCWD, path)) {
        autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
            return error_errno(err, "create %s", path);
    }
    return text_empty(type) ? 0 : check_type(path, type, err);
}

/* --- configMap, secret, downwardAPI, projected --- */

static bool is_config_map(const struct api_volume *volume)
{
    return volume->config_map != NULL;
}
static bool is_secret(const struct api_volume *volume)
{
    return volume->secret != NULL;
}
static bool is_downward(const struct api_volume *volume)
{
    return volume->downward_api != NULL;
}
static bool is_projected(const struct api_volume *volume)
{
    return volume->projected != NULL;
}

static int set_up_payload(const struct set_up *set_up, const char *path, struct error *err)
{
    auto_arena struct arena arena = { 0 };
    struct payload payload;
    int rc = payload_collect(set_up->volume, set_up->downward, &set_up->host->lookup, &arena, &payload, err);
    if (rc < 0)
        return rc;
    rc = file_make_directories(AT_FDCWD, path, 0777, err);
    /* Secrets stay in memory; so do tokens. */
    if (rc == 0 && set_up->volume->config_map == NULL)
        rc = mount_tmpfs(path, 0, err);
    if (rc == 0 && !file_exists(AT_FDCWD, path))
        rc = error_set(err, ERROR_NOT_FOUND, "%s vanished", path);
    if (rc == 0)
        rc = set_mode(path, 0777, set_up->group, err);
    bool changed;
    return rc < 0 ? rc : atomic_write(path, payload.files, payload.count, set_up->group, set_up->now, &changed, err);
}

static const struct volume_kind kinds[] = {
    { "kubernetes.io~empty-dir", is_empty_dir, set_up_empty_dir, false, false },
    { NULL, is_host_path, set_up_host_path, false, false },
    { "kubernetes.io~configmap", is_config_map, set_up_payload, true, true },
    { "kubernetes.io~secret", is_secret, set_up_payload, true, true },
    { "kubernetes.io~downward-api", is_downward, set_up_payload, true, true },
    { "kubernetes.io~projected", is_projected, set_up_payload, true, true },
};

static const struct volume_kind *kind_of(const struct api_volume *volume)
{
    for (size_t i = 0; i < countof(kinds); i++) {
        if (kinds[i].is(volume))
            return &kinds[i];
    }
    return NULL;
}

bool volume_is_read_only(const struct api_pod *pod, const char *name)
{
    const struct api_volume *volume = volume_find(pod, name);
    const struct volume_kind *kind = volume == NULL ? NULL : kind_of(volume);
    return kind != NULL && kind->read_only;
}

static const char *unsupported_name(const struct api_volume *volume)
{
    if (volume->persistent_volume_claim != NULL)
        return "persistentVolumeClaim";
    if (volume->ephemeral != NULL)
        return "ephemeral";
    if (volume->csi != NULL)
        return "csi";
    if (volume->nfs != NULL)
        return "nfs";
    return volume->image != NULL ? "image" : "this kind of";
}

static int volume_path(const struct volume_host *host, const struct api_pod *pod, const struct api_volume *volume,
                       const struct volume_kind *kind, char path[VOLUME_PATH_MAX], struct error *err)
{
    int n = kind->directory == NULL ? snprintf(path, VOLUME_PATH_MAX, "%s", volume->host_path->path)
                                    : snprintf(path, VOLUME_PATH_MAX, "%s/%s/volumes/%s/%s", host->pods,
                                               pod->metadata.uid, kind->directory, volume->name);
    return n >= VOLUME_PATH_MAX ? error_set(err, ERROR_LIMIT, "path too long") : 0;
}

static int set_up_one(const struct set_up *set_up, bool update, struct error *err)
{
    const struct volume_kind *kind = kind_of(set_up->volume);
    if (kind == NULL)
        return update ? 0
                      : error_set(err, ERROR_UNSUPPORTED, "%s volumes are not supported by this node yet",
                                  unsupported_name(set_up->volume));
    if (update && !kind->changes)
        return 0;
    char path[VOLUME_PATH_MAX];
    int rc = volume_path(set_up->host, set_up->downward->pod, set_up->volume, kind, path, err);
    return rc < 0 ? rc : kind->set_up(set_up, path, err);
}

/* All are tried, so that everything missing is asked for at once; the worst answer is told. */
static int set_up_all(const struct volume_host *host, const struct downward *downward, usec_t now, bool update,
                      struct error *err)
{
    const struct api_pod *pod = downward->pod;
    int result = 0;
    for (size_t i = 0; i < pod->spec.n_volumes; i++) {
        struct set_up set_up = { host, downward, &pod->spec.volumes[i], fs_group(pod), now };
        struct error own = { 0 };
        int rc = set_up_one(&set_up, update, &own);
        if (rc == 0 || (rc == -ERROR_AGAIN && result != 0) || (result != 0 && result != -ERROR_AGAIN))
            continue;
        result = error_set(err, (enum error_code) - rc, "MountVolume.SetUp failed for volume \"%s\" : %s",
                           pod->spec.volumes[i].name, own.message);
    }
    return result;
}

int volumes_setup(const struct volume_host *host, const struct downward *downward, usec_t now, struct error *err)
{
    return set_up_all(host, downward, now, false, err);
}

int volumes_update(const struct volume_host *host, const struct downward *downward, usec_t now, struct error *err)
{
    return set_up_all(host, downward, now, true, err);
}

int volumes_teardown(const struct volume_host *host, const char *uid, struct error *err)
{
    char path[VOLUME_PATH_MAX];
    if (text_empty(uid) || strchr(uid, '/') != NULL || uid[0] == '.')
        return error_set(err, ERROR_INVALID, "pod uid \"%s\"", text_or_empty(uid));
    snprintf(path, sizeof(path), "%s/%s", host->pods, uid);
    int rc = mounts_remove_below(path, err);
    return rc < 0 ? rc : file_remove_tree(AT_FDCWD, path, err);
}

int volume_mount_source(const struct volume_host *host, const struct api_pod *pod, const char *name,
                        const char *container, size_t index, const char *sub_path, char path[VOLUME_PATH_MAX],
                        struct error *err)
{
    const struct api_volume *volume = volume_find(pod, name);
    const struct volume_kind *kind = volume == NULL ? NULL : kind_of(volume);
    if (kind == NULL)
        return error_set(err, ERROR_NOT_FOUND, "volume \"%s\" is not mounted", name);
    int rc = volume_path(host, pod, volume, kind, path, err);
    if (rc < 0 || text_empty(sub_path))
        return rc;
    int fd = -1;
    rc = sub_path_open(path, sub_path, &fd, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "failed to prepare subPath for volumeMount \"%s\" of container \"%s\"", name,
                               container);
    snprintf(path, VOLUME_PATH_MAX, "%s/%s/volume-subpaths/%s/%s/%zu", host->pods, pod->metadata.uid, name, container,
             index);
    rc = sub_path_bind(fd, path, err);
    close(fd);
    return rc;
}
