/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* audit.h - looks on while a cluster runs, and says what must never be.
 *
 * During the run: a pod is on one node for ever, pods and available pods stay within bounds, the server's watches
 * never go back. At rest: what Endpoints and EndpointSlices publish is what is ready. */
#ifndef SIM_AUDIT_H
#define SIM_AUDIT_H

#include "cluster.h"

struct audit;

struct audit *audit_create(struct cluster *cluster, const char *namespace_);
void audit_destroy(struct audit *audit); /* NULL is fine */

/* More pods that are neither finished nor being deleted, or fewer of them ready, is a violation from now on.
 * 0 each: no bound. */
void audit_bound(struct audit *audit, size_t pods_max, size_t ready_min);

/* That node, one at most, is no more: from now on pods on it are counted. Borrows the name. */
void audit_vanished(struct audit *audit, const char *node);

/* The first violation; NULL: none. */
const char *audit_violation(const struct audit *audit);

struct audit_picture {
    size_t pods;    /* all there are */
    size_t active;  /* neither finished nor being deleted */
    size_t ready;   /* of the active ones */
    size_t on_gone; /* on the node that vanished */
    size_t active_on_gone;
};
void audit_picture(const struct audit *audit, struct audit_picture *picture);

size_t audit_ready_nodes(const struct audit *audit); /* without taints */
size_t audit_active_on(const struct audit *audit, const char *node);

/* The deployment has rolled out its newest template to all replicas, and says so. */
bool audit_rolled_out(const struct audit *audit, const char *deployment);

/* Both publish exactly the ready pods. False: 'why' says where they differ. */
bool audit_endpoints_right(const struct audit *audit, const char *service, char *why, size_t why_size);

/* Of every change that was seen, with its moment: equal in two runs of one seed. */
uint64_t audit_digest(const struct audit *audit);

#endif
