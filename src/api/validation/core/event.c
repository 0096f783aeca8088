/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* event.c - Events in both their forms. Old clients set no eventTime and are asked for less. */
#include "api/validation/core/core_rules.h"
#include "api/validation/kind_rules.h"

#define NAME_SIZE_MAX    128
#define MESSAGE_SIZE_MAX 1024

static void validate_text(const char *text, bool required, size_t max, const char *name, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, name);

    if (required && text_empty(text))
        invalid_missing(errors, at);
    else if (strlen(text_or_empty(text)) > max)
        invalid_string(errors, at, text, "can have at most %zu characters", max);
}

static void validate_namespaces(const char *namespace, const char *involved, bool timed, struct api_invalid *errors)
{
    const struct field_at *at = at_field(at_field(NULL, "involvedObject"), "namespace");

    if (!timed && text_empty(involved)) {
        if (!text_empty(namespace) && !text_equal(namespace, "default"))
            invalid_string(errors, at, involved, "does not match event.namespace");
    } else if (!timed) {
        if (!text_equal(namespace, involved))
            invalid_string(errors, at, involved, "does not match event.namespace");
    } else if (text_empty(involved) && !text_equal(namespace, "default") && !text_equal(namespace, "kube-system")) {
        invalid_string(errors, at, involved, "does not match event.namespace");
    }
}

void validate_event_create(const void *object, struct api_invalid *errors)
{
    const struct api_event *event = object;
    bool timed = event->event_time != 0;

    validate_namespaces(event->metadata.namespace, event->involved_object.namespace, timed, errors);
    if (!timed)
        return;
    if (text_empty(event->reporting_component))
        invalid_missing(errors, at_field(NULL, "reportingComponent"));
    else
        invalid_format(errors, at_field(NULL, "reportingComponent"), format_qualified_name, event->reporting_component);
    validate_text(event->reporting_instance, true, NAME_SIZE_MAX, "reportingInstance", errors);
    validate_text(event->action, true, NAME_SIZE_MAX, "action", errors);
    validate_text(event->reason, true, NAME_SIZE_MAX, "reason", errors);
    validate_text(event->message, false, MESSAGE_SIZE_MAX, "message", errors);
}

void validate_events_event_create(const void *object, struct api_invalid *errors)
{
    const struct api_events_event *event = object;

    validate_namespaces(event->metadata.namespace, event->regarding.namespace, true, errors);
    if (event->event_time == 0)
        invalid_missing(errors, at_field(NULL, "eventTime"));
    if (event->series != NULL) {
        const struct field_at *series = at_field(NULL, "series");
        if (event->series->count < 2)
            invalid_string(errors, at_field(series, "count"), "", "should be at least 2");
        if (event->series->last_observed_time == 0)
            invalid_missing(errors, at_field(series, "lastObservedTime"));
    }
    if (text_empty(event->reporting_controller))
        invalid_missing(errors, at_field(NULL, "reportingController"));
    else
        invalid_format(errors, at_field(NULL, "reportingController"), format_qualified_name,
                       event->reporting_controller);
    validate_text(event->reporting_instance, true, NAME_SIZE_MAX, "reportingInstance", errors);
    validate_text(event->action, true, NAME_SIZE_MAX, "action", errors);
    validate_text(event->reason, true, NAME_SIZE_MAX, "reason", errors);
    validate_text(event->note, false, MESSAGE_SIZE_MAX, "message", errors);
    if (!text_equal(event->type, "Normal") && !text_equal(event->type, "Warning"))
        invalid_string(errors, at_field(NULL, "type"), event->type, "has invalid value: %s",
                       text_or_empty(event->type));
}
