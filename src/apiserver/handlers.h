/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* handlers.h - who answers what is not the plain life of a stored object: subresources,
 * reviews, and paths that are no resource. Two tables (handlers.c); a new answer is a row. */
#ifndef APISERVER_HANDLERS_H
#define APISERVER_HANDLERS_H

#include "apiserver/request.h"

struct resource_handler {
    const char *group;
    const char *plural;      /* "*": of any resource */
    const char *subresource; /* "" for the resource itself */
    unsigned verbs;          /* enum api_verb */
    void (*handle)(struct request *request);
};

struct path_handler {
    const char *path; /* ending in '/': all below it; exact otherwise */
    void (*handle)(struct request *request);
    bool only_get; /* any other method is refused; else all mean the same */
};

const struct resource_handler *resource_handler_find(const struct api_resource *resource, const char *subresource,
                                                     enum api_verb verb);
const struct path_handler *path_handler_find(const char *path); /* NULL when nobody answers */

/* dispatch.c: a path that is served takes no such method. */
void refuse_method(struct request *request);
/* dispatch.c: nothing is there, but beside it something is. */
void refuse_place(struct request *request);

/* health.c */
void serve_livez(struct request *request);
void serve_readyz(struct request *request);
void serve_healthz(struct request *request);
void serve_version(struct request *request);
void serve_metrics(struct request *request);
void serve_slis(struct request *request);

/* serve_discovery.c */
void serve_discovery(struct request *request);

/* serve_openapi.c */
void serve_openapi(struct request *request);

/* reviews.c */
void serve_subject_access_review(struct request *request);
void serve_local_subject_access_review(struct request *request);
void serve_self_subject_access_review(struct request *request);
void serve_self_subject_rules_review(struct request *request);
void serve_self_subject_review(struct request *request);
void serve_token_review(struct request *request);

/* issuer_discovery.c */
void serve_issuer(struct request *request);
void serve_issuer_keys(struct request *request);

/* subresources */
void serve_scale_get(struct request *request);
void serve_scale_write(struct request *request);
void serve_binding(struct request *request);
void serve_eviction(struct request *request);
void serve_finalize(struct request *request);
void serve_ephemeral_containers(struct request *request);
void serve_resize(struct request *request);
void serve_approval(struct request *request);
void serve_component_status(struct request *request);
void serve_component_status_list(struct request *request);
void serve_token_request(struct request *request);
void serve_log(struct request *request);
void serve_exec(struct request *request);
void serve_attach(struct request *request);
void serve_port_forward(struct request *request);
void serve_pod_proxy(struct request *request);
void serve_service_proxy(struct request *request);
void serve_node_proxy(struct request *request);

#endif
