/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* One change of a cached object, and the frames it is sent as. */

#include <stdlib.h>
#include <string.h>

#include "apiserver/cache/internal.h"
#include "base/log.h"
#include "base/memory.h"

struct cache_event *cache_event_create(enum client_watch_event type, const struct object *object,
                                       const struct object *before, uint64_t revision)
{
    struct cache_event *event = memory_new(struct cache_event);
    event->references = 1;
    event->type = type;
    event->object = object;
    event->before = before;
    event->revision = revision;
    return event;
}

/* A loop, not a recursion: a chain may be long when its last holder lets go. */
void cache_event_unref(struct cache_event *event)
{
    while (event != NULL && --event->references == 0) {
        struct cache_event *next = event->next;
        object_unref(event->object);
        object_unref(event->before);
        object_unref(event->left);
        for (size_t i = 0; i < countof(event->frames); i++)
            bytes_unref(event->frames[i]);
        free(event);
        event = next;
    }
}

const struct object *cache_event_left(struct cache_event *event)
{
    if (event->left == NULL)
        event->left = object_at_revision(event->before, event->revision);
    return event->left;
}

struct str object_frame_head(enum client_watch_event type)
{
    static const struct str heads[] = {
        [CLIENT_ADDED] = STR("{\"type\":\"ADDED\",\"object\":"),
        [CLIENT_MODIFIED] = STR("{\"type\":\"MODIFIED\",\"object\":"),
        [CLIENT_DELETED] = STR("{\"type\":\"DELETED\",\"object\":"),
    };
    return heads[type];
}

struct bytes *object_frame(const struct object *object, enum client_watch_event type)
{
    struct str head = object_frame_head(type), json = object_json(object), tail = OBJECT_FRAME_TAIL;
    struct bytes *frame = bytes_create(NULL, head.size + json.size + tail.size);
    memcpy(frame->data, head.data, head.size);
    memcpy(frame->data + head.size, json.data, json.size);
    memcpy(frame->data + head.size + json.size, tail.data, tail.size);
    return frame;
}

struct bytes *cache_event_frame(struct cache_event *event, enum client_watch_event type)
{
    if (event->frames[type] == NULL) {
        bool left = type == CLIENT_DELETED && event->type != CLIENT_DELETED;
        event->frames[type] = object_frame(left ? cache_event_left(event) : event->object, type);
    }
    return event->frames[type];
}

const struct object *object_at_revision(const struct object *object, uint64_t revision)
{
    /* kind, apiVersion and metadata come first, and inside a JSON string the quotes would be escaped:
     * the first such key is the one of the metadata. */
    static const struct str key = STR("\"resourceVersion\":\"");
    struct str json = object_json(object);
    const char *found = memmem(json.data, json.size, key.data, key.size);
    if (found == NULL)
        return object_ref(object);
    const char *value = found + key.size;
    const char *end = memchr(value, '"', json.size - (size_t)(value - json.data));
    auto_buffer struct buffer text = { 0 };
    buffer_append(&text, json.data, (size_t)(value - json.data));
    buffer_append_uint64(&text, revision);
    buffer_append(&text, end, json.size - (size_t)(end - json.data));
    struct object *changed;
    struct error err;
    if (object_from_served(object_resource(object), buffer_str(&text), &changed, &err) < 0) {
        log_error("object does not survive a new revision", LOG_TEXT("key", object_key(object)),
                  LOG_TEXT("error", err.message));
        return object_ref(object);
    }
    return changed;
}
