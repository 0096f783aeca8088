/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* openapi_protobuf.c - an OpenAPI 3 document in protobuf: the messages of gnostic's OpenAPIv3.proto (package openapi.v3), as far
 * as our documents use them. */
#include "api/openapi/document_protobuf.h"
#include "api/openapi/writer.h"

static const struct message schema;
static const struct message schema_or_reference = { "schema", 0, NULL, 0, &schema };

static const struct member schemas_items[] = { { "", 1, NAMED, &schema_or_reference, { 0 }, NULL } };
static const struct message schemas = MESSAGE_OF("schemas", 0, schemas_items);

static const struct member external_docs_members[] = {
    { "description", 1, TEXT, NULL, { 0 }, NULL },
    { "url", 2, TEXT, NULL, { 0 }, NULL },
};
static const struct message external_docs = MESSAGE_OF("externalDocs", 3, external_docs_members);

static const struct member schema_members[] = {
    { "nullable", 1, BOOL, NULL, { 0 }, NULL },
    { "readOnly", 3, BOOL, NULL, { 0 }, NULL },
    { "externalDocs", 6, MESSAGE, &external_docs, { 0 }, NULL },
    { "example", 7, ANY, NULL, { 0 }, NULL },
    { "deprecated", 8, BOOL, NULL, { 0 }, NULL },
    { "title", 9, TEXT, NULL, { 0 }, NULL },
    { "multipleOf", 10, NUMBER, NULL, { 0 }, NULL },
    { "maximum", 11, NUMBER, NULL, { 0 }, NULL },
    { "exclusiveMaximum", 12, BOOL, NULL, { 0 }, NULL },
    { "minimum", 13, NUMBER, NULL, { 0 }, NULL },
    { "exclusiveMinimum", 14, BOOL, NULL, { 0 }, NULL },
    { "maxLength", 15, INTEGER, NULL, { 0 }, NULL },
    { "minLength", 16, INTEGER, NULL, { 0 }, NULL },
    { "pattern", 17, TEXT, NULL, { 0 }, NULL },
    { "maxItems", 18, INTEGER, NULL, { 0 }, NULL },
    { "minItems", 19, INTEGER, NULL, { 0 }, NULL },
    { "uniqueItems", 20, BOOL, NULL, { 0 }, NULL },
    { "maxProperties", 21, INTEGER, NULL, { 0 }, NULL },
    { "minProperties", 22, INTEGER, NULL, { 0 }, NULL },
    { "required", 23, TEXTS, NULL, { 0 }, NULL },
    { "enum", 24, ANYS, NULL, { 0 }, NULL },
    { "type", 25, TEXT, NULL, { 0 }, NULL },
    { "allOf", 26, MESSAGES, &schema_or_reference, { 0 }, NULL },
    { "oneOf", 27, MESSAGES, &schema_or_reference, { 0 }, NULL },
    { "anyOf", 28, MESSAGES, &schema_or_reference, { 0 }, NULL },
    { "not", 29, MESSAGE, &schema, { 0 }, NULL },
    { "items", 30, MESSAGE, &schema_or_reference, { 1 }, NULL },
    { "properties", 31, MESSAGE, &schemas, { 0 }, NULL },
    { "additionalProperties", 32, MESSAGE_OR_BOOL, &schema_or_reference, { 0 }, NULL },
    { "default", 33, DEFAULT, NULL, { 0 }, NULL },
    { "description", 34, TEXT, NULL, { 0 }, NULL },
    { "format", 35, TEXT, NULL, { 0 }, NULL },
};
static const struct message schema = MESSAGE_OF("schema", 36, schema_members);

static const struct member media_type_members[] = { { "schema", 1, MESSAGE, &schema_or_reference, { 0 }, NULL } };
static const struct message media_type = MESSAGE_OF("media type", 5, media_type_members);

static const struct member content_items[] = { { "", 1, NAMED, &media_type, { 0 }, NULL } };
static const struct message content = MESSAGE_OF("content", 0, content_items);

static const struct member parameter_members[] = {
    { "name", 1, TEXT, NULL, { 0 }, NULL },
    { "in", 2, TEXT, NULL, { 0 }, NULL },
    { "description", 3, TEXT, NULL, { 0 }, NULL },
    { "required", 4, BOOL, NULL, { 0 }, NULL },
    { "schema", 10, MESSAGE, &schema_or_reference, { 0 }, NULL },
};
static const struct message parameter = MESSAGE_OF("parameter", 14, parameter_members);

static const struct member body_members[] = {
    { "description", 1, TEXT, NULL, { 0 }, NULL },
    { "content", 2, MESSAGE, &content, { 0 }, NULL },
    { "required", 3, BOOL, NULL, { 0 }, NULL },
};
static const struct message body = MESSAGE_OF("request body", 4, body_members);

static const struct member response_members[] = {
    { "description", 1, TEXT, NULL, { 0 }, NULL },
    { "content", 3, MESSAGE, &content, { 0 }, NULL },
};
static const struct message response = MESSAGE_OF("response", 5, response_members);

static const struct member responses_items[] = { { "", 2, NAMED, &response, { 1 }, NULL } };
static const struct message responses = MESSAGE_OF("responses", 0, responses_items);

static const struct member operation_members[] = {
    { "tags", 1, TEXTS, NULL, { 0 }, NULL },
    { "summary", 2, TEXT, NULL, { 0 }, NULL },
    { "description", 3, TEXT, NULL, { 0 }, NULL },
    { "operationId", 5, TEXT, NULL, { 0 }, NULL },
    { "parameters", 6, MESSAGES, &parameter, { 1 }, NULL },
    { "requestBody", 7, MESSAGE, &body, { 1 }, NULL },
    { "responses", 8, MESSAGE, &responses, { 0 }, NULL },
    { "deprecated", 10, BOOL, NULL, { 0 }, NULL },
};
static const struct message operation = MESSAGE_OF("operation", 13, operation_members);

static const struct member path_members[] = {
    { "description", 3, TEXT, NULL, { 0 }, NULL },           { "get", 4, MESSAGE, &operation, { 0 }, NULL },
    { "put", 5, MESSAGE, &operation, { 0 }, NULL },          { "post", 6, MESSAGE, &operation, { 0 }, NULL },
    { "delete", 7, MESSAGE, &operation, { 0 }, NULL },       { "options", 8, MESSAGE, &operation, { 0 }, NULL },
    { "head", 9, MESSAGE, &operation, { 0 }, NULL },         { "patch", 10, MESSAGE, &operation, { 0 }, NULL },
    { "parameters", 13, MESSAGES, &parameter, { 1 }, NULL },
};
static const struct message path = MESSAGE_OF("path", 14, path_members);

static const struct member paths_items[] = { { "", 1, NAMED, &path, { 0 }, NULL } };
static const struct message paths = MESSAGE_OF("paths", 0, paths_items);

static const struct member components_members[] = { { "schemas", 1, MESSAGE, &schemas, { 0 }, NULL } };
static const struct message components = MESSAGE_OF("components", 10, components_members);

static const struct member info_members[] = {
    { "title", 1, TEXT, NULL, { 0 }, NULL },
    { "version", 6, TEXT, NULL, { 0 }, NULL },
};
static const struct message info = MESSAGE_OF("info", 7, info_members);

static const struct member document_members[] = {
    { "openapi", 1, TEXT, NULL, { 0 }, NULL },
    { "info", 2, MESSAGE, &info, { 0 }, NULL },
    { "paths", 4, MESSAGE, &paths, { 0 }, NULL },
    { "components", 5, MESSAGE, &components, { 0 }, NULL },
};
static const struct message document = MESSAGE_OF("document", 9, document_members);

int openapi_to_protobuf(struct str json, struct buffer *out, struct error *err)
{
    return document_to_protobuf(json, &document, out, err);
}
