/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ownership.h - who controls an object, how a controller adopts what its selector finds and
 * releases what it no longer finds, and the small edits of metadata that this needs. */
#ifndef CONTROLLERS_WORKLOAD_OWNERSHIP_H
#define CONTROLLERS_WORKLOAD_OWNERSHIP_H

#include "controllers/runtime/controller.h"
#include "generated/types.h"

const struct api_owner_reference *ownership_controller(const struct api_object_meta *meta); /* NULL: none */
bool ownership_controlled_by(const struct api_object_meta *meta, const char *uid);

/* One reference that makes 'owner' the controller; borrows its texts. */
struct api_owner_reference *ownership_reference(struct arena *arena, const struct object *owner);

/* Of one resource in the owner's namespace: what it controls and selects, plus orphans that it selects and now adopts.
 * What it controls but does not select is released. An owner that is being deleted adopts nothing. The array is in
 * the arena: what was its own first, each part in key order. */
const struct object **ownership_claim(struct reconcile *reconcile, const struct object *owner,
                                      const struct label_selector *selector, const struct api_resource *resource,
                                      size_t *ret_count);

/* The same, with a finalizer that what is adopted gets and what is released loses. */
const struct object **ownership_claim_guarded(struct reconcile *reconcile, const struct object *owner,
                                              const struct label_selector *selector,
                                              const struct api_resource *resource, const char *finalizer,
                                              size_t *ret_count);

/* Labels and annotations are arrays sorted by key. */
bool entries_find(const struct api_string_entry *entries, size_t count, const char *key, struct str *ret_value);
void entries_set(struct arena *arena, struct api_string_entry **entries, size_t *count, const char *key,
                 const char *value); /* a new array; value NULL: removes */

/* Upstream's encoding of hashes in names: no vowels, so no words. */
#define HASH_TEXT_SIZE 12
void hash_text(uint32_t hash, char text[HASH_TEXT_SIZE]);

#endif
