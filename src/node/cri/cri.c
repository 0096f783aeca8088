/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/cri/cri.h"

void cri_call_start(struct cri *cri, struct cri_call *call, const struct api_rpc *rpc, const void *request,
                    usec_t timeout)
{
    call->cri = cri;
    call->driver_call = NULL;
    cri->driver->call_start(cri, call, rpc, request, timeout);
}

void cri_call_cancel(struct cri_call *call)
{
    if (call->cri == NULL)
        return;
    call->cri->driver->call_cancel(call->cri, call);
    call->cri = NULL;
    call->driver_call = NULL;
}

bool cri_call_busy(const struct cri_call *call)
{
    return call->cri != NULL;
}

void cri_call_finish(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    call->cri = NULL;
    call->driver_call = NULL;
    call->done(call, rc, rc == 0 ? response : NULL, err);
}

struct cri_stream *cri_stream_open(struct cri *cri, const struct api_rpc *rpc, const void *request,
                                   const struct cri_stream_events *events, void *context)
{
    return cri->driver->stream_open(cri, rpc, request, events, context);
}

void cri_stream_close(struct cri_stream *stream)
{
    if (stream != NULL)
        stream->cri->driver->stream_close(stream);
}

struct loop *cri_loop(struct cri *cri)
{
    return cri->loop;
}

void cri_destroy(struct cri *cri)
{
    if (cri != NULL)
        cri->driver->destroy(cri);
}
