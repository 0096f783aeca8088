/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* sysctl.h - which kernel parameters a pod may set for itself: those that its own namespaces keep apart from the node's. Pure. */
#ifndef NODE_KUBELET_POD_SYSCTL_H
#define NODE_KUBELET_POD_SYSCTL_H

#include "base/error.h"
#include "generated/types.h"

/* 0, or -ERROR_FORBIDDEN with the reason in upstream's words: "\"kernel.msgmax\" not allowlisted". */
int sysctl_check(const struct api_pod_spec *spec, struct error *err) must_check;

#endif
