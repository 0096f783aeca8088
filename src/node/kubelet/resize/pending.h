/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pending.h - which resizes of the node's pods can be promised now.
 *
 * A resize that can never fit here is Infeasible, one that does not fit now is Deferred and asked again whenever there may be room: those
 * that ask for no more first, then by priority, Guaranteed before others, and by how long they have waited. */
#ifndef NODE_KUBELET_RESIZE_PENDING_H
#define NODE_KUBELET_RESIZE_PENDING_H

#include "node/kubelet/kubelet_internal.h"

struct pod_worker;

/* Room may have come, now: decides about every pod that asks for something else than it has. */
void resizes_decide(struct kubelet *kubelet);

/* The same, before the loop sleeps. */
void resizes_decide_soon(struct kubelet *kubelet);

/* What the API server was told by a kubelet before this one need not be told again. */
void resize_recall_pending(struct pod_worker *worker);
void resize_forget_pending(struct pod_worker *worker);

/* Whether the newest spec's resources were looked at: only then it is observed. */
bool resize_is_decided(const struct pod_worker *worker);

/* The pod asks for something else than the node has promised, and goes on running. */
bool resize_is_wanted(const struct pod_worker *worker);

#endif
