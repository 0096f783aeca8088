/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* downward.h - what a pod may know of itself: fieldRef and resourceFieldRef, for environments and volumes. Pure. */
#ifndef NODE_VOLUME_DOWNWARD_H
#define NODE_VOLUME_DOWNWARD_H

#include "base/buffer.h"
#include "base/error.h"
#include "generated/core_v1.h"

struct downward {
    const struct api_pod *pod;
    const char *node_name;
    const char *const *host_ips; /* NULL-terminated */
    const char *const *pod_ips;  /* NULL-terminated; may be NULL before the sandbox is there */
    int64_t allocatable_cpu;     /* of the node, thousandths: the limit of who has none */
    int64_t allocatable_memory;
    int64_t allocatable_ephemeral;
};

/* Appends the value; "metadata.labels['k']" and whole label and annotation maps (key="value" lines) as upstream prints
 * them. -ERROR_INVALID: there is no such field. */
int downward_field(const struct downward *downward, const char *path, struct buffer *out, struct error *err) must_check;

/* 'container' is used when the selector names none. */
int downward_resource(const struct downward *downward, const struct api_container *container,
                      const struct api_resource_field_selector *selector, struct buffer *out,
                      struct error *err) must_check;

#endif
