/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* table.h - objects as rows: what kubectl get shows (Accept: application/json;as=Table;v=v1;g=meta.k8s.io), and
 * their metadata alone (as=PartialObjectMetadata).
 *
 * A table is written in one pass: begin, a row for each object, end. Pure: the age of things is
 * measured from the moment given. */
#ifndef API_TABLE_TABLE_H
#define API_TABLE_TABLE_H

#include "api/schema.h"
#include "base/buffer.h"
#include "base/str.h"
#include "base/time.h"

struct api_list_meta;
struct custom_columns; /* api/custom/custom_columns.h */

/* What each row carries beside its cells: the includeObject query parameter. */
enum table_include {
    TABLE_INCLUDE_METADATA, /* the default */
    TABLE_INCLUDE_NONE,
    TABLE_INCLUDE_OBJECT,
};

/* "Metadata", "None", "Object" or "". False for anything else. */
bool table_include_parse(struct str text, enum table_include *ret_include);

struct table_writer {
    const struct api_kind *kind;
    const char *version; /* of the group meta.k8s.io; NULL: "v1" */
    enum table_include include;
    usec_t now;
    const struct custom_columns *custom; /* of a custom resource; NULL: the kind's */
    struct buffer *out;
    bool any; /* a row has been written */
};

/* 'meta' (resourceVersion, continue) may be NULL; without 'columns' the definitions are left out, as in all watch
 * events but the first. */
void table_begin(struct table_writer *writer, const struct api_list_meta *meta, bool columns);

/* 'object' is the decoded struct, 'json' the object's document (used by TABLE_INCLUDE_OBJECT, and for custom resources). */
void table_row(struct table_writer *writer, const void *object, struct str json);
void table_end(struct table_writer *writer);

/* {"kind":"PartialObjectMetadata",...} of a decoded object; 'version' as above. */
void partial_metadata_write(const void *object, const char *version, struct buffer *out);

/* The short form of a span of time: "5d3h", "12s". */
#define TABLE_DURATION_SIZE 32
void table_duration(usec_t span, char text[TABLE_DURATION_SIZE]);

#endif
