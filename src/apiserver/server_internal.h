/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server_internal.h - the server itself, for the files of this folder. */
#ifndef APISERVER_SERVER_INTERNAL_H
#define APISERVER_SERVER_INTERNAL_H

#include "apiserver/apiserver.h"
#include "apiserver/cache/watch_cache.h"
#include "apiserver/listing/page_life.h"
#include "apiserver/registry/registry.h"

struct service_allocator; /* allocation/service_allocator.h */
struct address_objects;   /* allocation/address_objects.h */
struct event_expiry;      /* expiry/event_expiry.h */
struct metrics;           /* base/metrics.h */
struct request_metrics;   /* request_metrics.h */
struct admission_metrics; /* admission/admission_metrics.h */
struct http_front;        /* http/front.h */
struct access;            /* access.h */
struct discovery;         /* discovery.h */
struct bootstrap;         /* bootstrap.h */
struct custom_resources;  /* custom/custom.h */
struct openapi;           /* api/openapi/openapi.h */
struct policy_hooks;      /* admission/policy_hooks.h */

#define API_SERVER_VERSION "v1.36.0+coracle"

struct api_server {
    struct api_server_options options; /* strings in 'arena' */
    struct arena arena;
    struct loop *loop;
    struct store *store;
    unsigned version;              /* of Kubernetes 1 that it behaves as, minor */
    struct map registries;         /* of struct registry, by "group/version/plural" */
    struct tls_context *proxy_tls; /* to workloads; NULL until somebody is proxied to one over https */
    struct watch_cache **caches;   /* one per stored resource and served version */
    size_t n_caches;
    struct registry **built_in; /* by the place in api_resources; NULL: not served */
    struct list requests;       /* of struct request */
    struct list watches;        /* of struct watch: open ones */
    size_t n_requests;
    size_t n_watches;
    struct service_allocator *allocator;
    struct address_objects *address_objects; /* NULL until the first objects are there */
    struct event_expiry *event_expiry;
    struct metrics *metrics;
    struct request_metrics *request_metrics;
    struct admission_metrics *admission_metrics;
    struct metrics *slis; /* of /metrics/slis */
    struct http_front *front;
    struct access *access;
    struct discovery *discovery;
    struct custom_resources *custom;
    struct policy_hooks *policies;
    uint8_t impersonation_modes[1024]; /* access/impersonation.c: by the hash of a user's name; 0: none */
    struct openapi *openapi;           /* NULL until somebody asks */
    uint64_t custom_epoch;             /* counts changes of which custom resources are served */
    uint64_t openapi_epoch;            /* what 'openapi' describes */
    struct bootstrap *bootstrap;
    struct client *bootstrap_client;
    struct loop_timer bookmark_timer;
    struct page_life page_life;
    struct loop_timer patience_timer; /* once stopping: requests that wait for something wait no longer */
    struct buffer encoding;           /* whose memory every write uses again: registry_encode() */
    bool ready;                       /* all caches are filled */
    bool bootstrapped;                /* and the cluster's first objects are there */
    bool stopping;
    bool front_drained;
    bool out_of_patience;
    struct loop_task stopped_task; /* behind the outcome of the last request */
    void (*stopped)(void *context);
    void *stopped_context;
    bool destroyed; /* goes with the last request */
};

void server_release_request(struct api_server *server);

/* NULL when there is none. */
struct registry *server_registry(struct api_server *server, const char *group, const char *version, const char *plural);
/* Of a row of the built-in table, or one that was made at run time; NULL when that is not served any more. */
struct registry *server_registry_of(struct api_server *server, const struct api_resource *resource);
/* The cache of a built-in resource, for admission, authorization and allocators; never NULL for stored ones. */
struct watch_cache *server_cache(struct api_server *server, const struct api_resource *resource);

#endif
