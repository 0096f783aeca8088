/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The request chain: the one place that says what happens to a request, outermost first. */

#include "apiserver/chain.h"

#include "apiserver/access/access.h"
#include "apiserver/server_internal.h"

#define REQUESTS_MAX 5000 /* at work at a time, watches not counted */

static bool long_running(const struct request *request)
{
    return request->options.watch || (request->sub != NULL && request->sub->connect);
}

/* One client, or many, must not bring the server down: what is too much is sent away with a time to come back. */
static void limit_requests(struct request *request)
{
    const struct api_server *server = request->server;
    if (server->n_requests - server->n_watches > REQUESTS_MAX && !long_running(request)) {
        request_refuse(request, ERROR_TOO_MANY_REQUESTS, "Too many requests, please try again later.");
        return;
    }
    request_next(request);
}

static const struct filter chain[] = {
    { "limit-requests", limit_requests },
    { "authentication", access_authenticate },
    { "impersonation", access_impersonate },
    { "authorization", access_authorize },
    { "dispatch", dispatch },
};

const struct filter *chain_filter(size_t index)
{
    return &chain[index < countof(chain) ? index : countof(chain) - 1];
}
