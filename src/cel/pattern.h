/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pattern.h - the regular expressions of CEL's functions: base/regex.h, kept by an arena. */
#ifndef CEL_PATTERN_H
#define CEL_PATTERN_H

#include "base/arena.h"
#include "base/regex.h"
#include "base/str.h"

/* NULL when it is no pattern; *err (may be NULL) then says why. The arena frees it. */
const struct regex *cel_pattern_compile(struct arena *arena, struct str text, struct error *err);

#endif
