/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/failure.h"

#include "apiserver/registry/registry.h"

struct api_status *failure_status(struct request *request, const struct error *err)
{
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

int failure_invalid(struct request *request, const struct api_kind *kind, const char *name, const char *field,
                    const char *reason, const char *detail, struct error *err)
{
    struct arena *arena = &request->arena;
    struct api_status *status = arena_new(arena, struct api_status);
    status->status = "Failure";
    status->reason = error_reason(-ERROR_INVALID);
    status->code = error_http_status(-ERROR_INVALID);
    status->message = arena_format(arena, "%s%s%s \"%s\" is invalid: %s: %s", kind->kind,
                                   text_empty(kind->group) ? "" : ".", kind->group, text_or_empty(name), field, detail);
    status->details = arena_new(arena, struct api_status_details);
    status->details->name = name;
    status->details->group = kind->group;
    status->details->kind = kind->kind;
    failure_add_cause(request, status, reason, arena_strdup(arena, detail), arena_strdup(arena, field));
    request->failure = status;
    return error_set(err, ERROR_INVALID, "%s", status->message);
}
