/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_real_poll.c - descriptors and signals of the real loop. */
#include <stdlib.h>

#include "base/memory.h"
#include "loop/loop_real.h"

struct loop_poll {
    uv_poll_t uv;
    struct loop *loop;
    void (*callback)(void *context, int events);
    void *context;
    int wanted;
    bool in_callback;
    bool closed;
};

struct loop_signal {
    uv_signal_t uv;
    void (*callback)(void *context, int signal);
    void *context;
};

static void free_poll(uv_handle_t *handle)
{
    free(container_of((uv_poll_t *)handle, struct loop_poll, uv));
}

static void on_poll(uv_poll_t *handle, int status, int uv_events)
{
    struct loop_poll *poll = container_of(handle, struct loop_poll, uv);
    atomic_store_explicit(&poll->loop->waits, false, memory_order_relaxed); /* what is posted now comes with the turn */
    int events =
        ((uv_events & UV_READABLE) != 0 ? LOOP_READABLE : 0) | ((uv_events & UV_WRITABLE) != 0 ? LOOP_WRITABLE : 0);
    /* On POLLERR libuv stops the handle. The error may be passing (an ICMP answer to a datagram,
     * a netlink overrun), so let the owner meet it, then watch on unless it closed. */
    bool failed = status < 0;
    if (failed)
        events = poll->wanted;
    poll->in_callback = true;
    poll->callback(poll->context, events);
    poll->in_callback = false;
    if (poll->closed)
        uv_close((uv_handle_t *)&poll->uv, free_poll);
    else if (failed && poll->wanted != 0) {
        int wanted = poll->wanted;
        poll->wanted = 0;
        loop_poll_want(poll, wanted);
    }
}

int loop_real_poll_open(struct loop *loop, int fd, void (*callback)(void *context, int events), void *context,
                        struct loop_poll **ret_poll, struct error *err)
{
    struct loop_poll *poll = memory_new(struct loop_poll);
    poll->loop = loop;
    poll->callback = callback;
    poll->context = context;
    int rc = uv_poll_init(&loop_real_of(loop)->uv, &poll->uv, fd);
    if (rc < 0) {
        free(poll);
        return loop_real_error(rc, err, "watch a descriptor");
    }
    *ret_poll = poll;
    return 0;
}

void loop_poll_want(struct loop_poll *poll, int events)
{
    if (events == poll->wanted || poll->closed)
        return;
    poll->wanted = events;
    if (events == 0)
        uv_poll_stop(&poll->uv);
    else
        uv_poll_start(&poll->uv,
                      ((events & LOOP_READABLE) != 0 ? UV_READABLE : 0) |
                          ((events & LOOP_WRITABLE) != 0 ? UV_WRITABLE : 0),
                      on_poll);
}

void loop_poll_close(struct loop_poll *poll)
{
    if (poll == NULL || poll->closed)
        return;
    poll->closed = true;
    uv_poll_stop(&poll->uv); /* now, as the descriptor may be closed as soon as we return */
    if (!poll->in_callback)
        uv_close((uv_handle_t *)&poll->uv, free_poll);
}

void loop_real_poll_unref(struct loop_poll *poll)
{
    uv_unref((uv_handle_t *)&poll->uv);
}

static void free_signal(uv_handle_t *handle)
{
    free(container_of((uv_signal_t *)handle, struct loop_signal, uv));
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop_signal *signal = container_of(handle, struct loop_signal, uv);
    signal->callback(signal->context, number);
}

int loop_real_signal_open(struct loop *loop, int number, void (*callback)(void *context, int signal), void *context,
                          struct loop_signal **ret_signal, struct error *err)
{
    struct loop_signal *signal = memory_new(struct loop_signal);
    signal->callback = callback;
    signal->context = context;
    int rc = uv_signal_init(&loop_real_of(loop)->uv, &signal->uv);
    if (rc < 0) {
        free(signal);
        return loop_real_error(rc, err, "prepare for signals");
    }
    rc = uv_signal_start(&signal->uv, on_signal, number);
    if (rc < 0) {
        uv_close((uv_handle_t *)&signal->uv, free_signal);
        return loop_real_error(rc, err, "handle a signal");
    }
    *ret_signal = signal;
    return 0;
}

void loop_signal_close(struct loop_signal *signal)
{
    if (signal != NULL)
        uv_close((uv_handle_t *)&signal->uv, free_signal);
}
