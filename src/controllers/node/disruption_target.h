/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* disruption_target.h - says on a pod why it is about to be deleted. */
#ifndef CONTROLLERS_NODE_DISRUPTION_TARGET_H
#define CONTROLLERS_NODE_DISRUPTION_TARGET_H

#include "controllers/runtime/controller.h"

/* Adds a status update with the condition DisruptionTarget, and the phase when it is given. Nothing when it is there. */
void disruption_target_mark(struct reconcile *reconcile, const struct object *pod, const char *phase,
                            const char *reason, const char *message);

#endif
