/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* down.h - ends a cluster of this machine and removes what 'up' made, in whatever state it is. */
#ifndef CLUSTER_DOWN_H
#define CLUSTER_DOWN_H

#include "cluster/layout.h"

struct cluster_down_options {
    struct cluster_layout layout; /* only the names and paths are looked at: the cluster may be half made */
    bool keep_data;
    /* Told when the supervisor does not end by itself; what it kept running is then killed. */
    void (*warn)(void *context, const char *text);
    void *context;
};

/* Fine when there is nothing. */
int cluster_down(const struct cluster_down_options *options, struct error *err) must_check;

#endif
