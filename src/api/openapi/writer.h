/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* writer.h - one OpenAPI document being written. Only for this folder's own files. */
#ifndef API_OPENAPI_WRITER_H
#define API_OPENAPI_WRITER_H

#include "api/openapi/descriptions.h"
#include "api/openapi/openapi.h"
#include "api/schema.h"
#include "base/buffer.h"

enum openapi_form { OPENAPI_V2, OPENAPI_V3 };

#define OPENAPI_TYPES_MAX 2048

struct openapi_writer {
    enum openapi_form form;
    const char *group; /* NULL: all of them */
    const char *version;
    unsigned server_version; /* minor */
    const struct descriptions *descriptions;
    const struct openapi_custom *customs;
    size_t n_customs;
    struct buffer *out;
    const struct api_type *types[OPENAPI_TYPES_MAX]; /* that the paths need, and what those need */
    size_t n_types;
};

void openapi_write(struct openapi_writer *writer);

/* The group and version that a resource is served under. */
const struct api_kind *openapi_resource_kind(const struct api_resource *resource);

/* Is the kind one of the document's group and version? */
bool openapi_describes(const struct openapi_writer *writer, const struct api_kind *kind);

/* custom_schemas.c: custom resources and their lists; each schema written begins with a comma. */
bool openapi_is_custom(const struct api_kind *kind);
void openapi_write_custom_schemas(struct openapi_writer *writer);
void openapi_write_custom_ref(struct openapi_writer *writer, const struct api_kind *kind, bool list);

/* paths.c: the "paths" object; notes the types that it refers to. */
void openapi_write_paths(struct openapi_writer *writer);

/* schemas.c: the schemas of all noted types. */
void openapi_write_schemas(struct openapi_writer *writer);
void openapi_write_ref(struct openapi_writer *writer, const struct api_type *type); /* {"$ref":"..."} */
void openapi_write_patch_ref(struct openapi_writer *writer);                        /* a patch of any format */
void openapi_write_scalar(struct openapi_writer *writer, const struct api_field *field);
/* The same with what may stand beside it: {"allOf":[{"$ref":...}],"description":... in version 3; 'description' data NULL: none. */
void openapi_write_described_ref(struct openapi_writer *writer, const struct api_type *type, struct str description);
void openapi_write_kind(const struct api_kind *kind, struct buffer *out); /* {"group":"","kind":"Pod",...} */

/* swagger_protobuf.c: a Swagger 2 document of ours in protobuf, appended to 'out'.
 * Errors: -ERROR_UNSUPPORTED, naming a member that has no place there. */
int swagger_to_protobuf(struct str json, struct buffer *out, struct error *err) must_check;
int openapi_to_protobuf(struct str json, struct buffer *out,
                        struct error *err) must_check; /* openapi_protobuf.c: version 3 */

#endif
