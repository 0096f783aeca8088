/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* path.h - what a URL asks for: resource, namespace, name, subresource and verb, or a path that is none. */
#ifndef APISERVER_PATH_H
#define APISERVER_PATH_H

#include "apiserver/request.h"

/* Fills in path, verb, action and the resource's coordinates of a request from method, path (still encoded) and
 * query. -ERROR_BAD_REQUEST for broken escapes and values. Pure but for the request's arena. */
int path_read(struct request *request, struct str method, struct str path, struct str query,
              struct error *err) must_check;

/* Undoes percent-encoding ('+' is a blank when 'query'). False for broken escapes and NUL bytes. */
bool path_unescape(struct str text, bool query, struct arena *arena, const char **ret_text);

/* The first value of a query parameter, decoded; NULL when absent or broken. */
const char *query_value(struct str query, const char *name, struct arena *arena);
/* False when absent, "0" or "false" in any case (Python says "False"); any other value is true, as upstream reads them. */
bool query_flag(struct str query, const char *name, struct arena *arena);

#endif
