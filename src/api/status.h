/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* status.h - what the API answers when it answers no object: metav1.Status, and upstream's sentences.
 *
 * Layers below the server return struct error with one of these sentences; the server makes the document
 * of it with api_status_of_error() and writes it with api_encode_json(&api_type_status, &api_kind_status, ...). */
#ifndef API_STATUS_H
#define API_STATUS_H

#include "api/schema.h"
#include "api/validation/invalid.h"
#include "base/arena.h"
#include "base/error.h"
#include "generated/types.h"

#define API_CONFLICT_MODIFIED \
    "the object has been modified; please apply your changes to the latest version and try again"

/* "pods" or "deployments.apps". */
#define API_RESOURCE_TEXT_SIZE 256
void api_resource_text(const struct api_resource *resource, char text[API_RESOURCE_TEXT_SIZE]);

/* Each sets err (which may be NULL) and returns the negative code. */
int api_error_not_found(struct error *err, const struct api_resource *resource, const char *name);
int api_error_already_exists(struct error *err, const struct api_resource *resource, const char *name);
int api_error_conflict(struct error *err, const struct api_resource *resource, const char *name, const char *why);
int api_error_forbidden(struct error *err, const struct api_resource *resource, const char *name, const char *why);
int api_error_method_not_supported(struct error *err, const struct api_resource *resource, const char *verb);
int api_error_internal(struct error *err, const char *why);
int api_error_timeout(struct error *err, const char *why);
int api_error_too_large(struct error *err, const char *why);
int api_error_expired(struct error *err, uint64_t wanted, uint64_t oldest); /* "too old resource version" */

/* The document, in the arena; strings of 'resource' are borrowed, all others copied. 'resource' and 'name' go
 * into details where upstream has them; both may be NULL. */
struct api_status *api_status_of_error(struct arena *arena, const struct error *err,
                                       const struct api_resource *resource, const char *name);

/* 422 with a cause for each error. 'name' is the object's (or its generateName's) name. */
struct api_status *api_status_invalid(struct arena *arena, const struct api_kind *kind, const char *name,
                                      const struct api_invalid *errors);

/* 429 and 500 ServerTimeout with retryAfterSeconds. */
struct api_status *api_status_retry(struct arena *arena, const struct error *err, int32_t seconds);

/* status Success, as DELETE answers it. */
struct api_status *api_status_success(struct arena *arena, const struct api_resource *resource, const char *name,
                                      const char *uid);

#endif
