/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* match.h - is a policy or a binding about a request? By rules and selectors. Pure. */
#ifndef APISERVER_POLICIES_MATCH_H
#define APISERVER_POLICIES_MATCH_H

#include "api/selector/selector.h"
#include "generated/types.h"

/* matchResources, prepared. */
struct policy_match {
    const struct api_admissionregistration_match_resources *resources; /* borrowed; NULL: everything */
    struct label_selector namespaces, objects;                         /* in the arena of policy_match_init() */
};

/* Selectors that cannot be read (validation refuses them) select nothing. */
void policy_match_init(struct policy_match *match, const struct api_admissionregistration_match_resources *resources,
                       struct arena *arena);

/* Another name of the request's resource: the same objects in another group or version. */
struct match_resource {
    const char *group, *version, *plural;
};

/* What is asked for; texts are never NULL. */
struct match_subject {
    const char *operation; /* "CREATE", ... */
    struct match_resource resource;
    const char *subresource; /* "" for the object itself */
    const char *namespace_;  /* "" for cluster-scoped ones; of namespaces their own name, where the path has it */
    const char *name;        /* "" when there is none yet */
    const struct api_object_meta *object, *old_object; /* NULL: none */
    const struct api_object_meta *space;               /* of namespace_; NULL: there is none */
    const struct match_resource *equivalents;          /* without the resource itself */
    size_t n_equivalents;
};

#define MATCH_OWN (-1) /* as which it matches: the resource that was asked for; else a number of an equivalent */

/* -ERROR_NOT_FOUND: that depends on a namespace that is not there. */
int policy_match(const struct policy_match *match, const struct match_subject *subject, bool *ret_matches, int *ret_as,
                 struct error *err) must_check;

#endif
