/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lease.h - of several instances of a component one leads: who holds a Lease.
 *
 * A holder renews it, by one write each retry period; one that is seen unchanged for its whole duration, by our clock, may be taken over. Who
 * cannot renew in time stops leading before anybody else can begin. Belongs to the client's loop. */
#ifndef CLIENT_LEASE_H
#define CLIENT_LEASE_H

#include "client/client.h"

struct lease_election;

struct event_recorder; /* events.h */
struct metrics;        /* base/metrics.h */

struct lease_options {
    const char *namespace_;  /* NULL: kube-system */
    const char *name;        /* "kube-controller-manager" */
    const char *identity;    /* of this instance; unique */
    usec_t duration;         /* 0: 15 s; whole seconds */
    usec_t renew_deadline;   /* 0: 10 s; less than the duration */
    usec_t retry_period;     /* 0: 2 s */
    struct metrics *metrics; /* for leader_election_*; NULL: nobody looks */
    struct event_recorder
        *events; /* who leads is said on the Lease, as LeaderElection; NULL: it is not. The caller's */
    void (*started)(void *context);
    void (*stopped)(void *context); /* lost it; the election goes on */
    void *context;
};

struct lease_election *lease_election_start(struct client *client, const struct lease_options *options);
/* Stops at once, without stopped(). 'release': gives the Lease up, so that another need not wait; best effort. */
void lease_election_stop(struct lease_election *election, bool release); /* NULL is fine */
/* The same with release; released() comes when that is answered, at once when there is nothing to give up. */
void lease_election_release(struct lease_election *election, void (*released)(void *context), void *context);
bool lease_election_leads(const struct lease_election *election);
const char *lease_election_leader(const struct lease_election *election); /* identity last seen; "" when unknown */

#endif
