/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client.c - the front of every driver. */
#include "client/client.h"

void client_call_start(struct client *client, struct client_call *call, const struct client_request *request)
{
    call->client = client;
    call->driver_call = NULL;
    client->driver->call_start(client, call, request);
}

void client_call_cancel(struct client_call *call)
{
    if (call->driver_call != NULL)
        call->client->driver->call_cancel(call->client, call);
}

struct client_watch *client_watch_open(struct client *client, const struct client_watch_request *request,
                                       const struct client_watch_events *events, void *context)
{
    struct client_watch *watch = client->driver->watch_open(client, request, events, context);
    watch->client = client;
    return watch;
}

void client_watch_close(struct client_watch *watch)
{
    if (watch != NULL)
        watch->client->driver->watch_close(watch);
}

struct loop *client_loop(struct client *client)
{
    return client->loop;
}

void client_destroy(struct client *client)
{
    if (client != NULL)
        client->driver->destroy(client);
}
