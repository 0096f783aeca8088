/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lanes.c - where connections come from, which lane each goes to, and how the lanes end.
 *
 * The server's loop listens and hands sockets over, because it knows best who is busy: a connection is its own while it has
 * no other that does anything, so that a lone client never waits for another thread; later ones go to the lane with the
 * fewest, where each connection of another lane is also a part of one of the server's own. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "apiserver/http/front.h"
#include "apiserver/http/handover.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"
#include "loop/loop_thread.h"

/* Of the time of a GET on another lane, the server's loop spends that part behind the front (2.7 of 10.2 us of a 1.5 KB pod
 * over TLS and HTTP/2). */
#define BEHIND_PART 4

struct http_door {
    struct http_front *front;
    size_t index;
};

struct http_front {
    struct api_server *server;
    struct http_lane *lanes; /* the first is the server's own loop */
    size_t n_lanes;
    struct listener **listeners;
    struct http_door *doors; /* of the listeners */
    size_t n_listeners;
    size_t draining; /* lanes that have not ended yet */
    bool drained;
    void (*done)(void *context);
    void *done_context;
};

/* A socket on its way to a lane. */
struct coming {
    struct loop_task task;
    struct http_lane *lane;
    size_t door;
    int fd;
};

/* ---------------------------------------------------------------- life */

static void lane_init(struct http_front *front, struct http_lane *lane, struct loop *loop, struct loop_thread *thread)
{
    lane->front = front;
    lane->server = front->server;
    lane->loop = loop;
    lane->thread = thread;
    list_init(&lane->passages);
    lane->passages_due.callback = watch_passages_flush;
    lane->http = http_server_create(loop, &http_front_handler, lane, &front->server->options.limits);
}

struct http_front *http_front_create(struct api_server *server)
{
    size_t most = server->options.serving_loops > 1 ? server->options.serving_loops : 1;
    struct http_front *front = memory_new(struct http_front);
    front->server = server;
    front->lanes = memory_zalloc(most * sizeof(*front->lanes));
    front->n_lanes = 1;
    lane_init(front, &front->lanes[0], server->loop, NULL);
    return front;
}

static void lane_accepted(void *context, struct stream *stream)
{
    struct http_lane *lane = context;
    http_server_serve(lane->http, stream);
}

/* ---------------------------------------------------------------- sockets to lanes */

/* Many sockets come at once, and are no connections before their handshakes are done. */
static size_t coming_connections(const struct http_lane *lane)
{
    size_t coming = atomic_load_explicit(&lane->coming, memory_order_relaxed);
    for (size_t i = 0; i < lane->front->n_listeners; i++)
        coming += acceptor_handshakes(lane->acceptors[i]);
    return coming;
}

static struct http_lane *idlest_lane(struct http_front *front)
{
    struct http_lane *idlest = &front->lanes[1];
    size_t least = SIZE_MAX, others = 0;
    for (size_t i = 1; i < front->n_lanes; i++) {
        size_t connections = http_server_connections(front->lanes[i].http) + coming_connections(&front->lanes[i]);
        others += connections;
        if (connections < least) {
            least = connections;
            idlest = &front->lanes[i];
        }
    }
    size_t own = http_server_busy_connections(front->lanes[0].http) + coming_connections(&front->lanes[0]);
    return own == 0 || own * BEHIND_PART + others <= least * BEHIND_PART ? &front->lanes[0] : idlest;
}

static void socket_arrives(struct loop_task *task)
{
    struct coming *coming = container_of(task, struct coming, task);
    struct http_lane *lane = coming->lane;
    if (lane->http == NULL)
        close(coming->fd); /* too late */
    else
        acceptor_take(lane->acceptors[coming->door], coming->fd);
    atomic_fetch_sub_explicit(&lane->coming, 1, memory_order_relaxed);
    free(coming);
}

static void door_take(void *context, int fd)
{
    const struct http_door *door = context;
    struct http_lane *lane = idlest_lane(door->front);
    if (lane->thread == NULL) {
        acceptor_take(lane->acceptors[door->index], fd);
        return;
    }
    struct coming *coming = memory_new(struct coming);
    coming->lane = lane;
    coming->door = door->index;
    coming->fd = fd;
    coming->task.callback = socket_arrives;
    atomic_fetch_add_explicit(&lane->coming, 1, memory_order_relaxed);
    loop_post(lane->loop, &coming->task);
}

/* ---------------------------------------------------------------- beginning */

static void open_acceptors(struct http_lane *lane)
{
    const struct api_server_options *options = &lane->server->options;
    lane->acceptors = memory_zalloc((options->n_listen + 1) * sizeof(struct acceptor *));
    for (size_t i = 0; i < options->n_listen; i++)
        lane->acceptors[i] =
            acceptor_create(lane->loop, options->listen[i].tls, options->listen[i].alpn, lane_accepted, lane);
}

static int start_lanes(struct http_front *front, struct error *err)
{
    struct api_server *server = front->server;
    for (size_t i = 1; i < server->options.serving_loops; i++) {
        struct loop_thread *thread;
        int rc = loop_thread_create(server->loop, "serving", &thread, err);
        if (rc < 0)
            return rc;
        lane_init(front, &front->lanes[front->n_lanes++], loop_thread_loop(thread), thread);
    }
    for (size_t i = 0; front->n_lanes > 1 && i < front->n_lanes; i++)
        open_acceptors(&front->lanes[i]);
    for (size_t i = 0; front->n_lanes > 1 && i < front->n_listeners; i++)
        listener_hand_over(front->listeners[i], door_take, &front->doors[i]);
    return 0;
}

int http_front_listen(struct http_front *front, struct error *err)
{
    const struct api_server_options *options = &front->server->options;
    front->listeners = memory_zalloc((options->n_listen + 1) * sizeof(struct listener *));
    front->doors = memory_zalloc((options->n_listen + 1) * sizeof(struct http_door));
    for (size_t i = 0; i < options->n_listen; i++) {
        front->doors[i] = (struct http_door){ front, i };
        int rc = listener_open(front->server->loop, &options->listen[i], lane_accepted, &front->lanes[0],
                               &front->listeners[i], err);
        if (rc < 0)
            return rc;
        front->n_listeners++;
    }
    return front->n_listeners == 0 ? 0 : start_lanes(front, err);
}

void http_front_serve(struct http_front *front, struct stream *stream)
{
    http_server_serve(front->lanes[0].http, stream);
}

size_t http_front_connections(const struct http_front *front, size_t lane)
{
    bool there = lane < front->n_lanes && front->lanes[lane].http != NULL;
    return there ? http_server_connections(front->lanes[lane].http) : 0;
}

int http_front_port(const struct http_front *front)
{
    return front->n_listeners == 0 ? 0 : listener_port(front->listeners[0]);
}

/* ---------------------------------------------------------------- the end */

static void close_listeners(struct http_front *front)
{
    for (size_t i = 0; i < front->n_listeners; i++)
        listener_close(front->listeners[i]);
    front->n_listeners = 0;
}

/* On the lane: no connection is left. Requests that are away come back all the same; the loop waits for them. */
static void lane_close(struct http_lane *lane)
{
    http_server_destroy(take_pointer(&lane->http));
    for (size_t i = 0; lane->acceptors != NULL && i < lane->server->options.n_listen; i++)
        acceptor_destroy(lane->acceptors[i]);
    free(take_pointer(&lane->acceptors));
}

static void lane_drained(void *context)
{
    lane_close(context);
}

static void lane_drain(struct loop_task *task)
{
    struct http_lane *lane = container_of(task, struct http_lane, drain);
    http_server_drain(lane->http, lane->grace, lane_drained, lane);
}

static void lane_ended(void *context)
{
    struct http_front *front = context;
    if (--front->draining > 0)
        return;
    front->drained = true;
    if (front->done != NULL)
        front->done(front->done_context);
}

void http_front_drain(struct http_front *front, usec_t grace, void (*done)(void *context), void *context)
{
    close_listeners(front);
    front->done = done;
    front->done_context = context;
    front->draining = front->n_lanes;
    for (size_t i = 1; i < front->n_lanes; i++) {
        struct http_lane *lane = &front->lanes[i];
        lane->grace = grace;
        lane->drain.callback = lane_drain;
        loop_post(lane->loop, &lane->drain);
        loop_thread_stop(lane->thread, lane_ended, front);
    }
    http_server_drain(front->lanes[0].http, grace, lane_ended, front);
}

static void stop_loop(void *context)
{
    loop_stop(context);
}

void http_front_destroy(struct http_front *front)
{
    if (front == NULL)
        return;
    if (front->n_lanes > 1 && !front->drained) {
        struct loop *loop = front->server->loop;
        http_front_drain(front, 0, stop_loop, loop);
        loop_run(loop);
    }
    close_listeners(front);
    for (size_t i = 0; i < front->n_lanes; i++) {
        lane_close(&front->lanes[i]);
        loop_thread_destroy(front->lanes[i].thread);
        arena_pool_fini(&front->lanes[i].pool); /* nothing that was away is any more */
    }
    free(front->listeners);
    free(front->doors);
    free(front->lanes);
    free(front);
}
