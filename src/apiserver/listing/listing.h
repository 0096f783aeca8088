/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* listing.h - the objects that a list or deletecollection means: selected, at a revision, a page of them. */
#ifndef APISERVER_LISTING_LISTING_H
#define APISERVER_LISTING_LISTING_H

#include "apiserver/request.h"

/* Reads the request's selectors and options and collects. done() comes once: at once, or later when the revision asked
 * for is yet to come. 'list' lives in the request's arena; NULL: 'err', or the request's failure, says why. */
void listing_start(struct request *request,
                   void (*done)(struct request *request, struct request_list *list, const struct error *err));

#endif
