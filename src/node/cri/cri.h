/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cri.h - the contract with a container runtime: CRI v1, one message in, one message out.
 *
 * Messages are the structs of generated/cri.h, methods its cri_rpc_* rows. Two drivers: grpc
 * (cri_grpc.h: containerd, CRI-O or our own runtime on a unix socket) and fake (cri_fake.h: in
 * memory, for tests and for the simulator's hollow kubelets). Everything belongs to the loop the
 * runtime was made on; done() and the events never come from inside the call that caused them. */
#ifndef NODE_CRI_CRI_H
#define NODE_CRI_CRI_H

#include "api/schema.h"
#include "base/error.h"
#include "loop/loop.h"

struct cri;

/* Embedded by whoever calls; busy from cri_call_start() until done() or the cancel. */
struct cri_call {
    /* 'response' is the method's response struct, borrowed, NULL when rc is not 0. A gRPC status becomes the code that
     * fits it; the text is as upstream prints it, "rpc error: code = NotFound desc = ...". */
    void (*done)(struct cri_call *call, int rc, const void *response, const struct error *err);
    struct cri *cri;   /* private; NULL while idle */
    void *driver_call; /* private */
};

/* 'request' is only read during the call. timeout 0: none. Fails through done() only. */
void cri_call_start(struct cri *cri, struct cri_call *call, const struct api_rpc *rpc, const void *request,
                    usec_t timeout);
void cri_call_cancel(struct cri_call *call); /* done() will not come; the runtime may still act. Fine when idle */
bool cri_call_busy(const struct cri_call *call);

/* A server stream: GetContainerEvents. */
struct cri_stream_events {
    void (*message)(void *context, const void *response); /* borrowed */
    void (*ended)(void *context, int rc,
                  const struct error *err); /* once; -ERROR_UNSUPPORTED: the runtime has no such stream */
};

struct cri_stream;
struct cri_stream *cri_stream_open(struct cri *cri, const struct api_rpc *rpc, const void *request,
                                   const struct cri_stream_events *events, void *context);
void cri_stream_close(struct cri_stream *stream); /* also after ended(); NULL is fine */

struct loop *cri_loop(struct cri *cri);
void cri_destroy(struct cri *cri); /* no call may be busy, no stream open; NULL is fine */

/* --- what a driver is --- */

struct cri_driver {
    const char *name;
    void (*call_start)(struct cri *cri, struct cri_call *call, const struct api_rpc *rpc, const void *request,
                       usec_t timeout);
    void (*call_cancel)(struct cri *cri, struct cri_call *call);
    struct cri_stream *(*stream_open)(struct cri *cri, const struct api_rpc *rpc, const void *request,
                                      const struct cri_stream_events *events, void *context);
    void (*stream_close)(struct cri_stream *stream);
    void (*destroy)(struct cri *cri);
};

/* Embedded first in the driver's own struct. */
struct cri {
    const struct cri_driver *driver;
    struct loop *loop;
};

struct cri_stream {
    struct cri *cri; /* embedded first in the driver's own struct */
};

/* For drivers: ends the call, idle before done() runs, so that done() may start the next one. */
void cri_call_finish(struct cri_call *call, int rc, const void *response, const struct error *err);

#endif
