/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* tls.c - TLS over any stream.
 *
 * Records come from the inner stream's read callback, borrowed, and are decrypted straight out of it; plain bytes are
 * collected into records of up to 16 KiB, whose encrypted form goes to the kernel several at a time. When the reader has stopped,
 * the inner stream is stopped too, and what came meanwhile (one read at most) waits in 'pending'. */
#include "net/stream/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/memory.h"
#include "crypto/tls.h"
#include "net/stream/address.h"
#include "net/stream/driver.h"

#define TLS_RECORD         ((size_t)16384)    /* the most a record may carry */
#define TLS_WIRE           ((size_t)64 << 10) /* encrypted records that are sent in one go */
#define TLS_PENDING_MAX    ((size_t)1 << 20)
#define TLS_HANDSHAKE_TIME (10 * USEC_PER_SEC)

struct tls_stream {
    struct stream base;
    struct stream *inner;
    SSL *session;
    struct tls_context *tls;
    struct str input;      /* borrowed from the inner stream while its callback runs, or 'pending' */
    struct buffer pending; /* records nobody wanted yet */
    char *wire;            /* where records are collected while tls_flush() runs, room for TLS_WIRE; else NULL */
    size_t wire_size;
    struct loop_task pump_task;
    struct tls_handshake *handshake; /* NULL: done */
    bool inner_ended;
    bool broken; /* OpenSSL reported a fatal error: it must not be used any more, its alert goes out */
    char alpn[16];
};

struct tls_handshake {
    struct tls_stream *stream;
    struct loop_timer timer;
    void (*done)(void *context, struct stream *stream, const struct error *err);
    void *context;
};

static struct tls_stream *tls_stream_of(struct stream *stream)
{
    return container_of(stream, struct tls_stream, base);
}

static ssize_t tls_io_read(void *context, char *buffer, size_t size)
{
    struct tls_stream *tls = context;
    if (size > tls->input.size)
        size = tls->input.size;
    if (size > 0)
        memcpy(buffer, tls->input.data, size);
    tls->input = str_skip(tls->input, size);
    return (ssize_t)size;
}

static void tls_send_wire(struct tls_stream *tls)
{
    stream_write_now(tls->inner, (struct str){ tls->wire, tls->wire_size });
    tls->wire_size = 0;
}

static void tls_io_write(void *context, struct str record)
{
    struct tls_stream *tls = context;
    if (tls->wire != NULL && tls->wire_size + record.size > TLS_WIRE)
        tls_send_wire(tls);
    if (tls->wire == NULL || record.size > TLS_WIRE) {
        stream_write(tls->inner, record);
        return;
    }
    memcpy(tls->wire + tls->wire_size, record.data, record.size);
    tls->wire_size += record.size;
}

static const struct tls_io tls_io = { .read = tls_io_read, .write = tls_io_write };

static void handshake_report(struct tls_handshake *handshake, const struct error *err)
{
    struct tls_stream *tls = handshake->stream;
    tls->handshake = NULL;
    loop_timer_stop(&handshake->timer);
    void (*done)(void *context, struct stream *stream, const struct error *err) = handshake->done;
    void *context = handshake->context;
#ifndef __clang_analyzer__ /* takes done() for one that sets tls->handshake to what is freed here */
    free(handshake);
#endif
    if (err != NULL)
        stream_close(&tls->base, false);
    else if (!tls->base.reading)
        stream_read_stop(tls->inner);
    done(context, err == NULL ? &tls->base : NULL, err);
}

static void tls_fail(struct tls_stream *tls, const struct error *err)
{
    if (tls->handshake != NULL)
        handshake_report(tls->handshake, err);
    else
        stream_fail(&tls->base, err);
}

static void tls_break(struct tls_stream *tls, const char *what)
{
    struct error err;
    char where[ADDRESS_TEXT_SIZE + 32];
    snprintf(where, sizeof(where), "%s %s", what, stream_peer(&tls->base));
    tls->broken = true;
    tls_error(tls->session, &err, where);
    tls_fail(tls, &err);
}

static void tls_shake(struct tls_stream *tls)
{
    int rc = SSL_do_handshake(tls->session);
    if (rc != 1) {
        int reason = SSL_get_error(tls->session, rc);
        if (reason != SSL_ERROR_WANT_READ)
            tls_break(tls, "TLS handshake with");
        return;
    }
    const unsigned char *name;
    unsigned int size;
    SSL_get0_alpn_selected(tls->session, &name, &size);
    if (size > 0 && size < sizeof(tls->alpn))
        memcpy(tls->alpn, name, size);
    handshake_report(tls->handshake, NULL);
}

/* False when the input is used up or over. */
static bool tls_read_once(struct tls_stream *tls)
{
    char plain[TLS_RECORD];
    int size = SSL_read(tls->session, plain, sizeof(plain));
    if (size > 0) {
        stream_deliver(&tls->base, (struct str){ plain, (size_t)size });
        return true;
    }
    int reason = SSL_get_error(tls->session, size);
    if (reason == SSL_ERROR_ZERO_RETURN)
        stream_deliver_end(&tls->base);
    else if (reason != SSL_ERROR_WANT_READ)
        tls_break(tls, "read from");
    return false;
}

static bool tls_may_read(const struct tls_stream *tls)
{
    return tls->base.reading && !tls->base.closed && !tls->base.failed && !tls->base.read_ended && !tls->broken;
}

/* Uses up tls->input as far as the reader wants it. */
static void tls_pump(struct tls_stream *tls)
{
    ERR_clear_error();
    if (tls->handshake != NULL)
        tls_shake(tls);
    while (tls->handshake == NULL && tls_may_read(tls) && tls_read_once(tls))
        ;
    if (tls->inner_ended && tls->handshake != NULL && !tls->base.closed) {
        struct error err;
        error_set(&err, ERROR_CLOSED, "TLS handshake with %s: connection closed by the peer", stream_peer(&tls->base));
        tls_fail(tls, &err);
    } else if (tls->inner_ended && tls_may_read(tls)) {
        stream_deliver_end(&tls->base); /* without close_notify, as many do; HTTP knows where messages end */
    }
    if (!tls->base.closed)
        stream_flush(tls->inner); /* handshake messages, alerts, key updates */
}

static void tls_pump_pending(struct tls_stream *tls)
{
    tls->input = buffer_str(&tls->pending);
    stream_pin(&tls->base);
    tls_pump(tls);
    buffer_consume(&tls->pending, tls->pending.size - tls->input.size);
    tls->input = (struct str){ 0 };
    stream_unpin(&tls->base);
}

static void tls_run_pump(struct loop_task *task)
{
    tls_pump_pending(container_of(task, struct tls_stream, pump_task));
}

static void tls_inner_read(void *context, struct str bytes)
{
    struct tls_stream *tls = context;
    if (bytes.size == 0)
        tls->inner_ended = true;
    if (tls->pending.size > 0 || bytes.size == 0 || (tls->handshake == NULL && !tls_may_read(tls))) {
        buffer_append_str(&tls->pending, bytes);
        if (buffer_failed(&tls->pending)) {
            struct error err;
            error_set(&err, ERROR_LIMIT, "read from %s: too much came unasked", stream_peer(&tls->base));
            tls_fail(tls, &err);
            return;
        }
        tls_pump_pending(tls);
        return;
    }
    stream_pin(&tls->base);
    tls->input = bytes;
    tls_pump(tls);
    buffer_append_str(&tls->pending, tls->input);
    tls->input = (struct str){ 0 };
    stream_unpin(&tls->base);
}

static void tls_inner_drained(void *context)
{
    struct tls_stream *tls = context;
    stream_flush(&tls->base);
}

static void tls_inner_failed(void *context, const struct error *err)
{
    struct tls_stream *tls = context;
    stream_pin(&tls->base);
    tls_fail(tls, err);
    stream_unpin(&tls->base);
}

static const struct stream_events tls_inner_events = {
    .read = tls_inner_read,
    .drained = tls_inner_drained,
    .failed = tls_inner_failed,
};

static void tls_want_read(struct stream *stream)
{
    struct tls_stream *tls = tls_stream_of(stream);
    if (!stream->reading || stream->failed) {
        if (tls->handshake == NULL)
            stream_read_stop(tls->inner);
        return;
    }
    if (tls->pending.size > 0 || tls->inner_ended || SSL_has_pending(tls->session))
        loop_defer(stream->loop, &tls->pump_task);
    stream_read_start(tls->inner);
}

/* One record from the front of the queue; a single large slice needs no gathering. */
static int tls_write_record(struct tls_stream *tls)
{
    struct bytes_queue *queue = &tls->base.queue;
    struct str front = bytes_queue_front(queue);
    if (front.size >= TLS_RECORD || queue->count == 1)
        return SSL_write(tls->session, front.data, (int)(front.size < TLS_RECORD ? front.size : TLS_RECORD));
    char gathered[TLS_RECORD];
    size_t size = bytes_queue_copy(queue, gathered, sizeof(gathered));
    return SSL_write(tls->session, gathered, (int)size);
}

/* As many as the inner stream takes. False: OpenSSL has failed. */
static bool tls_write_records(struct tls_stream *tls)
{
    struct bytes_queue *queue = &tls->base.queue;
    char wire[TLS_WIRE];
    int size = 1;
    tls->wire = wire;
    while (size > 0 && queue->size > 0 && stream_queued(tls->inner) <= STREAM_HIGH_MARK) {
        size = tls_write_record(tls);
        if (size > 0)
            bytes_queue_consume(queue, (size_t)size);
    }
    tls_send_wire(tls);
    tls->wire = NULL;
    return size > 0;
}

static void tls_flush(struct stream *stream)
{
    struct tls_stream *tls = tls_stream_of(stream);
    if (tls->handshake != NULL || tls->broken)
        return;
    ERR_clear_error();
    if (!tls_write_records(tls)) {
        tls_break(tls, "write to");
        return;
    }
    if (stream->queue.size == 0 && stream->end_wanted && !stream->end_sent) {
        stream->end_sent = true;
        SSL_shutdown(tls->session);
        ERR_clear_error();
        stream_write_end(tls->inner);
    }
    stream_flush(tls->inner);
    stream_sent(stream);
}

static void tls_destroy(struct stream *stream)
{
    struct tls_stream *tls = tls_stream_of(stream);
    loop_cancel(stream->loop, &tls->pump_task);
    if (tls->inner != NULL)
        stream_close(tls->inner, stream->closing || tls->broken);
    SSL_free(tls->session);
    tls_context_unref(tls->tls);
    buffer_fini(&tls->pending);
    stream_fini(stream);
#ifndef __clang_analyzer__ /* it does not follow the pins */
    free(tls);
#endif
}

static X509 *tls_peer_certificate(const struct stream *stream)
{
    return SSL_get0_peer_certificate(container_of(stream, const struct tls_stream, base)->session);
}

static bool tls_stream_verified(const struct stream *stream)
{
    return tls_peer_verified(container_of(stream, const struct tls_stream, base)->session);
}

static const char *tls_alpn(const struct stream *stream)
{
    return container_of(stream, const struct tls_stream, base)->alpn;
}

static const struct stream_driver tls_driver = {
    .name = "tls",
    .want_read = tls_want_read,
    .flush = tls_flush,
    .destroy = tls_destroy,
    .peer_certificate = tls_peer_certificate,
    .peer_verified = tls_stream_verified,
    .alpn = tls_alpn,
};

static void handshake_timeout(struct loop_timer *timer)
{
    struct tls_handshake *handshake = container_of(timer, struct tls_handshake, timer);
    struct error err;
    error_set(&err, ERROR_TIMEOUT, "TLS handshake with %s: no answer in time", stream_peer(&handshake->stream->base));
    handshake_report(handshake, &err);
}

/* In place of the first pump when there is no session to pump with. */
static void tls_run_broken(struct loop_task *task)
{
    struct tls_stream *tls = container_of(task, struct tls_stream, pump_task);
    struct error err = *tls->base.failure;
    handshake_report(tls->handshake, &err);
}

struct tls_handshake *tls_handshake_start(struct stream *inner, const struct tls_handshake_options *options,
                                          void (*done)(void *context, struct stream *stream, const struct error *err),
                                          void *context)
{
    struct tls_stream *tls = memory_new(struct tls_stream);
    struct loop *loop = stream_loop(inner);
    stream_init(&tls->base, &tls_driver, loop, stream_peer(inner));
    tls->inner = inner;
    tls->tls = tls_context_ref(options->tls);
    tls->pump_task.callback = tls_run_pump;
    buffer_init(&tls->pending, TLS_PENDING_MAX);

    struct tls_handshake *handshake = memory_new(struct tls_handshake);
    handshake->stream = tls;
    handshake->done = done;
    handshake->context = context;
    handshake->timer.callback = handshake_timeout;
    tls->handshake = handshake;
    loop_timer_start(loop, &handshake->timer, options->timeout > 0 ? options->timeout : TLS_HANDSHAKE_TIME);

    struct error err;
    if (tls_session_create(options->tls, options->server_name, options->alpn, &tls_io, tls, &tls->session, &err) < 0) {
        tls->base.failure = memory_copy(&err, sizeof(err));
        tls->pump_task.callback = tls_run_broken;
    } else {
        stream_set_events(inner, &tls_inner_events, tls);
        stream_read_start(inner);
    }
    loop_defer(loop, &tls->pump_task);
    return handshake;
}

void tls_handshake_cancel(struct tls_handshake *handshake)
{
    if (handshake == NULL)
        return;
    struct tls_stream *tls = handshake->stream;
    tls->handshake = NULL;
    loop_timer_stop(&handshake->timer);
    free(handshake);
    stream_close(&tls->base, false);
}
