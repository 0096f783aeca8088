/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_faults_internal.h - shared by calls and watches of client_faults.h. */
#ifndef SIM_CLIENT_FAULTS_INTERNAL_H
#define SIM_CLIENT_FAULTS_INTERNAL_H

#include "base/arena.h"
#include "base/container/list.h"
#include "client_faults.h"

struct fault_network {
    struct loop *loop;
    struct random random;
    struct fault_rates rates;
    struct api_server *server; /* NULL: away */
    struct list clients;       /* struct fault_client.node */
    struct fault_counters counters;
    char violation[512];
};

struct fault_client {
    struct client client; /* first */
    struct fault_network *network;
    struct client *inner; /* to the server there is; NULL without one */
    struct arena arena;   /* names */
    const char *user;
    const char *const *groups;
    bool reliable;
    struct list calls, watches;
    struct list_node node; /* in network.clients */
};

struct client *fault_client_inner(struct fault_client *client); /* NULL: no server */
usec_t fault_delay(struct fault_client *client);
bool fault_strikes(struct fault_client *client, double share);

void fault_calls_cut(struct fault_client *client);
void fault_watches_cut(struct fault_client *client);

void fault_call_start(struct client *client, struct client_call *call, const struct client_request *request);
void fault_call_cancel(struct client *client, struct client_call *call);
void fault_calls_forget(struct fault_client *client); /* those nobody waits for */
struct client_watch *fault_watch_open(struct client *client, const struct client_watch_request *request,
                                      const struct client_watch_events *events, void *context);
void fault_watch_close(struct client_watch *watch);

#endif
