/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lock.h - one 'up' or 'down' of a cluster at a time.
 *
 * 'up' hands its lock to the supervisor it starts, which gives it up once its pid file and cgroup name it: whoever gets the
 * lock next finds everything that was started, even when 'up' itself was killed at any point. */
#ifndef CLUSTER_LOCK_H
#define CLUSTER_LOCK_H

#include "cluster/layout.h"

/* Takes the lock <run>/lock, making the directory where it is missing; waits up to a minute for whoever has it, then answers
 * -ERROR_CONFLICT. Closing every copy of the descriptor gives it up; it is close-on-exec. Blocks. */
int cluster_lock_take(const struct cluster_layout *layout, int *ret_fd, struct error *err) must_check;

/* Removes <run> with all in it, by whoever has the lock; the lock itself goes last. Who waited for it may have it, and begin
 * anew in the same directory, before this returns; the lock that is still held then guards nothing any more. Blocks. */
int cluster_lock_remove(const struct cluster_layout *layout, struct error *err) must_check;

#endif
