/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/failure.h"

#include "apiserver/registry/registry.h"

struct api_status *failure_status(struct request *request, const struct error *err)
{
    if (request->failure != NULL)
        return request->failure;
    const struct api_resource *resource = request->registry == NULL ? NULL : request->registry->resource;
    if (err->code == -ERROR_TOO_MANY_REQUESTS || err->code == -ERROR_SERVER_TIMEOUT)
        return api_status_retry(&request->arena, err, 1);
    return api_status_of_error(&request->arena, err, resource, request->name);
}

void failure_add_cause(struct request *request, struct api_status *status, const char *reason, const char *message,
                       const char *field)
{
    struct api_status_details *details = status->details;
    if (details == NULL)
        details = status->details = arena_new(&request->arena, struct api_status_details);
    struct api_status_cause *causes = arena_new_array(&request->arena, struct api_status_cause, details->n_causes + 1);
    if (details->n_causes > 0)
        memcpy(causes, details->causes, details->n_causes * sizeof(*causes));
    causes[details->n_causes] = (struct api_status_cause){ .reason = reason, .message = message, .field = field };
    details->causes = causes;
    details->n_causes++;
}

static int fail_invalid(struct request *request, const char *group, const char *kind, const char *name,
                        const char *field, const char *reason, const char *detail, struct error *err)
{
    struct arena *arena = &request->arena;
    struct api_status *status = arena_new(arena, struct api_status);
    status->status = "Failure";
    status->reason = error_reason(-ERROR_INVALID);
    status->code = error_http_status(-ERROR_INVALID);
    status->message = arena_format(arena, "%s%s%s \"%s\" is invalid: %s: %s", kind, text_empty(group) ? "" : ".", group,
                                   text_or_empty(name), field, detail);
    status->details = arena_new(arena, struct api_status_details);
    status->details->name = name;
    status->details->group = group;
    status->details->kind = kind;
    failure_add_cause(request, status, reason, arena_strdup(arena, detail), arena_strdup(arena, field));
    request->failure = status;
    return error_set(err, ERROR_INVALID, "%s", status->message);
}

int failure_invalid(struct request *request, const struct api_kind *kind, const char *name, const char *field,
                    const char *reason, const char *detail, struct error *err)
{
    return fail_invalid(request, kind->group, kind->kind, name, field, reason, detail, err);
}

int failure_invalid_list(struct request *request, const struct api_kind *kind, const char *name,
                         const struct api_invalid *errors, struct error *err)
{
    if (errors->total == 0)
        return 0;
    request->failure = api_status_invalid(&request->arena, kind, name, errors);
    return error_set(err, ERROR_INVALID, "%s", request->failure->message);
}

int failure_untyped(struct request *request, const char *message, struct error *err)
{
    struct api_status *status = arena_new(&request->arena, struct api_status);
    status->status = "Failure";
    status->message = message;
    status->code = 500;
    request->failure = status;
    return error_set(err, ERROR_INTERNAL, "%s", message);
}

int failure_options(struct request *request, const char *kind, struct error *err)
{
    static const struct {
        const char *begins, *reason;
    } reasons[] = {
        { "Forbidden", "FieldValueForbidden" },   { "Unsupported value", "FieldValueNotSupported" },
        { "Invalid value", "FieldValueInvalid" }, { "Required value", "FieldValueRequired" },
        { "Too long", "FieldValueTooLong" },
    };
    const char *colon = err != NULL ? strstr(err->message, ": ") : NULL;
    if (colon == NULL)
        return -ERROR_INVALID;
    const char *field = arena_strndup(&request->arena, err->message, (size_t)(colon - err->message));
    const char *detail = arena_strdup(&request->arena, colon + 2), *reason = "FieldValueInvalid";
    for (size_t i = 0; i < countof(reasons); i++)
        if (strncmp(detail, reasons[i].begins, strlen(reasons[i].begins)) == 0)
            reason = reasons[i].reason;
    return fail_invalid(request, "meta.k8s.io", kind, "", field, reason, detail, err);
}
