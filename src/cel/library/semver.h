/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* semver.h - semantic versions (semver.org 2.0.0), strict or normalized ("v1.2" is 1.2.0). */
#ifndef CEL_LIBRARY_SEMVER_H
#define CEL_LIBRARY_SEMVER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct cel_semver {
    uint64_t major, minor, patch;
    struct str pre; /* "alpha.1", "" for a release */
};

/* NULL, or what is wrong. */
const char *cel_semver_parse(struct arena *arena, struct str text, bool normalize, struct cel_semver *ret_semver);

int cel_semver_compare(const struct cel_semver *a, const struct cel_semver *b); /* build metadata does not count */

#endif
