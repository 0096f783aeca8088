/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document.h - custom objects from bodies and from the store: pruned, with defaults, by the schema of their version. */
#ifndef APISERVER_CUSTOM_DOCUMENT_H
#define APISERVER_CUSTOM_DOCUMENT_H

#include "api/codec.h"
#include "api/custom/custom_object.h"
#include "apiserver/custom/form.h"
#include "codec/json.h"

/* A body of that version into the arena. 'strict' may be NULL. Errors as of api_decode_json() and structural_coerce(). */
int custom_document_decode(const struct custom_version *version, struct str json, struct arena *arena,
                           struct api_strict_errors *strict, struct api_custom_object **ret_object,
                           struct error *err) must_check;

/* A document as its own version has it: pruned, with defaults. */
int custom_document_coerce(const struct custom_form *form, struct str json, struct buffer *out,
                           struct error *err) must_check;

/* What the store has, of whatever version, as an object of this one. Not with a webhook. */
int custom_document_read(const struct custom_form *form, const struct custom_version *version, struct str json,
                         uint64_t revision, struct object **ret_object, struct error *err) must_check;

/* The whole document of an object of that version. */
int custom_document_parse(const struct custom_version *version, const struct api_custom_object *object,
                          yyjson_doc **ret_doc) must_check;

/* By the schema of the version, its rules and its scale. 'old' is NULL on create; 'status': through that subresource. */
void custom_document_validate(const struct custom_version *version, const struct api_custom_object *old,
                              const struct api_custom_object *object, bool status, struct api_invalid *errors);

#endif
