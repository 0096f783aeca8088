/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* named_format.h - what a value of type kubernetes.NamedFormat points at: a row of the table of formats. */
#ifndef CEL_LIBRARY_NAMED_FORMAT_H
#define CEL_LIBRARY_NAMED_FORMAT_H

#include "api/validation/formats/formats.h"

struct cel_named_format {
    const char *name;
    format_check *check;
    bool prefix;           /* of names that something follows */
    uint32_t pattern_size; /* characters, for costs */
};

#endif
