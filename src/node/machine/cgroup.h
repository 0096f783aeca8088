/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cgroup.h - one path in every cgroup hierarchy of the host: v1, v2 or both beside each other.
 *
 * Paths begin with '/', relative to each hierarchy's root. These block for the kernel's work,
 * cgroup_remove() until the killed processes are gone: call them from a worker or a tool. */
#ifndef NODE_MACHINE_CGROUP_H
#define NODE_MACHINE_CGROUP_H

#include <sys/types.h>

#include "base/error.h"

/* Made in every hierarchy, parents as well; there already is fine. New v1 cpusets get their parent's CPUs. */
int cgroup_create(const char *path, struct error *err) must_check;

/* Moves the process (0: the caller) there in every hierarchy. */
int cgroup_join(const char *path, pid_t pid, struct error *err) must_check;

/* Kills every process below the path and removes the whole tree from every hierarchy. Absent is fine. */
int cgroup_remove(const char *path, struct error *err) must_check;

#endif
