/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/node_lease.h"

#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "generated/types.h"

#define NAMESPACE "kube-node-lease"
#define PERIOD    (10 * USEC_PER_SEC)
#define DURATION  40 /* seconds */
#define RETRY     (USEC_PER_SEC / 5)
#define RETRY_MAX (7 * USEC_PER_SEC)

struct node_lease {
    struct client *client;
    char *node_name;
    char node_uid[64];
    usec_t period;
    usec_t retry;
    struct loop_timer timer;
    struct client_call call;
    bool busy, started, reading;
    const struct object *object; /* the lease as last written or read; NULL: not known */
};

static void renew(struct node_lease *lease);

static void again(struct node_lease *lease, usec_t delay)
{
    loop_timer_start(client_loop(lease->client), &lease->timer, delay);
}

static void call_done(struct client_call *call, const struct client_result *result)
{
    struct node_lease *lease = container_of(call, struct node_lease, call);
    bool was_reading = lease->reading;
    lease->busy = false;
    lease->reading = false;
    if (result->rc == 0 && result->object != NULL) {
        object_unref(lease->object);
        lease->object = object_ref(result->object);
        lease->retry = RETRY;
        again(lease, was_reading ? 0 : lease->period);
        return;
    }
    object_unref(take_pointer(&lease->object));
    if (result->rc == -ERROR_ALREADY_EXISTS || result->rc == -ERROR_CONFLICT) {
        lease->reading = true; /* somebody has it: read, then renew what is there */
        again(lease, 0);
        return;
    }
    if (result->rc != -ERROR_NOT_FOUND)
        log_warning("node lease not renewed", LOG_TEXT("error", result->err.message));
    again(lease, lease->retry);
    lease->retry = lease->retry * 2 > RETRY_MAX ? RETRY_MAX : lease->retry * 2;
}

static void renew(struct node_lease *lease)
{
    static const int32_t duration = DURATION;
    struct api_owner_reference owner = {
        .api_version = "v1", .kind = "Node", .name = lease->node_name, .uid = lease->node_uid
    };
    struct api_coordination_lease body = {
        .metadata = { .name = lease->node_name,
                      .namespace = NAMESPACE,
                      .owner_references = &owner,
                      .n_owner_references = lease->node_uid[0] != '\0' },
    };
    struct client_request request = { .resource = &api_resource_coordination_lease,
                                      .namespace_ = NAMESPACE,
                                      .name = lease->node_name };
    if (lease->reading) {
        request.verb = API_GET;
    } else {
        if (lease->object != NULL)
            body = *api_coordination_lease_of(lease->object);
        request.verb = lease->object != NULL ? API_UPDATE : API_CREATE;
        request.name = lease->object != NULL ? lease->node_name : NULL;
        body.spec.holder_identity = lease->node_name;
        body.spec.lease_duration_seconds = (int32_t *)(uintptr_t)&duration;
        body.spec.renew_time = loop_now(client_loop(lease->client));
        request.body = &body;
    }
    lease->call.done = call_done;
    lease->busy = true;
    client_call_start(lease->client, &lease->call, &request);
}

static void due(struct loop_timer *timer)
{
    struct node_lease *lease = container_of(timer, struct node_lease, timer);
    if (!lease->busy)
        renew(lease);
}

void node_lease_start(struct node_lease *lease, const char *node_uid)
{
    snprintf(lease->node_uid, sizeof(lease->node_uid), "%s", text_or_empty(node_uid));
    if (lease->started)
        return;
    lease->started = true;
    again(lease, 0);
}

struct node_lease *node_lease_create(struct client *client, const char *node_name, usec_t period)
{
    struct node_lease *lease = memory_new(struct node_lease);
    lease->client = client;
    lease->node_name = memory_strdup(node_name);
    lease->period = period > 0 ? period : PERIOD;
    lease->retry = RETRY;
    lease->timer.callback = due;
    return lease;
}

void node_lease_destroy(struct node_lease *lease)
{
    if (lease == NULL)
        return;
    loop_timer_stop(&lease->timer);
    if (lease->busy)
        client_call_cancel(&lease->call);
    object_unref(lease->object);
    free(lease->node_name);
    free(lease);
}
