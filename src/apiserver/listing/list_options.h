/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* list_options.h - which mixes of resourceVersion, resourceVersionMatch, limit, continue and sendInitialEvents mean
 * something, as upstream validates ListOptions; and the resourceVersion itself. */
#ifndef APISERVER_LISTING_LIST_OPTIONS_H
#define APISERVER_LISTING_LIST_OPTIONS_H

#include "apiserver/request.h"

/* Of a list or deletecollection, or of a watch. What is wrong, all of it, becomes the request's failure: -ERROR_INVALID. */
int list_options_check(struct request *request, struct error *err) must_check;

/* The resourceVersion parameter: 0 when it is absent or "0". -ERROR_BAD_REQUEST when it is no number. */
int list_options_revision(struct request *request, uint64_t *ret_revision, struct error *err) must_check;

/* Waits until the server is at that revision, which a client may know from elsewhere: for three seconds at the most. Then,
 * or at once, calls waited(); 'err' is NULL, or says that the revision did not come in time. */
void revision_await(struct request *request, uint64_t revision,
                    void (*waited)(struct request *request, const struct error *err));

#endif
