/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/exit_watch.h"

#include <sys/pidfd.h>
#include <unistd.h>

#include "base/memory.h"

#define FIRST_DELAY (3 * USEC_PER_MSEC)
#define LAST_DELAY  (3 * USEC_PER_SEC)

struct exit_watch {
    struct loop *loop;
    int fd;
    struct loop_poll *poll;
    struct loop_timer timer;
    usec_t delay;
    void (*ended)(void *context);
    void *context;
};

static void due(struct loop_timer *timer)
{
    struct exit_watch *watch = container_of(timer, struct exit_watch, timer);
    if (watch->delay < LAST_DELAY) {
        loop_timer_start(watch->loop, &watch->timer, watch->delay);
        watch->delay *= 2;
    }
    watch->ended(watch->context); /* may close the watch */
}

static void readable(void *context, int events)
{
    struct exit_watch *watch = context;
    (void)events;
    loop_poll_close(take_pointer(&watch->poll));
    watch->delay = 2 * FIRST_DELAY;
    loop_timer_start(watch->loop, &watch->timer, FIRST_DELAY);
}

struct exit_watch *exit_watch_open(struct loop *loop, pid_t pid, void (*ended)(void *context), void *context)
{
    int fd = pidfd_open(pid, 0);
    if (fd < 0)
        return NULL;
    struct exit_watch *watch = memory_new(struct exit_watch);
    *watch = (struct exit_watch){ .loop = loop, .fd = fd, .timer.callback = due, .ended = ended, .context = context };
    if (loop_poll_open(loop, fd, readable, watch, &watch->poll, NULL) < 0) {
        exit_watch_close(watch);
        return NULL;
    }
    loop_poll_want(watch->poll, LOOP_READABLE);
    return watch;
}

void exit_watch_close(struct exit_watch *watch)
{
    if (watch == NULL)
        return;
    loop_poll_close(watch->poll);
    loop_timer_stop(&watch->timer);
    close(watch->fd);
    free(watch);
}
