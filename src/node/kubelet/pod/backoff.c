/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/backoff.h"

static int forgotten(const struct backoff *backoff, usec_t failed)
{
    return backoff->delay == 0 || failed - backoff->updated > 2 * BACKOFF_MAX;
}

usec_t backoff_until(const struct backoff *backoff, usec_t failed)
{
    return forgotten(backoff, failed) ? 0 : failed + backoff->delay;
}

void backoff_next(struct backoff *backoff, usec_t failed, usec_t now)
{
    if (forgotten(backoff, failed))
        backoff->delay = BACKOFF_INITIAL;
    else if (backoff->delay < BACKOFF_MAX / 2)
        backoff->delay *= 2;
    else
        backoff->delay = BACKOFF_MAX;
    backoff->updated = now;
}
