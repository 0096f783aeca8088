/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* story.c - the steps, each with what must become true and by when. */
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/codec.h"
#include "audit.h"
#include "chaos.h"
#include "generated/types.h"

#define NAMESPACE "production"
#define NAME      "day-service"

#define LOOK_PERIOD USEC_PER_SEC
#define REST        (120 * USEC_PER_SEC)

/* Of the rollout, in percent of the replicas. */
enum { MAX_SURGE = 10, MAX_UNAVAILABLE = 5 };

struct story {
    const struct story_options *options;
    struct story_result *result;
    struct cluster *cluster;
    struct audit *audit;
    struct chaos chaos;
    struct random random;
    size_t vanished; /* node */
    struct client_call call;
    bool answered;
    int rc;
};

static const struct fault_rates weather = {
    .delay = 5 * USEC_PER_MSEC,
    .slow = 0.01,
    .slow_delay = 2 * USEC_PER_SEC,
    .lost_request = 0.002,
    .lost_answer = 0.002,
    .timeout = 10 * USEC_PER_SEC,
    .watch_life = 120 * USEC_PER_SEC,
    .expired = 0.2,
};
static const struct fault_rates calm = { .delay = USEC_PER_MSEC };

#define CRASH_PAUSE  (5 * USEC_PER_SEC)
#define CRASH_OUTAGE (3 * USEC_PER_SEC)

static void fail(struct story *story, const char *format, ...) printf_like(2, 3);
static void fail(struct story *story, const char *format, ...)
{
    if (story->result->failure[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(story->result->failure, sizeof(story->result->failure), format, arguments);
    va_end(arguments);
}

static bool failed(const struct story *story)
{
    return story->result->failure[0] != '\0';
}

static void run(struct story *story, usec_t length)
{
    struct loop *loop = cluster_loop(story->cluster);
    loop_run_until(loop, loop_now(loop) + length);
    const char *violation = audit_violation(story->audit);
    if (violation != NULL)
        fail(story, "%s", violation);
}

/* Until it is so, or a violation, or the time is over. */
static void await(struct story *story, bool (*so)(struct story *story), usec_t limit, const char *what)
{
    usec_t end = cluster_age(story->cluster) + limit;
    while (!failed(story) && !so(story)) {
        if (cluster_age(story->cluster) >= end) {
            struct audit_picture p;
            audit_picture(story->audit, &p);
            fail(story, "%s: not within %lld s: %zu pods, %zu active, %zu ready, %zu (%zu active) on gone nodes", what,
                 (long long)(limit / USEC_PER_SEC), p.pods, p.active, p.ready, p.on_gone, p.active_on_gone);
            return;
        }
        run(story, LOOK_PERIOD);
    }
}

/* ---------------------------------------------------------------- what the user does */

static void call_done(struct client_call *call, const struct client_result *result)
{
    struct story *story = container_of(call, struct story, call);
    story->answered = true;
    story->rc = result->rc;
}

/* Asked again until the server is there. */
static void ask(struct story *story, const struct client_request *request, int fine)
{
    for (int attempt = 0; attempt < 60 && !failed(story); attempt++) {
        story->answered = false;
        story->call.done = call_done;
        client_call_start(cluster_user(story->cluster), &story->call, request);
        for (int i = 0; i < 10 && !story->answered; i++)
            run(story, USEC_PER_SEC / 10);
        client_call_cancel(&story->call);
        if (story->answered && (story->rc == 0 || story->rc == fine))
            return;
    }
    fail(story, "the user's request for %s failed with %d", request->resource->plural, story->rc);
}

static void create(struct story *story, const struct api_resource *resource, const char *json)
{
    auto_arena struct arena arena = { 0 };
    void *body = arena_zalloc(&arena, resource->kind->type->size);
    struct error err = { 0 };
    if (api_decode_json(resource->kind->type, str_of(json), &arena, body, NULL, &err) < 0) {
        fail(story, "%s", err.message);
        return;
    }
    const struct client_request request = { .verb = API_CREATE,
                                            .resource = resource,
                                            .namespace_ = resource->flags & API_NAMESPACED ? NAMESPACE : NULL,
                                            .body = body };
    ask(story, &request, -ERROR_ALREADY_EXISTS);
}

/* ---------------------------------------------------------------- steps */

static bool is_steady(struct story *story)
{
    struct audit_picture p;
    audit_picture(story->audit, &p);
    size_t wanted = story->options->replicas;
    return p.active == wanted && p.ready == wanted && p.active_on_gone == 0 && audit_rolled_out(story->audit, NAME);
}

static bool nodes_ready(struct story *story)
{
    return audit_ready_nodes(story->audit) == story->options->nodes;
}

static void step_start(struct story *story)
{
    await(story, nodes_ready, 120 * USEC_PER_SEC, "the nodes become ready");
}

static void step_deploy(struct story *story)
{
    char json[2048];
    create(story, &api_resource_namespace, "{\"metadata\":{\"name\":\"" NAMESPACE "\"}}");
    create(story, &api_resource_service,
           "{\"metadata\":{\"name\":\"" NAME "\"},\"spec\":{\"selector\":{\"app\":\"" NAME
           "\"},\"ports\":[{\"name\":\"http\",\"port\":80,\"targetPort\":8080}]}}");
    snprintf(
        json, sizeof(json),
        "{\"metadata\":{\"name\":\"" NAME "\"},\"spec\":{\"replicas\":%zu,\"selector\":{\"matchLabels\":{\"app\":"
        "\"" NAME "\"}},\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":\"%d%%\","
        "\"maxUnavailable\":\"%d%%\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"" NAME "\"}},\"spec\":{"
        "\"terminationGracePeriodSeconds\":5,\"containers\":[{\"name\":\"server\",\"image\":\"web:1\","
        "\"ports\":[{\"containerPort\":8080}],\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"64Mi\"}}}]"
        "}}}}",
        story->options->replicas, MAX_SURGE, MAX_UNAVAILABLE);
    audit_bound(story->audit, story->options->replicas, 0);
    create(story, &api_resource_apps_deployment, json);
    await(story, is_steady, 300 * USEC_PER_SEC, "a Deployment comes up");
}

static bool nothing_on_gone(struct story *story)
{
    struct audit_picture p;
    audit_picture(story->audit, &p);
    return p.on_gone == 0;
}

/* A node without a heartbeat for 40 s gets a taint, which pods tolerate for 300 s. Its Node is deleted when its
 * machine is known to be no more, and 40 s later its pods. Each wait begins anew with controllers that crash, so the
 * limits are wide. */
static void step_vanish(struct story *story)
{
    size_t replicas = story->options->replicas;
    story->vanished = random_below(&story->random, story->options->nodes);
    const char *name = cluster_node_name(story->cluster, story->vanished);
    size_t lost = audit_active_on(story->audit, name);
    audit_bound(story->audit, replicas, replicas - lost);
    cluster_vanish(story->cluster, story->vanished);
    audit_vanished(story->audit, name);
    run(story, 40 * USEC_PER_SEC);
    await(story, is_steady, 1800 * USEC_PER_SEC, "a node vanishes");
    const struct client_request request = {
        .verb = API_DELETE, .resource = &api_resource_node, .name = name, .grace_seconds = -1
    };
    ask(story, &request, -ERROR_NOT_FOUND);
    await(story, nothing_on_gone, 1800 * USEC_PER_SEC, "the pods of a deleted node go");
}

static void step_rollout(struct story *story)
{
    size_t replicas = story->options->replicas;
    audit_bound(story->audit, replicas + (replicas * MAX_SURGE + 99) / 100,
                replicas - replicas * MAX_UNAVAILABLE / 100);
    const struct client_request request = {
        .verb = API_PATCH,
        .resource = &api_resource_apps_deployment,
        .namespace_ = NAMESPACE,
        .name = NAME,
        .patch =
            STR("{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"server\",\"image\":\"web:2\"}]}}}}"),
        .patch_type = CLIENT_PATCH_STRATEGIC,
    };
    ask(story, &request, 0);
    run(story, LOOK_PERIOD);
    await(story, is_steady, 1800 * USEC_PER_SEC, "a new version rolls out");
}

static void step_rest(struct story *story)
{
    struct audit_picture p;
    char why[256];
    chaos_stop(&story->chaos);
    fault_network_set(cluster_network(story->cluster), &calm);
    cluster_heal(story->cluster);
    run(story, REST);
    audit_picture(story->audit, &p);
    if (!is_steady(story) || p.pods != p.active)
        fail(story, "at rest: %zu pods, %zu active, %zu ready, %zu on gone nodes", p.pods, p.active, p.ready,
             p.on_gone);
    if (!audit_endpoints_right(story->audit, NAME, why, sizeof(why)))
        fail(story, "at rest: %s", why);
    if (cluster_sandboxes(story->cluster) != p.pods)
        fail(story, "at rest: %zu sandboxes run for %zu pods", cluster_sandboxes(story->cluster), p.pods);
}

/* The wall clock is only for the figures. */
static usec_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static void tell(struct story *story)
{
    const struct fault_counters *faults = fault_network_counters(cluster_network(story->cluster));
    struct story_result *result = story->result;
    result->digest = audit_digest(story->audit);
    result->revisions = cluster_revision(story->cluster);
    result->virtual_time = cluster_age(story->cluster);
    result->calls = faults->calls;
    result->events = faults->events;
    result->lost = faults->lost_requests + faults->lost_answers;
    result->broken = faults->broken;
    result->crashes = cluster_crashes(story->cluster);
}

void story_run(const struct story_options *options, struct story_result *ret_result)
{
    static const struct {
        const char *name;
        void (*run)(struct story *story);
    } steps[] = { { "start", step_start },
                  { "deploy", step_deploy },
                  { "vanish", step_vanish },
                  { "rollout", step_rollout },
                  { "rest", step_rest } };
    *ret_result = (struct story_result){ 0 };
    struct story story = { .options = options, .result = ret_result };
    const struct cluster_options cluster = { .seed = options->seed, .nodes = options->nodes };
    story.cluster = cluster_create(&cluster);
    random_init(&story.random, options->seed ^ 0x73746f7279); /* "story" */
    fault_network_set(cluster_network(story.cluster), options->calm ? &calm : &weather);
    story.audit = audit_create(story.cluster, NAMESPACE);
    if (!options->calm)
        chaos_start(&story.chaos, story.cluster, options->seed, CRASH_PAUSE, CRASH_OUTAGE);
    for (size_t i = 0; i < countof(steps) && !failed(&story); i++) {
        usec_t wall = wall_clock(), age = cluster_age(story.cluster);
        steps[i].run(&story);
        struct story_step *step = &ret_result->steps[ret_result->n_steps++];
        *step = (struct story_step){ steps[i].name, cluster_age(story.cluster) - age, wall_clock() - wall };
        if (options->verbose)
            printf("%-8s %7.1f s virtual %7.3f s wall\n", step->name, (double)step->virtual_time / USEC_PER_SEC,
                   (double)step->wall_time / USEC_PER_SEC);
    }
    tell(&story);
    chaos_stop(&story.chaos);
    audit_destroy(story.audit);
    cluster_destroy(story.cluster);
}
