/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client1.c - HTTP/1.1, the client's side, on llhttp: one request at a time on each connection. */
#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/http/client.h"

#define PIECE_MAX ((size_t)64 << 10) /* of a body, so that the rest can wait in the request's own queue */

struct client1 {
    struct client_connection *connection;
    llhttp_t parser;
    struct http_line line; /* of the header that is being received */
    struct str rest;       /* behind what the parser has eaten, while feed() runs */
    bool chunked;          /* the request's body */
    bool sent_all;         /* the request's end has been written */
    bool keep_alive;
    bool switched; /* 101 */
    bool message_done;
    bool over_limit;
};

static struct client1 *client1_of(const struct client_connection *connection)
{
    return connection->state;
}

static struct http_request *current_request(const struct client_connection *connection)
{
    return list_empty(&connection->requests) ? NULL
                                             : container_of(connection->requests.head.next, struct http_request, node);
}

/* ---------------------------------------------------------------- parser callbacks */

static int on_message_begin(llhttp_t *parser)
{
    struct client1 *client1 = parser->data;
    struct http_request *request = current_request(client1->connection);
    if (request == NULL)
        return HPE_USER; /* an answer to nothing */
    request->started = true;
    request->block = (struct http_block){ .arena = &request->arena };
    return HPE_OK;
}

static int append_bounded(struct client1 *client1, struct buffer *buffer, const char *data, size_t size)
{
    if (buffer->size + size > client1->connection->client->limits.header_bytes) {
        client1->over_limit = true;
        return HPE_USER;
    }
    buffer_append(buffer, data, size);
    return HPE_OK;
}

static int on_header_field(llhttp_t *parser, const char *data, size_t size)
{
    struct client1 *client1 = parser->data;
    return append_bounded(client1, &client1->line.name, data, size);
}

static int on_header_value(llhttp_t *parser, const char *data, size_t size)
{
    struct client1 *client1 = parser->data;
    return append_bounded(client1, &client1->line.value, data, size);
}

static int on_header_complete(llhttp_t *parser)
{
    struct client1 *client1 = parser->data;
    struct http_request *request = current_request(client1->connection);
    if (request == NULL)
        return HPE_USER;
    struct http_block *block = request->response_told ? &request->trailer_block : &request->block;
    bool kept = http_line_end(&client1->line, block, &client1->connection->client->limits);
    client1->over_limit |= !kept;
    return kept ? HPE_OK : HPE_USER;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct client1 *client1 = parser->data;
    struct http_request *request = current_request(client1->connection);
    request->status = llhttp_get_status_code(parser);
    if (request->status < 200 && request->status != 101)
        return 0; /* says nothing that we wait for */
    client1->keep_alive = llhttp_should_keep_alive(parser) != 0;
    client1->switched = request->status == 101;
    if (!request_response(request) || client1->connection->closed)
        return -1;
    return str_is(request->method, "HEAD") ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *data, size_t size)
{
    struct client1 *client1 = parser->data;
    struct http_request *request = current_request(client1->connection);
    if (request == NULL || !request_body(request, (struct str){ data, size }) || client1->connection->closed)
        return HPE_USER;
    return HPE_OK;
}

static int on_message_complete(llhttp_t *parser)
{
    struct client1 *client1 = parser->data;
    int status = llhttp_get_status_code(parser);
    if (status < 200 && status != 101)
        return HPE_OK;
    client1->message_done = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t parser_settings = {
    .on_message_begin = on_message_begin,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* ---------------------------------------------------------------- reading */

static void client1_close(struct client1 *client1, enum error_code code, const char *what)
{
    struct error err;
    error_set(&err, code, "%s: %s", stream_peer(client1->connection->stream), what);
    client_connection_close(client1->connection, &err);
}

static void client1_upgraded(struct client1 *client1, struct http_request *request)
{
    struct client_connection *connection = client1->connection;
    void (*upgraded)(void *context, struct stream *stream) = request->events->upgraded;
    void *context = request->context;
    if (upgraded == NULL) {
        client1_close(client1, ERROR_PROTOCOL, "an upgrade that nobody asked for");
        return;
    }
    struct stream *stream = client_connection_steal_stream(connection);
    stream_push_back(stream, client1->rest);
    http_request_cancel(request); /* done() does not come */
    upgraded(context, stream);
}

/* The whole response is here. */
static void client1_message(struct client1 *client1)
{
    struct client_connection *connection = client1->connection;
    struct http_request *request = current_request(connection);
    client1->message_done = false;
    if (client1->switched) {
        client1_upgraded(client1, request);
        return;
    }
    connection->used = true;
    if (!client1->keep_alive || !client1->sent_all || client1->rest.size > 0)
        connection->retired = true; /* leaving it then closes it */
    request_finish(request, NULL);
    if (!connection->closed)
        stream_read_start(connection->stream);
}

static void client1_read(struct client_connection *connection, struct str bytes)
{
    struct client1 *client1 = client1_of(connection);
    if (bytes.size == 0) {
        llhttp_finish(&client1->parser); /* may be how the response ends */
        client1->rest = (struct str){ 0 };
        if (!connection->closed && client1->message_done) {
            client1->keep_alive = false;
            client1_message(client1);
        }
        if (!connection->closed)
            client1_close(client1, ERROR_CLOSED, "connection closed by the server");
        return;
    }
    client1->rest = bytes;
    while (client1->rest.size > 0 && !connection->closed) {
        bytes = client1->rest;
        enum llhttp_errno code = llhttp_execute(&client1->parser, bytes.data, bytes.size);
        if (connection->closed)
            return;
        if (code == HPE_OK) {
            client1->rest = (struct str){ 0 };
            return;
        }
        client1->rest = str_skip(bytes, (size_t)(llhttp_get_error_pos(&client1->parser) - bytes.data));
        if (code == HPE_PAUSED) {
            llhttp_resume(&client1->parser);
            client1_message(client1);
        } else if (client1->over_limit) {
            client1_close(client1, ERROR_LIMIT, "the response's headers are too large");
        } else {
            client1_close(client1, ERROR_PROTOCOL, llhttp_get_error_reason(&client1->parser));
        }
    }
}

/* ---------------------------------------------------------------- writing */

static void client1_send_body(struct client1 *client1, struct http_request *request)
{
    struct stream *stream = client1->connection->stream;
    if (client1->sent_all)
        return;
    while (request->output.size > 0 && stream_queued(stream) <= STREAM_HIGH_MARK) {
        size_t size = bytes_queue_front(&request->output).size;
        if (size > PIECE_MAX)
            size = PIECE_MAX;
        char head[24];
        if (client1->chunked)
            stream_write(stream, (struct str){ head, (size_t)snprintf(head, sizeof(head), "%zx\r\n", size) });
        stream_write_from(stream, &request->output, size);
        if (client1->chunked)
            stream_write(stream, STR("\r\n"));
    }
    if (request->output.size > 0 || !request->output_ended)
        return;
    if (client1->chunked)
        stream_write(stream, STR("0\r\n\r\n"));
    client1->sent_all = true;
}

static void client1_output(struct http_request *request)
{
    client1_send_body(client1_of(request->connection), request);
}

static void client1_drained(struct client_connection *connection)
{
    struct client1 *client1 = client1_of(connection);
    struct http_request *request = current_request(connection);
    if (request == NULL)
        return;
    client1_send_body(client1, request);
    if (request->output.size <= connection->client->limits.queued_bytes / 4)
        request_drained(request);
}

static void client1_submit(struct http_request *request)
{
    struct client_connection *connection = request->connection;
    struct client1 *client1 = client1_of(connection);
    const struct http_headers *headers = &request->headers;
    bool measured = http_header(headers, "content-length").data != NULL;
    client1->chunked = request->streams_body && !measured && !request->upgrade;
    client1->sent_all = client1->keep_alive = client1->switched = false;

    auto_buffer struct buffer head = { 0 };
    buffer_append_str(&head, request->method);
    buffer_append_char(&head, ' ');
    buffer_append_str(&head, request->path);
    buffer_append_text(&head, " HTTP/1.1\r\n");
    if (http_header(headers, "host").data == NULL)
        buffer_format(&head, "host: %s\r\n", connection->client->authority);
    for (size_t i = 0; i < headers->count; i++)
        buffer_format(&head, STR_FMT ": " STR_FMT "\r\n", STR_ARG(headers->items[i].name),
                      STR_ARG(headers->items[i].value));
    if (request->upgrade && http_header(headers, "connection").data == NULL)
        buffer_append_text(&head, "connection: Upgrade\r\n");
    bool carries = request->body != NULL || str_is(request->method, "POST") || str_is(request->method, "PUT") ||
                   str_is(request->method, "PATCH");
    if (client1->chunked)
        buffer_append_text(&head, "transfer-encoding: chunked\r\n");
    else if (!measured && carries && !request->streams_body)
        buffer_format(&head, "content-length: %zu\r\n", request->output.size);
    buffer_append_text(&head, "\r\n");
    stream_write(connection->stream, buffer_str(&head));
    client1_send_body(client1, request);
}

/* Half a response cannot be skipped: the connection goes with it. */
static void client1_cancel(struct http_request *request)
{
    request->connection->retired = true;
}

static void client1_body_flow(struct http_request *request)
{
    if (request->body_stopped)
        stream_read_stop(request->connection->stream);
    else
        stream_read_start(request->connection->stream);
}

static bool client1_has_room(const struct client_connection *connection)
{
    return connection->request_count == 0;
}

static void client1_start(struct client_connection *connection)
{
    struct client1 *client1 = memory_new(struct client1);
    client1->connection = connection;
    llhttp_init(&client1->parser, HTTP_RESPONSE, &parser_settings);
    client1->parser.data = client1;
    connection->state = client1;
}

static void client1_destroy(struct client_connection *connection)
{
    struct client1 *client1 = client1_of(connection);
    http_line_fini(&client1->line);
    free(client1);
}

const struct client_protocol client_protocol1 = {
    .start = client1_start,
    .read = client1_read,
    .drained = client1_drained,
    .has_room = client1_has_room,
    .submit = client1_submit,
    .output = client1_output,
    .cancel = client1_cancel,
    .body_flow = client1_body_flow,
    .destroy = client1_destroy,
};
