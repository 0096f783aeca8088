/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* field_set.h - a set of fields of a document, as managedFields says who owns what (FieldsV1).
 *
 * A tree of path elements, sorted as upstream sorts them. A place in it is a member (written "." when something stands
 * below it), or only on the way to members. NULL is the empty set. Sets are immutable once made and live in an arena;
 * an operation whose result is its first operand answers that very pointer, so that a set that did not change is
 * known by it and need not be written anew. Pure. */
#ifndef API_APPLY_FIELD_SET_H
#define API_APPLY_FIELD_SET_H

#include "api/apply/path_element.h"
#include "base/error.h"

struct field_set;

struct field_set_entry {
    struct path_element element;
    bool member;
    const struct field_set *below; /* NULL: nothing; an entry is a member or has something below */
};

struct field_set {
    size_t count;
    struct field_set_entry *entries; /* ascending */
};

#define FIELD_SET_DEPTH_MAX 512 /* documents are not looked into deeper; what is there counts as one value */

/* A set that is being put together, any order. Zeroed is empty. */
struct field_set_builder {
    struct field_set_entry *entries;
    size_t count, capacity;
    bool unsorted;
};

/* Entries of one place; nothing when it is neither a member nor has anything below. The same element twice is a bug. */
void field_set_add(struct field_set_builder *builder, struct arena *arena, const struct path_element *element,
                   bool member, const struct field_set *below);
const struct field_set *field_set_finish(struct field_set_builder *builder, struct arena *arena);

/* FieldsV1 text. Elements of kinds that are not known are passed over. Errors: -ERROR_BAD_REQUEST. 'text' may go
 * afterwards: what is needed of it is copied. */
int field_set_parse(struct str text, struct arena *arena, const struct field_set **ret_set,
                    struct error *err) must_check;
/* Appends it, canonical; "{}" for none. */
void field_set_write(const struct field_set *set, struct buffer *out);

/* Pieces of that text: what stands before a place (with a comma unless it is the first), and the place itself. 'scratch' is
 * memory to work with. */
void field_set_write_key(const struct path_element *element, bool first, struct buffer *scratch, struct buffer *out);
void field_set_write_place(const struct field_set *below, bool member, struct buffer *out);

const struct field_set *field_set_union(const struct field_set *a, const struct field_set *b, struct arena *arena);
const struct field_set *field_set_intersection(const struct field_set *a, const struct field_set *b,
                                               struct arena *arena);
/* Without the members of b. */
const struct field_set *field_set_difference(const struct field_set *a, const struct field_set *b, struct arena *arena);
/* Without the members of b and all below them. */
const struct field_set *field_set_without(const struct field_set *a, const struct field_set *b, struct arena *arena);
bool field_set_equal(const struct field_set *a, const struct field_set *b);

/* NULL when the place is not in the set. */
const struct field_set_entry *field_set_find(const struct field_set *set, const struct path_element *element);

/* The set of one place: { "spec", "replicas" }. */
const struct field_set *field_set_of_path(const char *const *names, size_t count, struct arena *arena);

/* Each member's path as messages show it (".spec.replicas"), members of a place before what stands below its siblings. */
void field_set_each(const struct field_set *set, void (*visit)(void *context, struct str path), void *context);

#endif
