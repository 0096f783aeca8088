/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* apply.h - brings transactions to the kernel, on a worker, one at a time, and forgets the UDP flows they made stale.
 *
 * A UDP flow keeps its translation for as long as it has traffic: a client that goes on sending
 * would never leave an endpoint that is gone, nor find one that came. */
#ifndef NODE_PROXY_APPLY_H
#define NODE_PROXY_APPLY_H

#include "loop/loop.h"
#include "net/nft_batch.h"
#include "node/proxy/ruleset.h"

struct apply;

/* done() comes on the loop, once per start; 'duration' is what the worker took. The rulesets are only read, on the
 * loop. */
struct apply *apply_create(struct loop *loop, int network_namespace, const struct ruleset *v4, const struct ruleset *v6,
                           void (*done)(void *context, int rc, const struct error *err, usec_t duration),
                           void *context);
void apply_destroy(struct apply *apply); /* not while busy; NULL is fine */

/* 'take_batch' is destroyed in the end. check_flows: look for stale UDP flows afterwards. */
void apply_start(struct apply *apply, struct nft_batch *take_batch, bool check_flows);
bool apply_busy(const struct apply *apply);

#endif
