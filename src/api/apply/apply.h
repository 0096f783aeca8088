/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* apply.h - what of a document is whose, and what an applied configuration makes of a document.
 *
 * The pieces over documents and field sets; managed.h puts them together with who owned what before. Documents are read
 * with json_read(). Sets that are made of documents borrow from them: they must stay as long. Pure. */
#ifndef API_APPLY_APPLY_H
#define API_APPLY_APPLY_H

#include "api/apply/field_set.h"
#include "api/apply/schema.h"

struct apply_difference {
    const struct field_set *changed; /* new, or with another value */
    const struct field_set *removed;
};

/* 'old' and 'new' are maps. */
void apply_compare(const struct apply_place *root, yyjson_val *old, yyjson_val *new, struct arena *arena,
                   struct apply_difference *ret_difference);

/* The same of decoded objects of a kind, whose managedFields are passed over; so are its own members that 'ignored' (NULL: none)
 * has as such. */
void apply_compare_typed(const struct api_type *type, const void *old, const void *new, const struct field_set *ignored,
                         struct arena *arena, struct apply_difference *ret_difference);

/* What apply_compare_typed() finds changed from an empty object to a new one, but for what managed_strip() takes away, written as
 * FieldsV1: in one walk, without making sets. False: there is nothing, and nothing was appended. 'ignored' as there. */
bool apply_write_created(const struct api_type *type, const void *new, const struct field_set *ignored,
                         struct arena *arena, struct buffer *out);

/* The fields that a document states. */
const struct field_set *apply_fields(const struct apply_place *root, yyjson_val *document, struct arena *arena);

/* Is it what the schema lets it be? Errors: -ERROR_INVALID with all of upstream's sentences in the text appended to
 * 'problems' (".spec.replicas: expected numeric (int or float), got string"). */
int apply_check(const struct apply_place *root, yyjson_val *document, struct buffer *problems) must_check;

/* Appends 'live' with what 'config' states put over it, as JSON. Both must fit the schema. */
void apply_merge(const struct apply_place *root, yyjson_val *live, yyjson_val *config, struct buffer *out);

/* Appends the document without the members of the set, as JSON. What becomes empty by it is null. */
void apply_remove(const struct apply_place *root, yyjson_val *document, const struct field_set *set,
                  struct buffer *out);

/* The set with every named field on the way to a member as a member. */
const struct field_set *apply_with_fields(const struct apply_place *root, const struct field_set *set,
                                          struct arena *arena);

/* The set as the schema of today would have it: below what is atomic now, only that place itself. */
const struct field_set *apply_reconcile(const struct apply_place *root, const struct field_set *set,
                                        struct arena *arena);

#endif
