/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* message.h - what requests and responses of all HTTP versions share; for files of net/ only. */
#ifndef NET_HTTP_MESSAGE_H
#define NET_HTTP_MESSAGE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/time.h"
#include "net/http.h"

#define HTTP_DATE_SIZE 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

void http_limits_fill(struct http_limits *limits, bool server); /* defaults where a field is zero */

const char *http_status_text(int status); /* "" for unknown ones */
bool http_status_has_body(int status);    /* 1xx, 204 and 304 have none */
void http_date_format(usec_t moment, char text[HTTP_DATE_SIZE]);

/* The header has that token in its comma-separated list, ASCII case aside: connection: keep-alive, Upgrade. */
bool http_header_has_token(const struct http_headers *headers, const char *name, const char *token);

/* A header block as it arrives, bounded by the limits. Names, values and the table live in the arena. */
struct http_block {
    struct arena *arena;
    struct http_header *items;
    size_t count;
    size_t capacity;
    size_t bytes; /* names, values and 32 for each, as RFC 9113 counts */
    bool overflow;
};

/* False when a limit is hit; then and later nothing is kept. The name is made lower case. */
bool http_block_add(struct http_block *block, const struct http_limits *limits, struct str name, struct str value);

/* One header of HTTP/1.1 as its parser delivers it: name and value in pieces. */
struct http_line {
    struct buffer name, value;
};
/* The line is whole: into the block (NULL: nowhere), and empty for the next. False as of http_block_add(). */
bool http_line_end(struct http_line *line, struct http_block *block, const struct http_limits *limits);
void http_line_fini(struct http_line *line);

static inline struct http_headers http_block_headers(const struct http_block *block)
{
    return (struct http_headers){ block->items, block->count };
}

#endif
