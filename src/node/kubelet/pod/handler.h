/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* handler.h - one try of a probe or a lifecycle hook: exec, HTTP, TCP, gRPC or sleep, against one container. */
#ifndef NODE_KUBELET_POD_HANDLER_H
#define NODE_KUBELET_POD_HANDLER_H

#include "generated/core_v1.h"
#include "node/cri/cri.h"
#include "node/kubelet/pod/plan.h"

/* What to try; one member is set. Borrowed during handler_start() only. */
struct handler_spec {
    const struct api_exec_action *exec;
    const struct api_http_get_action *http_get;
    const struct api_tcp_socket_action *tcp_socket;
    const struct api_grpc_action *grpc;
    const struct api_sleep_action *sleep;
    bool hook; /* of a container's lifecycle: any HTTP answer will do */
};

struct handler_target {
    struct cri *cri;
    const struct api_container *container; /* names its ports */
    const char *container_id;
    const char *pod_ip;
};

struct handler; /* in progress; gone when done() is called or after the cancel */

/* 'message' says what failed, as upstream's events do: "HTTP probe failed with statuscode: 503"; with a success it is a warning,
 * or empty. Borrowed. */
struct handler *handler_start(const struct handler_spec *spec, const struct handler_target *target, usec_t timeout,
                              void (*done)(void *context, enum probe_result result, const char *message),
                              void *context);
void handler_cancel(struct handler *handler); /* NULL is fine */

struct handler_spec handler_of_probe(const struct api_probe *probe);
struct handler_spec handler_of_hook(const struct api_lifecycle_handler *hook);

/* A number, or the name of one of the container's ports; 0: there is none such. */
int32_t handler_port(const struct api_container *container, const struct int_or_string *port);

#endif
