/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/cri/cri_grpc.h"

#include <stdio.h>

#include "api/codec.h"
#include "base/memory.h"
#include "net/grpc.h"

#define REQUEST_MAX  ((size_t)16 << 20)
#define RESPONSE_MAX ((size_t)16 << 20) /* as upstream's kubelet accepts */

struct cri_grpc {
    struct cri base;
    struct grpc_channel *channel;
};

/* One call in flight, behind cri_call.driver_call. */
struct unary {
    struct cri_call *call;
    const struct api_rpc *rpc;
    struct grpc_call *grpc;
    struct loop_task failed; /* the request could not be encoded */
};

struct cri_grpc_stream {
    struct cri_stream base;
    const struct api_rpc *rpc;
    struct grpc_call *grpc;
    const struct cri_stream_events *events;
    void *context;
};

static struct cri_grpc *grpc_of(struct cri *cri)
{
    return container_of(cri, struct cri_grpc, base);
}

static void unary_done(void *context, const struct grpc_result *result, struct str response)
{
    struct unary *unary = context;
    struct cri_call *call = unary->call;
    const struct api_rpc *rpc = unary->rpc;
    free(unary);
    if (result->rc < 0) {
        cri_call_finish(call, result->rc, NULL, result->err);
        return;
    }
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    void *value = arena_zalloc(&arena, rpc->response->size);
    int rc = api_decode_protobuf(rpc->response, response, &arena, value, &err);
    cri_call_finish(call, rc, value, &err);
}

static void unary_failed(struct loop_task *task)
{
    struct unary *unary = container_of(task, struct unary, failed);
    struct cri_call *call = unary->call;
    struct error err = { 0 };
    int rc =
        error_set(&err, ERROR_TOO_LARGE, "%s: the request is larger than %zu bytes", unary->rpc->path, REQUEST_MAX);
    free(unary);
    cri_call_finish(call, rc, NULL, &err);
}

static void grpc_start(struct cri *cri, struct cri_call *call, const struct api_rpc *rpc, const void *request,
                       usec_t timeout)
{
    struct unary *unary = memory_new(struct unary);
    *unary = (struct unary){ .call = call, .rpc = rpc, .failed.callback = unary_failed };
    call->driver_call = unary;
    auto_buffer struct buffer bytes = { .max = REQUEST_MAX };
    api_encode_protobuf(rpc->request, request, &bytes);
    if (buffer_failed(&bytes)) {
        loop_defer(cri->loop, &unary->failed);
        return;
    }
    const struct grpc_call_options options = { .method = rpc->path, .timeout = timeout };
    unary->grpc = grpc_call_unary(grpc_of(cri)->channel, &options, buffer_str(&bytes), unary_done, unary);
}

static void grpc_cancel(struct cri *cri, struct cri_call *call)
{
    struct unary *unary = call->driver_call;
    loop_cancel(cri->loop, &unary->failed);
    grpc_call_cancel(unary->grpc);
    free(unary);
}

static void stream_message(void *context, struct str message)
{
    struct cri_grpc_stream *stream = context;
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    void *value = arena_zalloc(&arena, stream->rpc->response->size);
    if (api_decode_protobuf(stream->rpc->response, message, &arena, value, &err) == 0) {
        stream->events->message(stream->context, value);
        return;
    }
    grpc_call_cancel(take_pointer(&stream->grpc));
    stream->events->ended(stream->context, err.code, &err);
}

static void stream_done(void *context, const struct grpc_result *result)
{
    struct cri_grpc_stream *stream = context;
    stream->grpc = NULL;
    stream->events->ended(stream->context, result->rc, result->err);
}

static struct cri_stream *grpc_stream_open(struct cri *cri, const struct api_rpc *rpc, const void *request,
                                           const struct cri_stream_events *events, void *context)
{
    static const struct grpc_call_events grpc_events = { .message = stream_message, .done = stream_done };
    struct cri_grpc_stream *stream = memory_new(struct cri_grpc_stream);
    *stream = (struct cri_grpc_stream){ .base.cri = cri, .rpc = rpc, .events = events, .context = context };
    auto_buffer struct buffer bytes = { .max = REQUEST_MAX };
    api_encode_protobuf(rpc->request, request, &bytes);
    const struct grpc_call_options options = { .method = rpc->path };
    stream->grpc = grpc_call_start(grpc_of(cri)->channel, &options, &grpc_events, stream);
    grpc_call_write(stream->grpc, buffer_str(&bytes));
    grpc_call_end(stream->grpc);
    return &stream->base;
}

static void grpc_stream_close(struct cri_stream *base)
{
    struct cri_grpc_stream *stream = container_of(base, struct cri_grpc_stream, base);
    grpc_call_cancel(stream->grpc);
    free(stream);
}

static void grpc_destroy(struct cri *cri)
{
    grpc_channel_destroy(grpc_of(cri)->channel);
    free(grpc_of(cri));
}

static const struct cri_driver driver = {
    .name = "grpc",
    .call_start = grpc_start,
    .call_cancel = grpc_cancel,
    .stream_open = grpc_stream_open,
    .stream_close = grpc_stream_close,
    .destroy = grpc_destroy,
};

int cri_grpc_create(struct loop *loop, const char *endpoint, struct cri **ret_cri, struct error *err)
{
    const char *path = str_starts(str_of(endpoint), STR("unix://")) ? endpoint + 7 : endpoint;
    if (path[0] != '/')
        return error_set(err, ERROR_INVALID, "container runtime endpoint \"%s\" is not a unix socket", endpoint);
    char address[512];
    if ((size_t)snprintf(address, sizeof(address), "unix:%s", path) >= sizeof(address))
        return error_set(err, ERROR_LIMIT, "container runtime endpoint is too long");
    struct cri_grpc *cri = memory_new(struct cri_grpc);
    cri->base = (struct cri){ &driver, loop };
    const struct grpc_channel_options options = { .target.address = address, .message_max = RESPONSE_MAX };
    cri->channel = grpc_channel_create(loop, &options);
    *ret_cri = &cri->base;
    return 0;
}
