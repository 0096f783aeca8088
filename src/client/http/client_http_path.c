/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_http_path.c - requests as URLs. */
#include <ctype.h>

#include "client/http/client_http_internal.h"

static void append_escaped(struct buffer *path, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (isalnum(c) || strchr("-._~:", c) != NULL)
            buffer_append_char(path, *text);
        else
            buffer_format(path, "%%%02X", c);
    }
}

static void append_segment(struct buffer *path, const char *text)
{
    if (text_empty(text))
        return;
    buffer_append_char(path, '/');
    append_escaped(path, text);
}

void http_path_append(struct buffer *path, const struct api_resource *resource, const char *namespace_,
                      const char *name, const char *subresource)
{
    const struct api_kind *kind = resource->kind;
    buffer_append_text(path, kind->group[0] == '\0' ? "/api" : "/apis");
    append_segment(path, kind->group);
    append_segment(path, kind->version);
    if (!text_empty(namespace_) && (resource->flags & API_NAMESPACED) != 0) {
        append_segment(path, "namespaces");
        append_segment(path, namespace_);
    }
    append_segment(path, resource->plural);
    append_segment(path, name);
    append_segment(path, subresource);
}

void http_query_append(struct buffer *path, const char *key, const char *value)
{
    if (text_empty(value))
        return;
    bool first = memchr(path->data, '?', path->size) == NULL;
    buffer_append_char(path, first ? '?' : '&');
    buffer_append_text(path, key);
    buffer_append_char(path, '=');
    append_escaped(path, value);
}
