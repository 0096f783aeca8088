/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* fixture.h - for the tests of this folder: a server with a memory store on virtual time, and HTTP/1.1 to it over
 * a memory stream. */
#ifndef APISERVER_FIXTURE_H
#define APISERVER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apiserver/apiserver.h"
#include "base/buffer.h"
#include "generated/types.h"

#define START ((usec_t)1790000000 * USEC_PER_SEC)

struct connection {
    struct stream *stream;
    struct buffer in;
};

struct fixture {
    struct loop *loop;
    struct store *store;
    struct api_server *server;
    struct connection main;
};

static void on_read(void *context, struct str bytes)
{
    struct connection *connection = context;
    buffer_append_str(&connection->in, bytes);
}

static void on_failed(void *context, const struct error *err)
{
    (void)context;
    (void)err;
}

static inline void connection_open(struct fixture *f, struct connection *connection)
{
    static const struct stream_events events = { .read = on_read, .failed = on_failed };
    struct stream *ends[2];
    stream_pair(f->loop, ends);
    connection->stream = ends[0];
    stream_set_events(ends[0], &events, connection);
    stream_read_start(ends[0]);
    api_server_serve(f->server, ends[1]);
}

static inline void connection_close(struct connection *connection)
{
    stream_close(connection->stream, false);
    buffer_fini(&connection->in);
}

static inline void run(struct fixture *f)
{
    loop_run_until(f->loop, loop_now(f->loop) + 100 * USEC_PER_MSEC);
}

/* The whole text of what came back. */
static const char *ask_with(struct fixture *f, const char *method, const char *path, const char *headers,
                            const char *body)
{
    char *text = NULL;
    int size = asprintf(&text, "%s %s HTTP/1.1\r\nhost: test\r\n%scontent-length: %zu\r\n\r\n%s", method, path, headers,
                        strlen(body), body);
    assert_true(size > 0);
    buffer_clear(&f->main.in);
    stream_write(f->main.stream, str_of(text));
    free(text);
    run(f);
    assert_non_null(f->main.in.data);
    return f->main.in.data;
}

static inline const char *ask(struct fixture *f, const char *method, const char *path, const char *body)
{
    return ask_with(f, method, path, body[0] == '\0' ? "" : "content-type: application/json\r\n", body);
}

static void expect_(const char *answer, const char *part, int line)
{
    if (answer == NULL || strstr(answer, part) == NULL) {
        print_error("line %d: expected %s in:\n%s\n", line, part, answer != NULL ? answer : "nothing");
        fail();
    }
}
#define expect(answer, part) expect_((answer), (part), __LINE__)

static struct fixture *fixture_create(enum authorization_mode authorization, bool bootstrap)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->loop = loop_create_virtual(START, 1);
    assert_int_equal(store_open_memory(f->loop, &f->store, NULL), 0);
    struct api_server_options options = {
        .loop = f->loop, .store = f->store, .anonymous = true, .authorization = authorization, .bootstrap = bootstrap
    };
    assert_int_equal(api_server_create(&options, &f->server, NULL), 0);
    assert_int_equal(api_server_start(f->server, NULL), 0);
    connection_open(f, &f->main);
    return f;
}

static void binding_made(struct client_call *call, const struct client_result *result)
{
    (void)call;
    assert_int_equal(result->rc, 0);
}

/* With the default roles, and everybody's requests checked. Those without credentials come from a cluster-admin (who is
 * in no special group) and may act as anybody: give "impersonate-user: ...\r\n" as headers. */
static inline int setup_rbac(void **state)
{
    struct fixture *f = fixture_create(AUTHORIZATION_NODE_RBAC, true);
    static const char *const groups[] = { "system:masters", NULL };
    run(f);
    struct client *client = api_server_client(f->server, "test", "system:admin", groups);
    struct api_rbac_subject subject = { .api_group = "rbac.authorization.k8s.io",
                                        .kind = "User",
                                        .name = "system:anonymous" };
    const struct api_rbac_cluster_role_binding binding = {
        .metadata = { .name = "test" },
        .role_ref = { .api_group = "rbac.authorization.k8s.io", .kind = "ClusterRole", .name = "cluster-admin" },
        .subjects = &subject,
        .n_subjects = 1,
    };
    struct client_call call = { .done = binding_made };
    client_call_start(client, &call,
                      &(struct client_request){
                          .verb = API_CREATE, .resource = &api_resource_rbac_cluster_role_binding, .body = &binding });
    run(f);
    client_destroy(client);
    *state = f;
    return 0;
}

static inline int setup(void **state)
{
    struct fixture *f = fixture_create(AUTHORIZATION_ALWAYS_ALLOW, false);
    expect(ask(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->server != NULL)
        connection_close(&f->main);
    run(f);
    api_server_destroy(f->server);
    store_close(f->store);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

#endif
