/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deciders.h - the controllers and the scheduler of a server's own process, each on a loop thread of its own.
 *
 * They reach the API server by its direct client, over a crossing: what they decide never waits for a connection, and
 * no connection waits for them. Of several servers one's controllers and one's scheduler work: those that hold the Lease
 * kube-controller-manager or kube-scheduler. All functions belong to the API server's loop. */
#ifndef CLUSTER_DECIDERS_H
#define CLUSTER_DECIDERS_H

#include "apiserver/apiserver.h"
#include "controllers/controllers.h"

struct deciders;

struct deciders_election {
    bool on;                                             /* --leader-elect; else they work at once */
    const char *identity;                                /* of this process, unique among all servers: "HOST_UUID" */
    usec_t lease_duration, renew_deadline, retry_period; /* 0: as lease.h says */
};

struct deciders_options {
    struct loop *loop;                   /* the API server's */
    struct metrics *metrics;             /* must outlive them; NULL: nobody looks */
    struct controller_settings settings; /* texts must outlive the deciders */
    struct deciders_election election;   /* the same */
};

/* The threads are there, and idle. */
int deciders_create(const struct deciders_options *options, struct deciders **ret_deciders,
                    struct error *err) must_check;

/* Once the server is ready for them: from now on they work, or stand for election. */
void deciders_start(struct deciders *deciders, struct api_server *server);

/* Lets them end; stopped() comes when their threads have ended. The server must answer until then. */
void deciders_stop(struct deciders *deciders, void (*stopped)(void *context), void *context);
void deciders_destroy(struct deciders *deciders); /* after stopped(), or never started; NULL is fine */

#endif
