/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* writer.h - one OpenAPI document being written. Only for this folder's own files. */
#ifndef API_OPENAPI_WRITER_H
#define API_OPENAPI_WRITER_H

#include "api/openapi/descriptions.h"
#include "api/schema.h"
#include "base/buffer.h"

enum openapi_form { OPENAPI_V2, OPENAPI_V3 };

#define OPENAPI_TYPES_MAX 2048

struct openapi_writer {
    enum openapi_form form;
    const char *group; /* NULL: all of them */
    const char *version;
    const struct descriptions *descriptions;
    struct buffer *out;
    const struct api_type *types[OPENAPI_TYPES_MAX]; /* that the paths need, and what those need */
    size_t n_types;
};

void openapi_write(struct openapi_writer *writer, const char *server_version);

/* The group and version that a resource is served under. */
const struct api_kind *openapi_resource_kind(const struct api_resource *resource);

/* paths.c: the "paths" object; notes the types that it refers to. */
void openapi_write_paths(struct openapi_writer *writer);

/* schemas.c: the schemas of all noted types. */
void openapi_write_schemas(struct openapi_writer *writer);
void openapi_write_ref(struct openapi_writer *writer, const struct api_type *type); /* {"$ref":"..."} */
void openapi_write_scalar(struct openapi_writer *writer, const struct api_field *field);
void openapi_write_kind(const struct api_kind *kind, struct buffer *out); /* {"group":"","kind":"Pod",...} */

/* swagger_protobuf.c: a Swagger 2 document of ours in protobuf, appended to 'out'.
 * Errors: -ERROR_UNSUPPORTED, naming a member that has no place there. */
int swagger_to_protobuf(struct str json, struct buffer *out, struct error *err) must_check;

#endif
