/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_http_test.c - against our HTTP server with scripted answers, over loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "client/client_http.h"
#include "client/informer.h"
#include "generated/types.h"
#include "net/http.h"

struct fixture {
    struct loop *loop;
    struct listener *listener;
    struct http_server *server;
    struct client *client;
    struct http_exchange *watch; /* the stream that is open */
    struct buffer asked;         /* "METHOD path?query body" a line */
    char authorization[64];
    struct loop_timer limit;
    /* the last answer */
    struct client_call call;
    int rc;
    char text[256];
    char name[64];
    bool done;
};

#define ITEM(name, revision) \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"" revision "\"}}"
#define POD(name, revision)                                                                                          \
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"a\",\"uid\":\"u\"," \
    "\"resourceVersion\":\"" revision "\"}}"

static void answer(struct http_exchange *exchange, int status, const char *text)
{
    struct http_header type = { STR("content-type"), STR("application/json") };
    struct bytes *body = bytes_create(text, strlen(text));
    http_respond(exchange, status, &(struct http_headers){ &type, 1 }, body);
    bytes_unref(body);
}

static void watch_closed(void *context)
{
    ((struct fixture *)context)->watch = NULL;
}

static void on_request(void *context, struct http_exchange *exchange)
{
    static const struct http_exchange_events events = { .closed = watch_closed };
    struct fixture *f = context;
    struct str path = http_exchange_path(exchange), query = http_exchange_query(exchange);
    buffer_format(&f->asked, STR_FMT " " STR_FMT "?" STR_FMT " " STR_FMT "\n", STR_ARG(http_exchange_method(exchange)),
                  STR_ARG(path), STR_ARG(query), STR_ARG(http_exchange_body(exchange)));
    struct str token = http_header(http_exchange_headers(exchange), "authorization");
    snprintf(f->authorization, sizeof(f->authorization), STR_FMT, STR_ARG(token));
    if (str_contains(query, STR("watch=true"))) {
        f->watch = exchange;
        http_exchange_set_events(exchange, &events, f);
        http_response_begin(exchange, 200, &(struct http_headers){ 0 });
    } else if (str_contains(query, STR("continue=more"))) {
        answer(exchange, 200,
               "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" ITEM("two", "5") "]}");
    } else if (str_is(path, "/api/v1/pods")) {
        answer(exchange, 200,
               "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"more\"},\"items\":[" ITEM(
                   "one", "3") "]}");
    } else if (str_ends(path, STR("/missing"))) {
        answer(exchange, 404,
               "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"pods \\\"missing\\\" not found\",\"reason\":"
               "\"NotFound\",\"code\":404}");
    } else if (str_is(http_exchange_method(exchange), "DELETE")) {
        answer(exchange, 200, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}");
    } else {
        answer(exchange, 200, POD("one", "9"));
    }
}

static void accepted(void *context, struct stream *stream)
{
    http_server_serve(((struct fixture *)context)->server, stream);
}

static void too_long(struct loop_timer *timer)
{
    loop_stop(container_of(timer, struct fixture, limit)->loop);
}

static int setup(void **state)
{
    static const struct http_handler handler = { .request = on_request };
    static struct fixture fixture;
    struct fixture *f = &fixture;
    *f = (struct fixture){ .limit = { .callback = too_long } };
    assert_int_equal(loop_create_real(&f->loop, NULL), 0);
    f->server = http_server_create(f->loop, &handler, f, &(struct http_limits){ 0 });
    struct stream_target target = { .address = "tcp:127.0.0.1:0" };
    assert_int_equal(listener_open(f->loop, &target, accepted, f, &f->listener, NULL), 0);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", listener_port(f->listener));
    struct client_http_options options = { .server = url, .name = "test", .token = "secret" };
    assert_int_equal(client_http_create(f->loop, &options, &f->client, NULL), 0);
    loop_timer_start(f->loop, &f->limit, 10 * USEC_PER_SEC);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_timer_stop(&f->limit);
    client_destroy(f->client);
    http_server_destroy(f->server);
    listener_close(f->listener);
    loop_run(f->loop); /* what is closing ends */
    loop_destroy(f->loop);
    buffer_fini(&f->asked);
    return 0;
}

static void on_done(struct client_call *call, const struct client_result *result)
{
    struct fixture *f = container_of(call, struct fixture, call);
    f->done = true;
    f->rc = result->rc;
    snprintf(f->text, sizeof(f->text), "%s", result->rc < 0 ? result->err.message : "");
    snprintf(f->name, sizeof(f->name), "%s", result->object == NULL ? "" : object_name(result->object));
    loop_stop(f->loop);
}

static void ask(struct fixture *f, const struct client_request *request)
{
    f->call.done = on_done;
    f->done = false;
    buffer_clear(&f->asked);
    client_call_start(f->client, &f->call, request);
    loop_run(f->loop);
    assert_true(f->done);
}

static void calls_are_requests(void **state)
{
    struct fixture *f = *state;
    struct client_request get = { .verb = API_GET, .resource = &api_resource_pod, .namespace_ = "a", .name = "one" };
    ask(f, &get);
    assert_int_equal(f->rc, 0);
    assert_string_equal(f->name, "one");
    assert_string_equal(f->asked.data, "GET /api/v1/namespaces/a/pods/one? \n");
    assert_string_equal(f->authorization, "Bearer secret");
    get.name = "missing";
    ask(f, &get);
    assert_int_equal(f->rc, -ERROR_NOT_FOUND);
    assert_string_equal(f->text, "pods \"missing\" not found");
    struct client_request patch = { .verb = API_PATCH,
                                    .resource = &api_resource_apps_deployment,
                                    .namespace_ = "a",
                                    .name = "web",
                                    .subresource = "scale",
                                    .patch = STR("{}") };
    ask(f, &patch);
    assert_string_equal(f->asked.data, "PATCH /apis/apps/v1/namespaces/a/deployments/web/scale?fieldManager=test {}\n");
    struct client_request delete = { .verb = API_DELETE,
                                     .resource = &api_resource_node,
                                     .name = "n1",
                                     .grace_seconds = -1,
                                     .propagation = CLIENT_PROPAGATION_FOREGROUND,
                                     .precondition_uid = "u" };
    ask(f, &delete);
    assert_int_equal(f->rc, 0);
    assert_string_equal(f->name, "");
    assert_string_equal(f->asked.data,
                        "DELETE /api/v1/nodes/n1? {\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":"
                        "{\"uid\":\"u\"},\"propagationPolicy\":\"Foreground\"}\n");
    struct api_pod pod = { .metadata = { .name = "one", .namespace = "a" } };
    struct client_request create = {
        .verb = API_CREATE, .resource = &api_resource_pod, .namespace_ = "a", .body = &pod
    };
    ask(f, &create);
    assert_non_null(strstr(f->asked.data, "POST /api/v1/namespaces/a/pods?fieldManager=test {\"kind\":\"Pod\""));
    struct client_request collection = { .verb = API_DELETE_COLLECTION,
                                         .resource = &api_resource_pod,
                                         .namespace_ = "a",
                                         .label_selector = "app in (a, b)",
                                         .grace_seconds = -1 };
    ask(f, &collection);
    assert_non_null(strstr(f->asked.data, "DELETE /api/v1/namespaces/a/pods?labelSelector=app%20in%20%28a%2C%20b%29 "));
}

struct watcher {
    struct fixture *f;
    struct informer_listener listener;
    int changes;
    int wanted;
};

static void changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    (void)before, (void)after;
    struct watcher *w = container_of(listener, struct watcher, listener);
    if (++w->changes == w->wanted)
        loop_stop(w->f->loop);
}

static void wait_for(struct watcher *w, int changes)
{
    w->wanted = changes;
    if (w->changes < changes)
        loop_run(w->f->loop);
    assert_int_equal(w->changes, changes);
}

static void send_line(struct fixture *f, const char *text)
{
    struct bytes *bytes = bytes_create(text, strlen(text));
    http_response_write(f->watch, bytes);
    bytes_unref(bytes);
}

static void lists_in_pages_and_watches(void **state)
{
    struct fixture *f = *state;
    struct informer *informer = informer_create(f->client, &(struct informer_options){ .resource = &api_resource_pod });
    struct watcher w = { .f = f, .listener = { .changed = changed } };
    informer_listen(informer, &w.listener);
    informer_start(informer);
    wait_for(&w, 2);
    while (f->watch == NULL) {
        loop_timer_start(f->loop, &f->limit, 5 * USEC_PER_MSEC);
        loop_run(f->loop);
    }
    assert_true(informer_synced(informer));
    assert_int_equal(informer_revision(informer), 7);
    assert_non_null(strstr(f->asked.data, "GET /api/v1/pods?limit=500 "));
    assert_non_null(strstr(f->asked.data, "GET /api/v1/pods?limit=500&continue=more "));
    assert_non_null(strstr(f->asked.data, "GET /api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=7&"));
    const struct object *one = informer_find(informer, "a", "one");
    assert_int_equal(strncmp(object_json(one).data, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",", 32), 0);
    loop_timer_start(f->loop, &f->limit, 10 * USEC_PER_SEC);
    send_line(f, "{\"type\":\"MODIFIED\",\"object\":" POD("one", "8") "}\n{\"type\":\"ADDED\",\"obj");
    wait_for(&w, 3);
    send_line(f, "ect\":" POD("three", "9") "}\n{ \"object\" : " POD("two", "10") ", \"type\":\"DELETED\"}\n");
    wait_for(&w, 5);
    assert_int_equal(informer_count(informer), 2);
    assert_int_equal(informer_revision(informer), 10);
    /* Expired: it lists again, and 'three' is gone, 'two' is back. */
    buffer_clear(&f->asked);
    send_line(f, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"too old\",\"reason\":\"Expired\","
                 "\"code\":410}}\n");
    wait_for(&w, 8); /* 'one' is as it was in the first list, 'two' is new, 'three' gone */
    assert_non_null(strstr(f->asked.data, "GET /api/v1/pods?limit=500 "));
    assert_null(informer_find(informer, "a", "three"));
    assert_non_null(informer_find(informer, "a", "two"));
    informer_destroy(informer);
}

static void needs_a_url(void **state)
{
    struct fixture *f = *state;
    struct client *client = NULL;
    struct error err;
    struct client_http_options options = { .server = "127.0.0.1:6443" };
    assert_int_equal(client_http_create(f->loop, &options, &client, &err), -ERROR_USAGE);
    assert_string_equal(err.message, "server \"127.0.0.1:6443\" is no https:// URL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_are_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_in_pages_and_watches, setup, teardown),
        cmocka_unit_test_setup_teardown(needs_a_url, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
