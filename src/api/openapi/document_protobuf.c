/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/openapi/document_protobuf.h"

#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "codec/json.h"
#include "codec/protobuf.h"

#define EXTENSION_PREFIX "x-" /* members that any message may have */

enum { NAME_TAG = 1, VALUE_TAG = 2, ANY_YAML_TAG = 2 };

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

static int write_choices(struct conversion *conversion, const struct member *member, yyjson_val *list)
{
    size_t index, max;
    yyjson_val *value;
    yyjson_arr_foreach(list, index, max, value)
    {
        int rc = -ERROR_UNSUPPORTED;
        const char *in = yyjson_get_str(yyjson_obj_get(value, "in"));
        for (const struct choice *choice = member->choices; in != NULL && choice->in != NULL; choice++)
            if (strcmp(in, choice->in) == 0)
                rc = write_below(conversion, member->tag, choice->down, choice->message, value);
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

static int write_message_or_bool(struct conversion *conversion, const struct member *member, yyjson_val *value)
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

static void write_default(struct buffer *out, uint32_t tag, yyjson_val *value)
{
    enum { AS_NUMBER = 1, AS_BOOL = 2, AS_TEXT = 3 };
    size_t start = protobuf_begin(out, tag);
    if (yyjson_is_raw(value))
        protobuf_write_double(out, AS_NUMBER, strtod(yyjson_get_raw(value), NULL));
    else if (yyjson_is_bool(value))
        protobuf_write_varint(out, AS_BOOL, yyjson_get_bool(value));
    else if (yyjson_is_str(value))
        protobuf_write_bytes(out, AS_TEXT, text_of(value));
    protobuf_end(out, start);
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
    case DEFAULT:
        write_default(conversion->out, member->tag, value);
        return 0;
    case CHOICES:
        return write_choices(conversion, member, value);
    case MESSAGE_OR_BOOL:
        return write_message_or_bool(conversion, member, value);
    case NAMED:
        break; /* handled by the message it stands in */
    }
    return write_named(conversion, member, value);
}

/* One of two: the message itself, or where it stands. */
static int write_or_reference(struct conversion *conversion, const struct message *message, yyjson_val *value)
{
    enum { ITSELF = 1, REFERENCE = 2, REFERENCE_TEXT = 1 };
    yyjson_val *reference = yyjson_obj_get(value, "$ref");
    size_t start = protobuf_begin(conversion->out, reference != NULL ? REFERENCE : ITSELF);
    int rc = 0;
    if (reference != NULL)
        protobuf_write_bytes(conversion->out, REFERENCE_TEXT, text_of(reference));
    else
        rc = write_message(conversion, message->or_reference, value);
    protobuf_end(conversion->out, start);
    return rc;
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
    if (message->or_reference != NULL)
        return write_or_reference(conversion, message, value);
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

int document_to_protobuf(struct str json, const struct message *message, struct buffer *out, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    struct conversion conversion = { out, err };
    return write_message(&conversion, message, yyjson_doc_get_root(doc));
}
