/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deciders.c - what runs on which thread: the functions named begin and end run there, the others on the server's. */
#include "cluster/deciders.h"

#include <stdlib.h>

#include "base/memory.h"
#include "client/client_crossing.h"
#include "client/events.h"
#include "client/informer.h"
#include "controllers/runtime/identity.h"
#include "loop/loop_thread.h"
#include "scheduler/scheduler.h"

static const char *const nobody_special[] = { "system:authenticated", NULL };

struct manager_thread {
    struct loop_thread *thread;
    struct loop_task begin, end;
    struct client *client;
    struct controller_identities *identities;
    struct informer_set *informers;
    struct controller_manager *manager;
};

struct scheduler_thread {
    struct loop_thread *thread;
    struct loop_task begin, end;
    struct client *client;
    struct informer_set *informers;
    struct event_recorder *events;
    struct scheduler *scheduler;
};

struct deciders {
    struct loop *loop;
    struct api_server *server;
    struct controller_settings settings;
    struct manager_thread manager;
    struct scheduler_thread scheduler;
    bool started;
    unsigned running; /* threads */
    void (*stopped)(void *context);
    void *context;
};

/* ---------------------------------------------------------------- the controllers' thread */

static struct client *manager_connect(struct deciders *deciders, const char *user, const char *const *groups)
{
    struct loop *here = loop_thread_loop(deciders->manager.thread);
    return client_crossing_create(here, api_server_client(deciders->server, CONTROLLER_MANAGER_NAME, user, groups));
}

static struct client *connect_controller(void *context, const char *user, const char *const *groups)
{
    return manager_connect(context, user, groups);
}

static void manager_begin(struct loop_task *task)
{
    struct manager_thread *manager = container_of(task, struct manager_thread, begin);
    struct deciders *deciders = container_of(manager, struct deciders, manager);
    manager->client = manager_connect(deciders, CONTROLLER_MANAGER_USER, nobody_special);
    manager->identities = controller_identities_create(connect_controller, deciders);
    manager->informers = informer_set_create(manager->client);
    const struct controller_manager_options options = {
        .client = manager->client,
        .informers = manager->informers,
        .client_for = controller_identities_client,
        .context = manager->identities,
        .settings = deciders->settings,
        .controllers = controllers_all,
        .n_controllers = controllers_count,
    };
    manager->manager = controller_manager_create(&options);
    controller_manager_start(manager->manager);
}

static void manager_end(struct loop_task *task)
{
    struct manager_thread *manager = container_of(task, struct manager_thread, end);
    controller_manager_destroy(manager->manager);
    controller_identities_destroy(manager->identities);
    informer_set_destroy(manager->informers);
    client_destroy(manager->client);
}

/* ---------------------------------------------------------------- the scheduler's thread */

static void scheduler_begin(struct loop_task *task)
{
    struct scheduler_thread *own = container_of(task, struct scheduler_thread, begin);
    struct deciders *deciders = container_of(own, struct deciders, scheduler);
    own->client = client_crossing_create(
        loop_thread_loop(own->thread),
        api_server_client(deciders->server, "kube-scheduler", "system:kube-scheduler", nobody_special));
    own->informers = informer_set_create(own->client);
    own->events = event_recorder_create(own->client, "default-scheduler", NULL);
    const struct scheduler_options options = {
        .client = own->client,
        .informers = own->informers,
        .events = own->events,
    };
    own->scheduler = scheduler_create(&options);
    scheduler_start(own->scheduler);
}

static void scheduler_end(struct loop_task *task)
{
    struct scheduler_thread *own = container_of(task, struct scheduler_thread, end);
    scheduler_destroy(own->scheduler);
    event_recorder_destroy(own->events);
    informer_set_destroy(own->informers);
    client_destroy(own->client);
}

/* ---------------------------------------------------------------- both */

int deciders_create(const struct deciders_options *options, struct deciders **ret_deciders, struct error *err)
{
    struct deciders *deciders = memory_new(struct deciders);
    deciders->loop = options->loop;
    deciders->settings = options->settings;
    deciders->manager.begin.callback = manager_begin;
    deciders->manager.end.callback = manager_end;
    deciders->scheduler.begin.callback = scheduler_begin;
    deciders->scheduler.end.callback = scheduler_end;
    int rc = loop_thread_create(options->loop, "controllers", &deciders->manager.thread, err);
    if (rc == 0)
        rc = loop_thread_create(options->loop, "scheduler", &deciders->scheduler.thread, err);
    if (rc < 0) {
        deciders_destroy(deciders);
        return rc;
    }
    *ret_deciders = deciders;
    return 0;
}

void deciders_start(struct deciders *deciders, struct api_server *server)
{
    deciders->server = server;
    deciders->started = true;
    loop_post(loop_thread_loop(deciders->manager.thread), &deciders->manager.begin);
    loop_post(loop_thread_loop(deciders->scheduler.thread), &deciders->scheduler.begin);
}

static void thread_stopped(void *context)
{
    struct deciders *deciders = context;
    if (--deciders->running == 0)
        deciders->stopped(deciders->context);
}

static void stop_thread(struct deciders *deciders, struct loop_thread *thread, struct loop_task *end)
{
    deciders->running++;
    if (deciders->started)
        loop_post(loop_thread_loop(thread), end);
    loop_thread_stop(thread, thread_stopped, deciders);
}

void deciders_stop(struct deciders *deciders, void (*stopped)(void *context), void *context)
{
    deciders->stopped = stopped;
    deciders->context = context;
    stop_thread(deciders, deciders->manager.thread, &deciders->manager.end);
    stop_thread(deciders, deciders->scheduler.thread, &deciders->scheduler.end);
}

void deciders_destroy(struct deciders *deciders)
{
    if (deciders == NULL)
        return;
    loop_thread_destroy(deciders->manager.thread);
    loop_thread_destroy(deciders->scheduler.thread);
    free(deciders);
}
