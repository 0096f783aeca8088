/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* bootstrap.h - the objects that a cluster has from its first moment.
 *
 * Namespaces, priority classes, flow control, roles and bindings come from api/bootstrap/ *.yaml; the Service
 * "kubernetes" and its endpoints from the server's own address. Written through a client like
 * anybody's, in order; what exists stays as it is, but for default roles and bindings that lack something
 * (access/role_repair.h). */
#ifndef APISERVER_BOOTSTRAP_H
#define APISERVER_BOOTSTRAP_H

#include "apiserver/allocation/service_ranges.h"
#include "client/client.h"

struct api_server;
struct bootstrap;

struct bootstrap_options {
    struct api_server *server; /* whose caches, which are filled, show what is there */
    struct client *client;     /* may do everything */
    struct service_ranges
        services; /* "kubernetes" has the first address, "kube-dns" the tenth, where every node answers DNS */
    struct ip advertise_address; /* where the API server answers; none: no endpoints are written */
    uint16_t advertise_port;
    /* All is there; rc < 0: what could not be written. */
    void (*done)(void *context, int rc, const struct error *err);
    void *context;
};

struct bootstrap *bootstrap_start(const struct bootstrap_options *options);
void bootstrap_destroy(struct bootstrap *bootstrap); /* cancels what is under way; NULL is fine */

#endif
