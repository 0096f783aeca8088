/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scale.h - how many replicas an object wants and has, as autoscaling/v1 Scale. */
#ifndef APISERVER_SUBRESOURCE_SCALE_H
#define APISERVER_SUBRESOURCE_SCALE_H

#include "apiserver/registry/registry.h"

/* Of an object of a resource that has that subresource; in the request's arena. */
struct api_autoscaling_scale *scale_of(struct request *request, const struct registry *registry, const void *object);

#endif
