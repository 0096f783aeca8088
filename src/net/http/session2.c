/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "net/http/session2.h"

#include <stdlib.h>

#define FRAME_HEADER 9

static void set_callbacks(nghttp2_session_callbacks *callbacks, const struct session2_options *options)
{
    nghttp2_session_callbacks_set_send_callback(callbacks, options->send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, options->send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, options->frame_sent);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, options->begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, options->header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, options->frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, options->data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, options->stream_close);
}

nghttp2_session *session2_create(const struct session2_options *options, void *context)
{
    nghttp2_session *session = NULL;
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        abort(); /* only out of memory, as in memory.h */
    set_callbacks(callbacks, options);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    int rc = options->server ? nghttp2_session_server_new2(&session, callbacks, context, option)
                             : nghttp2_session_client_new2(&session, callbacks, context, option);
    if (rc != 0)
        abort();
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);

    nghttp2_settings_entry streams = { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options->streams };
    nghttp2_settings_entry no_push = { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 };
    nghttp2_settings_entry settings[] = {
        options->server ? streams : no_push,
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)options->stream_window },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)options->header_bytes },
    };
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(settings[0]));
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, options->connection_window);
    return session;
}

nghttp2_nv session2_header(struct str name, struct str value)
{
    return (nghttp2_nv){ (uint8_t *)name.data, (uint8_t *)value.data, name.size, value.size, NGHTTP2_NV_FLAG_NONE };
}

ssize_t session2_send(struct stream *stream, const uint8_t *data, size_t size)
{
    if (stream_queued(stream) > STREAM_HIGH_MARK)
        return NGHTTP2_ERR_WOULDBLOCK; /* drained() goes on */
    stream_write(stream, (struct str){ (const char *)data, size });
    return (ssize_t)size;
}

int session2_send_data(struct stream *stream, const uint8_t *header, struct bytes_queue *queue, size_t size)
{
    if (stream_queued(stream) > STREAM_HIGH_MARK)
        return NGHTTP2_ERR_WOULDBLOCK;
    stream_write(stream, (struct str){ (const char *)header, FRAME_HEADER });
    stream_write_from(stream, queue, size);
    return 0;
}

ssize_t session2_source(size_t queued, bool ended, size_t room, uint32_t *flags)
{
    size_t size = queued < room ? queued : room;
    if (size == 0 && !ended)
        return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (ended && size == queued)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}
