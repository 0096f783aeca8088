/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* events.c - counting, combining and limiting of events; the figures are upstream's. */
#include "client/events.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/container/map.h"
#include "base/log.h"
#include "base/memory.h"
#include "codec/json.h"

#define REMEMBERED_MAX   4096 /* events, combinations and limits each; the oldest is forgotten */
#define SIMILAR_MAX      10
#define SIMILAR_INTERVAL (600 * USEC_PER_SEC)
#define BURST            25
#define REFILL           (300 * USEC_PER_SEC)
#define TRIES            5
#define RETRY_DELAY      (10 * USEC_PER_SEC)
#define MESSAGE_MAX      1024
#define COMBINED         "(combined from similar events): "

struct event_recorder {
    struct client *client;
    char *component;
    char *host;
    struct map events;   /* by everything that makes two events the same */
    struct map similars; /* by the same without the message */
    struct map limits;   /* by object */
    unsigned sequence;
};

/* One Event object on the server. */
struct event {
    struct map_node node;
    struct event_recorder *recorder;
    char *key;
    struct arena arena; /* the texts of 'value' */
    struct api_event value;
    struct client_call call;
    struct loop_timer retry;
    int tries;
    bool created;
    bool busy;
    bool changed; /* while a call was under way */
};

struct similar {
    struct map_node node;
    usec_t last;
    size_t n_messages;
    uint64_t messages[SIMILAR_MAX]; /* hashes */
    char key[];
};

struct limit {
    struct map_node node;
    usec_t filled; /* when the bucket was last counted */
    double tokens;
    char key[];
};

static void send_event(struct event *event);

struct api_object_reference event_reference(const struct object *object, char version[128])
{
    const struct api_resource *resource = object_resource(object);
    const struct api_object_meta *meta = object_meta(object);
    api_kind_version(resource->kind, version, 128);
    return (struct api_object_reference){
        .kind = resource->kind->kind,
        .namespace = meta->namespace,
        .name = meta->name,
        .uid = meta->uid,
        .api_version = version,
        .resource_version = meta->resource_version,
    };
}

static void event_free(struct event *event)
{
    map_remove(&event->recorder->events, &event->node);
    client_call_cancel(&event->call);
    loop_timer_stop(&event->retry);
    arena_fini(&event->arena);
    free(event->key);
    free(event);
}

static void event_done(struct client_call *call, const struct client_result *result)
{
    struct event *event = container_of(call, struct event, call);
    event->busy = false;
    if (result->rc == 0) {
        event->created = true;
        event->tries = 0;
        if (event->changed)
            send_event(event);
        return;
    }
    if (result->rc == -ERROR_NOT_FOUND && event->created) { /* expired on the server: begin anew */
        event->created = false;
        send_event(event);
        return;
    }
    bool hopeless = result->rc == -ERROR_FORBIDDEN || result->rc == -ERROR_INVALID || result->rc == -ERROR_NOT_FOUND ||
                    result->rc == -ERROR_BAD_REQUEST || result->rc == -ERROR_ALREADY_EXISTS;
    if (hopeless || ++event->tries >= TRIES) {
        log_debug("event dropped", LOG_TEXT("event", event->value.metadata.name),
                  LOG_TEXT("reason", event->value.reason), LOG_TEXT("error", result->err.message));
        event_free(event);
        return;
    }
    loop_timer_start(event->recorder->client->loop, &event->retry, RETRY_DELAY);
}

static void retry_event(struct loop_timer *timer)
{
    send_event(container_of(timer, struct event, retry));
}

static void patch_event(struct event *event)
{
    auto_buffer struct buffer patch = { 0 };
    char moment[TIME_TEXT_SIZE];
    time_format(event->value.last_timestamp, false, moment);
    buffer_format(&patch, "{\"count\":%d,\"lastTimestamp\":\"%s\",\"message\":", event->value.count, moment);
    json_append_string(&patch, str_of(event->value.message));
    buffer_append_char(&patch, '}');
    client_call_start(event->recorder->client, &event->call,
                      &(struct client_request){ .verb = API_PATCH,
                                                .resource = &api_resource_event,
                                                .namespace_ = event->value.metadata.namespace,
                                                .name = event->value.metadata.name,
                                                .patch_type = CLIENT_PATCH_MERGE,
                                                .patch = buffer_str(&patch) });
}

static void send_event(struct event *event)
{
    if (event->busy || loop_timer_running(&event->retry)) {
        event->changed = true;
        return;
    }
    event->busy = true;
    event->changed = false;
    event->call.done = event_done;
    if (event->created) {
        patch_event(event);
        return;
    }
    struct event_recorder *recorder = event->recorder;
    uint64_t stamp = (uint64_t)loop_now(recorder->client->loop) * 1000 + recorder->sequence++ % 1000;
    event->value.metadata.name = arena_format(
        &event->arena, "%s.%llx", text_or_empty(event->value.involved_object.name), (unsigned long long)stamp);
    client_call_start(recorder->client, &event->call,
                      &(struct client_request){ .verb = API_CREATE,
                                                .resource = &api_resource_event,
                                                .namespace_ = event->value.metadata.namespace,
                                                .body = &event->value });
}

struct event_recorder *event_recorder_create(struct client *client, const char *component, const char *host)
{
    struct event_recorder *recorder = memory_new(struct event_recorder);
    recorder->client = client;
    recorder->component = memory_strdup(component);
    recorder->host = memory_strdup(host);
    map_init(&recorder->events);
    map_init(&recorder->similars);
    map_init(&recorder->limits);
    return recorder;
}

void event_recorder_destroy(struct event_recorder *recorder)
{
    if (recorder == NULL)
        return;
    struct event *event;
    map_for_each (&recorder->events, event, node)
        event_free(event);
    struct similar *similar;
    map_for_each (&recorder->similars, similar, node) {
        map_remove(&recorder->similars, &similar->node);
        free(similar);
    }
    struct limit *limit;
    map_for_each (&recorder->limits, limit, node) {
        map_remove(&recorder->limits, &limit->node);
        free(limit);
    }
    map_fini(&recorder->events);
    map_fini(&recorder->similars);
    map_fini(&recorder->limits);
    free(recorder->component);
    free(recorder->host);
    free(recorder);
}

/* Whether the object may have one more. */
static bool take_token(struct event_recorder *recorder, const char *key)
{
    usec_t now = loop_monotonic(recorder->client->loop);
    struct limit *limit = map_find_entry(&recorder->limits, str_of(key), struct limit, node);
    if (limit == NULL) {
        if (recorder->limits.size >= REMEMBERED_MAX) {
            struct limit *oldest = container_of(map_first(&recorder->limits), struct limit, node);
            map_remove(&recorder->limits, &oldest->node);
            free(oldest);
        }
        limit = memory_zalloc(sizeof(*limit) + strlen(key) + 1);
        memcpy(limit->key, key, strlen(key));
        limit->tokens = BURST;
        limit->filled = now;
        map_insert(&recorder->limits, str_of(limit->key), &limit->node);
    }
    limit->tokens += (double)(now - limit->filled) / (double)REFILL;
    limit->filled = now;
    if (limit->tokens > BURST)
        limit->tokens = BURST;
    if (limit->tokens < 1)
        return false;
    limit->tokens -= 1;
    return true;
}

/* True when this reason has had too many messages of late, so that this one is to be combined. */
static bool is_flood(struct event_recorder *recorder, const char *key, const char *message)
{
    usec_t now = loop_monotonic(recorder->client->loop);
    struct similar *similar = map_find_entry(&recorder->similars, str_of(key), struct similar, node);
    if (similar == NULL) {
        if (recorder->similars.size >= REMEMBERED_MAX) {
            struct similar *oldest = container_of(map_first(&recorder->similars), struct similar, node);
            map_remove(&recorder->similars, &oldest->node);
            free(oldest);
        }
        similar = memory_zalloc(sizeof(*similar) + strlen(key) + 1);
        memcpy(similar->key, key, strlen(key));
        map_insert(&recorder->similars, str_of(similar->key), &similar->node);
    } else if (now - similar->last > SIMILAR_INTERVAL) {
        similar->n_messages = 0;
    }
    similar->last = now;
    uint64_t hash = str_hash(str_of(message));
    for (size_t i = 0; i < similar->n_messages; i++) {
        if (similar->messages[i] == hash)
            return false;
    }
    if (similar->n_messages == SIMILAR_MAX)
        return true;
    similar->messages[similar->n_messages++] = hash;
    return similar->n_messages == SIMILAR_MAX;
}

static struct event *event_create(struct event_recorder *recorder, char *key, const struct api_object_reference *object,
                                  const char *type, const char *reason)
{
    if (recorder->events.size >= REMEMBERED_MAX)
        event_free(container_of(map_first(&recorder->events), struct event, node));
    struct event *event = memory_new(struct event);
    struct arena *arena = &event->arena;
    event->recorder = recorder;
    event->key = key;
    event->retry.callback = retry_event;
    event->value = (struct api_event){
        .metadata.namespace = text_empty(object->namespace) ? "default" : arena_strdup(arena, object->namespace),
        .involved_object = { .kind = arena_strdup(arena, object->kind),
                             .namespace = arena_strdup(arena, object->namespace),
                             .name = arena_strdup(arena, object->name),
                             .uid = arena_strdup(arena, object->uid),
                             .api_version = arena_strdup(arena, object->api_version),
                             .resource_version = arena_strdup(arena, object->resource_version),
                             .field_path = arena_strdup(arena, object->field_path) },
        .type = arena_strdup(arena, type),
        .reason = arena_strdup(arena, reason),
        .source = { .component = recorder->component, .host = recorder->host },
        .reporting_component = recorder->component,
        .reporting_instance = recorder->host,
        .first_timestamp = loop_now(recorder->client->loop),
    };
    map_insert(&recorder->events, str_of(event->key), &event->node);
    return event;
}

void event_record(struct event_recorder *recorder, const struct api_object_reference *object, const char *type,
                  const char *reason, const char *message)
{
    autofree char *owner =
        memory_format("%s/%s/%s/%s/%s", text_or_empty(object->kind), text_or_empty(object->namespace),
                      text_or_empty(object->name), text_or_empty(object->uid), text_or_empty(object->api_version));
    if (!take_token(recorder, owner))
        return;
    char text[MESSAGE_MAX];
    snprintf(text, sizeof(text), "%s", message);
    autofree char *similar = memory_format("%s/%s/%s", owner, type, reason);
    bool combine = is_flood(recorder, similar, text);
    char *key =
        combine ? memory_strdup(similar) : memory_format("%s/%s/%s", similar, text_or_empty(object->field_path), text);
    struct event *event = map_find_entry(&recorder->events, str_of(key), struct event, node);
    if (event == NULL)
        event = event_create(recorder, key, object, type, reason);
    else
        free(key);
    /* An event's message changes only when it is a combined one, which gets a fresh text each time. */
    if (event->value.message == NULL || combine)
        event->value.message = arena_format(&event->arena, "%s%.*s", combine ? COMBINED : "",
                                            (int)(MESSAGE_MAX - 1 - (combine ? sizeof(COMBINED) : 0)), text);
    event->value.count++;
    event->value.last_timestamp = loop_now(recorder->client->loop);
    send_event(event);
}

void event_recordf(struct event_recorder *recorder, const struct api_object_reference *object, const char *type,
                   const char *reason, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    event_record(recorder, object, type, reason, message);
}
