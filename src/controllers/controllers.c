/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controllers.c - the list. */
#include "controllers/controllers.h"

#define CONTROLLER_ADDRESS(name) &name##_controller,
const struct controller *const controllers_all[] = { CONTROLLERS(CONTROLLER_ADDRESS) };
#undef CONTROLLER_ADDRESS

const size_t controllers_count = countof(controllers_all);
