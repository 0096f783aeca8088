/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* events.h - says on the API what happened to an object, without flooding it.
 *
 * The same event again raises the count of the first; more than ten different messages of one
 * reason in ten minutes become one "(combined from similar events)"; an object may have 25
 * events in a burst, then one each five minutes. Best effort: an event that cannot be written
 * is dropped after a few tries. Belongs to the client's loop. */
#ifndef CLIENT_EVENTS_H
#define CLIENT_EVENTS_H

#include "client/client.h"
#include "generated/types.h"

struct event_recorder;

#define EVENT_NORMAL  "Normal"
#define EVENT_WARNING "Warning"

/* 'component' is reported as source and reportingComponent, 'host' (may be NULL) as the source's host. */
struct event_recorder *event_recorder_create(struct client *client, const char *component, const char *host);
void event_recorder_destroy(struct event_recorder *recorder); /* what is not written yet is lost; NULL is fine */

void event_record(struct event_recorder *recorder, const struct api_object_reference *object, const char *type,
                  const char *reason, const char *message);
void event_recordf(struct event_recorder *recorder, const struct api_object_reference *object, const char *type,
                   const char *reason, const char *format, ...) printf_like(5, 6);

/* Borrows the object's texts, and 'version' for apiVersion. */
struct api_object_reference event_reference(const struct object *object, char version[128]);

#endif
