/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* status.c - metav1.Status documents and the sentences that clients know. */
#include "api/status.h"

#include <stdio.h>

void api_resource_text(const struct api_resource *resource, char text[API_RESOURCE_TEXT_SIZE])
{
    if (resource->kind->group[0] == '\0')
        snprintf(text, API_RESOURCE_TEXT_SIZE, "%s", resource->plural);
    else
        snprintf(text, API_RESOURCE_TEXT_SIZE, "%s.%s", resource->plural, resource->kind->group);
}

int api_error_not_found(struct error *err, const struct api_resource *resource, const char *name)
{
    char text[API_RESOURCE_TEXT_SIZE];

    api_resource_text(resource, text);
    return error_set(err, ERROR_NOT_FOUND, "%s \"%s\" not found", text, text_or_empty(name));
}

int api_error_already_exists(struct error *err, const struct api_resource *resource, const char *name)
{
    char text[API_RESOURCE_TEXT_SIZE];

    api_resource_text(resource, text);
    return error_set(err, ERROR_ALREADY_EXISTS, "%s \"%s\" already exists", text, text_or_empty(name));
}

int api_error_conflict(struct error *err, const struct api_resource *resource, const char *name, const char *why)
{
    char text[API_RESOURCE_TEXT_SIZE];

    api_resource_text(resource, text);
    return error_set(err, ERROR_CONFLICT, "Operation cannot be fulfilled on %s \"%s\": %s", text, text_or_empty(name),
                     why);
}

int api_error_forbidden(struct error *err, const struct api_resource *resource, const char *name, const char *why)
{
    char text[API_RESOURCE_TEXT_SIZE];

    if (resource == NULL)
        return error_set(err, ERROR_FORBIDDEN, "forbidden: %s", why);
    api_resource_text(resource, text);
    if (text_empty(name))
        return error_set(err, ERROR_FORBIDDEN, "%s is forbidden: %s", text, why);
    return error_set(err, ERROR_FORBIDDEN, "%s \"%s\" is forbidden: %s", text, name, why);
}

int api_error_method_not_supported(struct error *err, const struct api_resource *resource, const char *verb)
{
    char text[API_RESOURCE_TEXT_SIZE];

    api_resource_text(resource, text);
    return error_set(err, ERROR_METHOD_NOT_ALLOWED, "%s is not supported on resources of kind \"%s\"", verb, text);
}

int api_error_internal(struct error *err, const char *why)
{
    return error_set(err, ERROR_INTERNAL, "Internal error occurred: %s", why);
}

int api_error_timeout(struct error *err, const char *why)
{
    return error_set(err, ERROR_TIMEOUT, "Timeout: %s", why);
}

int api_error_too_large(struct error *err, const char *why)
{
    return error_set(err, ERROR_TOO_LARGE, "Request entity too large: %s", why);
}

int api_error_expired(struct error *err, uint64_t wanted, uint64_t oldest)
{
    return error_set(err, ERROR_EXPIRED, "too old resource version: %llu (%llu)", (unsigned long long)wanted,
                     (unsigned long long)oldest);
}

static struct api_status *new_status(struct arena *arena, int code, const char *message)
{
    struct api_status *status = arena_new(arena, struct api_status);

    status->status = "Failure";
    status->message = arena_strdup(arena, message);
    status->reason = error_reason(code);
    status->code = error_http_status(code);
    return status;
}

static struct api_status_details *add_details(struct arena *arena, struct api_status *status)
{
    if (status->details == NULL)
        status->details = arena_new(arena, struct api_status_details);
    return status->details;
}

/* Which codes say what object they speak of. */
static bool names_object(int code)
{
    switch (-code) {
    case ERROR_NOT_FOUND:
    case ERROR_ALREADY_EXISTS:
    case ERROR_CONFLICT:
    case ERROR_FORBIDDEN:
    case ERROR_METHOD_NOT_ALLOWED:
    case ERROR_SERVER_TIMEOUT:
    case ERROR_GONE:
        return true;
    default:
        return false;
    }
}

static void add_cause(struct arena *arena, struct api_status *status, const char *message)
{
    struct api_status_details *details = add_details(arena, status);

    details->causes = arena_new_array(arena, struct api_status_cause, 1);
    details->n_causes = 1;
    details->causes[0].message = arena_strdup(arena, message);
}

struct api_status *api_status_of_error(struct arena *arena, const struct error *err,
                                       const struct api_resource *resource, const char *name)
{
    static const char internal[] = "Internal error occurred: ";
    struct api_status *status = new_status(arena, err->code, err->message);

    if (err->message[0] == '\0')
        status->message = error_text(err->code);
    if (-err->code == ERROR_UNAUTHORIZED)
        status->message = "Unauthorized";
    if (resource != NULL && names_object(err->code)) {
        struct api_status_details *details = add_details(arena, status);
        details->group = resource->kind->group;
        details->kind = resource->plural;
        details->name = arena_strdup(arena, name);
    }
    /* What is wrong with an object is api_status_invalid()'s; else nothing is said of which one it was. */
    if (-err->code == ERROR_INVALID)
        (void)add_details(arena, status);
    if (status->code == 500 && text_equal(status->reason, "InternalError")) {
        struct str message = str_of(status->message);
        bool prefixed = str_starts(message, str_of(internal));
        add_cause(arena, status, prefixed ? status->message + sizeof(internal) - 1 : status->message);
        if (!prefixed)
            status->message = arena_format(arena, "%s%s", internal, status->message);
    }
    return status;
}

struct api_status *api_status_invalid(struct arena *arena, const struct api_kind *kind, const char *name,
                                      const struct api_invalid *errors)
{
    auto_buffer struct buffer text = { 0 };
    struct api_status *status = new_status(arena, -ERROR_INVALID, NULL);
    struct api_status_details *details = add_details(arena, status);

    buffer_format(&text, "%s%s%s \"%s\" is invalid: ", kind->kind, kind->group[0] == '\0' ? "" : ".", kind->group,
                  text_or_empty(name));
    api_invalid_format(errors, &text);
    status->message = arena_strndup(arena, text.data, text.size);
    details->group = kind->group;
    details->kind = kind->kind;
    details->name = arena_strdup(arena, name);
    details->causes = arena_new_array(arena, struct api_status_cause, errors->count);
    details->n_causes = errors->count;
    for (size_t i = 0; i < errors->count; i++) {
        details->causes[i].reason = errors->errors[i].reason;
        details->causes[i].message = arena_strdup(arena, errors->errors[i].message);
        details->causes[i].field = arena_strdup(arena, errors->errors[i].field);
    }
    return status;
}

struct api_status *api_status_retry(struct arena *arena, const struct error *err, int32_t seconds)
{
    struct api_status *status = new_status(arena, err->code, err->message);

    add_details(arena, status)->retry_after_seconds = seconds;
    return status;
}

struct api_status *api_status_success(struct arena *arena, const struct api_resource *resource, const char *name,
                                      const char *uid)
{
    struct api_status *status = arena_new(arena, struct api_status);

    status->status = "Success";
    if (resource != NULL) {
        struct api_status_details *details = add_details(arena, status);
        details->name = arena_strdup(arena, name);
        details->group = resource->kind->group;
        details->kind = resource->plural;
        details->uid = arena_strdup(arena, uid);
    }
    return status;
}
