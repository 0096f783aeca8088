/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* authorization.h - may this user do that? Attributes in, decision out; pure.
 *
 * The authorizers are asked one after the other (upstream's --authorization-mode=Node,RBAC, after
 * the built-in word for system:masters); the first that allows or denies decides, no word is no. */
#ifndef APISERVER_ACCESS_AUTHORIZATION_H
#define APISERVER_ACCESS_AUTHORIZATION_H

#include <stdbool.h>
#include <stddef.h>

struct authorization_attributes {
    const char *user; /* never NULL, nor are the strings below */
    const char *const *groups;
    size_t n_groups;
    const char *verb; /* "get", "list", ...; lower-case HTTP method of non-resource requests */
    bool is_resource;
    const char *group;          /* "" is core */
    const char *resource;       /* plural */
    const char *subresource;    /* "" for none */
    const char *namespace_;     /* "" for cluster-scoped ones and for all */
    const char *name;           /* "" for none */
    const char *path;           /* non-resource requests */
    const char *field_selector; /* "" for none; lets a node list its own pods */
};

enum decision { DECISION_NO_OPINION, DECISION_ALLOW, DECISION_DENY };

#define AUTHORIZATION_REASON_SIZE 256

static inline bool attributes_in_group(const struct authorization_attributes *attributes, const char *group)
{
    for (size_t i = 0; i < attributes->n_groups; i++)
        if (__builtin_strcmp(attributes->groups[i], group) == 0)
            return true;
    return false;
}

#endif
