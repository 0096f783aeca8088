/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* swagger_protobuf.c - a Swagger 2 document in the protobuf form that kubectl reads: the messages of gnostic's OpenAPIv2.proto
 * (package openapi.v2), as far as our documents use them. */
#include "api/openapi/document_protobuf.h"
#include "api/openapi/writer.h"

static const struct message schema;

static const struct member properties_items[] = { { "", 1, NAMED, &schema, { 0 } } };
static const struct message properties = MESSAGE_OF("properties", 0, properties_items);

static const struct member external_docs_members[] = {
    { "description", 1, TEXT, NULL, { 0 } },
    { "url", 2, TEXT, NULL, { 0 } },
};
static const struct message external_docs = MESSAGE_OF("externalDocs", 3, external_docs_members);

static const struct member schema_members[] = {
    { "$ref", 1, TEXT, NULL, { 0 } },
    { "format", 2, TEXT, NULL, { 0 } },
    { "title", 3, TEXT, NULL, { 0 } },
    { "description", 4, TEXT, NULL, { 0 } },
    { "default", 5, ANY, NULL, { 0 } },
    { "multipleOf", 6, NUMBER, NULL, { 0 } },
    { "maximum", 7, NUMBER, NULL, { 0 } },
    { "exclusiveMaximum", 8, BOOL, NULL, { 0 } },
    { "minimum", 9, NUMBER, NULL, { 0 } },
    { "exclusiveMinimum", 10, BOOL, NULL, { 0 } },
    { "maxLength", 11, INTEGER, NULL, { 0 } },
    { "minLength", 12, INTEGER, NULL, { 0 } },
    { "pattern", 13, TEXT, NULL, { 0 } },
    { "maxItems", 14, INTEGER, NULL, { 0 } },
    { "minItems", 15, INTEGER, NULL, { 0 } },
    { "uniqueItems", 16, BOOL, NULL, { 0 } },
    { "maxProperties", 17, INTEGER, NULL, { 0 } },
    { "minProperties", 18, INTEGER, NULL, { 0 } },
    { "required", 19, TEXTS, NULL, { 0 } },
    { "enum", 20, ANYS, NULL, { 0 } },
    { "additionalProperties", 21, MESSAGE_OR_BOOL, &schema, { 0 } },
    { "type", 22, TEXT, NULL, { 1 } },
    { "items", 23, MESSAGE, &schema, { 1 } },
    { "allOf", 24, MESSAGES, &schema, { 0 } },
    { "properties", 25, MESSAGE, &properties, { 0 } },
    { "externalDocs", 29, MESSAGE, &external_docs, { 0 } },
    { "example", 30, ANY, NULL, { 0 } },
};
static const struct message schema = MESSAGE_OF("schema", 31, schema_members);

static const struct member response_members[] = {
    { "description", 1, TEXT, NULL, { 0 } },
    { "schema", 2, MESSAGE, &schema, { 1 } },
};
static const struct message response = MESSAGE_OF("response", 5, response_members);

static const struct member responses_items[] = { { "", 1, NAMED, &response, { 1 } } };
static const struct message responses = MESSAGE_OF("responses", 0, responses_items);

static const struct member query_members[] = {
    { "required", 1, BOOL, NULL, { 0 } },     { "in", 2, TEXT, NULL, { 0 } },   { "description", 3, TEXT, NULL, { 0 } },
    { "name", 4, TEXT, NULL, { 0 } },         { "type", 6, TEXT, NULL, { 0 } }, { "format", 7, TEXT, NULL, { 0 } },
    { "uniqueItems", 20, BOOL, NULL, { 0 } },
};
static const struct message query_parameter = MESSAGE_OF("query parameter", 23, query_members);

static const struct member path_parameter_members[] = {
    { "required", 1, BOOL, NULL, { 0 } },     { "in", 2, TEXT, NULL, { 0 } },   { "description", 3, TEXT, NULL, { 0 } },
    { "name", 4, TEXT, NULL, { 0 } },         { "type", 5, TEXT, NULL, { 0 } }, { "format", 6, TEXT, NULL, { 0 } },
    { "uniqueItems", 19, BOOL, NULL, { 0 } },
};
static const struct message path_parameter = MESSAGE_OF("path parameter", 22, path_parameter_members);

static const struct member body_members[] = {
    { "description", 1, TEXT, NULL, { 0 } }, { "name", 2, TEXT, NULL, { 0 } },         { "in", 3, TEXT, NULL, { 0 } },
    { "required", 4, BOOL, NULL, { 0 } },    { "schema", 5, MESSAGE, &schema, { 0 } },
};
static const struct message body_parameter = MESSAGE_OF("body parameter", 6, body_members);

/* The three kinds of parameters that we describe, by their "in". */
static const struct choice parameter_kinds[] = {
    { "query", &query_parameter, { 1, 2, 3 } }, /* ParametersItem, Parameter, NonBodyParameter */
    { "path", &path_parameter, { 1, 2, 4 } },
    { "body", &body_parameter, { 1, 1, 0 } },
    { NULL, NULL, { 0 } },
};

static const struct member operation_members[] = {
    { "tags", 1, TEXTS, NULL, { 0 } },
    { "summary", 2, TEXT, NULL, { 0 } },
    { "description", 3, TEXT, NULL, { 0 } },
    { "operationId", 5, TEXT, NULL, { 0 } },
    { "produces", 6, TEXTS, NULL, { 0 } },
    { "consumes", 7, TEXTS, NULL, { 0 } },
    { "parameters", 8, CHOICES, NULL, { 0 }, parameter_kinds },
    { "responses", 9, MESSAGE, &responses, { 0 } },
    { "schemes", 10, TEXTS, NULL, { 0 } },
};
static const struct message operation = MESSAGE_OF("operation", 13, operation_members);

static const struct member path_members[] = {
    { "get", 2, MESSAGE, &operation, { 0 } },     { "put", 3, MESSAGE, &operation, { 0 } },
    { "post", 4, MESSAGE, &operation, { 0 } },    { "delete", 5, MESSAGE, &operation, { 0 } },
    { "options", 6, MESSAGE, &operation, { 0 } }, { "head", 7, MESSAGE, &operation, { 0 } },
    { "patch", 8, MESSAGE, &operation, { 0 } },   { "parameters", 9, CHOICES, NULL, { 0 }, parameter_kinds },
};
static const struct message path = MESSAGE_OF("path", 10, path_members);

static const struct member paths_items[] = { { "", 2, NAMED, &path, { 0 } } };
static const struct message paths = MESSAGE_OF("paths", 0, paths_items);

static const struct member definitions_items[] = { { "", 1, NAMED, &schema, { 0 } } };
static const struct message definitions = MESSAGE_OF("definitions", 0, definitions_items);

static const struct member info_members[] = {
    { "title", 1, TEXT, NULL, { 0 } },
    { "version", 2, TEXT, NULL, { 0 } },
};
static const struct message info = MESSAGE_OF("info", 7, info_members);

static const struct member document_members[] = {
    { "swagger", 1, TEXT, NULL, { 0 } },
    { "info", 2, MESSAGE, &info, { 0 } },
    { "paths", 8, MESSAGE, &paths, { 0 } },
    { "definitions", 9, MESSAGE, &definitions, { 0 } },
};
static const struct message document = MESSAGE_OF("document", 16, document_members);

int swagger_to_protobuf(struct str json, struct buffer *out, struct error *err)
{
    return document_to_protobuf(json, &document, out, err);
}
