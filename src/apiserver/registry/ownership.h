/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ownership.h - who owns which fields of what is written: metadata.managedFields of updates, and server-side apply.
 *
 * Tracked after defaulting and before admission, as upstream does: what the server itself sets belongs to nobody. */
#ifndef APISERVER_REGISTRY_OWNERSHIP_H
#define APISERVER_REGISTRY_OWNERSHIP_H

#include "api/apply/field_set.h"
#include "apiserver/registry/registry.h"

/* A created or updated object; 'old' is NULL for a new one. Sets the managedFields of 'object'. Never fails: where old
 * entries cannot be read nothing is tracked, as upstream. */
void ownership_track(struct request *request, const struct registry *registry, void *object, const void *old);

/* A configuration of a subresource that is another kind of document (Scale), as one of the object itself. */
struct ownership_view {
    const struct api_kind *kind;
    /* 'json' is a configuration of that kind that fits its schema; the arena's. */
    int (*translate)(struct request *request, const struct registry *registry, const void *value, struct str *ret_json,
                     struct error *err);
};

/* The request's applied configuration over the current object (NULL: a new one), decoded and defaulted, its managedFields
 * set. 'view' is NULL for a configuration of the object's own kind. A refusal with causes is in request->failure. */
int ownership_apply(struct request *request, const struct registry *registry, const struct object *current,
                    const struct ownership_view *view, void **ret_object, struct error *err) must_check;

/* True when the entries differ in nothing but their times: not worth a write. */
bool ownership_same_but_times(const struct api_object_meta *a, const struct api_object_meta *b);

/* Fields that a write through that subresource ("" for none) does not change, with all that is below them. */
const struct field_set *ownership_ignored(const struct registry *registry, const char *subresource,
                                          struct arena *arena);

#endif
