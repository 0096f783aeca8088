/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_faults.h - what lies between the simulated components and the API server: a network that delays, reorders,
 * loses and cuts, from a seed.
 *
 * A client made here is a client like any other (client/client.h); behind it is the server's direct driver. Calls
 * take a random time each way, so that those under way at once change order; requests get lost, answers too, after
 * the server acted; watches fall behind one another, never out of order in themselves, break off, or have to list
 * again. The server itself may go and another one come: clients stay. The randomness is the network's own, so that
 * what components draw from the loop does not change the faults. */
#ifndef SIM_CLIENT_FAULTS_H
#define SIM_CLIENT_FAULTS_H

#include "apiserver/apiserver.h"
#include "client/client.h"

struct fault_network;

/* Zero: no such fault. Shares are of 1. */
struct fault_rates {
    usec_t delay; /* the usual message takes up to this long */
    double slow;  /* share of messages, and of pauses in watches, that take up to slow_delay */
    usec_t slow_delay;
    double lost_request; /* share of calls that never arrive */
    double lost_answer;  /* share of calls of which the server's answer never arrives */
    usec_t timeout;      /* after which the caller of a lost call is told */
    usec_t watch_life;   /* mean time until a watch breaks off */
    double expired;      /* share of broken watches whose client must list again */
};

struct fault_counters {
    uint64_t calls, lost_requests, lost_answers, slow, watches, broken, events;
};

struct fault_network *fault_network_create(struct loop *loop, uint64_t seed);
void fault_network_destroy(struct fault_network *network); /* after its clients; NULL is fine */

void fault_network_set(struct fault_network *network, const struct fault_rates *rates);

/* From now on this server answers. NULL: nobody does: what is under way fails, watches break. */
void fault_network_connect(struct fault_network *network, struct api_server *server);

/* 'groups' must outlive the client. reliable: no faults but the server's absence, for those who look on. */
struct client *fault_network_client(struct fault_network *network, const char *name, const char *user,
                                    const char *const *groups, bool reliable);

const struct fault_counters *fault_network_counters(const struct fault_network *network);

/* What was against the contract: a watch whose revisions went backwards, a component refused for want of a right. NULL: nothing. */
const char *fault_network_violation(const struct fault_network *network);

#endif
