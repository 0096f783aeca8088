/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "net/http/message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BLOCK_FIRST_CAPACITY 16
#define BLOCK_ENTRY_COST     32

void http_limits_fill(struct http_limits *limits, bool server)
{
    static const struct http_limits defaults = {
        .header_bytes = (size_t)64 << 10,
        .header_count = 128,
        .body_bytes = (size_t)3 << 20,
        .streams = 250,
        .queued_bytes = (size_t)1 << 20,
        .requests = 10000,
        .header_time = 30 * USEC_PER_SEC,
        .body_time = 60 * USEC_PER_SEC,
        .idle_time = 180 * USEC_PER_SEC,
    };
#define FILL(field) limits->field = limits->field != 0 ? limits->field : defaults.field
    FILL(header_bytes);
    FILL(header_count);
    FILL(body_bytes);
    FILL(streams);
    FILL(queued_bytes);
    FILL(requests);
    FILL(header_time);
    FILL(body_time);
    FILL(idle_time);
#undef FILL
    if (limits->connections == 0)
        limits->connections = server ? 10000 : 32;
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        { 100, "Continue" },
        { 101, "Switching Protocols" },
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 206, "Partial Content" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Request Entity Too Large" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 422, "Unprocessable Entity" },
        { 426, "Upgrade Required" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
        { 507, "Insufficient Storage" },
    };
    for (size_t i = 0; i < countof(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "";
}

bool http_status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

void http_date_format(usec_t moment, char text[HTTP_DATE_SIZE])
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = moment / USEC_PER_SEC;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(text, HTTP_DATE_SIZE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + (ptrdiff_t)tm.tm_wday * 3,
             tm.tm_mday, months + (ptrdiff_t)tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

struct str http_header(const struct http_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (str_is(headers->items[i].name, name))
            return headers->items[i].value;
    return (struct str){ 0 };
}

bool http_header_has_token(const struct http_headers *headers, const char *name, const char *token)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (!str_is(headers->items[i].name, name))
            continue;
        struct str rest = headers->items[i].value, piece;
        while (str_next(&rest, ',', &piece))
            if (str_equal_nocase(str_trim(piece), str_of(token)))
                return true;
    }
    return false;
}

bool http_block_add(struct http_block *block, const struct http_limits *limits, struct str name, struct str value)
{
    size_t cost = name.size + value.size + BLOCK_ENTRY_COST;
    if (block->overflow || block->count >= limits->header_count || cost > limits->header_bytes - block->bytes) {
        block->overflow = true;
        return false;
    }
    if (block->count == block->capacity) {
        size_t capacity = block->capacity == 0 ? BLOCK_FIRST_CAPACITY : block->capacity * 2;
        struct http_header *items = arena_new_array(block->arena, struct http_header, capacity);
        if (block->count > 0)
            memcpy(items, block->items, block->count * sizeof(*items));
        block->items = items;
        block->capacity = capacity;
    }
    char *lower = arena_strndup(block->arena, name.data, name.size);
    for (size_t i = 0; i < name.size; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] + ('a' - 'A'));
    block->items[block->count++] = (struct http_header){ { lower, name.size }, arena_str(block->arena, value) };
    block->bytes += cost;
    return true;
}

bool http_line_end(struct http_line *line, struct http_block *block, const struct http_limits *limits)
{
    bool kept =
        block == NULL || http_block_add(block, limits, buffer_str(&line->name), str_trim(buffer_str(&line->value)));
    buffer_clear(&line->name);
    buffer_clear(&line->value);
    return kept;
}

void http_line_fini(struct http_line *line)
{
    buffer_fini(&line->name);
    buffer_fini(&line->value);
}
