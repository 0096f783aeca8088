/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cri_grpc.h - the driver for a real runtime: CRI v1 over gRPC on a unix socket. */
#ifndef NODE_CRI_CRI_GRPC_H
#define NODE_CRI_CRI_GRPC_H

#include "node/cri/cri.h"

/* "unix:///run/containerd/containerd.sock" or a plain path. Nothing is connected before the first call. */
int cri_grpc_create(struct loop *loop, const char *endpoint, struct cri **ret_cri, struct error *err) must_check;

#endif
