/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controllers.c - the list. */
#include "controllers/controllers.h"

const struct controller *const controllers_all[] = {
    &deployment_controller,
    &replicaset_controller,
};

const size_t controllers_count = countof(controllers_all);
