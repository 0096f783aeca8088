/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_faults.c - the network and its clients. */
#include "client_faults.h"

#include <stdlib.h>

#include "base/memory.h"
#include "client_faults_internal.h"

struct fault_network *fault_network_create(struct loop *loop, uint64_t seed)
{
    struct fault_network *network = memory_new(struct fault_network);
    network->loop = loop;
    random_init(&network->random, seed);
    list_init(&network->clients);
    return network;
}

void fault_network_destroy(struct fault_network *network)
{
    free(network);
}

void fault_network_set(struct fault_network *network, const struct fault_rates *rates)
{
    network->rates = *rates;
}

void fault_network_connect(struct fault_network *network, struct api_server *server)
{
    network->server = NULL; /* whoever retries at once meets nobody */
    struct fault_client *client;
    list_for_each (&network->clients, client, node) {
        fault_calls_cut(client);
        fault_watches_cut(client);
        client_destroy(client->inner);
        client->inner = NULL;
    }
    network->server = server;
}

const struct fault_counters *fault_network_counters(const struct fault_network *network)
{
    return &network->counters;
}

const char *fault_network_violation(const struct fault_network *network)
{
    return network->violation[0] == '\0' ? NULL : network->violation;
}

/* ---------------------------------------------------------------- clients */

static void fault_destroy(struct client *client)
{
    struct fault_client *fault = container_of(client, struct fault_client, client);
    fault_calls_forget(fault);
    client_destroy(fault->inner);
    list_remove(&fault->node);
    arena_fini(&fault->arena);
    free(fault);
}

static const struct client_driver fault_driver = {
    .name = "faults",
    .call_start = fault_call_start,
    .call_cancel = fault_call_cancel,
    .watch_open = fault_watch_open,
    .watch_close = fault_watch_close,
    .destroy = fault_destroy,
};

struct client *fault_network_client(struct fault_network *network, const char *name, const char *user,
                                    const char *const *groups, bool reliable)
{
    struct fault_client *fault = memory_new(struct fault_client);
    fault->network = network;
    fault->user = arena_strdup(&fault->arena, user);
    fault->groups = groups;
    fault->reliable = reliable;
    fault->client = (struct client){ &fault_driver, network->loop, arena_strdup(&fault->arena, name) };
    list_init(&fault->calls);
    list_init(&fault->watches);
    list_append(&network->clients, &fault->node);
    return &fault->client;
}

struct client *fault_client_inner(struct fault_client *client)
{
    struct fault_network *network = client->network;
    if (client->inner == NULL && network->server != NULL)
        client->inner = api_server_client(network->server, client->client.name, client->user, client->groups);
    return client->inner;
}

bool fault_strikes(struct fault_client *client, double share)
{
    return !client->reliable && share > 0 && random_unit(&client->network->random) < share;
}

usec_t fault_delay(struct fault_client *client)
{
    struct fault_network *network = client->network;
    const struct fault_rates *rates = &network->rates;
    if (client->reliable)
        return 0;
    if (fault_strikes(client, rates->slow)) {
        network->counters.slow++;
        return (usec_t)random_below(&network->random, (uint64_t)rates->slow_delay + 1);
    }
    return (usec_t)random_below(&network->random, (uint64_t)rates->delay + 1);
}
