/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "loop/loop_workers.h"

#include <signal.h>
#include <string.h>

#include "base/log.h"

#define WORKER_STACK ((size_t)1 << 20) /* of address space; what is not touched costs no memory */

void loop_workers_init(struct loop_workers *workers)
{
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->due, NULL);
    list_init(&workers->waiting);
}

void loop_workers_fini(struct loop_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    pthread_cond_broadcast(&workers->due);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->n_threads; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->due);
    pthread_mutex_destroy(&workers->lock);
}

static void work_end(struct loop_task *task)
{
    struct loop_work *work = container_of(task, struct loop_work, end);
    loop_release(work->loop);
    work->done(work);
}

/* NULL: the workers end. */
static struct loop_work *take_work(struct loop_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->n_idle++;
    while (list_empty(&workers->waiting) && !workers->ending)
        pthread_cond_wait(&workers->due, &workers->lock);
    workers->n_idle--;
    struct list_node *node = workers->ending ? NULL : list_pop(&workers->waiting);
    if (node != NULL)
        workers->n_waiting--;
    pthread_mutex_unlock(&workers->lock);
    return node == NULL ? NULL : container_of(node, struct loop_work, node);
}

static void do_work(struct loop_work *work)
{
    work->work(work);
    loop_post(work->loop, &work->end); /* the last touch */
}

static void *worker_run(void *context)
{
    struct loop_work *work;
    while ((work = take_work(context)) != NULL)
        do_work(work);
    return NULL;
}

/* Signals are for the thread that opened them on its loop; a new thread inherits the mask. */
static void start_thread(struct loop_workers *workers)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t *thread = &workers->threads[workers->n_threads];
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, WORKER_STACK);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(thread, &attributes, worker_run, workers);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (code != 0) {
        log_error("no thread can be started for what may block", LOG_TEXT("error", strerror(code)));
        return;
    }
    workers->n_threads++;
    pthread_setname_np(*thread, "worker"); /* only for people */
}

void loop_workers_start(struct loop_workers *workers, struct loop *loop, struct loop_work *work)
{
    work->loop = loop;
    work->end.callback = work_end;
    loop_hold(loop);
    pthread_mutex_lock(&workers->lock);
    if (workers->n_waiting >= workers->n_idle && workers->n_threads < WORKERS_MAX)
        start_thread(workers);
    bool here = workers->n_threads == 0; /* better late than never */
    if (!here) {
        list_append(&workers->waiting, &work->node);
        workers->n_waiting++;
    }
    pthread_mutex_unlock(&workers->lock);
    if (here)
        do_work(work);
    else
        pthread_cond_signal(&workers->due); /* not under the lock, which is what the worker asks for first */
}
