/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom_resource.h - rows of the resource table that are made at run time, from one version of a CustomResourceDefinition.
 *
 * A row is counted by reference (api_resource_ref()); objects hold the row they are of. */
#ifndef API_CUSTOM_CUSTOM_RESOURCE_H
#define API_CUSTOM_CUSTOM_RESOURCE_H

#include "api/schema.h"

struct api_apiextensions_custom_resource_definition;
struct api_apiextensions_custom_resource_definition_version;

/* The row of a version that the definition serves; everything is copied. The hash is shown in discovery, NULL: none. The names are those that the definition's status
 * accepted. The caller's reference. */
const struct api_resource *
custom_resource_create(const struct api_apiextensions_custom_resource_definition *definition,
                       const struct api_apiextensions_custom_resource_definition_version *version,
                       const char *storage_version_hash);

/* By api_resource_unref() alone. */
void custom_resource_free(const struct api_resource *resource);

/* Is it a row of a custom resource? */
bool custom_resource_is(const struct api_resource *resource);

#endif
