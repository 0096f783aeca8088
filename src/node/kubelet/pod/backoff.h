/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* backoff.h - how long to wait before the next try: 10 s, doubled up to 5 min, forgotten after 10 quiet minutes.
 *
 * Pure: time is an argument. The first failure costs nothing: the delay is counted from the next one,
 * as with containers that crash (the first restart is immediate). */
#ifndef NODE_KUBELET_POD_BACKOFF_H
#define NODE_KUBELET_POD_BACKOFF_H

#include "base/time.h"

#define BACKOFF_INITIAL (10 * USEC_PER_SEC)
#define BACKOFF_MAX     (300 * USEC_PER_SEC)

/* Zeroed: nothing has failed yet. */
struct backoff {
    usec_t delay;   /* to wait after a failure at or after 'updated' */
    usec_t updated; /* when the delay was last raised */
};

/* The moment before which a failure at 'failed' must not be tried again; 0: at once. */
usec_t backoff_until(const struct backoff *backoff, usec_t failed);

/* A new try begins after the failure at 'failed': the next one waits longer. */
void backoff_next(struct backoff *backoff, usec_t failed, usec_t now);

#endif
