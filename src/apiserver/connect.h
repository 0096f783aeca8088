/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* connect.h - streams that end at a kubelet or a workload: log, exec, attach, portforward, proxy. */
#ifndef APISERVER_CONNECT_H
#define APISERVER_CONNECT_H

#include "apiserver/request.h"

/* Where the request goes on to. Strings live in the request's arena. */
struct connect_target {
    const char *address;     /* "tcp:HOST:PORT" */
    int network_namespace;   /* 0: our own */
    struct tls_context *tls; /* NULL: plain */
    const char *server_name; /* NULL: no name is verified beyond the CA */
    const char *path;        /* with the query */
    const char *authority;   /* Host header */
    const char *peer;        /* for messages: "node n1", "pod default/web" */
    const char *
        prepend; /* of a proxy: the path that its links need before them, "/api/v1/namespaces/..../proxy"; NULL: they stay */
    const char *redirect;  /* instead of all that: the answer is 301 with this Location; NULL: none */
    bool status_of_text;   /* an answer that is no success is told as a Status of its text (logs) */
    bool drop_credentials; /* the client's Authorization goes no further (always, but for plain proxies too) */
};

#endif
