/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* coerce_metadata.h - metadata of embedded resources, and what a walk has to say of places. Only for this folder's own files. */
#ifndef API_STRUCTURAL_COERCE_METADATA_H
#define API_STRUCTURAL_COERCE_METADATA_H

#include "api/structural/structural.h"

/* Where a walk is; on its stack. NULL is the root. */
struct coerce_place {
    const struct coerce_place *parent;
    struct str name; /* of a member; data NULL: an item */
    size_t index;
    size_t depth;
};

static inline size_t coerce_depth(const struct coerce_place *place)
{
    return place != NULL ? place->depth : 0;
}

static inline struct coerce_place coerce_place_member(const struct coerce_place *parent, struct str name)
{
    return (struct coerce_place){ .parent = parent, .name = name, .depth = coerce_depth(parent) + 1 };
}

static inline struct coerce_place coerce_place_item(const struct coerce_place *parent)
{
    return (struct coerce_place){ .parent = parent, .depth = coerce_depth(parent) + 1 };
}

void coerce_place_format(const struct coerce_place *place, struct buffer *text); /* spec.list[0].name */

#define COERCE_REPORTS_MAX 10000

/* Sentences about fields. A zeroed one is empty. */
struct coerce_report {
    const char **texts;
    size_t count, room;
};

/* what field "spec.foo" */
void coerce_report_add(struct coerce_report *report, struct arena *arena, const char *what,
                       const struct coerce_place *place);

/* Adds duplicates as they are and unknown fields sorted to 'strict'. */
void coerce_report_finish(const struct coerce_report *duplicates, struct coerce_report *unknown, struct arena *arena,
                          struct api_strict_errors *strict);

/* 'path: Invalid value: JSON: why' as -ERROR_BAD_REQUEST. */
int coerce_refuse(const struct coerce_place *place, yyjson_val *value, const char *why, struct error *err);

struct coerce_metadata {
    struct arena *arena;
    bool drop; /* leave out what does not decode */
    struct coerce_report *unknown;
    struct error *err;
};

/* Decodes the value at 'place' as ObjectMeta and appends what it then is. *ret_kept false: there is nothing to keep of it. */
int coerce_metadata(const struct coerce_metadata *job, yyjson_val *value, const struct coerce_place *place,
                    struct buffer *out, bool *ret_kept) must_check;

#endif
