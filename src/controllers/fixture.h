/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* fixture.h - for tests: controllers against the fake server, on virtual time. */
#ifndef CONTROLLERS_FIXTURE_H
#define CONTROLLERS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "client/client_fake.h"
#include "controllers/controllers.h"
#include "controllers/workload/ownership.h"

struct fixture {
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct client *user; /* acts as kubectl does */
    struct controller_manager *manager;
    struct client_call call;
    int rc;
};

#define FIXTURE_START (1700000000 * USEC_PER_SEC)

static inline void fixture_init(struct fixture *f, const struct controller *const *controllers, size_t count,
                                struct controller_settings settings)
{
    *f = (struct fixture){ .loop = loop_create_virtual(FIXTURE_START, 42) };
    f->server = fake_server_create(f->loop);
    f->client = fake_server_client(f->server, "controllers");
    f->user = fake_server_client(f->server, "user");
    f->manager = controller_manager_create(&(struct controller_manager_options){
        .client = f->client, .settings = settings, .controllers = controllers, .n_controllers = count });
    controller_manager_start(f->manager);
}

static inline void fixture_fini(struct fixture *f)
{
    controller_manager_destroy(f->manager);
    client_destroy(f->user);
    client_destroy(f->client);
    fake_server_destroy(f->server);
    loop_destroy(f->loop);
}

/* Informers open watches for ever, so a run has an end. */
static inline void fixture_run(struct fixture *f, double seconds)
{
    loop_run_until(f->loop, loop_now(f->loop) + (usec_t)(seconds * (double)USEC_PER_SEC));
}

static inline const struct object *fixture_put(struct fixture *f, const struct api_resource *resource,
                                               const char *format, ...) printf_like(3, 4);
static inline const struct object *fixture_put(struct fixture *f, const struct api_resource *resource,
                                               const char *format, ...)
{
    char json[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(json, sizeof(json), format, arguments);
    va_end(arguments);
    return fake_server_put(f->server, resource, json);
}

static inline void fixture_done(struct client_call *call, const struct client_result *result)
{
    struct fixture *f = container_of(call, struct fixture, call);
    f->rc = result->rc;
    if (result->rc < 0)
        print_message("call failed: %s\n", result->err.message);
}

/* As a user does: through the API, with everything it checks. */
static inline void fixture_patch(struct fixture *f, const struct api_resource *resource, const char *namespace_,
                                 const char *name, const char *patch)
{
    f->call.done = fixture_done;
    client_call_start(
        f->user, &f->call,
        &(struct client_request){
            .verb = API_PATCH, .resource = resource, .namespace_ = namespace_, .name = name, .patch = str_of(patch) });
}

static inline void fixture_delete(struct fixture *f, const struct api_resource *resource, const char *namespace_,
                                  const char *name, enum client_propagation propagation)
{
    f->call.done = fixture_done;
    client_call_start(f->user, &f->call,
                      &(struct client_request){ .verb = API_DELETE,
                                                .resource = resource,
                                                .namespace_ = namespace_,
                                                .name = name,
                                                .grace_seconds = -1,
                                                .propagation = propagation });
}

static inline void fixture_patch_pod_status(struct fixture *f, const char *namespace_, const char *name,
                                            const char *patch)
{
    f->call.done = fixture_done;
    client_call_start(f->user, &f->call,
                      &(struct client_request){ .verb = API_PATCH,
                                                .resource = &api_resource_pod,
                                                .namespace_ = namespace_,
                                                .name = name,
                                                .subresource = "status",
                                                .patch = str_of(patch) });
}

/* What scheduler and kubelet do: every pod without a node gets one and becomes ready, every deleted one goes. */
static inline void fixture_kubelet(struct fixture *f, const char *node)
{
    char when[TIME_TEXT_SIZE];
    time_format(loop_now(f->loop), false, when);
    const struct object *next = fake_server_next(f->server, &api_resource_pod, NULL);
    while (next != NULL) {
        const struct object *object = object_ref(next);
        const struct api_pod *pod = api_pod_of(object);
        const char *namespace_ = object_namespace(object), *name = object_name(object);
        if (pod->metadata.deletion_timestamp != 0) {
            fake_server_remove(f->server, &api_resource_pod, namespace_, name);
        } else if (text_empty(pod->status.phase)) {
            char patch[512];
            snprintf(patch, sizeof(patch), "{\"spec\":{\"nodeName\":\"%s\"}}", node);
            fixture_patch(f, &api_resource_pod, namespace_, name, patch);
            fixture_run(f, 0.001);
            snprintf(patch, sizeof(patch),
                     "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\","
                     "\"lastTransitionTime\":\"%s\"}]}}",
                     when);
            fixture_patch_pod_status(f, namespace_, name, patch);
            fixture_run(f, 0.001);
        }
        next = fake_server_next(f->server, &api_resource_pod, object);
        object_unref(object);
    }
}

/* A fault of the server: no pod is made. */
static inline int fixture_refuse_pods(void *context, const struct client_request *request, struct error *err)
{
    (void)context;
    if (request->verb != API_CREATE || request->resource != &api_resource_pod)
        return 0;
    return error_set(err, ERROR_FORBIDDEN, "exceeded quota");
}

static inline size_t fixture_events(struct fixture *f, const char *reason)
{
    size_t count = 0;
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_event, o)) != NULL;)
        count += text_equal(api_event_of(o)->reason, reason) ? (size_t)api_event_of(o)->count : 0;
    return count;
}

#endif
