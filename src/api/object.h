/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object.h - a stored API object: canonical JSON bytes, refcounted, immutable.
 *
 * Made once, when it is written or read from the store; GET, LIST and WATCH send its
 * bytes as they are, and every component of the process shares its decoded form, which
 * is made on first use. All functions are safe from any thread. */
#ifndef API_OBJECT_H
#define API_OBJECT_H

#include <stdint.h>

#include "api/schema.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct object;

/* From canonical JSON whose metadata carries no resourceVersion (as it is stored); 'revision'
 * is put in its place. Takes no ownership. Errors: -ERROR_SYNTAX, -ERROR_INVALID. */
int object_from_stored(const struct api_resource *resource, struct str json, uint64_t revision,
                       struct object **ret_object, struct error *err) must_check;

/* The same of a text that api_encode_json() has just made of such an object: it is not checked again, and what is behind the metadata
 * is not looked at. */
int object_from_encoded(const struct api_resource *resource, struct str json, uint64_t revision,
                        struct object **ret_object, struct error *err) must_check;

/* From a served document (a response, a watch event), resourceVersion included. */
int object_from_served(const struct api_resource *resource, struct str json, struct object **ret_object,
                       struct error *err) must_check;

struct object *object_ref(const struct object *object); /* NULL stays NULL */
void object_unref(const struct object *object);         /* NULL is fine */
DEFINE_CLEANUP(const struct object *, object_unref);

const struct api_resource *object_resource(const struct object *object);
struct str object_json(const struct object *object);     /* valid while the object is; one line, no newline */
struct bytes *object_bytes(const struct object *object); /* that and a newline; borrowed, bytes_ref() to keep */

/* The document without metadata.managedFields, which are half of many: the arena's. data NULL when there are none, or when they
 * cannot be told apart without parsing. */
struct str object_json_unmanaged(const struct object *object, struct arena *arena);

/* The bare protobuf message, made on first use and kept; borrowed. What goes around it is little, so GET, LIST and WATCH encode an
 * object once for all who read protobuf. Only of kinds that have that form. */
struct bytes *object_message(const struct object *object);

/* Its bytes as they were stored: the first *ret_size but for a gap, where the resourceVersion is. False when it was not
 * made by object_from_stored(), or the stored text had a resourceVersion. */
bool object_stored_form(const struct object *object, size_t *ret_size, size_t *ret_gap, size_t *ret_gap_size);
uint64_t object_revision(const struct object *object);
const char *object_name(const struct object *object);
const char *object_namespace(const struct object *object); /* "" for cluster-scoped ones */
const char *object_uid(const struct object *object);

/* What its metadata may have, known without decoding: what is not marked is certainly not there. */
enum object_mark { OBJECT_OWNED = 1 << 0, OBJECT_FINALIZED = 1 << 1, OBJECT_DELETED = 1 << 2 };
unsigned object_marks(const struct object *object);

/* False when it has no such label. */
bool object_label(const struct object *object, struct str key, struct str *ret_value);

/* All of them, as they are in the document; at most 'max'. */
struct object_label {
    struct str key, value;
};
size_t object_labels(const struct object *object, struct object_label *ret_labels, size_t max);

/* Where a text is in a document: a member of the member 'parent', or of the document itself when that is "". */
struct object_path {
    struct str parent, member;
};

/* The texts at some places, found in one pass without decoding: without their quotes and with escapes as they are; data NULL where
 * there is none or something that is no text. Valid while the object is. */
void object_texts(const struct object *object, const struct object_path *paths, size_t count, struct str *ret_texts);

/* One of them, remembered: 'number', from 1, stands for the path among those that are asked for of this resource. A hundred
 * kubelets that watch for their own spec.nodeName cost one search in each document. */
struct str object_text(const struct object *object, const struct object_path *path, uint8_t number);

/* What is at a dotted path of members, "spec.size": a text without its quotes and with escapes as they are, a number or a word as
 * it is written; data NULL where there is nothing. Valid while the object is. */
struct str object_scalar(const struct object *object, struct str path);

/* The decoded form is a copy of that struct, from which the stored bytes were encoded: a third of the work of decoding them. Only by who
 * has just made the object, and nobody else knows it. */
void object_give_typed(struct object *object, const void *value);
bool object_has_typed(const struct object *object); /* it was given, or somebody has asked for it */

/* The decoded struct (see schema.h), e.g. const struct api_pod *; never NULL. The
 * generated api_pod_of(object) and friends are this with the right type, checked. */
const void *object_typed(const struct object *object);
const void *object_typed_as(const struct object *object,
                            const struct api_type *type); /* another type is a bug: aborts */
const struct api_object_meta *object_meta(const struct object *object);

/* "namespace/name", or "name" for cluster-scoped objects: the key of caches and queues. */
const char *object_key(const struct object *object);

#endif
