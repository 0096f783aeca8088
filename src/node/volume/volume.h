/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* volume.h - a pod's volumes on this node: made, kept current, found, taken down.
 *
 *   PODS/<uid>/volumes/kubernetes.io~<kind>/<name>   as upstream lays them out
 *   PODS/<uid>/volume-subpaths/<volume>/<container>/<index>
 *
 * Everything blocks for local file operations only. Nothing the caller does not ask for outlives a pod: the
 * directory tree is the only state, so a restarted kubelet goes on where the old one was. */
#ifndef NODE_VOLUME_VOLUME_H
#define NODE_VOLUME_VOLUME_H

#include "node/volume/payload.h"

#define VOLUME_PATH_MAX 4096

struct volume_host {
    const char *pods; /* the directory PODS */
    struct volume_lookup lookup;
};

/* Makes or updates all volumes that containers use. -ERROR_AGAIN: something is not known yet, ask again when it may be.
 * Other errors carry the sentence of the FailedMount event: 'MountVolume.SetUp failed for volume "x" : ...'. */
int volumes_setup(const struct volume_host *host, const struct downward *downward, usec_t now,
                  struct error *err) must_check;

/* Volumes whose content can change (payload_is_kind) are written again; the others are left. As volumes_setup(). */
int volumes_update(const struct volume_host *host, const struct downward *downward, usec_t now,
                   struct error *err) must_check;

/* Unmounts and removes PODS/<uid> with everything below. Fine when it is absent. */
int volumes_teardown(const struct volume_host *host, const char *uid, struct error *err) must_check;

/* Where a mount of the container comes from on the host; makes what is missing of a subPath. 'sub_path' is expanded
 * already, "" for none; 'index' is the mount's number in the container. */
int volume_mount_source(const struct volume_host *host, const struct api_pod *pod, const char *volume,
                        const char *container, size_t index, const char *sub_path, char path[VOLUME_PATH_MAX],
                        struct error *err) must_check;

/* Mounts of the volume are read-only whatever the container asks. */
bool volume_is_read_only(const struct api_pod *pod, const char *volume);

const struct api_volume *volume_find(const struct api_pod *pod, const char *name);

#endif
