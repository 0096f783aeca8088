/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* up.h - a whole cluster on this machine, from nothing or from what is there already. */
#ifndef CLUSTER_UP_H
#define CLUSTER_UP_H

#include "cluster/layout.h"

struct cluster_up_options {
    struct cluster_layout layout;
    int64_t timeout_seconds;
    /* Told of each step as it begins; 'note' changes the text of the running one. */
    void (*step)(void *context, const char *text);
    void (*note)(void *context, const char *text);
    void *context;
};

/* Idempotent: what runs is used, what is missing is made. */
int cluster_up(const struct cluster_up_options *options, struct error *err) must_check;

#endif
