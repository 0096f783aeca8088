/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client2.c - HTTP/2, the client's side, on nghttp2: requests and watches share one connection.
 *
 * A request may be gone (done or cancelled) before nghttp2 has closed its stream: callbacks find it by the stream's user
 * data, which is cleared then. A peer that is silent while requests are open is pinged, and given up if it stays silent:
 * a watch would otherwise wait for ever behind a dead route. */
#include <stdlib.h>

#include "base/memory.h"
#include "net/http/client.h"
#include "net/http/session2.h"

#define CONNECTION_WINDOW (8 << 20)
#define STREAM_WINDOW     (1 << 20)
#define REQUEST_HEADERS   64
#define STREAMS_ASSUMED   100 /* until the server's settings have come, as Go assumes */
#define PING_AFTER        (30 * USEC_PER_SEC)
#define PING_ANSWER       (15 * USEC_PER_SEC)

struct client2 {
    struct client_connection *connection;
    nghttp2_session *session;
    struct loop_task flush_task;
    struct loop_timer health_timer;
    usec_t last_read;
    bool pinged;
    bool receiving;
    bool settings_came;
};

static struct client2 *client2_of(const struct client_connection *connection)
{
    return connection->state;
}

static struct http_request *request_of(struct client2 *client2, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(client2->session, stream_id);
}

static void client2_flush_later(struct client2 *client2)
{
    if (!client2->receiving && !client2->connection->closed)
        loop_defer(client2->connection->loop, &client2->flush_task);
}

static void client2_close(struct client2 *client2, enum error_code code, const char *what)
{
    struct error err;
    error_set(&err, code, "%s: %s", stream_peer(client2->connection->stream), what);
    client_connection_close(client2->connection, &err);
}

/* ---------------------------------------------------------------- sending */

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t size, int flags, void *context)
{
    (void)session, (void)flags;
    struct client2 *client2 = context;
    return session2_send(client2->connection->stream, data, size);
}

static ssize_t on_source(nghttp2_session *session, int32_t stream_id, uint8_t *buffer, size_t length, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
    (void)session, (void)buffer, (void)source;
    struct http_request *request = request_of(context, stream_id);
    if (request == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return session2_source(request->output.size, request->output_ended, length, flags);
}

static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *header, size_t length,
                        nghttp2_data_source *source, void *context)
{
    (void)session, (void)source;
    struct client2 *client2 = context;
    struct http_request *request = request_of(client2, frame->hd.stream_id);
    if (request == NULL || request->output.size < length)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return session2_send_data(client2->connection->stream, header, &request->output, length);
}

/* Writers that were told to wait and whose queue has emptied. */
static void client2_tell_drained(struct client2 *client2)
{
    struct client_connection *connection = client2->connection;
    size_t low = connection->client->limits.queued_bytes / 4;
    struct http_request *request;
    for (bool again = true; again && !connection->closed;) {
        again = false;
        list_for_each (&connection->requests, request, node) {
            if (!request->want_drained || request->output.size > low)
                continue;
            request_drained(request);
            again = true;
            break;
        }
    }
}

static void client2_flush(struct client2 *client2)
{
    struct client_connection *connection = client2->connection;
    if (connection->closed)
        return;
    if (nghttp2_session_send(client2->session) != 0) {
        client2_close(client2, ERROR_PROTOCOL, "HTTP/2 failed");
        return;
    }
    if (nghttp2_session_want_read(client2->session) == 0 && nghttp2_session_want_write(client2->session) == 0) {
        client2_close(client2, ERROR_CLOSED, "the server ended the connection");
        return;
    }
    client2_tell_drained(client2);
}

static void client2_run_flush(struct loop_task *task)
{
    struct client2 *client2 = container_of(task, struct client2, flush_task);
    struct client_connection *connection = client2->connection;
    client_connection_pin(connection);
    client2_flush(client2);
    client_connection_unpin(connection);
}

static void client2_drained(struct client_connection *connection)
{
    client2_flush(client2_of(connection));
}

static void client2_check_health(struct loop_timer *timer)
{
    struct client2 *client2 = container_of(timer, struct client2, health_timer);
    struct client_connection *connection = client2->connection;
    if (connection->request_count == 0)
        return; /* started again by the next request */
    usec_t silent = loop_monotonic(connection->loop) - client2->last_read;
    if (client2->pinged && silent >= PING_ANSWER) {
        client_connection_pin(connection);
        client2_close(client2, ERROR_TIMEOUT, "the server is silent");
        client_connection_unpin(connection);
        return;
    }
    client2->pinged = silent >= PING_AFTER;
    if (client2->pinged) {
        nghttp2_submit_ping(client2->session, NGHTTP2_FLAG_NONE, NULL);
        client2_flush_later(client2);
    }
    loop_timer_start(connection->loop, timer, client2->pinged ? PING_ANSWER : PING_AFTER - silent);
}

/* ---------------------------------------------------------------- receiving */

static bool header_belongs(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name_data, size_t name_size,
                     const uint8_t *value_data, size_t value_size, uint8_t flags, void *context)
{
    (void)session, (void)flags;
    struct client2 *client2 = context;
    struct http_request *request = request_of(client2, frame->hd.stream_id);
    if (request == NULL || !header_belongs(frame))
        return 0;
    request->started = true;
    struct str name = { (const char *)name_data, name_size }, value = { (const char *)value_data, value_size };
    struct http_block *block = request->response_told ? &request->trailer_block : &request->block;
    if (str_is(name, ":status")) {
        uint64_t status = 0;
        str_to_uint64(value, &status); /* nghttp2 has checked that it is three digits */
        request->status = (int)status;
    } else if (!str_starts(name, STR(":"))) {
        http_block_add(block, &client2->connection->client->limits, name, value);
    }
    return 0;
}

/* Ends the request before its stream: what the server still sends is dropped. */
static void client2_forget(struct client2 *client2, struct http_request *request, uint32_t code)
{
    nghttp2_session_set_stream_user_data(client2->session, request->stream_id, NULL);
    nghttp2_submit_rst_stream(client2->session, NGHTTP2_FLAG_NONE, request->stream_id, code);
    client2_flush_later(client2);
}

static void client2_response_end(struct client2 *client2, struct http_request *request)
{
    nghttp2_session *session = client2->session;
    client2->connection->used = true;
    if (nghttp2_session_get_stream_local_close(session, request->stream_id) == 0)
        client2_forget(client2, request, NGHTTP2_NO_ERROR); /* nobody reads the rest of our body */
    else
        nghttp2_session_set_stream_user_data(session, request->stream_id, NULL);
    request_finish(request, NULL);
}

static void client2_fail_request(struct client2 *client2, struct http_request *request, enum error_code code,
                                 const char *what)
{
    struct error err;
    error_set(&err, code, "%s: %s", stream_peer(client2->connection->stream), what);
    request_finish(request, &err);
}

/* A block of headers is whole: 1xx, the response's, or trailers. False: the request is gone. */
static bool client2_headers(struct client2 *client2, struct http_request *request)
{
    if (request->block.overflow || request->trailer_block.overflow) {
        client2_forget(client2, request, NGHTTP2_ENHANCE_YOUR_CALM);
        client2_fail_request(client2, request, ERROR_LIMIT, "the response's headers are too large");
        return false;
    }
    if (request->response_told)
        return true;
    if (request->status < 200) {
        request->block = (struct http_block){ .arena = &request->arena };
        return true;
    }
    return request_response(request);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct client2 *client2 = context;
    struct client_connection *connection = client2->connection;
    if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        client2->settings_came = true;
        client_dispatch_later(connection->client);
    }
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        connection->retired = true;
        client_dispatch_later(connection->client);
    }
    struct http_request *request =
        header_belongs(frame) || frame->hd.type == NGHTTP2_DATA ? request_of(client2, frame->hd.stream_id) : NULL;
    if (request == NULL)
        return 0;
    if (header_belongs(frame) && !client2_headers(client2, request))
        return connection->closed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    request = connection->closed ? NULL : nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (request != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        client2_response_end(client2, request);
    return connection->closed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data, size_t size,
                   void *context)
{
    (void)flags;
    struct client2 *client2 = context;
    struct http_request *request = request_of(client2, stream_id);
    if (request == NULL || !request->body_stopped) {
        nghttp2_session_consume(session, stream_id, size);
    } else {
        request->held_window += size; /* other streams of the connection must not starve for it */
        nghttp2_session_consume_connection(session, size);
    }
    if (request != NULL)
        request_body(request, (struct str){ (const char *)data, size });
    return client2->connection->closed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *context)
{
    struct client2 *client2 = context;
    struct http_request *request = request_of(client2, stream_id);
    if (request == NULL)
        return 0;
    nghttp2_session_set_stream_user_data(session, stream_id, NULL);
    if (code == NGHTTP2_REFUSED_STREAM && request_may_retry(request))
        request_retry(request); /* the server promises that it has done nothing */
    else if (code == NGHTTP2_REFUSED_STREAM)
        client2_fail_request(client2, request, ERROR_UNAVAILABLE, "the server refused the request");
    else
        client2_fail_request(client2, request, ERROR_CLOSED, nghttp2_http2_strerror(code));
    return client2->connection->closed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void client2_read(struct client_connection *connection, struct str bytes)
{
    struct client2 *client2 = client2_of(connection);
    if (bytes.size == 0) {
        client2_close(client2, ERROR_CLOSED, "connection closed by the server");
        return;
    }
    client2->last_read = loop_monotonic(connection->loop);
    client2->pinged = false;
    client2->receiving = true;
    ssize_t size = nghttp2_session_mem_recv(client2->session, (const uint8_t *)bytes.data, bytes.size);
    client2->receiving = false;
    if (connection->closed)
        return;
    if (size < 0)
        client2_close(client2, ERROR_PROTOCOL, nghttp2_strerror((int)size));
    else
        client2_flush(client2);
}

/* ---------------------------------------------------------------- requests */

static bool may_send(struct str name)
{
    static const char *const names[] = { "connection", "host",    "transfer-encoding",
                                         "keep-alive", "upgrade", "proxy-connection" };
    for (size_t i = 0; i < countof(names); i++)
        if (str_is(name, names[i]))
            return false;
    return true;
}

static void client2_submit(struct http_request *request)
{
    struct client_connection *connection = request->connection;
    struct client2 *client2 = client2_of(connection);
    struct http_client *client = connection->client;
    struct str host = http_header(&request->headers, "host");
    nghttp2_nv values[REQUEST_HEADERS + 5];
    size_t count = 0;
    values[count++] = session2_header(STR(":method"), request->method);
    values[count++] = session2_header(STR(":scheme"), client->target.tls != NULL ? STR("https") : STR("http"));
    values[count++] = session2_header(STR(":authority"), host.data != NULL ? host : str_of(client->authority));
    values[count++] = session2_header(STR(":path"), request->path);
    for (size_t i = 0; i < request->headers.count && i < REQUEST_HEADERS; i++)
        if (may_send(request->headers.items[i].name))
            values[count++] = session2_header(request->headers.items[i].name, request->headers.items[i].value);
    auto_buffer struct buffer length = { 0 };
    if (request->body != NULL && http_header(&request->headers, "content-length").data == NULL) {
        buffer_append_uint64(&length, request->body->size);
        values[count++] = session2_header(STR("content-length"), buffer_str(&length));
    }
    bool carries = request->output.size > 0 || !request->output_ended;
    nghttp2_data_provider body = { .read_callback = on_source };
    request->stream_id = nghttp2_submit_request(client2->session, NULL, values, count, carries ? &body : NULL, request);
    if (request->stream_id < 0) { /* the numbers are used up: once in 2^30 requests */
        connection->retired = true;
        request_retry(request);
        return;
    }
    if (!loop_timer_running(&client2->health_timer)) {
        client2->last_read = loop_monotonic(connection->loop);
        client2->pinged = false;
        loop_timer_start(connection->loop, &client2->health_timer, PING_AFTER);
    }
    client2_flush_later(client2);
}

static void client2_output(struct http_request *request)
{
    struct client2 *client2 = client2_of(request->connection);
    nghttp2_session_resume_data(client2->session, request->stream_id);
    client2_flush_later(client2);
}

static void client2_cancel(struct http_request *request)
{
    client2_forget(client2_of(request->connection), request, NGHTTP2_CANCEL);
}

static void client2_body_flow(struct http_request *request)
{
    struct client2 *client2 = client2_of(request->connection);
    if (request->body_stopped)
        return;
    if (request->held_window > 0)
        nghttp2_session_consume_stream(client2->session, request->stream_id, request->held_window);
    request->held_window = 0;
    client2_flush_later(client2);
}

static bool client2_has_room(const struct client_connection *connection)
{
    struct client2 *client2 = client2_of(connection);
    uint32_t max = STREAMS_ASSUMED;
    if (client2->settings_came)
        max = nghttp2_session_get_remote_settings(client2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return connection->request_count < max;
}

static void client2_start(struct client_connection *connection)
{
    struct client2 *client2 = memory_new(struct client2);
    client2->connection = connection;
    client2->flush_task.callback = client2_run_flush;
    client2->health_timer.callback = client2_check_health;
    connection->state = client2;

    const struct session2_options options = {
        .stream_window = STREAM_WINDOW,
        .connection_window = CONNECTION_WINDOW,
        .header_bytes = connection->client->limits.header_bytes,
        .send = on_send,
        .send_data = on_send_data,
        .header = on_header,
        .frame = on_frame,
        .data = on_data,
        .stream_close = on_stream_close,
    };
    client2->session = session2_create(&options, client2);
    client2_flush_later(client2);
}

static void client2_destroy(struct client_connection *connection)
{
    struct client2 *client2 = client2_of(connection);
    loop_cancel(connection->loop, &client2->flush_task);
    loop_timer_stop(&client2->health_timer);
    nghttp2_session_del(client2->session);
    free(client2);
}

const struct client_protocol client_protocol2 = {
    .start = client2_start,
    .read = client2_read,
    .drained = client2_drained,
    .has_room = client2_has_room,
    .submit = client2_submit,
    .output = client2_output,
    .cancel = client2_cancel,
    .body_flow = client2_body_flow,
    .destroy = client2_destroy,
};
