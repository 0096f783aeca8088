/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mandatory.h - "exempt" and "catch-all", which every server relies on. Only for validation's own files. */
#ifndef API_VALIDATION_FLOWCONTROL_MANDATORY_H
#define API_VALIDATION_FLOWCONTROL_MANDATORY_H

#include "generated/types.h"

/* NULL: there is no such one of that name. */
const struct api_flowcontrol_flow_schema_spec *mandatory_flow_schema(const char *name);
const struct api_flowcontrol_priority_level_configuration_spec *mandatory_priority_level(const char *name);

#endif
