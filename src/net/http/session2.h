/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* session2.h - the nghttp2 session that both sides of HTTP/2 have; for files of net/http/ only.
 *
 * Streams' bytes stay in a queue of whoever writes them until flow control lets them go; then slices move to the
 * connection's queue without a copy. Windows are opened by us, as readers take what came. */
#ifndef NET_HTTP_SESSION2_H
#define NET_HTTP_SESSION2_H

#include <nghttp2/nghttp2.h>

#include "base/str.h"
#include "net/stream/driver.h"

struct session2_options {
    bool server;
    int32_t stream_window, connection_window; /* bytes */
    size_t header_bytes;                      /* of one message */
    uint32_t streams;                         /* servers: at a time */
    nghttp2_send_callback send;
    nghttp2_send_data_callback send_data;
    nghttp2_on_frame_send_callback frame_sent;       /* may be NULL */
    nghttp2_on_begin_headers_callback begin_headers; /* may be NULL */
    nghttp2_on_header_callback header;
    nghttp2_on_frame_recv_callback frame;
    nghttp2_on_data_chunk_recv_callback data;
    nghttp2_on_stream_close_callback stream_close;
};

/* With its settings submitted. 'context' is what the callbacks get. */
nghttp2_session *session2_create(const struct session2_options *options, void *context);

nghttp2_nv session2_header(struct str name, struct str value); /* borrows both */

/* What callbacks of ours do: a frame to the stream; a piece of a body, with its frame's header, from a queue to the
 * stream; and how much of a queue of 'queued' bytes goes into the next frame. They answer as nghttp2 wants it. */
ssize_t session2_send(struct stream *stream, const uint8_t *data, size_t size);
int session2_send_data(struct stream *stream, const uint8_t *header, struct bytes_queue *queue, size_t size);
ssize_t session2_source(size_t queued, bool ended, size_t room, uint32_t *flags);

#endif
