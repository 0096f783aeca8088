/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* json_path.h - the paths that definitions name places of their objects by: .spec.replicas, .metadata.labels.app\.name,
 * .status.conditions[?(@.type=="Ready")].status, .spec.ports[0].name, .spec.ports[*].name,
 * .spec.ports[1:3].name, .metadata.labels['a','b'], .status..reason.
 *
 * Of what a path finds the first is taken, as printer columns do. Pure. */
#ifndef API_CUSTOM_JSON_PATH_H
#define API_CUSTOM_JSON_PATH_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

#define JSON_PATH_STEPS_MAX 64

struct json_path;

#define JSON_PATH_VISITS_MAX 100000 /* of values in one search, beyond which nothing is found */

/* Copied into the arena. -ERROR_INVALID: not of this language. */
int json_path_compile(const char *text, struct arena *arena, const struct json_path **ret_path,
                      struct error *err) must_check;

/* NULL: there is nothing. */
yyjson_val *json_path_find(const struct json_path *path, yyjson_val *root);

/* {"spec":{"replicas":VALUE}}: a merge patch that sets the place. False: the path is not of plain members. */
bool json_path_patch(const struct json_path *path, struct str value, struct buffer *out);

#endif
