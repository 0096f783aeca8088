/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* log_rotator.h - keeps containers' logs from filling the disk: at 10 MiB a log is put aside, four old ones stay.
 *
 *   0.log -> 0.log.20261121-120000, then the runtime is asked to open 0.log anew */
#ifndef NODE_KUBELET_LOG_ROTATOR_H
#define NODE_KUBELET_LOG_ROTATOR_H

#include "node/kubelet/kubelet_internal.h"

struct log_rotator;

struct log_rotator_limits {
    int64_t size;  /* bytes; 0: 10 MiB */
    size_t files;  /* of one container, the current one included; 0: 5 */
    usec_t period; /* between looks; 0: 10 s */
};

struct log_rotator *log_rotator_create(struct kubelet *kubelet,
                                       const struct log_rotator_limits *limits); /* NULL: defaults */
void log_rotator_destroy(struct log_rotator *rotator);                           /* NULL is fine */
void log_rotator_start(struct log_rotator *rotator);

#endif
