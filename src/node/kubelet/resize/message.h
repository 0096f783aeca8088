/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* message.h - the words of a resize's events. Pure. */
#ifndef NODE_KUBELET_RESIZE_MESSAGE_H
#define NODE_KUBELET_RESIZE_MESSAGE_H

#include "base/buffer.h"
#include "generated/types.h"

/* Pod resize started: {"initContainers":[...],"containers":[{"name":"c","resources":{...}}],"generation":2,"error":"..."}
 * what: "started", "completed", "error", "Deferred", "Infeasible"; error: NULL or "" leaves it out. */
void resize_message(const struct api_pod *pod, const char *what, int64_t generation, const char *error,
                    struct buffer *out);

#endif
