/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document_protobuf.h - OpenAPI documents in gnostic's protobuf forms, over tables: a table a message, a row a member. Only for
 * this folder's own files.
 *
 * Those forms wrap many values in messages of one field, which rows give as the tags to go down. */
#ifndef API_OPENAPI_DOCUMENT_PROTOBUF_H
#define API_OPENAPI_DOCUMENT_PROTOBUF_H

#include <yyjson.h>

#include "base/buffer.h"
#include "base/error.h"

enum form {
    TEXT,
    TEXTS,
    BOOL,
    INTEGER,
    NUMBER,
    ANY,
    ANYS,
    DEFAULT, /* a number, a bool or a text; of anything else nothing is said */
    MESSAGE,
    MESSAGES,
    NAMED,
    CHOICES, /* messages by what their member "in" says */
    MESSAGE_OR_BOOL,
};
enum { DOWN_MAX = 3 };

struct message;

struct member {
    const char *name; /* in JSON */
    uint32_t tag;
    enum form form;
    const struct message *message; /* of MESSAGE, MESSAGES, NAMED, MESSAGE_OR_BOOL */
    uint32_t down[DOWN_MAX];       /* the wrappers between tag and value; of NAMED, around each value */
    const struct choice *choices;  /* of CHOICES; ends with NULL */
};

struct choice {
    const char *in;
    const struct message *message;
    uint32_t down[DOWN_MAX];
};

struct message {
    const char *name;
    uint32_t extension_tag; /* of vendor extensions: NamedAny */
    const struct member *members;
    size_t n_members;
    const struct message *or_reference; /* the value is that message (tag 1), or a reference (tag 2); no members then */
};

#define MESSAGE_OF(text, extension, table)           \
    {                                                \
        text, extension, table, countof(table), NULL \
    }

/* 'json' as 'message', appended. -ERROR_UNSUPPORTED: it has a member without a row. */
int document_to_protobuf(struct str json, const struct message *message, struct buffer *out,
                         struct error *err) must_check;

#endif
