/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* chain.h - the filters that every request passes, in order.
 *
 * A filter calls request_next() to pass the request on, now or later, or answers it itself. The
 * last one is the dispatcher (dispatch.c), which always answers. */
#ifndef APISERVER_CHAIN_H
#define APISERVER_CHAIN_H

#include "apiserver/request.h"

struct filter {
    const char *name;
    void (*run)(struct request *request);
};

const struct filter *chain_filter(size_t index);

void dispatch(struct request *request); /* dispatch.c */

#endif
