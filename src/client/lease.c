/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lease.c - get, then create or update, every retry period; who leads only updates what it wrote last. The server's
 * conflict check decides between rivals. */
#include "client/lease.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "client/events.h"
#include "generated/types.h"

static const char *const labels[] = { "name", NULL };
static const struct metric_family master_status = { "leader_election_master_status", "[ALPHA] 1 where it leads.",
                                                    METRIC_GAUGE, labels };
static const struct metric_family slow_path = { "leader_election_slowpath_total",
                                                "[ALPHA] Renewals that had to read the lease first.", METRIC_COUNTER,
                                                labels };

struct lease_election {
    struct client *client;
    char *namespace_;
    char *name;
    char *identity;
    usec_t duration, renew_deadline, retry_period;
    struct event_recorder *events;
    struct metric *status, *slow;
    void (*started)(void *context);
    void (*stopped)(void *context);
    void (*released)(void *context); /* may be NULL */
    void *context;
    struct client_call call;
    struct loop_timer timer;    /* the next attempt */
    struct loop_timer deadline; /* while it leads: renewed by then, or over */
    struct object *seen;        /* the Lease as last seen */
    usec_t seen_at;             /* monotonic */
    usec_t attempt_at;
    bool leads;
};

static void election_free(struct lease_election *election)
{
    client_call_cancel(&election->call);
    loop_timer_stop(&election->timer);
    loop_timer_stop(&election->deadline);
    object_unref(election->seen);
    free(election->namespace_);
    free(election->name);
    free(election->identity);
    free(election);
}

static usec_t now(const struct lease_election *election)
{
    return loop_monotonic(election->client->loop);
}

/* Rivals shall not ask all at once; who leads has none. */
static void try_again(struct lease_election *election)
{
    usec_t jitter = 0;
    if (!election->leads)
        jitter = (usec_t)(0.2 * (double)election->retry_period * random_unit(loop_random(election->client->loop)));
    loop_timer_start(election->client->loop, &election->timer, election->retry_period + jitter);
}

static void look(struct lease_election *election, const struct object *object)
{
    if (election->seen != NULL && object_revision(election->seen) == object_revision(object))
        return;
    object_unref(election->seen);
    election->seen = object_ref(object);
    election->seen_at = now(election);
}

static const char *holder(const struct lease_election *election)
{
    return election->seen == NULL ? "" : text_or_empty(api_coordination_lease_of(election->seen)->spec.holder_identity);
}

static void tell(struct lease_election *election, const char *what)
{
    const struct api_object_reference lease = { .kind = "Lease",
                                                .api_version = "coordination.k8s.io/v1",
                                                .namespace = election->namespace_,
                                                .name = election->name,
                                                .uid = election->seen == NULL ? NULL : object_uid(election->seen) };
    if (election->events != NULL)
        event_recordf(election->events, &lease, EVENT_NORMAL, "LeaderElection", "%s %s", election->identity, what);
}

static void lose(struct lease_election *election, const char *why)
{
    if (!election->leads)
        return;
    election->leads = false;
    metric_set(election->status, 0);
    loop_timer_stop(&election->deadline);
    log_warning("leadership lost", LOG_TEXT("lease", election->name), LOG_TEXT("reason", why));
    tell(election, "stopped leading");
    election->stopped(election->context);
}

static void deadline_passed(struct loop_timer *timer)
{
    lose(container_of(timer, struct lease_election, deadline), "not renewed in time");
}

static void ask(struct lease_election *election);

static void written(struct client_call *call, const struct client_result *result)
{
    struct lease_election *election = container_of(call, struct lease_election, call);
    if (election->leads && (result->rc == -ERROR_CONFLICT || result->rc == -ERROR_NOT_FOUND)) {
        metric_add(election->slow, 1);
        ask(election); /* not as we left it: see whose it is */
        return;
    }
    if (result->rc < 0 || result->object == NULL) {
        try_again(election);
        return;
    }
    look(election, result->object);
    /* Counted from when it was asked: the answer may have taken long. */
    usec_t left = election->attempt_at + election->renew_deadline - now(election);
    loop_timer_start(election->client->loop, &election->deadline, left);
    bool led = election->leads;
    election->leads = true;
    try_again(election);
    if (led)
        return;
    metric_set(election->status, 1);
    tell(election, "became leader");
    log_info("leads", LOG_TEXT("lease", election->name), LOG_TEXT("identity", election->identity));
    election->started(election->context);
}

/* 'identity' "" gives the Lease up. */
static void write_lease(struct lease_election *election, const char *identity,
                        void (*done)(struct client_call *call, const struct client_result *result))
{
    usec_t moment = loop_now(election->client->loop);
    struct api_coordination_lease lease = { .metadata = { .name = election->name, .namespace = election->namespace_ } };
    if (election->seen != NULL)
        lease = *api_coordination_lease_of(election->seen);
    int32_t seconds = identity[0] == '\0' ? 1 : (int32_t)(election->duration / USEC_PER_SEC);
    int32_t transitions = lease.spec.lease_transitions == NULL ? 0 : *lease.spec.lease_transitions;
    if (!text_equal(lease.spec.holder_identity, identity)) {
        lease.spec.acquire_time = moment;
        transitions += election->seen != NULL && identity[0] != '\0';
    }
    lease.spec.holder_identity = identity;
    lease.spec.lease_duration_seconds = &seconds;
    lease.spec.lease_transitions = &transitions;
    lease.spec.renew_time = moment;
    election->attempt_at = now(election);
    election->call.done = done;
    client_call_start(election->client, &election->call,
                      &(struct client_request){ .verb = election->seen == NULL ? API_CREATE : API_UPDATE,
                                                .resource = &api_resource_coordination_lease,
                                                .namespace_ = election->namespace_,
                                                .name = election->seen == NULL ? NULL : election->name,
                                                .body = &lease });
}

static void got(struct client_call *call, const struct client_result *result)
{
    struct lease_election *election = container_of(call, struct lease_election, call);
    if (result->rc == -ERROR_NOT_FOUND) {
        object_unref(election->seen);
        election->seen = NULL;
        write_lease(election, election->identity, written);
        return;
    }
    if (result->rc < 0 || result->object == NULL) {
        try_again(election);
        return;
    }
    look(election, result->object);
    const struct api_coordination_lease_spec *spec = &api_coordination_lease_of(election->seen)->spec;
    bool ours = text_equal(holder(election), election->identity), vacant = holder(election)[0] == '\0';
    usec_t duration =
        spec->lease_duration_seconds == NULL ? election->duration : *spec->lease_duration_seconds * USEC_PER_SEC;
    if (!ours)
        lose(election, "another instance holds the lease");
    if (ours || vacant || now(election) >= election->seen_at + duration)
        write_lease(election, election->identity, written);
    else
        try_again(election);
}

static void ask(struct lease_election *election)
{
    election->call.done = got;
    client_call_start(election->client, &election->call,
                      &(struct client_request){ .verb = API_GET,
                                                .resource = &api_resource_coordination_lease,
                                                .namespace_ = election->namespace_,
                                                .name = election->name });
}

static void attempt(struct loop_timer *timer)
{
    struct lease_election *election = container_of(timer, struct lease_election, timer);
    if (election->leads && election->seen != NULL && text_equal(holder(election), election->identity))
        write_lease(election, election->identity, written);
    else
        ask(election);
}

struct lease_election *lease_election_start(struct client *client, const struct lease_options *options)
{
    struct lease_election *election = memory_new(struct lease_election);
    election->client = client;
    election->namespace_ = memory_strdup(options->namespace_ != NULL ? options->namespace_ : "kube-system");
    election->name = memory_strdup(options->name);
    election->identity = memory_strdup(options->identity);
    election->duration = options->duration > 0 ? options->duration : 15 * USEC_PER_SEC;
    election->renew_deadline = options->renew_deadline > 0 ? options->renew_deadline : 10 * USEC_PER_SEC;
    election->retry_period = options->retry_period > 0 ? options->retry_period : 2 * USEC_PER_SEC;
    election->events = options->events;
    const char *const values[] = { options->name };
    election->status = metrics_get(options->metrics, &master_status, values);
    election->slow = metrics_get(options->metrics, &slow_path, values);
    election->started = options->started;
    election->stopped = options->stopped;
    election->context = options->context;
    election->timer.callback = attempt;
    election->deadline.callback = deadline_passed;
    loop_timer_start(client->loop, &election->timer, 0);
    return election;
}

/* When it was given up, or could not be: then others wait for the lease to run out. */
static void end(struct lease_election *election)
{
    void (*told)(void *context) = election->released;
    void *context = election->context;
    election_free(election);
    if (told != NULL)
        told(context);
}

static void released(struct client_call *call, const struct client_result *result)
{
    (void)result;
    end(container_of(call, struct lease_election, call));
}

void lease_election_stop(struct lease_election *election, bool release)
{
    if (election == NULL)
        return;
    if (release)
        lease_election_release(election, NULL, NULL);
    else
        election_free(election);
}

void lease_election_release(struct lease_election *election, void (*on_released)(void *context), void *context)
{
    election->released = on_released;
    election->context = context;
    if (!election->leads) {
        end(election);
        return;
    }
    client_call_cancel(&election->call);
    loop_timer_stop(&election->timer);
    loop_timer_stop(&election->deadline);
    election->leads = false;
    metric_set(election->status, 0);
    write_lease(election, "", released);
}

bool lease_election_leads(const struct lease_election *election)
{
    return election->leads;
}

const char *lease_election_leader(const struct lease_election *election)
{
    return holder(election);
}
