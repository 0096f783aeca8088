/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom_columns.h - what tables show of custom objects: the name, then the printer columns of their version, or the age. */
#ifndef API_CUSTOM_CUSTOM_COLUMNS_H
#define API_CUSTOM_CUSTOM_COLUMNS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/str.h"
#include "base/time.h"

struct api_apiextensions_custom_resource_definition_version;
struct custom_columns;

/* In the arena; the version must stay. A path that is not understood shows nothing. */
const struct custom_columns *
custom_columns_create(const struct api_apiextensions_custom_resource_definition_version *version, struct arena *arena);

/* The column definitions of a table, brackets included. */
void custom_columns_write(const struct custom_columns *columns, struct buffer *out);
/* The cells of an object's row; ages are measured from 'now'. */
void custom_columns_write_cells(const struct custom_columns *columns, struct str json, usec_t now, struct buffer *out);

#endif
