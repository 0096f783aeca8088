/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* generated_name.h - names made from metadata.generateName, by whoever needs one first. */
#ifndef API_VALUE_GENERATED_NAME_H
#define API_VALUE_GENERATED_NAME_H

#include "base/arena.h"
#include "base/random.h"

/* 'base' cut to 58 bytes, and five random letters, as upstream: a label's value at most. In the arena. */
char *generated_name(const char *base, struct random *random, struct arena *arena);

#endif
