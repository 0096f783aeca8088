/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* prober.h - the probes of one running container: when to try, how often it must fail or pass.
 *
 * Liveness and readiness begin when the startup probe has passed. A result is told when it changes. */
#ifndef NODE_KUBELET_POD_PROBER_H
#define NODE_KUBELET_POD_PROBER_H

#include "node/kubelet/pod/handler.h"

struct prober;

struct prober_options {
    const struct api_container *container; /* must live as long as the prober */
    struct handler_target target;          /* texts are copied */
    usec_t started_at;                     /* of the container, Unix time */
    void (*changed)(void *context, enum probe_kind kind, enum probe_result result);
    /* Every failed try: "Readiness probe failed: HTTP probe failed with statuscode: 503", and with PROBE_SUCCESS what is to
     * be warned of: "Readiness probe warning: Probe terminated redirects, ...". */
    void (*remarked)(void *context, enum probe_result result, const char *message);
    void *context;
};

/* NULL when the container has no probe. Only the kinds that are set in 'results' as PROBE_SUCCESS already (after a restart of
 * the kubelet: the startup probe) are not tried first. */
struct prober *prober_create(const struct prober_options *options, bool started);
/* Only readiness is asked from now on: the container is being stopped, nothing restarts it. */
void prober_end_restarts(struct prober *prober); /* NULL is fine */
void prober_destroy(struct prober *prober);      /* NULL is fine */

extern const char *const probe_kind_names[PROBE_KINDS]; /* "Startup", "Liveness", "Readiness" */

#endif
