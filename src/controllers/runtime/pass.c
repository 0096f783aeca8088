/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pass.c - one run of a reconcile function: what it asked for is done, then the caches must catch up.
 *
 * reconcile -> actions under way -> settling -> ended. A pass that failed settles too, for what it did write;
 * then its key comes back after a back-off. */
#include "base/log.h"
#include "base/memory.h"
#include "codec/json.h"
#include "controllers/runtime/manager_internal.h"
#include "generated/types.h"

enum outcome { DONE, AGAIN, FAILED }; /* worst wins */

struct pass {
    struct list_node node; /* in worker.passes */
    struct worker *worker;
    struct arena arena;
    struct reconcile reconcile;
    struct action *next; /* to be started */
    unsigned running;
    unsigned window;     /* how many may run: doubles as they succeed, as in TCP's slow start */
    struct list calls;   /* running ones */
    struct list written; /* what the caches have to show */
    struct loop_timer give_up;
    usec_t started; /* monotonic */
    enum outcome outcome;
    struct error err;
    size_t to_be_seen; /* of 'written' */
    bool unfinished;   /* a collection was not empty yet */
    bool starting;
};

struct pass_call {
    struct list_node node; /* in pass.calls */
    struct client_call call;
    struct pass *pass;
    struct action *action;
    struct loop_timer again; /* a creation that nobody knows the end of */
    unsigned attempts;       /* of it, but the first */
};

/* A creation of which no answer came is made again under the same name: 0.5 s, 1 s, 2 s... later, for some minutes. */
#define UNSURE_DELAY    (USEC_PER_SEC / 2)
#define UNSURE_DOUBLES  4
#define UNSURE_ATTEMPTS 30

/* A write that a cache is going to show. */
struct written {
    struct list_node node; /* in pass.written */
    struct informer *informer;
    const char *key;
    uint64_t revision; /* 0: a deletion of 'uid' */
    const char *uid;
    bool to_be_seen; /* no more is known than that it was there: pass_saw(), or the cache has it */
};

static void pass_continue(struct pass *pass);

struct pass *pass_of(struct list_node *node)
{
    return container_of(node, struct pass, node);
}

static struct action *action_behind(struct pass *pass, struct action *action)
{
    struct list_node *node = action == NULL ? list_first(&pass->reconcile.actions) : action->node.next;
    return node == NULL || node == &pass->reconcile.actions.head ? NULL : container_of(node, struct action, node);
}

static void pass_free(struct pass *pass)
{
    loop_timer_stop(&pass->give_up);
    list_remove(&pass->node);
    arena_fini(&pass->arena);
    free(pass);
}

void pass_cancel(struct pass *pass)
{
    struct pass_call *call;
    list_for_each (&pass->calls, call, node) {
        list_remove(&call->node);
        loop_timer_stop(&call->again);
        client_call_cancel(&call->call);
    }
    pass_free(pass);
}

static void say(struct pass *pass, const struct action *action, const struct action_event *event, const char *what)
{
    if (event->type == NULL || action->about == NULL)
        return;
    char version[128];
    struct api_object_reference object = event_reference(action->about, version);
    auto_buffer struct buffer text = { 0 };
    struct str rest = str_of(event->text);
    const char *place = strstr(event->text, "%s");
    if (action->kind == ACTION_EVENT || place == NULL) {
        buffer_append_str(&text, rest);
    } else {
        buffer_append(&text, event->text, (size_t)(place - event->text));
        buffer_append_text(&text, what);
        buffer_append_text(&text, place + 2);
    }
    event_record(pass->worker->recorder, &object, event->type, event->reason, text.data == NULL ? "" : text.data);
}

static void fail(struct pass *pass, enum outcome outcome, int rc, const struct error *err)
{
    if (outcome <= pass->outcome)
        return;
    pass->outcome = outcome;
    pass->err.code = rc;
    if (err != NULL)
        pass->err = *err;
    pass->err.code = rc;
}

static void expect(struct pass *pass, const struct action *action, const struct client_result *result)
{
    struct informer *informer = caches_find(&pass->worker->manager->caches, action->resource);
    if (informer == NULL ||
        (action->subresource != NULL && strcmp(action->subresource, "status") != 0 && result->object == NULL))
        return;
    struct written *written = arena_new(&pass->arena, struct written);
    written->informer = informer;
    if (action->kind == ACTION_DELETE || result->object == NULL) {
        if (text_empty(action->name))
            return;
        written->key = text_empty(action->namespace_)
                           ? action->name
                           : arena_format(&pass->arena, "%s/%s", action->namespace_, action->name);
        const struct object *cached = informer_get(informer, written->key);
        written->uid = action->uid != NULL ? action->uid
                       : cached != NULL    ? arena_strdup(&pass->arena, object_uid(cached))
                                           : "";
        if (action->kind != ACTION_DELETE)
            return; /* an update that answered no object tells nothing to wait for */
    } else {
        written->key = arena_strdup(&pass->arena, object_key(result->object));
        written->revision = object_revision(result->object);
    }
    list_append(&pass->written, &written->node);
}

/* It was made by a call without an answer: of which revision it is, only the cache will say. */
static void expect_sight(struct pass *pass, const struct action *action)
{
    const struct api_object_meta *meta = action->body;
    struct informer *informer = caches_find(&pass->worker->manager->caches, action->resource);
    if (informer == NULL)
        return;
    struct written *written = arena_new(&pass->arena, struct written);
    written->informer = informer;
    written->key = text_empty(action->namespace_) ? meta->name
                                                  : arena_format(&pass->arena, "%s/%s", action->namespace_, meta->name);
    written->to_be_seen = true;
    list_append(&pass->written, &written->node);
    pass->to_be_seen++;
}

void pass_saw(struct pass *pass, const struct object *object)
{
    if (pass->to_be_seen == 0)
        return;
    struct written *written;
    list_for_each (&pass->written, written, node) {
        if (!written->to_be_seen || informer_resource(written->informer) != object_resource(object) ||
            !text_equal(written->key, object_key(object)))
            continue;
        list_remove(&written->node);
        pass->to_be_seen--;
    }
}

/* A list that the server answered to a deletion of a collection names what was there. */
static bool collection_was_empty(const struct client_result *result)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    if (result->json.size == 0 || json_read(result->json, 1000, &doc, NULL) < 0)
        return false;
    yyjson_val *items = yyjson_obj_get(yyjson_doc_get_root(doc), "items");
    return yyjson_is_null(items) || (yyjson_is_arr(items) && yyjson_arr_size(items) == 0);
}

static void judge(struct pass *pass, const struct action *action, const struct client_result *result, bool tried_before)
{
    int rc = result->rc;
    if (action->kind == ACTION_CONFIRM_ABSENT) {
        if (rc == 0 && result->object != NULL &&
            (action->uid == NULL || text_equal(object_uid(result->object), action->uid)))
            fail(pass, AGAIN, 0, NULL);
        else if (rc < 0 && rc != -ERROR_NOT_FOUND)
            fail(pass, FAILED, rc, &result->err);
        return;
    }
    if ((rc == -ERROR_NOT_FOUND && action->absent_is_fine) || (rc == -ERROR_ALREADY_EXISTS && action->present_is_fine))
        return;
    if (action->named && rc == -ERROR_ALREADY_EXISTS && tried_before) {
        pass->window++;
        expect_sight(pass, action);
        say(pass, action, &action->succeeded, ((const struct api_object_meta *)action->body)->name);
        return;
    }
    if (action->named && rc == -ERROR_ALREADY_EXISTS) {
        fail(pass, AGAIN, rc, &result->err); /* somebody else has drawn that name */
        return;
    }
    if (rc < 0) {
        /* Somebody was faster, or the namespace is going: the caches will tell. */
        bool expected =
            rc == -ERROR_CONFLICT || (rc == -ERROR_FORBIDDEN && action->kind == ACTION_CREATE &&
                                      strstr(result->err.message, "because it is being terminated") != NULL);
        fail(pass, expected ? AGAIN : FAILED, rc, &result->err);
        if (!expected) {
            say(pass, action, &action->failed, result->err.message);
            if (action->failed.reason != NULL)
                worker_set_failure(pass->worker, pass->reconcile.key, action->failed.reason, result->err.message);
        }
        return;
    }
    if (action->kind == ACTION_CLEAR) {
        pass->window++;
        pass->unfinished |= !collection_was_empty(result);
        return;
    }
    pass->window++;
    expect(pass, action, result);
    say(pass, action, &action->succeeded,
        result->object != NULL && action->name == NULL ? object_name(result->object) : text_or_empty(action->name));
}

static bool is_unsure(const struct pass_call *call, const struct client_result *result)
{
    if (!call->action->named || call->attempts >= UNSURE_ATTEMPTS)
        return false;
    int rc = result->rc;
    if (rc == -ERROR_TIMEOUT || rc == -ERROR_CLOSED || rc == -ERROR_SERVER_TIMEOUT)
        return true;
    /* Once it is unsure, only the server's word ends that. */
    return call->attempts > 0 &&
           (rc == -ERROR_UNAVAILABLE || rc == -ERROR_SYSTEM || rc == -ERROR_TOO_MANY_REQUESTS || rc == -ERROR_INTERNAL);
}

/* True: the end of this call is still to come. */
static bool ask_again(struct pass_call *call, const struct client_result *result)
{
    if (!is_unsure(call, result))
        return false;
    unsigned doubles = call->attempts < UNSURE_DOUBLES ? call->attempts : UNSURE_DOUBLES;
    loop_timer_start(call->pass->worker->client->loop, &call->again, UNSURE_DELAY << doubles);
    call->attempts++;
    return true;
}

static void call_done(struct client_call *client_call, const struct client_result *result)
{
    struct pass_call *call = container_of(client_call, struct pass_call, call);
    struct pass *pass = call->pass;
    if (ask_again(call, result))
        return;
    list_remove(&call->node);
    pass->running--;
    judge(pass, call->action, result, call->attempts > 0);
    pass_continue(pass);
}

static void call_start(struct pass_call *call)
{
    static const enum api_verb verbs[] = {
        [ACTION_CREATE] = API_CREATE, [ACTION_UPDATE] = API_UPDATE,           [ACTION_PATCH] = API_PATCH,
        [ACTION_DELETE] = API_DELETE, [ACTION_CLEAR] = API_DELETE_COLLECTION, [ACTION_CONFIRM_ABSENT] = API_GET,
    };
    const struct action *action = call->action;
    struct client_request request = {
        .verb = verbs[action->kind],
        .resource = action->resource,
        .namespace_ = action->namespace_,
        .name = action->kind == ACTION_CREATE && action->subresource == NULL ? NULL : action->name,
        .subresource = action->subresource,
        .body_kind = action->body_kind,
        .body = action->body,
        .patch = action->patch,
        .patch_type = action->patch_type,
        .grace_seconds = action->grace_seconds,
        .propagation = action->propagation,
        .precondition_uid = action->kind == ACTION_DELETE ? action->uid : NULL,
        .precondition_revision = action->revision,
    };
    client_call_start(call->pass->worker->client, &call->call, &request);
}

static void call_again(struct loop_timer *timer)
{
    call_start(container_of(timer, struct pass_call, again));
}

static void action_start(struct pass *pass, struct action *action)
{
    if (action->kind == ACTION_EVENT) {
        say(pass, action, &action->succeeded, "");
        return;
    }
    struct pass_call *call = arena_new(&pass->arena, struct pass_call);
    call->pass = pass;
    call->action = action;
    call->call.done = call_done;
    call->again.callback = call_again;
    list_append(&pass->calls, &call->node);
    pass->running++;
    call_start(call);
}

static bool all_shown(struct pass *pass)
{
    struct written *written;
    list_for_each (&pass->written, written, node) {
        const struct informer *live = caches_find(&pass->worker->manager->caches, informer_resource(written->informer));
        if (live != written->informer) { /* it was taken away with its resource */
            list_remove(&written->node);
            continue;
        }
        const struct object *cached = informer_get(written->informer, written->key);
        bool shown = written->to_be_seen      ? cached != NULL
                     : written->revision != 0 ? informer_revision(written->informer) >= written->revision ||
                                                    (cached != NULL && object_revision(cached) >= written->revision)
                                              : cached == NULL || !text_equal(object_uid(cached), written->uid) ||
                                                    object_meta(cached)->deletion_timestamp != 0;
        if (!shown)
            return false;
        list_remove(&written->node);
    }
    return true;
}

static void pass_end(struct pass *pass)
{
    struct worker *worker = pass->worker;
    struct str key = str_of(pass->reconcile.key);
    if (pass->outcome == DONE) {
        workqueue_forget(worker->queue, key);
        worker_clear_failure(worker, pass->reconcile.key);
        if (pass->reconcile.requeue_after > 0)
            workqueue_add_after(worker->queue, key, pass->reconcile.requeue_after);
    } else {
        workqueue_retry(worker->queue, key);
        if (pass->reconcile.requeue_after > 0) /* the earlier of both */
            workqueue_add_after(worker->queue, key, pass->reconcile.requeue_after);
    }
    if (pass->reconcile.pause > 0)
        workqueue_rest(worker->queue, key, pass->started + pass->reconcile.pause);
    autofree char *name = memory_strdup(pass->reconcile.key);
    pass_free(pass);
    worker_pass_ended(worker, name);
}

void pass_settle(struct pass *pass)
{
    if (pass->starting || pass->running > 0 || pass->next != NULL)
        return;
    if (all_shown(pass))
        pass_end(pass);
}

static void give_up(struct loop_timer *timer)
{
    struct pass *pass = container_of(timer, struct pass, give_up);
    log_warning("the caches do not show what was written", LOG_TEXT("controller", pass->worker->controller->name),
                LOG_TEXT("key", pass->reconcile.key));
    pass_end(pass);
}

static void actions_ended(struct pass *pass)
{
    if (pass->unfinished)
        fail(pass, AGAIN, 0, NULL);
    if (pass->outcome != DONE)
        pass->worker->errors++;
    if (pass->outcome == FAILED)
        log_warning("reconcile failed", LOG_TEXT("controller", pass->worker->controller->name),
                    LOG_TEXT("key", pass->reconcile.key), LOG_TEXT("error", pass->err.message));
    if (all_shown(pass))
        pass_end(pass);
    else
        loop_timer_start(pass->worker->client->loop, &pass->give_up, SETTLE_MAX);
}

/* Starts what may start now; ends the pass when nothing is left. */
static void pass_continue(struct pass *pass)
{
    while (pass->next != NULL) {
        struct action *action = pass->next;
        if (pass->outcome != DONE && !action->always) {
            pass->next = action_behind(pass, action);
            continue;
        }
        if ((action->barrier || action->always) && pass->running > 0)
            return;
        if (action->barrier && pass->unfinished) {
            fail(pass, AGAIN, 0, NULL);
            continue;
        }
        if (pass->running >= pass->window || pass->running >= ACTIONS_AT_ONCE)
            return;
        pass->next = action_behind(pass, action);
        action_start(pass, action);
    }
    if (pass->running == 0 && !pass->starting)
        actions_ended(pass);
}

void pass_start(struct worker *worker, const char *key)
{
    struct pass *pass = memory_new(struct pass);
    struct loop *loop = worker->client->loop;
    pass->worker = worker;
    pass->window = 1;
    pass->starting = true;
    pass->give_up.callback = give_up;
    list_init(&pass->calls);
    list_init(&pass->written);
    list_init(&pass->reconcile.actions);
    list_append(&worker->passes, &pass->node);
    const char *slash = strchr(key, '/');
    struct arena *arena = &pass->arena;
    struct reconcile *reconcile = &pass->reconcile;
    reconcile->settings = &worker->manager->settings;
    reconcile->caches = &worker->manager->caches;
    reconcile->key = arena_strdup(arena, key);
    reconcile->namespace_ = slash == NULL ? "" : arena_strndup(arena, key, (size_t)(slash - key));
    reconcile->name = slash == NULL ? reconcile->key : arena_strdup(arena, slash + 1);
    pass->started = loop_monotonic(loop);
    reconcile->now = loop_now(loop);
    reconcile->random = loop_random(loop);
    reconcile->arena = arena;
    struct failure *failure = map_find_entry(&worker->failures, str_of(key), struct failure, node);
    if (failure != NULL) {
        reconcile->failure_reason = arena_strdup(arena, failure->reason);
        reconcile->failure_message = arena_strdup(arena, failure->message);
    }
    struct error err = { 0 };
    int rc = worker->controller->reconcile(reconcile, &err);
    if (rc < 0)
        fail(pass, FAILED, rc, &err);
    /* What the actions borrow from the caches must outlive their calls. */
    struct action *action;
    list_for_each (&reconcile->actions, action, node) {
        if (action->about != NULL)
            arena_hold(arena, (void (*)(void *))object_unref, object_ref(action->about));
    }
    pass->next = action_behind(pass, NULL);
    pass->starting = false;
    pass_continue(pass);
}
