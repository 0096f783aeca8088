/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ownership_internal.h - between ownership.c, ownership_apply.c and ownership_fields.c. */
#ifndef APISERVER_REGISTRY_OWNERSHIP_INTERNAL_H
#define APISERVER_REGISTRY_OWNERSHIP_INTERNAL_H

#include "api/apply/managed.h"
#include "apiserver/registry/registry.h"

struct ownership_sides {
    struct request *request;
    const struct registry *registry;
    const void *before, *after;      /* decoded */
    const struct field_set *ignored; /* need not be compared; NULL */
};

struct managed_writer ownership_writer(struct request *request, const struct registry *registry);
void ownership_change(struct ownership_sides *sides, struct managed_change *ret_change);
struct managed_versions ownership_versions(struct ownership_sides *sides); /* borrows it */
struct apply_place ownership_root(const struct registry *registry);

/* The object's JSON without managedFields, and a text as a document; both the arena's. */
struct str ownership_text(const struct registry *registry, const void *object, struct arena *arena);
int ownership_document(struct str json, struct arena *arena, yyjson_val **ret_root, struct error *err) must_check;

#endif
