/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* streaming.h - one exec, attach or port-forward under way, between a client and the runtime's streaming server.
 *
 * The runtime answers Exec, Attach and PortForward with a URL where it speaks SPDY. Clients come with SPDY too (the two
 * connections are joined), with SPDY tunnelled through a WebSocket (port-forward: joined as well), or with a WebSocket
 * whose channels become SPDY streams:
 *
 *   WebSocket message: channel byte, data        SPDY stream, by its "streamtype" header
 *   0 stdin   1 stdout   2 stderr                stdin, stdout, stderr
 *   3 status  4 terminal size  255 (v5) close    error, resize, half close
 *   2n data, 2n+1 error, of the n-th port        data, error, with the port in a header
 *
 * The last is the port-forward of v4.channel.k8s.io, whose channels begin with their port, two bytes, low one first. */
#ifndef NODE_KUBELET_SERVER_STREAMING_H
#define NODE_KUBELET_SERVER_STREAMING_H

#include "net/spdy.h"
#include "net/websocket.h"
#include "node/kubelet/server/internal.h"

enum streaming_kind { STREAMING_EXEC, STREAMING_ATTACH, STREAMING_PORT_FORWARD };

enum { CHANNEL_STDIN, CHANNEL_STDOUT, CHANNEL_STDERR, CHANNEL_ERROR, CHANNEL_RESIZE, CHANNELS, CHANNEL_CLOSE = 255 };

enum { STREAMING_PORTS_MAX = 32, STREAMING_CHANNELS_MAX = 2 * STREAMING_PORTS_MAX };

struct streaming;

/* One channel of a WebSocket session. */
struct channel {
    struct streaming *session;
    uint8_t number;
    bool input, output;         /* what the client sends, what the runtime does */
    struct spdy_stream *stream; /* NULL: not asked for, or over */
};

struct streaming {
    struct list_node node; /* in server.sessions */
    struct kubelet_server *server;
    struct http_exchange *exchange; /* NULL once it was upgraded or answered */
    enum streaming_kind kind;
    bool wanted[CHANNELS];
    uint16_t ports[STREAMING_PORTS_MAX]; /* of a port-forward */
    size_t n_ports;
    bool websocket, tunnel, v5;
    struct cri_call call;
    struct http_client *client;
    struct http_request *request;
    struct loop_task cleanup; /* a client cannot be destroyed from its own callbacks */
    bool over;
    /* joined */
    struct stream *ends[2]; /* the client's, the runtime's */
    bool ended[2];
    /* translated */
    struct websocket *socket;
    struct spdy_session *spdy;
    struct channel channels[STREAMING_CHANNELS_MAX];
};

/* Both ends belong to the session now. */
void streaming_join(struct streaming *session, struct stream *client, struct stream *runtime);
/* Channels to streams, until one side ends. */
void streaming_translate(struct streaming *session, struct websocket *socket, struct stream *runtime);
/* The same for the channels of session->ports. */
void streaming_forward(struct streaming *session, struct websocket *socket, struct stream *runtime);

void streaming_end(struct streaming *session); /* closes everything; freed on the next turn */

#endif
