/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deciders.c - what runs on which thread: the functions named begin, end and adjust run there, the others on the server's.
 * Elections are held on the server's: renewing a Lease wakes no other thread. */
#include "cluster/deciders.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client/client_crossing.h"
#include "client/events.h"
#include "client/informer.h"
#include "client/lease.h"
#include "controllers/runtime/identity.h"
#include "loop/loop_thread.h"
#include "scheduler/scheduler.h"

#define SCHEDULER_NAME      "kube-scheduler"
#define SCHEDULER_USER      "system:kube-scheduler"
#define SCHEDULER_COMPONENT "default-scheduler" /* in events: the profile's name */

static const char *const nobody_special[] = { "system:authenticated", NULL };

/* What both have in common. */
struct decider {
    struct loop_thread *thread;
    struct loop_task adjust;
    atomic_bool posted; /* 'adjust' is on its way: a task is posted once at a time */
    atomic_bool wanted; /* leads, or there is no election */
    bool stopping;      /* the server's loop: never again */
    bool running;       /* begun and not ended; the thread's */
    void (*begin)(struct decider *decider);
    void (*end)(struct decider *decider);
    /* The server's loop: */
    struct client *client; /* NULL without an election; so are the next two */
    struct event_recorder *events;
    struct lease_election *election;
};

struct manager_thread {
    struct decider base;
    struct client *client;
    struct controller_identities *identities;
    struct informer_set *informers;
    struct controller_manager *manager;
};

struct scheduler_thread {
    struct decider base;
    struct client *client;
    struct informer_set *informers;
    struct event_recorder *events;
    struct scheduler *scheduler;
};

struct deciders {
    struct loop *loop;
    struct api_server *server;
    struct metrics *metrics;
    struct controller_settings settings;
    struct deciders_election election;
    struct manager_thread manager;
    struct scheduler_thread scheduler;
    bool started;
    unsigned running;   /* threads */
    unsigned releasing; /* Leases */
    void (*stopped)(void *context);
    void *context;
};

/* ---------------------------------------------------------------- the controllers' thread */

static struct client *manager_connect(struct deciders *deciders, const char *user, const char *const *groups)
{
    struct loop *here = loop_thread_loop(deciders->manager.base.thread);
    return client_crossing_create(here, api_server_client(deciders->server, CONTROLLER_MANAGER_NAME, user, groups));
}

static struct client *connect_controller(void *context, const char *user, const char *const *groups)
{
    return manager_connect(context, user, groups);
}

static void manager_begin(struct decider *decider)
{
    struct manager_thread *manager = container_of(decider, struct manager_thread, base);
    struct deciders *deciders = container_of(manager, struct deciders, manager);
    manager->client = manager_connect(deciders, CONTROLLER_MANAGER_USER, nobody_special);
    manager->identities = controller_identities_create(connect_controller, deciders);
    manager->informers = informer_set_create(manager->client);
    const struct controller_manager_options options = {
        .client = manager->client,
        .informers = manager->informers,
        .client_for = controller_identities_client,
        .context = manager->identities,
        .metrics = deciders->metrics,
        .settings = deciders->settings,
        .controllers = controllers_all,
        .n_controllers = controllers_count,
    };
    manager->manager = controller_manager_create(&options);
    controller_manager_start(manager->manager);
}

static void manager_end(struct decider *decider)
{
    struct manager_thread *manager = container_of(decider, struct manager_thread, base);
    controller_manager_destroy(manager->manager);
    controller_identities_destroy(manager->identities);
    informer_set_destroy(manager->informers);
    client_destroy(manager->client);
}

/* ---------------------------------------------------------------- the scheduler's thread */

static void scheduler_begin(struct decider *decider)
{
    struct scheduler_thread *own = container_of(decider, struct scheduler_thread, base);
    struct deciders *deciders = container_of(own, struct deciders, scheduler);
    own->client =
        client_crossing_create(loop_thread_loop(decider->thread),
                               api_server_client(deciders->server, SCHEDULER_NAME, SCHEDULER_USER, nobody_special));
    own->informers = informer_set_create(own->client);
    own->events = event_recorder_create(own->client, SCHEDULER_COMPONENT, NULL);
    const struct scheduler_options options = {
        .client = own->client,
        .informers = own->informers,
        .events = own->events,
        .metrics = deciders->metrics,
    };
    own->scheduler = scheduler_create(&options);
    scheduler_start(own->scheduler);
}

static void scheduler_end(struct decider *decider)
{
    struct scheduler_thread *own = container_of(decider, struct scheduler_thread, base);
    scheduler_destroy(own->scheduler);
    event_recorder_destroy(own->events);
    informer_set_destroy(own->informers);
    client_destroy(own->client);
}

/* ---------------------------------------------------------------- both */

static void adjust(struct loop_task *task)
{
    struct decider *decider = container_of(task, struct decider, adjust);
    atomic_store(&decider->posted, false); /* first: what is wanted from here on is posted anew */
    bool wanted = atomic_load(&decider->wanted);
    if (wanted && !decider->running)
        decider->begin(decider);
    else if (!wanted && decider->running)
        decider->end(decider);
    decider->running = wanted;
}

static void want(struct decider *decider, bool wanted)
{
    atomic_store(&decider->wanted, wanted);
    if (!atomic_exchange(&decider->posted, true))
        loop_post(loop_thread_loop(decider->thread), &decider->adjust);
}

static void lead(void *context)
{
    struct decider *decider = context;
    if (!decider->stopping)
        want(decider, true);
}

static void follow(void *context)
{
    want(context, false);
}

static void decider_init(struct decider *decider, void (*begin)(struct decider *decider),
                         void (*end)(struct decider *decider))
{
    decider->adjust.callback = adjust;
    decider->begin = begin;
    decider->end = end;
}

static void decider_start(struct deciders *deciders, struct decider *decider, const char *name, const char *user,
                          const char *component)
{
    const struct deciders_election *election = &deciders->election;
    if (!election->on) {
        want(decider, true);
        return;
    }
    decider->client = api_server_client(deciders->server, name, user, nobody_special);
    decider->events = event_recorder_create(decider->client, component, NULL);
    const struct lease_options options = {
        .name = name,
        .identity = election->identity,
        .duration = election->lease_duration,
        .renew_deadline = election->renew_deadline,
        .retry_period = election->retry_period,
        .metrics = deciders->metrics,
        .events = decider->events,
        .started = lead,
        .stopped = follow,
        .context = decider,
    };
    decider->election = lease_election_start(decider->client, &options);
}

static void released(void *context)
{
    struct deciders *deciders = context;
    if (--deciders->releasing > 0)
        return;
    struct decider *const both[] = { &deciders->manager.base, &deciders->scheduler.base };
    for (size_t i = 0; i < countof(both); i++) {
        event_recorder_destroy(take_pointer(&both[i]->events));
        client_destroy(take_pointer(&both[i]->client));
    }
    deciders->stopped(deciders->context);
}

/* They work no more: another server's may. */
static void release(struct deciders *deciders)
{
    struct decider *const both[] = { &deciders->manager.base, &deciders->scheduler.base };
    deciders->releasing = countof(both);
    for (size_t i = 0; i < countof(both); i++) {
        if (both[i]->election != NULL)
            lease_election_release(take_pointer(&both[i]->election), released, deciders);
        else
            released(deciders);
    }
}

int deciders_create(const struct deciders_options *options, struct deciders **ret_deciders, struct error *err)
{
    struct deciders *deciders = memory_new(struct deciders);
    deciders->loop = options->loop;
    deciders->metrics = options->metrics;
    deciders->settings = options->settings;
    deciders->election = options->election;
    decider_init(&deciders->manager.base, manager_begin, manager_end);
    decider_init(&deciders->scheduler.base, scheduler_begin, scheduler_end);
    int rc = loop_thread_create(options->loop, "controllers", &deciders->manager.base.thread, err);
    if (rc == 0)
        rc = loop_thread_create(options->loop, "scheduler", &deciders->scheduler.base.thread, err);
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
    decider_start(deciders, &deciders->manager.base, CONTROLLER_MANAGER_NAME, CONTROLLER_MANAGER_USER,
                  CONTROLLER_MANAGER_NAME);
    decider_start(deciders, &deciders->scheduler.base, SCHEDULER_NAME, SCHEDULER_USER, SCHEDULER_COMPONENT);
}

static void thread_stopped(void *context)
{
    struct deciders *deciders = context;
    if (--deciders->running > 0)
        return;
    release(deciders);
}

static void stop_thread(struct deciders *deciders, struct decider *decider)
{
    deciders->running++;
    decider->stopping = true;
    if (deciders->started)
        want(decider, false);
    loop_thread_stop(decider->thread, thread_stopped, deciders);
}

void deciders_stop(struct deciders *deciders, void (*stopped)(void *context), void *context)
{
    deciders->stopped = stopped;
    deciders->context = context;
    stop_thread(deciders, &deciders->manager.base);
    stop_thread(deciders, &deciders->scheduler.base);
}

void deciders_destroy(struct deciders *deciders)
{
    if (deciders == NULL)
        return;
    loop_thread_destroy(deciders->manager.base.thread);
    loop_thread_destroy(deciders->scheduler.base.thread);
    free(deciders);
}
