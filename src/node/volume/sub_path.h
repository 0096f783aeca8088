/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* sub_path.h - a path inside a volume that nobody in the pod can lead outside. */
#ifndef NODE_VOLUME_SUB_PATH_H
#define NODE_VOLUME_SUB_PATH_H

#include <stdbool.h>

#include "base/error.h"

/* Opens root/sub with O_PATH; ".." and links that leave 'root' are refused; missing directories are made with 'root's mode.
 * The descriptor is the caller's. */
int sub_path_open(const char *root, const char *sub, int *ret_fd, struct error *err) must_check;

/* Binds what 'fd' stands for onto 'target', which is made as a file or directory to fit. Done already is fine. */
int sub_path_bind(int fd, const char *target, struct error *err) must_check;

/* Every mount point below 'directory' (itself included) is taken away, the deepest first. */
int mounts_remove_below(const char *directory, struct error *err) must_check;

bool mount_is_point(const char *path);

#endif
