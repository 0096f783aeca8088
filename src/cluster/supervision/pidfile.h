/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pidfile.h - which process is ours: a pid with its start time, so that a reused pid is never taken for it. */
#ifndef CLUSTER_PIDFILE_H
#define CLUSTER_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Written beside and renamed, so that a reader sees all or nothing. */
int pidfile_write(const char *path, pid_t pid, struct error *err) must_check;

/* A descriptor of the process that the file names, when it still runs (readable once it has ended); the pid as well.
 * -ERROR_NOT_FOUND when there is no file or the process is gone. */
int pidfile_open(const char *path, int *ret_pidfd, pid_t *ret_pid, struct error *err) must_check;

void pidfile_remove(const char *path);

#endif
