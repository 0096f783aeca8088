/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* render.h - one Service and its EndpointSlices as items of the rulesets. Pure. */
#ifndef NODE_PROXY_RENDER_H
#define NODE_PROXY_RENDER_H

#include "generated/types.h"
#include "node/proxy/ruleset.h"

struct render_input {
    const char *owner;                                        /* "namespace/name" */
    const struct api_service *service;                        /* NULL: it is gone */
    const struct api_discovery_endpoint_slice *const *slices; /* of this service */
    size_t n_slices;
    const char *node_name;          /* ours */
    const char *zone;               /* of our node; NULL or "": not known */
    const struct ip_prefix *inside; /* the cluster's pods: see render.c about the Local policy */
    size_t n_inside;
    const struct ip *answered_here; /* addresses that a server on this node has: not translated */
    size_t n_answered_here;
};

/* Replaces what the service wants in both rulesets. */
void render_service(const struct render_input *input, struct ruleset *v4, struct ruleset *v6);

/* Of the service's endpoints, how many are ready and on our node: what load balancers ask for. An endpoint of several
 * slices or ports counts once. */
size_t render_count_local(const struct render_input *input);

/* The proxy leaves these services alone: headless, ExternalName, another proxy's. */
bool render_ignores(const struct api_service *service);

#endif
