/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* apiserver.h - the API server: every kind of the resource table stored, served and watched.
 *
 *   api_server_create -> api_server_start (caches filled, listening) -> ... -> api_server_stop -> api_server_destroy
 *
 * Clients come over HTTP(S) or, in the same process, through api_server_client(). The server
 * belongs to the loop of its store. */
#ifndef APISERVER_APISERVER_H
#define APISERVER_APISERVER_H

#include "apiserver/allocation/service_ranges.h"
#include "apiserver/emulation.h"
#include "base/text/ip.h"
#include "client/client.h"
#include "net/http.h"
#include "store/store.h"

struct api_server;
struct metrics; /* base/metrics.h */

/* Where a connection to a kubelet goes and how. Filled in by the server: address, port; by the owner: the rest. */
struct kubelet_route {
    int network_namespace; /* see struct stream_target; 0: our own */
};

enum authorization_mode {
    AUTHORIZATION_NODE_RBAC, /* upstream's --authorization-mode=Node,RBAC */
    AUTHORIZATION_ALWAYS_ALLOW,
};

struct api_server_options {
    struct loop *loop;
    struct store *store; /* the caller's; must outlive the server */

    /* Where to listen; may be none (tests and simulation use the direct client or api_server_serve()). */
    const struct stream_target *listen;
    size_t n_listen;
    struct http_limits limits;
    /* Loops that connections are spread over, the server's own (which must be a real one) among them, each with a thread.
     * 0 or 1: no other. */
    size_t serving_loops;

    struct service_ranges services; /* without any: the defaults */

    /* Connections to kubelets: our client certificate and the CA of theirs, asked for at each connection. May be NULL, as may
     * its answer: connection subresources then answer 503. */
    struct tls_context *(*kubelet_tls)(void *context);
    void (*route_kubelet)(void *context, const char *node, struct kubelet_route *route); /* may be NULL */
    void *route_context;

    bool proxy_to_this_host; /* let proxies lead to loopback and link-local addresses, too: for tests */

    struct metrics *metrics; /* of the process, written at /metrics; must outlive the server. NULL: its own */

    /* Service account tokens. */
    const char *issuer;           /* "https://kubernetes.default.svc.cluster.local" */
    const char *signing_key_pem;  /* private key; NULL: no tokens are issued */
    const char *const *audiences; /* NULL-terminated; NULL: the issuer */
    const char *client_ca_pem;    /* certificates that authenticate; NULL: none do */

    struct emulation emulation; /* zeroed: this program's own version */

    bool anonymous; /* --anonymous-auth */
    enum authorization_mode authorization;
    bool bootstrap;               /* make the objects that a new cluster has; ready only when they are there */
    void (*ready)(void *context); /* that is so now: components may begin. May be NULL */
    void *ready_context;
    const char *cluster_dns_domain; /* NULL: cluster.local */
    const char *external_address;   /* of this server, for the kubernetes Service's endpoints */
    uint16_t external_port;
};

/* Strings are copied. */
int api_server_create(const struct api_server_options *options, struct api_server **ret_server,
                      struct error *err) must_check;
int api_server_start(struct api_server *server, struct error *err) must_check;

/* No new requests; watches end politely, open requests have 'grace' to end, then done(). */
void api_server_stop(struct api_server *server, usec_t grace, void (*done)(void *context), void *context);
/* Cuts what is open; NULL is fine. With other serving loops that were not stopped: outside of loop_run(). */
void api_server_destroy(struct api_server *server);

int api_server_port(const struct api_server *server); /* of the first listener; 0 without one */

/* Serves one connection, taken over; for tests and simulations. */
void api_server_serve(struct api_server *server, struct stream *stream);

/* The direct driver: a client with that identity in this process, on the server's loop. 'groups' is NULL-terminated.
 * 'name' is the user agent and field manager. May be made on any thread; for use on another loop than the server's it is
 * given to client_crossing_create(). */
struct client *api_server_client(struct api_server *server, const char *name, const char *user,
                                 const char *const *groups);

#endif
