/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The request chain: the one place that says what happens to a request, outermost first. */

#include "apiserver/chain.h"

#include "apiserver/access/access.h"
#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "base/time.h"

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

/* How long the client wants to wait at most; watches and streams have limits of their own. */
static void read_timeout(struct request *request)
{
    const char *text = request->query.size == 0 || long_running(request)
                           ? NULL
                           : query_value(request->query, "timeout", &request->arena);
    int64_t nanoseconds = 0;
    if (!text_empty(text) && !duration_parse(str_of(text), &nanoseconds)) {
        request_refuse(request, ERROR_BAD_REQUEST,
                       "invalid timeout specified in the request URL - time: invalid duration \"%s\"", text);
        return;
    }
    request->options.timeout = nanoseconds > 0 ? nanoseconds / 1000 : 0;
    request_next(request);
}

static const struct filter chain[] = {
    { "limit-requests", limit_requests },      { "timeout", read_timeout },
    { "authentication", access_authenticate }, { "impersonation", access_impersonate },
    { "authorization", access_authorize },     { "dispatch", dispatch },
};

const struct filter *chain_filter(size_t index)
{
    return &chain[index < countof(chain) ? index : countof(chain) - 1];
}
