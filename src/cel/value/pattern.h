/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pattern.h - the regular expressions of CEL's functions: base/text/regex.h, kept by an arena. */
#ifndef CEL_VALUE_PATTERN_H
#define CEL_VALUE_PATTERN_H

#include "base/arena.h"
#include "base/str.h"
#include "base/text/regex.h"

/* NULL when it is no pattern; *err (may be NULL) then says why. The arena frees it. */
const struct regex *cel_pattern_compile(struct arena *arena, struct str text, struct error *err);

#endif
