/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* supervisor.h - keeps a cluster's processes running: the server, and containerd and an agent in each machine.
 *
 * Started detached by 'coracle up'. Its own end disturbs nothing: the next one adopts what runs. */
#ifndef CLUSTER_SUPERVISOR_H
#define CLUSTER_SUPERVISOR_H

#include "cluster/layout.h"

/* Runs until SIGTERM or SIGINT, then stops the processes in order (containers go on; 'coracle down' ends them). 'lock', the
 * cluster's (cluster/lock.h) or -1, is taken over, and given up once this process can be found. */
int supervisor_run(const struct cluster_layout *layout, int lock, struct error *err) must_check;

/* Starts a detached supervisor, with a copy of the lock, unless one runs; *ret_pidfd is readable when it has ended. */
int supervisor_start(const struct cluster_layout *layout, int lock, int *ret_pidfd, struct error *err) must_check;

/* Asks the running one to end and waits for it; -ERROR_NOT_FOUND when there is none, -ERROR_TIMEOUT when it does not. */
int supervisor_stop(const struct cluster_layout *layout, struct error *err) must_check;

/* <run>/pids/NAME.pid with '/' in the name as '-': "server", "node1/agent", "supervisor". */
void supervisor_pid_path(const struct cluster_layout *layout, const char *name, char *text);

#endif
