/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* handover.h - requests of lanes that are not the server's own loop: over to it, and back with the answer.
 *
 * A request goes over as it is, with its memory: from handover_run() to the answer it is the server's loop's, and the lane
 * only notes whether the peer is still there. The answer comes back by one message; what it names is in the request's
 * memory or referenced by it.
 *
 * A watch stays with both. Its request's memory is the lane's again, but the struct watch in it; events go over in batches,
 * one for each turn of the server's loop, frames made once for all watchers. The lane gives credit, so that a
 * slow peer is noticed as on one loop: the watch stops, its place in the watch cache stays behind, and when that is
 * forgotten it ends with 410 Expired. */
#ifndef APISERVER_HTTP_HANDOVER_H
#define APISERVER_HTTP_HANDOVER_H

#include "apiserver/http/front.h"

void handover_run(struct http_call *call);        /* in place of request_run() */
bool handover_away(const struct http_call *call); /* the server's loop has it */

/* Of a watch; on the server's loop, then on the lane: both halves of handover_watch.c. */
struct watch_passage;
struct watch_passage *watch_passage_create(struct http_call *call);
void watch_passage_begin(struct watch_passage *passage); /* on the server's loop, behind the message for the next: */
void watch_passage_open(struct watch_passage *passage);  /* on the lane */
void watch_passages_flush(struct loop_task *task);       /* of a lane: passages_due */

#endif
