/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validation.h - whether an object may be stored: upstream's rules, over decoded and defaulted objects.
 *
 * Errors are added to a list that the caller owns; an empty list means yes. Pure. The generated name is
 * already in place (generateName), and on updates what the server owns has been copied from the old object. */
#ifndef API_VALIDATION_VALIDATION_H
#define API_VALIDATION_VALIDATION_H

#include "api/schema.h"
#include "api/validation/invalid.h"

/* Return the number of errors in the list. */
int api_validate_create(const struct api_kind *kind, const void *object, struct api_invalid *errors);
int api_validate_update(const struct api_kind *kind, const void *old, const void *object, struct api_invalid *errors);

/* An update of the status subresource: metadata and what the kind says of its status. */
int api_validate_status(const struct api_kind *kind, const void *old, const void *object, struct api_invalid *errors);

/* An update of a pod's ephemeralcontainers subresource: what is there stays as it is. */
int api_validate_ephemeral_containers(const void *old, const void *object, struct api_invalid *errors);

/* An update of a namespace's finalize subresource. */
int api_validate_finalize(const void *old, const void *object, struct api_invalid *errors);

/* An update of a pod's resize subresource: cpu and memory of its containers. */
int api_validate_resize(const void *old, const void *object, struct api_invalid *errors);

/* An update of a signing request's approval subresource. */
int api_validate_approval(const void *old, const void *object, struct api_invalid *errors);

/* Questions about access, which are answered and not stored. Other types pass. */
int api_validate_review(const struct api_type *type, const void *object, struct api_invalid *errors);

/* Whether this name may be used for objects of the kind: of a URL, or made from a generateName. */
bool api_name_valid(const struct api_kind *kind, const char *name);

#endif
