/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* prepare.h - what the server itself sets in objects that are written, and whether they are valid. */
#ifndef APISERVER_REGISTRY_PREPARE_H
#define APISERVER_REGISTRY_PREPARE_H

#include "apiserver/registry/registry.h"

/* Now, in whole seconds, as the API's times are. */
usec_t prepare_now(struct request *request);

/* The object's namespace against the request's; fills it in. */
int prepare_namespace(struct request *request, struct api_object_meta *meta, struct error *err) must_check;

/* Leaves out owners that are there twice, and says so. */
void prepare_owners(struct request *request, struct api_object_meta *meta);

/* uid, creationTimestamp, generation, status, and what the kind wants. */
void prepare_create(struct request *request, void *object);

/* Keeps what an update cannot change, takes over status or spec, raises the generation. */
void prepare_update(struct request *request, struct registry *registry, enum update_part part, void *object,
                    const void *old);

/* Hand-written and declared rules of the kind, or those of 'validate' where it is given. A refusal leaves its Status with all causes in request->failure. */
int prepare_validate(struct request *request, struct registry *registry, enum update_part part,
                     int (*validate)(const void *old, const void *object, struct api_invalid *errors),
                     const void *object, const void *old, struct error *err) must_check;

#endif
