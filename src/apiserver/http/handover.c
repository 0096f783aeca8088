/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* handover.c - one message each way for all answers but watches. The functions called over_... run on the server's loop. */
#include "apiserver/http/handover.h"

#include "api/codec.h"
#include "apiserver/connect.h"
#include "apiserver/server_internal.h"
#include "crypto/x509.h"

enum answer { ANSWER_OBJECT, ANSWER_DOCUMENT, ANSWER_LIST, ANSWER_WATCH, ANSWER_TEXT, ANSWER_CONNECT };

/* In the request's arena. */
struct handover {
    struct http_call *call;
    struct loop_task task;
    bool away; /* the lane's */

    enum answer answer;
    int status;
    const struct object *object;
    const struct api_kind *kind;
    const void *value;
    struct request_list list;
    struct watch_passage *watch;
    const char *content_type;
    struct str text;
    struct connect_target target;
};

/* ---------------------------------------------------------------- back on the lane */

static void respond(struct request *request, struct handover *over)
{
    request->sink = &http_sink;
    switch (over->answer) {
    case ANSWER_OBJECT:
        http_sink.object(request, over->status, over->object);
        break;
    case ANSWER_DOCUMENT:
        http_sink.document(request, over->status, over->kind, over->value);
        break;
    case ANSWER_LIST:
        http_sink.list(request, &over->list);
        break;
    case ANSWER_WATCH:
        watch_passage_open(over->watch);
        break;
    case ANSWER_TEXT:
        http_sink.text(request, over->status, over->content_type, over->text);
        break;
    case ANSWER_CONNECT:
        http_sink.connect(request, &over->target);
        break;
    }
}

static void arrive(struct loop_task *task)
{
    struct handover *over = container_of(task, struct handover, task);
    struct http_call *call = over->call;
    struct loop *loop = call->lane->loop;
    over->away = false;
    if (call->exchange != NULL || over->answer == ANSWER_WATCH)
        respond(call->request, over);
    else
        request_destroy(call->request); /* the peer has gone meanwhile */
    loop_release(loop);
}

/* ---------------------------------------------------------------- on the server's loop */

static struct handover *over_answer(struct request *request, enum answer answer, int status)
{
    struct handover *over = ((struct http_call *)request->sink_context)->handover;
    over->answer = answer;
    over->status = status;
    return over;
}

/* The last touch here. */
static void over_send(struct handover *over)
{
    over->task.callback = arrive;
    loop_post(over->call->lane->loop, &over->task);
}

static void over_object(struct request *request, int status, const struct object *object)
{
    struct handover *over = over_answer(request, ANSWER_OBJECT, status);
    over->object = object;
    arena_hold(&request->arena, (void (*)(void *))object_unref, object_ref(object));
    request_depart(request);
    over_send(over);
}

/* Copied: parts of it may be of cached objects that are only lent. */
static void over_document(struct request *request, int status, const struct api_kind *kind, const void *value)
{
    struct handover *over = over_answer(request, ANSWER_DOCUMENT, status);
    over->kind = kind;
    over->value = api_copy(kind->type, value, &request->arena);
    request_depart(request);
    over_send(over);
}

static void over_list(struct request *request, const struct request_list *list)
{
    struct handover *over = over_answer(request, ANSWER_LIST, 200);
    over->list = *list;
    request_depart(request);
    over_send(over);
}

static void over_watch(struct request *request)
{
    struct handover *over = over_answer(request, ANSWER_WATCH, 200);
    struct watch_passage *passage = over->watch = watch_passage_create(over->call);
    over_send(over);
    watch_passage_begin(passage);
}

static void over_text(struct request *request, int status, const char *content_type, struct str body)
{
    struct handover *over = over_answer(request, ANSWER_TEXT, status);
    over->content_type = arena_strdup(&request->arena, content_type);
    over->text = arena_str(&request->arena, body);
    request_depart(request);
    over_send(over);
}

static void over_connect(struct request *request, const struct connect_target *target)
{
    struct handover *over = over_answer(request, ANSWER_CONNECT, 200);
    over->target = *target;
    request_depart(request);
    over_send(over);
}

static void over_run(struct loop_task *task)
{
    request_run(container_of(task, struct handover, task)->call->request);
}

/* ---------------------------------------------------------------- on the lane */

/* What the request borrows from its exchange, which may go while the request is away. */
static void keep_borrowed(struct request *request)
{
    struct arena *arena = &request->arena;
    const struct http_headers *from = request->headers;
    if (from == NULL)
        return; /* refused before anything was read */
    struct http_headers *headers = arena_new(arena, struct http_headers);
    struct http_header *items = arena_new_array(arena, struct http_header, from->count + 1);
    for (size_t i = 0; i < from->count; i++)
        items[i] =
            (struct http_header){ arena_str(arena, from->items[i].name), arena_str(arena, from->items[i].value) };
    *headers = (struct http_headers){ items, from->count };
    request->headers = headers;
    if (request->certificate != NULL)
        arena_hold(arena, (void (*)(void *))x509_unref, x509_ref(request->certificate));
}

void handover_run(struct http_call *call)
{
    static const struct request_sink sink = { .object = over_object,
                                              .document = over_document,
                                              .list = over_list,
                                              .watch = over_watch,
                                              .text = over_text,
                                              .connect = over_connect };
    struct request *request = call->request;
    struct handover *over = arena_new(&request->arena, struct handover);
    over->call = call;
    over->away = true;
    over->task.callback = over_run;
    call->handover = over;
    request->sink = &sink;
    keep_borrowed(request);
    loop_hold(call->lane->loop);
    loop_post(call->lane->server->loop, &over->task);
}

bool handover_away(const struct http_call *call)
{
    return call->handover->away;
}
