/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* yaml_scalar.h - what a plain scalar means in YAML 1.1. Only for yaml_read.c and yaml_write.c. */
#ifndef CODEC_YAML_SCALAR_H
#define CODEC_YAML_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum yaml_kind {
    YAML_KIND_STRING,
    YAML_KIND_NULL,
    YAML_KIND_BOOL,
    YAML_KIND_INT,
    YAML_KIND_UINT, /* above INT64_MAX */
    YAML_KIND_FLOAT,
    YAML_KIND_TIMESTAMP, /* read as a string, but quoted when written */
    YAML_KIND_MERGE,
};

struct yaml_scalar {
    enum yaml_kind kind;
    bool boolean;
    int64_t integer;
    uint64_t natural;
    double number;
};

void yaml_scalar_resolve(struct str text, struct yaml_scalar *ret_scalar);

/* "12:30:45", a number to other YAML 1.1 readers. */
bool yaml_scalar_is_base60(struct str text);

#endif
