/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* selection.h - which objects of a resource a list, a watch or a deletecollection means. */
#ifndef APISERVER_LISTING_SELECTION_H
#define APISERVER_LISTING_SELECTION_H

#include "api/selector/selector.h"
#include "apiserver/request.h"

struct selection {
    struct str prefix; /* of the cache keys: "namespace/" or "" */
    struct str only;   /* the one key it can be; data NULL: more than one */
    struct label_selector labels;
    struct field_selector fields;
    bool all; /* neither labels nor fields are asked for */
};

/* From the request's namespace, name and selectors, into its arena: the syntax first, of a zeroed selection, then what it
 * means for the resource. Between them upstream checks the other options. -ERROR_BAD_REQUEST. */
int selection_parse(struct request *request, struct selection *selection, struct error *err) must_check;
int selection_resolve(struct request *request, struct selection *selection, struct error *err) must_check;

bool selection_has(const struct selection *selection, const struct object *object);

#endif
