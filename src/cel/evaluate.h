/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* evaluate.h - the value of a checked tree. */
#ifndef CEL_EVALUATE_H
#define CEL_EVALUATE_H

#include "cel/check/infer.h"
#include "cel/value/value.h"

/* state->stopped says that the cost passed the limit. */
struct cel_value cel_evaluate_node(struct cel_state *state, const struct cel_node *node);

#endif
