/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* identity.c - service accounts of controllers, and a client for each. */
#include "controllers/runtime/identity.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/container/map.h"
#include "base/memory.h"

struct identity {
    struct map_node node; /* in controller_identities.accounts */
    struct client *client;
    char account[CONTROLLER_ACCOUNT_SIZE];
    char *user;
};

struct controller_identities {
    struct client *(*connect)(void *context, const char *user, const char *const *groups);
    void *context;
    struct map accounts;
};

/* What a service account's token says, too. */
static const char *const groups[] = { "system:serviceaccounts", "system:serviceaccounts:" CONTROLLER_NAMESPACE,
                                      "system:authenticated", NULL };

void controller_account(const struct controller *controller, char account[CONTROLLER_ACCOUNT_SIZE])
{
    if (controller->account != NULL)
        snprintf(account, CONTROLLER_ACCOUNT_SIZE, "%s", controller->account);
    else
        snprintf(account, CONTROLLER_ACCOUNT_SIZE, "%s-controller", controller->name);
}

struct controller_identities *controller_identities_create(struct client *(*connect)(void *context, const char *user,
                                                                                     const char *const *groups),
                                                           void *context)
{
    struct controller_identities *identities = memory_new(struct controller_identities);
    identities->connect = connect;
    identities->context = context;
    map_init(&identities->accounts);
    return identities;
}

void controller_identities_destroy(struct controller_identities *identities)
{
    if (identities == NULL)
        return;
    struct identity *identity;
    map_for_each (&identities->accounts, identity, node) {
        map_remove(&identities->accounts, &identity->node);
        client_destroy(identity->client);
        free(identity->user);
        free(identity);
    }
    map_fini(&identities->accounts);
    free(identities);
}

struct client *controller_identities_client(void *context, const struct controller *controller)
{
    struct controller_identities *identities = context;
    char account[CONTROLLER_ACCOUNT_SIZE];
    controller_account(controller, account);
    struct identity *identity = map_find_entry(&identities->accounts, str_of(account), struct identity, node);
    if (identity != NULL)
        return identity->client;
    identity = memory_new(struct identity);
    memcpy(identity->account, account, sizeof(account));
    identity->user = memory_format("system:serviceaccount:" CONTROLLER_NAMESPACE ":%s", account);
    identity->client = identities->connect(identities->context, identity->user, groups);
    map_insert(&identities->accounts, str_of(identity->account), &identity->node);
    return identity->client;
}
