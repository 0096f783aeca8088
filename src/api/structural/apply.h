/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* apply.h - what server-side apply must know of custom resources, from their schema. */
#ifndef API_STRUCTURAL_APPLY_H
#define API_STRUCTURAL_APPLY_H

#include "api/apply/schema.h"

struct structural;

/* The root of a document; the schema must outlive the places. NULL: nothing but the metadata is known. */
struct apply_place structural_apply_place(const struct structural *schema);

#endif
