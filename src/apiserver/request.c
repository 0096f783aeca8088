/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The life of a request, from its front through the chain to its one answer. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver/request.h"

#include "apiserver/chain.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/failure.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"

bool user_in_group(const struct user *user, const char *group)
{
    for (size_t i = 0; i < user->n_groups; i++)
        if (text_equal(user->groups[i], group))
            return true;
    return false;
}

struct request *request_create(struct api_server *server, const struct request_sink *sink, void *context,
                               struct loop *loop)
{
    struct request *request = memory_new(struct request);
    request->server = server;
    request->sink = sink;
    request->sink_context = context;
    request->received = loop_monotonic(loop);
    request->method = request->path = request->verb = request->user_agent = "";
    request->group = request->version = request->plural = "";
    request->namespace_ = request->name = request->subresource = request->rest = "";
    struct request_options *options = &request->options;
    options->label_selector = options->field_selector = options->resource_version = "";
    options->resource_version_match = options->continue_ = options->field_manager = "";
    options->field_validation = FIELD_VALIDATION_WARN;
    return request;
}

void request_borrow(struct request *request, struct arena_pool *pool)
{
    request->pool = pool;
    arena_borrow(&request->arena, pool);
}

/* It is the server's no longer. */
static void leave(struct request *request)
{
    request->entered = false;
    list_remove(&request->node);
    if (request->registry != NULL && request->registry->custom)
        custom_registry_leave(request);
}

void request_depart(struct request *request)
{
    leave(request);
    server_release_request(request->server);
}

void request_destroy(struct request *request)
{
    struct api_server *server = request->entered ? request->server : NULL;
    if (server != NULL)
        leave(request);
    if (request->pool != NULL)
        arena_give_back(&request->arena, request->pool);
    else
        arena_fini(&request->arena);
    free(request);
    if (server != NULL)
        server_release_request(server);
}

void request_run(struct request *request)
{
    struct api_server *server = request->server;
    list_append(&server->requests, &request->node);
    server->n_requests++;
    request->entered = true;
    request->next_filter = 0;
    if (request->is_resource && request->registry == NULL)
        request->registry = server_registry(server, request->group, request->version, request->plural);
    if (request->registry != NULL && request->registry->custom)
        custom_registry_enter(request);
    if (request->refusal != NULL)
        request_fail(request, request->refusal);
    else
        request_next(request);
}

void request_next(struct request *request)
{
    const struct filter *filter = chain_filter(request->next_filter++);
    filter->run(request);
}

void request_abandon(struct request *request)
{
    request->sink = NULL;
    request->pool = NULL; /* it may outlive its front */
    if (request->cancel != NULL)
        request->cancel(request);
}

void request_warn(struct request *request, const char *format, ...)
{
    if (request->n_warnings == REQUEST_WARNINGS_MAX)
        return;
    if (request->warnings == NULL)
        request->warnings = arena_new_array(&request->arena, const char *, REQUEST_WARNINGS_MAX);
    va_list arguments;
    va_start(arguments, format);
    char line[1024];
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < request->n_warnings; i++)
        if (strcmp(request->warnings[i], line) == 0)
            return;
    request->warnings[request->n_warnings++] = arena_strdup(&request->arena, line);
}

const char *request_resource_text(struct request *request)
{
    return text_empty(request->group) ? request->plural
                                      : arena_format(&request->arena, "%s.%s", request->plural, request->group);
}

/* ---------------------------------------------------------------- answers */

/* False: nobody is waiting any more, and the request is gone. */
static bool answer(struct request *request, int status)
{
    request->answered = true;
    request->status = status;
    request->cancel = NULL;
    request_metrics_answered(request);
    if (request->sink != NULL)
        return true;
    request_destroy(request);
    return false;
}

void request_respond_object(struct request *request, int status, const struct object *object)
{
    if (answer(request, status))
        request->sink->object(request, status, object);
}

void request_respond_document(struct request *request, int status, const struct api_kind *kind, const void *value)
{
    if (answer(request, status))
        request->sink->document(request, status, kind, value);
}

void request_respond_list(struct request *request, const struct request_list *list)
{
    if (answer(request, 200))
        request->sink->list(request, list);
}

void request_respond_watch(struct request *request)
{
    if (answer(request, 200))
        request->sink->watch(request);
}

void request_respond_missing(struct request *request)
{
    if (request->headers == NULL) /* a component of ours, which reads errors and no texts */
        request_refuse(request, ERROR_NOT_FOUND, "the server could not find the requested resource");
    else
        request_respond_text(request, 404, "text/plain; charset=utf-8", STR("404 page not found\n"));
}

void request_respond_text(struct request *request, int status, const char *content_type, struct str body)
{
    if (answer(request, status))
        request->sink->text(request, status, content_type, body);
}

void request_respond_connect(struct request *request, const struct connect_target *target)
{
    if (request->sink != NULL && request->sink->connect == NULL) {
        request_refuse(request, ERROR_UNSUPPORTED, "streams need an HTTP connection");
        return;
    }
    if (answer(request, 200))
        request->sink->connect(request, target);
}

void request_fail_status(struct request *request, const struct api_status *status)
{
    request_respond_document(request, status->code, &api_kind_status, status);
}

void request_fail(struct request *request, const struct error *err)
{
    request_fail_status(request, failure_status(request, err));
}

void request_refuse(struct request *request, enum error_code code, const char *format, ...)
{
    struct error err = { 0 };
    char text[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    error_set(&err, code, "%s", text);
    request_fail(request, &err);
}

void request_succeed(struct request *request, int status, const char *uid)
{
    struct api_status *success = arena_new(&request->arena, struct api_status);
    success->status = "Success";
    success->details = arena_new(&request->arena, struct api_status_details);
    success->details->name = request->name;
    success->details->group = request->group;
    success->details->kind = request->plural;
    success->details->uid = uid == NULL ? NULL : arena_strdup(&request->arena, uid);
    request_respond_document(request, status, &api_kind_status, success);
}
