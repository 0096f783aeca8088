/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* wait.h - until a cluster is ready: the API server answers, then every node says so.
 *
 * Blocks the calling tool; runs a loop of its own. Connecting is tried again every few milliseconds, because a process that has
 * not begun to listen cannot be waited for otherwise; nodes are watched. */
#ifndef CLUSTER_WAIT_H
#define CLUSTER_WAIT_H

#include "base/buffer.h"
#include "cluster/layout.h"

struct cluster_wait_options {
    const struct cluster_layout *layout;
    struct str ca, certificate, key; /* PEM */
    int64_t timeout_seconds;         /* for each of the two steps */
    int supervisor;                  /* a pidfd: its end is the end of waiting, with what its log says last */
    /* The API server answers; the call is made once. */
    void (*api_ready)(void *context);
    /* So many nodes are Ready by now. */
    void (*nodes_ready)(void *context, int64_t ready);
    void *context;
};

/* -ERROR_TIMEOUT names what did not come; -ERROR_UNAVAILABLE: the supervisor ended. */
int cluster_wait(const struct cluster_wait_options *options, struct error *err) must_check;

#endif
