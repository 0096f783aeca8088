/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* path.h - paths of fields that a definition names: .spec.size, .spec['a.b'], .status.counts['x']. */
#ifndef API_STRUCTURAL_PATH_H
#define API_STRUCTURAL_PATH_H

#include "api/structural/structural.h"

#define STRUCTURAL_PATH_MAX 64 /* steps */

struct structural_step {
    struct str name; /* NUL-terminated, in the arena */
    bool key;        /* of a map: errors show it as [name] */
};

struct structural_path {
    struct structural_step steps[STRUCTURAL_PATH_MAX];
    size_t count;
    const struct structural_node *node; /* where it ends */
};

/* Reads the path beside the schema. 'brackets' false refuses ['x']. Errors: -ERROR_INVALID in upstream's words ("does not refer to
 * a valid field"). */
int structural_path_resolve(const struct structural_node *node, struct str text, bool brackets, struct arena *arena,
                            struct structural_path *ret_path, struct error *err) must_check;

/* Without the leading point. */
void structural_path_format(const struct structural_path *path, struct buffer *text);

#endif
