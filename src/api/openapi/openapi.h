/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* openapi.h - the API described for its clients: OpenAPI 3 by group and version, and Swagger 2 in one piece.
 *
 * Generated from the schema tables when first asked for, then kept. kubectl reads it for explain, for
 * client-side apply (merge keys) and to see which parameters the server knows. Descriptions are those of
 * api/descriptions.
 * Not thread-safe; the bytes are immutable and may be shared. */
#ifndef API_OPENAPI_OPENAPI_H
#define API_OPENAPI_OPENAPI_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/str.h"

struct openapi;

/* 'version' is the minor one that is described: resources that a later one brought are left out. */
struct openapi *openapi_create(unsigned version);
void openapi_destroy(struct openapi *openapi); /* NULL is fine */

struct api_resource;
struct api_apiextensions_custom_resource_definition_version;

/* A custom resource, as one version of its definition has it. */
struct openapi_custom {
    const struct api_resource *resource;
    const struct api_apiextensions_custom_resource_definition_version *version;
};

/* Those that are served from now on. The list is copied; what it points at must stay while documents are asked for. */
void openapi_set_customs(struct openapi *openapi, const struct openapi_custom *customs, size_t count);

/* {"paths":{"apis/apps/v1":{"serverRelativeURL":"/openapi/v3/apis/apps/v1?hash=..."},...}}. Borrowed. */
struct bytes *openapi_v3_index(struct openapi *openapi);

/* Of "api/v1" or "apis/GROUP/VERSION"; NULL when it does not exist. Borrowed. The hash is the document's ETag too. */
struct bytes *openapi_v3_document(struct openapi *openapi, struct str path, const char **ret_hash);
/* The same in protobuf (gnostic's openapi.v3.Document), made each time; its hash is that of the other form. A reference for the
 * caller; *ret_bytes is NULL when there is no such document. */
int openapi_v3_protobuf(struct openapi *openapi, struct str path, struct bytes **ret_bytes,
                        struct error *err) must_check;

/* The whole API as Swagger 2. Borrowed, like the hash, which is the document's ETag; 'ret_hash' may be NULL. */
struct bytes *openapi_v2_document(struct openapi *openapi, const char **ret_hash);

/* The same in protobuf (gnostic's openapi.v2.Document), the only form that kubectl asks for. Borrowed; NULL on an error. */
struct bytes *openapi_v2_protobuf(struct openapi *openapi, const char **ret_hash, struct error *err);

#endif
