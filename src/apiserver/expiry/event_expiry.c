/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/expiry/event_expiry.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "generated/types.h"

#define LIFETIME   (3600 * USEC_PER_SEC) /* upstream's default */
#define PERIOD     (60 * USEC_PER_SEC)   /* between two walks over all of them */
#define AT_ONCE    32
#define LOOKS_MOST 1000 /* in one turn of the loop */

struct removal {
    struct client_call call;
    struct event_expiry *expiry;
    bool busy;
};

struct event_expiry {
    struct client *client;
    struct watch_cache *events;
    struct removal removals[AT_ONCE];
    size_t n_busy;
    struct buffer at; /* the key that a walk goes on with; empty: between two walks */
    struct loop_timer timer;
    struct loop_task step;
};

/* Without a look at who wrote it since: most events are younger, and need not be decoded to be left alone. */
static bool is_young(const struct object *event, usec_t now)
{
    usec_t created;
    return time_parse(object_scalar(event, STR("metadata.creationTimestamp")), &created) && created + LIFETIME > now;
}

/* Each write leaves its time with the fields it set. */
static usec_t last_written(const struct object *event)
{
    const struct api_object_meta *meta = object_typed(event);
    usec_t last = meta->creation_timestamp;

    for (size_t i = 0; i < meta->n_managed_fields; i++)
        if (meta->managed_fields[i].time > last)
            last = meta->managed_fields[i].time;
    return last;
}

static void removed(struct client_call *call, const struct client_result *result)
{
    struct removal *removal = container_of(call, struct removal, call);
    struct event_expiry *expiry = removal->expiry;

    removal->busy = false;
    expiry->n_busy--;
    if (result->rc < 0 && result->rc != -ERROR_NOT_FOUND && result->rc != -ERROR_CONFLICT)
        log_error("cannot remove an old event", LOG_TEXT("error", result->err.message));
    if (expiry->at.size > 0)
        loop_defer(client_loop(expiry->client), &expiry->step);
}

/* Not when it was written in between. */
static void start_removal(struct event_expiry *expiry, const struct object *event)
{
    struct removal *removal = expiry->removals;
    char revision[32];

    while (removal->busy)
        removal++;
    *removal = (struct removal){ .call.done = removed, .expiry = expiry, .busy = true };
    expiry->n_busy++;
    snprintf(revision, sizeof(revision), "%llu", (unsigned long long)object_revision(event));
    client_call_start(expiry->client, &removal->call,
                      &(struct client_request){ .verb = API_DELETE,
                                                .resource = &api_resource_event,
                                                .namespace_ = object_namespace(event),
                                                .name = object_name(event),
                                                .grace_seconds = -1,
                                                .precondition_uid = object_uid(event),
                                                .precondition_revision = revision });
}

static void step(struct loop_task *task)
{
    struct event_expiry *expiry = container_of(task, struct event_expiry, step);
    struct loop *loop = client_loop(expiry->client);
    struct tree_node *node = tree_lower_bound(watch_cache_objects(expiry->events), buffer_str(&expiry->at));

    for (size_t looks = 0; node != NULL && looks < LOOKS_MOST && expiry->n_busy < AT_ONCE; looks++) {
        const struct object *event = container_of(node, struct cache_entry, node)->object;
        node = tree_next(node);
        if (!is_young(event, loop_now(loop)) && last_written(event) + LIFETIME <= loop_now(loop))
            start_removal(expiry, event);
    }
    buffer_clear(&expiry->at);
    if (node == NULL) {
        loop_timer_start(loop, &expiry->timer, PERIOD);
        return;
    }
    buffer_append_str(&expiry->at, node->key);
    if (expiry->n_busy < AT_ONCE)
        loop_defer(loop, task);
}

static void walk(struct loop_timer *timer)
{
    struct event_expiry *expiry = container_of(timer, struct event_expiry, timer);

    step(&expiry->step);
}

struct event_expiry *event_expiry_start(struct client *client, struct watch_cache *events)
{
    struct event_expiry *expiry = memory_new(struct event_expiry);

    expiry->client = client;
    expiry->events = events;
    expiry->timer.callback = walk;
    expiry->step.callback = step;
    loop_timer_start(client_loop(client), &expiry->timer, PERIOD);
    return expiry;
}

void event_expiry_stop(struct event_expiry *expiry)
{
    if (expiry == NULL)
        return;
    loop_timer_stop(&expiry->timer);
    loop_cancel(client_loop(expiry->client), &expiry->step);
    for (size_t i = 0; i < AT_ONCE; i++)
        if (expiry->removals[i].busy)
            client_call_cancel(&expiry->removals[i].call);
    client_destroy(expiry->client);
    buffer_fini(&expiry->at);
    free(expiry);
}
