/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* control_plane.h - API server, store, controllers and scheduler in one process. The functions belong to the loop of the API server and
 * its store; controllers and scheduler have threads of their own (deciders.h). */
#ifndef CLUSTER_CONTROL_PLANE_H
#define CLUSTER_CONTROL_PLANE_H

#include "apiserver/emulation.h"
#include "base/error.h"
#include "base/text/ip.h"
#include "loop/loop.h"

struct control_plane;

struct control_plane_options {
    const char *data_directory;  /* pki/ and store/ are made in it */
    const char *bind_address;    /* "127.0.0.1" */
    int64_t secure_port;         /* 0: any free one */
    const char *kubeconfig_path; /* the administrator's is written there; NULL: nowhere */
    const char *cluster_name;    /* in the kubeconfig */
    const char *
        fabric_state; /* of the machines' network (node/machine): listens there too, and reaches kubelets through it; NULL */
    const char *advertise_address; /* where pods and nodes find the API server; NULL: the bind address */
    const char *cluster_cidr;      /* pod addresses */
    const char *service_cidr;      /* one, or one of each family with a comma; NULL: 10.96.0.0/16 */
    const char *node_ports;        /* "30000-32767"; NULL: that */
    struct emulation emulation;    /* --emulated-version, --min-compatibility-version */
    bool anonymous;
    bool leader_elect; /* controllers and scheduler work only while this server's hold their Leases */
    usec_t lease_duration, renew_deadline, retry_period; /* of these Leases; 0: upstream's 15 s, 10 s, 2 s */
    int64_t serving_threads;                             /* for connections; 0: one for each core, up to 4 */
};

/* Blocks while keys are made and the store is read. */
int control_plane_start(struct loop *loop, const struct control_plane_options *options,
                        struct control_plane **ret_plane, struct error *err) must_check;
int control_plane_port(const struct control_plane *plane);

/* Ends politely: open requests have a few seconds, the store is written; then done(). */
void control_plane_stop(struct control_plane *plane, void (*done)(void *context), void *context);
void control_plane_destroy(struct control_plane *plane); /* after done(), or never started; NULL is fine */

#endif
