/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* codec.h - documents to structs and back, driven by the tables of schema.h.
 *
 * The struct's memory comes from the caller's arena. Decoders are strict about types and
 * bounds always, and report unknown and duplicate fields as asked. */
#ifndef API_CODEC_H
#define API_CODEC_H

#include "api/schema.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

struct yyjson_val;

#define API_DEPTH_MAX 10000 /* nesting that upstream's JSON decoder accepts */

/* Unknown and duplicate fields of one document, as upstream words them
 * ('unknown field "spec.foo"', 'duplicate field "spec.replicas"'). */
struct api_strict_errors {
    const char **texts; /* in the arena */
    size_t count;
};

/* 'value' gets a zeroed struct of type->size filled in; 'strict' may be NULL (ignore).
 * Errors: -ERROR_SYNTAX (not JSON), -ERROR_BAD_REQUEST (wrong type; the message names the path). */
int api_decode_json(const struct api_type *type, struct str json, struct arena *arena, void *value,
                    struct api_strict_errors *strict, struct error *err) must_check;

/* The same from a document that was read by json_read(). */
int api_decode_value(const struct api_type *type, struct yyjson_val *root, struct arena *arena, void *value,
                     struct api_strict_errors *strict, struct error *err) must_check;

/* One member of 'value' from its JSON value alone; used for defaults and by tests. */
int api_decode_member_json(const struct api_field *field, struct str json, struct arena *arena, void *value,
                           struct error *err) must_check;

/* Appends canonical JSON, as upstream's encoder writes it without the final newline. 'kind' gives
 * kind and apiVersion of the root; NULL leaves them out (nested types). */
void api_encode_json(const struct api_type *type, const struct api_kind *kind, const void *value, struct buffer *out);

/* A bare message, without the envelope. */
int api_decode_protobuf(const struct api_type *type, struct str bytes, struct arena *arena, void *value,
                        struct error *err) must_check;
void api_encode_protobuf(const struct api_type *type, const void *value, struct buffer *out);

/* Upstream's "k8s\0" envelope: what it says of the message that is in it; "" for what it does not say. Borrowed. */
int api_read_protobuf_envelope(struct str bytes, struct str *ret_version, struct str *ret_kind, struct str *ret_message,
                               struct error *err) must_check;

/* With that envelope, whose typeMeta picks the kind. */
int api_decode_protobuf_envelope(struct str bytes, struct arena *arena, const struct api_kind **ret_kind,
                                 void **ret_value, struct error *err) must_check;
void api_encode_protobuf_envelope(const struct api_kind *kind, const void *value, struct buffer *out);
/* The envelope around a message of 'size' bytes that the caller appends between the two. */
void api_protobuf_envelope_head(const struct api_kind *kind, size_t size, struct buffer *out);
void api_protobuf_envelope_tail(struct buffer *out);

/* A deep copy into the arena, to be changed and written back. */
void *api_copy(const struct api_type *type, const void *value, struct arena *arena);
bool api_equal(const struct api_type *type, const void *a, const void *b);
bool api_member_equal(const struct api_field *field, const void *a, const void *b); /* of two structs */
bool api_value_equal(const struct api_field *field, const void *a, const void *b);  /* two items or entries' values */

/* Fills in defaults (static ones and the type's rules), as upstream does when it decodes. What is
 * filled at creation or by admission is not: those need more than the document. */
void api_default(const struct api_kind *kind, void *value, struct arena *arena);

#endif
