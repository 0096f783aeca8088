/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controllers.h - the controllers of a cluster; runtime/manager.h runs them. */
#ifndef CONTROLLERS_CONTROLLERS_H
#define CONTROLLERS_CONTROLLERS_H

#include "controllers/runtime/controller.h"
#include "controllers/runtime/manager.h"
#include "generated/types.h"

/* All of them. */
extern const struct controller *const controllers_all[];
extern const size_t controllers_count;

extern const struct controller deployment_controller;
extern const struct controller replicaset_controller;

#endif
