/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* identity.h - whom controllers act as: each as a service account of its own in kube-system, so that the default
 * roles bound to these accounts say what it may do (upstream's --use-service-account-credentials).
 *
 * Controllers of one account share a client. Belongs to the loop of the clients. */
#ifndef CONTROLLERS_RUNTIME_IDENTITY_H
#define CONTROLLERS_RUNTIME_IDENTITY_H

#include "controllers/runtime/controller.h"

/* User agent and field manager of all controllers and of their manager. */
#define CONTROLLER_MANAGER_NAME "kube-controller-manager"
/* The manager's own user: it reads the caches that all controllers share. */
#define CONTROLLER_MANAGER_USER "system:kube-controller-manager"
#define CONTROLLER_NAMESPACE    "kube-system"

enum { CONTROLLER_ACCOUNT_SIZE = 64 };

/* The name of the service account: "daemon-set-controller". */
void controller_account(const struct controller *controller, char account[CONTROLLER_ACCOUNT_SIZE]);

struct controller_identities;

/* connect() makes a client called CONTROLLER_MANAGER_NAME for a user; its texts live as long as the identities. */
struct controller_identities *controller_identities_create(struct client *(*connect)(void *context, const char *user,
                                                                                     const char *const *groups),
                                                           void *context);
/* With the clients, so after the manager that uses them. NULL is fine. */
void controller_identities_destroy(struct controller_identities *identities);

/* Fits controller_manager_options.client_for, with the identities as context. Borrowed. */
struct client *controller_identities_client(void *identities, const struct controller *controller);

#endif
