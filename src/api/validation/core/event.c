/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* event.c - Events in both their forms. Old clients set no eventTime and are asked for less; paths are those of the
 * form they are stored in, core/v1, in both. */
#include "api/codec.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/kind_rules.h"

#define NAME_SIZE_MAX    128
#define MESSAGE_SIZE_MAX 1024

static void validate_size(const char *text, size_t max, const struct field_at *at, struct api_invalid *errors)
{
    if (strlen(text_or_empty(text)) > max)
        invalid_string(errors, at, "", "can have at most %zu characters", max);
}

static void validate_name(const char *text, const char *name, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, name);

    if (text_empty(text))
        invalid_missing(errors, at);
    validate_size(text, NAME_SIZE_MAX, at, errors);
}

/* What is asked of Events of old and new clients. 'controller' is what the request's version calls that field. */
static void validate_any(const struct api_event *event, const char *controller, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "involvedObject"), "namespace");
    const char *namespace = text_or_empty(event->metadata.namespace);
    const char *involved = text_or_empty(event->involved_object.namespace);
    bool timed = event->event_time != 0;
    bool cluster_scoped = involved[0] == '\0';
    bool agree;

    if (timed)
        agree = !cluster_scoped || strcmp(namespace, "default") == 0 || strcmp(namespace, "kube-system") == 0;
    else if (cluster_scoped)
        agree = namespace[0] == '\0' || strcmp(namespace, "default") == 0;
    else
        agree = strcmp(namespace, involved) == 0;
    if (!agree)
        invalid_string(errors, at, involved, "does not match event.namespace");
    if (timed) {
        if (text_empty(event->reporting_component))
            invalid_missing(errors, at_field(NULL, controller));
        invalid_format(errors, at_field(NULL, controller), format_qualified_name, event->reporting_component);
        validate_name(event->reporting_instance, "reportingInstance", errors);
        validate_name(event->action, "action", errors);
        validate_name(event->reason, "reason", errors);
        validate_size(event->message, MESSAGE_SIZE_MAX, at_field(NULL, "message"), errors);
    }
    invalid_format(errors, at_field(NULL, "namespace"), format_dns1123_subdomain, namespace);
}

void validate_event_create(const void *object, struct api_invalid *errors)
{
    validate_any(object, "reportingComponent", errors);
}

void validate_event_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_any(object, "reportingComponent", errors);
}

/* An Event of events.k8s.io as it will be stored; the series stays where it is. */
static struct api_event stored_form(const struct api_events_event *event)
{
    return (struct api_event){
        .metadata = event->metadata,
        .involved_object = event->regarding,
        .reason = event->reason,
        .message = event->note,
        .source = event->deprecated_source,
        .first_timestamp = event->deprecated_first_timestamp,
        .last_timestamp = event->deprecated_last_timestamp,
        .count = event->deprecated_count,
        .type = event->type,
        .event_time = event->event_time,
        .action = event->action,
        .related = event->related,
        .reporting_component = event->reporting_controller,
        .reporting_instance = event->reporting_instance,
    };
}

static void validate_series(const struct api_events_event_series *series, struct api_invalid *errors)
{
    if (series == NULL)
        return;
    if (series->count < 2)
        invalid_string(errors, at_field(NULL, "series.count"), "", "should be at least 2");
    if (series->last_observed_time == 0)
        invalid_missing(errors, at_field(NULL, "series.lastObservedTime"));
}

static void validate_unset(bool set, const char *name, struct api_invalid *errors)
{
    if (set)
        invalid_string(errors, at_field(NULL, name), "", "needs to be unset");
}

void validate_events_event_create(const void *object, struct api_invalid *errors)
{
    const struct api_events_event *event = object;
    const struct api_event stored = stored_form(event);

    validate_any(&stored, "reportingController", errors);
    validate_series(event->series, errors);
    if (event->event_time == 0)
        invalid_missing(errors, at_field(NULL, "eventTime"));
    if (!text_equal(event->type, "Normal") && !text_equal(event->type, "Warning"))
        invalid_string(errors, at_field(NULL, "type"), "", "has invalid value: %s", text_or_empty(event->type));
    validate_unset(stored.first_timestamp != 0, "firstTimestamp", errors);
    validate_unset(stored.last_timestamp != 0, "lastTimestamp", errors);
    validate_unset(stored.count != 0, "count", errors);
    validate_unset(!text_empty(stored.source.component) || !text_empty(stored.source.host), "source", errors);
}

static void validate_time_kept(usec_t time, usec_t old, bool micros, const char *name, struct api_invalid *errors)
{
    char text[TIME_TEXT_SIZE];

    if (time == old)
        return;
    time_format(time, micros, text);
    if (time == 0)
        invalid_raw(errors, at_field(NULL, name), "null", INVALID_IMMUTABLE);
    else
        invalid_string(errors, at_field(NULL, name), text, INVALID_IMMUTABLE);
}

static bool same_series(const struct api_events_event_series *a, const struct api_events_event_series *b)
{
    return a == b || (a != NULL && b != NULL && api_equal(&api_type_events_event_series, a, b));
}

void validate_events_event_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_events_event *event = object, *before = old_object;
    const struct api_event now = stored_form(event), old = stored_form(before);

    validate_any(&now, "reportingController", errors);
    if (!same_series(event->series, before->series))
        validate_series(event->series, errors);
    validate_immutable(&api_type_object_reference, &now.involved_object, &old.involved_object,
                       at_field(NULL, "involvedObject"), errors);
    validate_immutable_string(now.reason, old.reason, at_field(NULL, "reason"), errors);
    validate_immutable_string(now.message, old.message, at_field(NULL, "message"), errors);
    validate_immutable(&api_type_event_source, &now.source, &old.source, at_field(NULL, "source"), errors);
    validate_time_kept(now.first_timestamp, old.first_timestamp, false, "firstTimestamp", errors);
    validate_time_kept(now.last_timestamp, old.last_timestamp, false, "lastTimestamp", errors);
    if (now.count != old.count)
        invalid_number(errors, at_field(NULL, "count"), now.count, INVALID_IMMUTABLE);
    validate_immutable_string(now.reason, old.reason, at_field(NULL, "reason"), errors); /* twice, as upstream */
    validate_immutable_string(now.type, old.type, at_field(NULL, "type"), errors);
    validate_time_kept(now.event_time, old.event_time, true, "eventTime", errors);
    validate_immutable_string(now.action, old.action, at_field(NULL, "action"), errors);
    validate_immutable(&api_type_object_reference, now.related, old.related, at_field(NULL, "related"), errors);
    validate_immutable_string(now.reporting_component, old.reporting_component, at_field(NULL, "reportingController"),
                              errors);
    validate_immutable_string(now.reporting_instance, old.reporting_instance, at_field(NULL, "reportingInstance"),
                              errors);
}
