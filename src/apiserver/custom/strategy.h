/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* strategy.h - what custom objects do differently from those of built-in kinds. */
#ifndef APISERVER_CUSTOM_STRATEGY_H
#define APISERVER_CUSTOM_STRATEGY_H

#include "api/codec.h"
#include "apiserver/registry/registry.h"

extern const struct strategy custom_strategy;

/* A document of the request's custom resource. */
int custom_decode(struct request *request, struct str json, void **ret_value, struct api_strict_errors *strict,
                  struct error *err) must_check;
/* By the schema of the version; 'old' is NULL on create; 'status': through that subresource. */
void custom_validate(const struct registry *registry, const void *object, const void *old, bool status,
                     struct api_invalid *errors);

#endif
