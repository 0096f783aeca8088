/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* readiness.h - hears from supervised processes that they are ready: sd_notify(3)'s protocol on a socket of ours.
 *
 * Whom a word is from the kernel says, so nobody can speak for another process. Belongs to a loop. */
#ifndef CLUSTER_READINESS_H
#define CLUSTER_READINESS_H

#include <sys/types.h>

#include "base/error.h"
#include "loop/loop.h"

struct readiness;

/* Makes the socket 'path', replacing one that is there, and names it in our environment for the processes started from now on. */
int readiness_open(struct loop *loop, const char *path, void (*ready)(void *context, pid_t pid), void *context,
                   struct readiness **ret_readiness, struct error *err) must_check;
void readiness_close(struct readiness *readiness); /* NULL is fine; the path stays for the next supervisor to replace */

#endif
