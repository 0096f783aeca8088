/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* swagger_protobuf.c - a Swagger 2 document in the protobuf form that kubectl reads.
 *
 * The messages are those of gnostic's OpenAPIv2.proto (package openapi.v2), as far as our documents use them: a table a
 * message, a row a member. That form wraps many values in messages of one field, which rows give as the tags to go down. */
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/openapi/writer.h"
#include "codec/json.h"
#include "codec/protobuf.h"

#define EXTENSION_PREFIX "x-" /* members that any message may have */

enum form { TEXT, TEXTS, BOOL, INTEGER, NUMBER, ANY, ANYS, MESSAGE, MESSAGES, NAMED, PARAMETERS, SCHEMA_OR_BOOL };
enum { DOWN_MAX = 3, NAME_TAG = 1, VALUE_TAG = 2, ANY_YAML_TAG = 2 };

struct message;

struct member {
    const char *name; /* in JSON */
    uint32_t tag;
    enum form form;
    const struct message *message; /* of MESSAGE, MESSAGES, NAMED */
    uint32_t down[DOWN_MAX];       /* the wrappers between tag and value; of NAMED, around each value */
};

struct message {
    const char *name;
    uint32_t extension_tag; /* of vendor extensions: NamedAny */
    const struct member *members;
    size_t n_members;
};

#define MESSAGE_OF(text, extension, table)     \
    {                                          \
        text, extension, table, countof(table) \
    }

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
    { "additionalProperties", 21, SCHEMA_OR_BOOL, &schema, { 0 } },
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

static const struct member operation_members[] = {
    { "tags", 1, TEXTS, NULL, { 0 } },
    { "summary", 2, TEXT, NULL, { 0 } },
    { "description", 3, TEXT, NULL, { 0 } },
    { "operationId", 5, TEXT, NULL, { 0 } },
    { "produces", 6, TEXTS, NULL, { 0 } },
    { "consumes", 7, TEXTS, NULL, { 0 } },
    { "parameters", 8, PARAMETERS, NULL, { 0 } },
    { "responses", 9, MESSAGE, &responses, { 0 } },
    { "schemes", 10, TEXTS, NULL, { 0 } },
};
static const struct message operation = MESSAGE_OF("operation", 13, operation_members);

static const struct member path_members[] = {
    { "get", 2, MESSAGE, &operation, { 0 } },     { "put", 3, MESSAGE, &operation, { 0 } },
    { "post", 4, MESSAGE, &operation, { 0 } },    { "delete", 5, MESSAGE, &operation, { 0 } },
    { "options", 6, MESSAGE, &operation, { 0 } }, { "head", 7, MESSAGE, &operation, { 0 } },
    { "patch", 8, MESSAGE, &operation, { 0 } },   { "parameters", 9, PARAMETERS, NULL, { 0 } },
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

/* The three kinds of parameters that we describe, by their "in". */
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

static const struct {
    const char *in;
    const struct message *message;
    uint32_t down[DOWN_MAX]; /* ParametersItem, Parameter, NonBodyParameter */
} parameter_kinds[] = {
    { "query", &query_parameter, { 1, 2, 3 } },
    { "path", &path_parameter, { 1, 2, 4 } },
    { "body", &body_parameter, { 1, 1, 0 } },
};

struct conversion {
    struct buffer *out;
    struct error *err;
};

static int write_message(struct conversion *conversion, const struct message *message, yyjson_val *value);

static size_t go_down(struct buffer *out, const uint32_t *down, size_t *starts)
{
    size_t depth = 0;
    while (depth < DOWN_MAX && down[depth] != 0) {
        starts[depth] = protobuf_begin(out, down[depth]);
        depth++;
    }
    return depth;
}

static void come_up(struct buffer *out, const size_t *starts, size_t depth)
{
    while (depth > 0)
        protobuf_end(out, starts[--depth]);
}

static struct str text_of(yyjson_val *value)
{
    return (struct str){ yyjson_get_str(value), yyjson_get_len(value) };
}

/* An Any carries YAML, which JSON is too. */
static void write_any(struct buffer *out, uint32_t tag, yyjson_val *value)
{
    size_t any = protobuf_begin(out, tag), yaml = protobuf_begin(out, ANY_YAML_TAG);
    json_append_value(out, value);
    protobuf_end(out, yaml);
    protobuf_end(out, any);
}

static void write_extension(struct buffer *out, uint32_t tag, struct str name, yyjson_val *value)
{
    size_t named = protobuf_begin(out, tag);
    protobuf_write_bytes(out, NAME_TAG, name);
    write_any(out, VALUE_TAG, value);
    protobuf_end(out, named);
}

/* 'value' as a message below the tag and the wrappers. */
static int write_below(struct conversion *conversion, uint32_t tag, const uint32_t *down, const struct message *message,
                       yyjson_val *value)
{
    size_t starts[DOWN_MAX], start = protobuf_begin(conversion->out, tag);
    size_t depth = go_down(conversion->out, down, starts);
    int rc = write_message(conversion, message, value);
    come_up(conversion->out, starts, depth);
    protobuf_end(conversion->out, start);
    return rc;
}

/* A JSON object whose names are data: one name and value each. */
static int write_named(struct conversion *conversion, const struct member *member, yyjson_val *object)
{
    size_t index, max;
    yyjson_val *key, *value;
    int rc = 0;
    yyjson_obj_foreach(object, index, max, key, value)
    {
        size_t named = protobuf_begin(conversion->out, member->tag);
        protobuf_write_bytes(conversion->out, NAME_TAG, text_of(key));
        if (rc == 0)
            rc = write_below(conversion, VALUE_TAG, member->down, member->message, value);
        protobuf_end(conversion->out, named);
    }
    return rc;
}

static int write_parameters(struct conversion *conversion, uint32_t tag, yyjson_val *list)
{
    size_t index, max;
    yyjson_val *value;
    yyjson_arr_foreach(list, index, max, value)
    {
        int rc = -ERROR_UNSUPPORTED;
        const char *in = yyjson_get_str(yyjson_obj_get(value, "in"));
        for (size_t i = 0; in != NULL && i < countof(parameter_kinds); i++)
            if (strcmp(in, parameter_kinds[i].in) == 0)
                rc = write_below(conversion, tag, parameter_kinds[i].down, parameter_kinds[i].message, value);
        if (rc < 0)
            return error_set(conversion->err, ERROR_UNSUPPORTED, "a parameter in '%s' has no protobuf form here",
                             in == NULL ? "" : in);
    }
    return 0;
}

static int write_list(struct conversion *conversion, const struct member *member, yyjson_val *list)
{
    size_t index, max;
    yyjson_val *value;
    int rc = 0;
    yyjson_arr_foreach(list, index, max, value)
    {
        if (member->form == TEXTS)
            protobuf_write_bytes(conversion->out, member->tag, text_of(value));
        else if (member->form == ANYS)
            write_any(conversion->out, member->tag, value);
        else if (rc == 0)
            rc = write_below(conversion, member->tag, member->down, member->message, value);
    }
    return rc;
}

static void write_text(struct buffer *out, const struct member *member, struct str text)
{
    if (member->down[0] == 0) {
        protobuf_write_bytes(out, member->tag, text);
        return;
    }
    size_t start = protobuf_begin(out, member->tag);
    protobuf_write_bytes(out, member->down[0], text);
    protobuf_end(out, start);
}

static int write_schema_or_bool(struct conversion *conversion, const struct member *member, yyjson_val *value)
{
    static const uint32_t as_schema[DOWN_MAX] = { 1 };
    enum { AS_BOOL = 2 };
    if (!yyjson_is_bool(value))
        return write_below(conversion, member->tag, as_schema, member->message, value);
    size_t start = protobuf_begin(conversion->out, member->tag);
    protobuf_write_varint(conversion->out, AS_BOOL, yyjson_get_bool(value));
    protobuf_end(conversion->out, start);
    return 0;
}

static int write_member(struct conversion *conversion, const struct member *member, yyjson_val *value)
{
    switch (member->form) {
    case TEXT:
        write_text(conversion->out, member, text_of(value));
        return 0;
    case BOOL:
        protobuf_write_varint(conversion->out, member->tag, yyjson_get_bool(value));
        return 0;
    case INTEGER:
        protobuf_write_varint(conversion->out, member->tag, (uint64_t)strtoll(yyjson_get_raw(value), NULL, 10));
        return 0;
    case NUMBER:
        protobuf_write_double(conversion->out, member->tag, strtod(yyjson_get_raw(value), NULL));
        return 0;
    case ANY:
        write_any(conversion->out, member->tag, value);
        return 0;
    case TEXTS:
    case ANYS:
    case MESSAGES:
        return write_list(conversion, member, value);
    case MESSAGE:
        return write_below(conversion, member->tag, member->down, member->message, value);
    case PARAMETERS:
        return write_parameters(conversion, member->tag, value);
    case SCHEMA_OR_BOOL:
        return write_schema_or_bool(conversion, member, value);
    case NAMED:
        break; /* handled by the message it stands in */
    }
    return write_named(conversion, member, value);
}

static const struct member *find_member(const struct message *message, struct str name)
{
    for (size_t i = 0; i < message->n_members; i++)
        if (str_is(name, message->members[i].name))
            return &message->members[i];
    return NULL;
}

/* What has no place is an error, so that nothing is lost in silence when our documents learn to say more. */
static int write_message(struct conversion *conversion, const struct message *message, yyjson_val *value)
{
    size_t index, max;
    yyjson_val *key, *item;
    if (message->members[0].form == NAMED)
        return write_named(conversion, &message->members[0], value);
    yyjson_obj_foreach(value, index, max, key, item)
    {
        struct str name = text_of(key);
        const struct member *member = find_member(message, name);
        if (member == NULL && message->extension_tag != 0 && str_starts(name, STR(EXTENSION_PREFIX))) {
            write_extension(conversion->out, message->extension_tag, name, item);
            continue;
        }
        if (member == NULL)
            return error_set(conversion->err, ERROR_UNSUPPORTED, "'" STR_FMT "' of a %s has no protobuf form here",
                             STR_ARG(name), message->name);
        int rc = write_member(conversion, member, item);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int swagger_to_protobuf(struct str json, struct buffer *out, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    struct conversion conversion = { out, err };
    return write_message(&conversion, &document, yyjson_doc_get_root(doc));
}
