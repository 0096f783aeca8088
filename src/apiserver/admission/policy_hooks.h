/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policy_hooks.h - ValidatingAdmissionPolicies with their bindings, compiled, in step with the caches; and what the status of a
 * policy says of its types.
 *
 * A policy that no binding names asks nothing of requests. Belongs to the server's loop. */
#ifndef APISERVER_ADMISSION_POLICY_HOOKS_H
#define APISERVER_ADMISSION_POLICY_HOOKS_H

#include "apiserver/policies/match.h"
#include "apiserver/policies/policy.h"
#include "base/container/list.h"
#include "base/container/map.h"

struct api_server;
struct policy_hooks;

struct policy_binding {
    const struct object *object; /* a reference */
    const struct api_admissionregistration_validating_admission_policy_binding *binding;
    struct arena arena;
    struct policy_match match;
    struct label_selector params; /* of its paramRef's selector */
    struct list_node node;        /* in policy_hook.bindings, by name */
};

struct policy_hook {
    struct policy_hooks *hooks;
    char *name;
    struct validating_policy *policy;                                           /* NULL: there are bindings only */
    const struct api_admissionregistration_validating_admission_policy *object; /* the policy's */
    struct arena arena;
    struct policy_match match;
    struct list bindings;
    struct map_node node;       /* in policy_hooks.hooks */
    struct list_node asks_node; /* in policy_hooks.asks: it has both */
    struct list_node due_node;  /* its status is to be looked at */
};

struct policy_hooks *policy_hooks_create(struct api_server *server);
void policy_hooks_start(struct policy_hooks *hooks);   /* behind the caches */
void policy_hooks_stop(struct policy_hooks *hooks);    /* no calls of its own any more */
void policy_hooks_destroy(struct policy_hooks *hooks); /* NULL is fine */

/* The policies that ask, by name; NULL behind the last. 'after' NULL: the first. */
struct policy_hook *policy_hooks_next(const struct policy_hooks *hooks, const struct policy_hook *after);
struct policy_binding *policy_hook_next(const struct policy_hook *hook, const struct policy_binding *after);

/* policy_types.c: what type_check.h asks about the types that are served. */
struct type_source policy_type_source(struct api_server *server);
struct registry *policy_registry_of_kind(struct api_server *server, const char *api_version, const char *kind);

#endif
