/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object_type.h - what expressions see of objects whose type is known: only for checking them, nothing is read by it. */
#ifndef APISERVER_POLICIES_OBJECT_TYPE_H
#define APISERVER_POLICIES_OBJECT_TYPE_H

#include "api/schema.h"
#include "cel/cel.h"

/* Of a built-in type, with apiVersion and kind where its documents have them. The arena keeps it. */
const struct cel_type *object_type_of(const struct api_type *type, struct arena *arena);

/* Of a custom resource: 'schema' is that of its schema, of which the metadata becomes that of any object. NULL stays NULL. */
const struct cel_type *object_type_custom(const struct cel_type *schema, struct arena *arena);

#endif
