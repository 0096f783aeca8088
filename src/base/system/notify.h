/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* notify.h - tells whoever started this process that it is ready: sd_notify(3)'s protocol, which systemd
 * (Type=notify), our own supervisor and containerd speak. */
#ifndef BASE_SYSTEM_NOTIFY_H
#define BASE_SYSTEM_NOTIFY_H

#include "base/cleanup.h"
#include "base/error.h"

/* Sends "READY=1" to $NOTIFY_SOCKET, a path or "@name"; nothing without one. Does not block. */
int notify_ready(struct error *err) must_check;

#endif
