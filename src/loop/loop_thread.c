/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_thread.c - the thread's life: held open by one hold, which loop_thread_stop() gives back. */
#include "loop/loop_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/memory.h"

#define STACK_SIZE  ((size_t)1 << 20) /* of address space; what is not touched costs no memory */
#define SETTLE_TIME (300 * USEC_PER_MSEC)

struct loop_thread {
    struct loop *home;
    struct loop *loop;
    pthread_t thread;
    struct loop_task release; /* to the thread */
    struct loop_task ended;   /* from it */
    void (*stopped)(void *context);
    void *context;
    bool joined;
};

static void *thread_run(void *argument)
{
    struct loop_thread *thread = argument;
    loop_run(thread->loop);
    loop_settle(thread->loop, SETTLE_TIME);
    if (thread->stopped != NULL)
        loop_post(thread->home, &thread->ended); /* the last touch */
    return NULL;
}

static void thread_release(struct loop_task *task)
{
    loop_release(container_of(task, struct loop_thread, release)->loop);
}

static void thread_join(struct loop_thread *thread)
{
    if (!thread->joined)
        pthread_join(thread->thread, NULL);
    thread->joined = true;
}

static void thread_ended(struct loop_task *task)
{
    struct loop_thread *thread = container_of(task, struct loop_thread, ended);
    loop_release(thread->home);
    thread_join(thread); /* it has nothing left to do */
    thread->stopped(thread->context);
}

/* Signals are for the thread that opened them on its loop; a new thread inherits the mask. */
static int start(struct loop_thread *thread, const char *name)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread->thread, &attributes, thread_run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (rc == 0)
        pthread_setname_np(thread->thread, name); /* only for people */
    return rc;
}

int loop_thread_create(struct loop *home, const char *name, struct loop_thread **ret_thread, struct error *err)
{
    struct loop_thread *thread = memory_new(struct loop_thread);
    thread->home = home;
    thread->release.callback = thread_release;
    thread->ended.callback = thread_ended;
    int rc = loop_create_real(&thread->loop, err);
    if (rc < 0) {
        free(thread);
        return rc;
    }
    loop_hold(thread->loop);
    errno = start(thread, name);
    if (errno != 0) {
        rc = error_errno(err, "start the thread %s", name);
        loop_release(thread->loop);
        loop_destroy(thread->loop);
        free(thread);
        return rc;
    }
    *ret_thread = thread;
    return 0;
}

struct loop *loop_thread_loop(struct loop_thread *thread)
{
    return thread->loop;
}

void loop_thread_stop(struct loop_thread *thread, void (*stopped)(void *context), void *context)
{
    thread->stopped = stopped;
    thread->context = context;
    loop_hold(thread->home);
    loop_post(thread->loop, &thread->release);
}

void loop_thread_destroy(struct loop_thread *thread)
{
    if (thread == NULL)
        return;
    if (!thread->joined && thread->stopped == NULL)
        loop_post(thread->loop, &thread->release);
    thread_join(thread);
    loop_destroy(thread->loop);
    free(thread);
}
