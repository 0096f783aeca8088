/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* http_get.h - one GET of a probe or a lifecycle hook. Redirects within the host that was asked first are followed, at most ten
 * requests long; one to another host is the answer itself. Certificates are not verified, as upstream does not. */
#ifndef NODE_KUBELET_POD_HTTP_GET_H
#define NODE_KUBELET_POD_HTTP_GET_H

#include "generated/core_v1.h"
#include "loop/loop.h"
#include "node/kubelet/pod/location.h"

#define HTTP_GET_BODY_MAX 900 /* bytes of an answer that are kept: what fits into an event */

struct http_get_answer {
    int status;        /* 0: there was none */
    struct str body;   /* its beginning */
    const char *error; /* why there was no answer: "Get \"http://10.0.0.1:80/\": ..."; else NULL */
};

/* Alive until done() or the cancel; done() may cancel nothing of it any more. */
struct http_get;
struct http_get_options {
    const struct api_http_get_action *action; /* borrowed during the start: path and headers */
    struct location location;                 /* copied; the path is taken from the action */
    const char *agent;                        /* User-Agent, a literal */
    usec_t timeout;                           /* of all requests together */
};
struct http_get *http_get_start(struct loop *loop, const struct http_get_options *options,
                                void (*done)(void *context, const struct http_get_answer *answer), void *context);
void http_get_cancel(struct http_get *get); /* no done() after it; NULL is fine */

#endif
