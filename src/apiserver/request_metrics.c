/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* request_metrics.c - see the header. */
#include "apiserver/request_metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver/http/front.h"
#include "apiserver/listing/watch.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"

static const double request_bounds[] = { 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1,  1.25, 1.5, 2,
                                         3,     4,     5,    6,   8,   10,  15,  20,  30, 45,   60 };
static const double sli_bounds[] = { 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1,  1.25, 1.5, 2, 3,
                                     4,    5,   6,   8,   10,  15,  20, 30,   45,  60 };
static const double watch_list_bounds[] = { 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60 };
static const double access_bounds[] = { 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128,
                                        0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384 };

static const struct metric_family requests = {
    .name = "apiserver_request_total",
    .help = "[STABLE] Requests answered, by verb, resource and code.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "code", "component", "dry_run", "group", "resource", "scope", "subresource",
                                     "verb", "version", NULL },
};
static const struct metric_family durations = {
    .name = "apiserver_request_duration_seconds",
    .help = "[STABLE] Time to answer in seconds, by verb and resource.",
    .kind = METRIC_HISTOGRAM,
    .labels = (const char *const[]){ "component", "dry_run", "group", "resource", "scope", "subresource", "verb",
                                     "version", NULL },
    .bounds = request_bounds,
    .n_bounds = countof(request_bounds),
};
static const struct metric_family sli_durations = {
    .name = "apiserver_request_sli_duration_seconds",
    .help = "[ALPHA] Time to answer in seconds without waiting for others, by verb and resource.",
    .kind = METRIC_HISTOGRAM,
    .labels =
        (const char *const[]){ "component", "group", "resource", "scope", "subresource", "verb", "version", NULL },
    .bounds = sli_bounds,
    .n_bounds = countof(sli_bounds),
};
static const struct metric_family longrunning = {
    .name = "apiserver_longrunning_requests",
    .help = "[STABLE] Open watches.",
    .kind = METRIC_GAUGE,
    .labels =
        (const char *const[]){ "component", "group", "resource", "scope", "subresource", "verb", "version", NULL },
};
static const struct metric_family watch_events = {
    .name = "apiserver_watch_events_total",
    .help = "[ALPHA] Events told to watchers, by resource.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "group", "resource", "version", NULL },
};
static const struct metric_family watch_lists = {
    .name = "apiserver_watch_list_duration_seconds",
    .help = "[BETA] Time from a watch's request to the end of its initial events in seconds, by resource.",
    .kind = METRIC_HISTOGRAM,
    .labels = (const char *const[]){ "group", "resource", "scope", "version", NULL },
    .bounds = watch_list_bounds,
    .n_bounds = countof(watch_list_bounds),
};
static const struct metric_family inflight = {
    .name = "apiserver_current_inflight_requests",
    .help = "[STABLE] Requests being answered, watches not counted.",
    .kind = METRIC_GAUGE,
    .labels = (const char *const[]){ "request_kind", NULL },
};
static const struct metric_family storage_objects = {
    .name = "apiserver_storage_objects",
    .help = "[STABLE] (Deprecated since 1.34.0) Stored objects by resource.",
    .kind = METRIC_GAUGE,
    .labels = (const char *const[]){ "resource", NULL },
};
static const struct metric_family resource_objects = {
    .name = "apiserver_resource_objects",
    .help = "[ALPHA] Stored objects by group and resource.",
    .kind = METRIC_GAUGE,
    .labels = (const char *const[]){ "group", "resource", NULL },
};
static const struct metric_family cache_revision = {
    .name = "apiserver_watch_cache_resource_version",
    .help = "[ALPHA] Newest resourceVersion that a watch cache has, by resource.",
    .kind = METRIC_GAUGE,
    .labels = (const char *const[]){ "group", "resource", NULL },
};
static const struct metric_family cache_received = {
    .name = "apiserver_watch_cache_events_received_total",
    .help = "[ALPHA] Changes taken into watch caches, by resource.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "group", "resource", NULL },
};
static const struct metric_family cache_dispatched = {
    .name = "apiserver_watch_cache_events_dispatched_total",
    .help = "[ALPHA] Events that watch caches handed to watchers, by resource.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "group", "resource", NULL },
};
static const struct metric_family cache_begun = {
    .name = "apiserver_watch_cache_initializations_total",
    .help = "[ALPHA] Times that a watch cache was filled, by resource.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "group", "resource", NULL },
};
static const struct metric_family connections = {
    .name = "coracle_serving_connections",
    .help = "[ALPHA] Open connections of each serving thread.",
    .kind = METRIC_GAUGE,
    .labels = (const char *const[]){ "thread", NULL },
};
static const struct metric_family store_times = {
    .name = "etcd_request_duration_seconds",
    .help = "[ALPHA] Time of a write to the store in seconds, by operation and resource.",
    .kind = METRIC_HISTOGRAM,
    .labels = (const char *const[]){ "group", "operation", "resource", NULL },
    .bounds = request_bounds,
    .n_bounds = countof(request_bounds),
};
static const struct metric_family store_requests = {
    .name = "etcd_requests_total",
    .help = "[ALPHA] Writes to the store, by operation and resource.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "group", "operation", "resource", NULL },
};
static const struct metric_family store_errors = {
    .name = "etcd_request_errors_total",
    .help = "[ALPHA] Failed writes to the store, by operation and resource.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "group", "operation", "resource", NULL },
};
static const struct metric_family calls = {
    .name = "rest_client_requests_total",
    .help = "[ALPHA] Calls of clients, by status code, method and host.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "code", "host", "method", NULL },
};
static const struct metric_family authentications = {
    .name = "authentication_attempts",
    .help = "[ALPHA] Requests whose sender was looked for, by result.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "result", NULL },
};
static const struct metric_family authentication_times = {
    .name = "authentication_duration_seconds",
    .help = "[ALPHA] Time to find out who asks in seconds, by result.",
    .kind = METRIC_HISTOGRAM,
    .labels = (const char *const[]){ "result", NULL },
    .bounds = access_bounds,
    .n_bounds = countof(access_bounds),
};
static const struct metric_family users = {
    .name = "authenticated_user_requests",
    .help = "[ALPHA] Requests of known users, by the sort of name.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "username", NULL },
};
static const struct metric_family authorizations = {
    .name = "authorization_attempts_total",
    .help = "[ALPHA] Requests that were allowed or not, by result.",
    .kind = METRIC_COUNTER,
    .labels = (const char *const[]){ "result", NULL },
};
static const struct metric_family authorization_times = {
    .name = "authorization_duration_seconds",
    .help = "[ALPHA] Time to decide whether a request is allowed in seconds, by result.",
    .kind = METRIC_HISTOGRAM,
    .labels = (const char *const[]){ "result", NULL },
    .bounds = access_bounds,
    .n_bounds = countof(access_bounds),
};

enum { SERIES_REMEMBERED = 128 };

/* What requests of one sort count in: looking it up by its labels would take longer than many a request. */
struct series {
    const struct registry *registry;
    const struct api_subresource *sub;
    const char *scope;
    char verb[32]; /* as the request says it; "": empty place */
    int status;
    bool is_resource, dry_run;
    struct metric *total, *duration, *sli;
};

/* Of one outcome. */
struct access_series {
    struct metric *count, *duration;
};

/* Few values whatever users are called. */
static const char *const user_sorts[] = {
    "admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default", "other", "email_id",
};
enum { OTHER_USERS = 5 };

struct request_metrics {
    struct metric *users[countof(user_sorts)];
    struct access_series authenticated[2], authorized[2]; /* by success */
    struct series series[SERIES_REMEMBERED];
};

struct request_metrics *request_metrics_create(struct metrics *metrics)
{
    static const char *const found[] = { "failure", "success" }, *const decided[] = { "denied", "allowed" };
    struct request_metrics *own = memory_new(struct request_metrics);
    for (size_t i = 0; i < 2; i++) {
        own->authenticated[i] = (struct access_series){ metrics_get(metrics, &authentications, &found[i]),
                                                        metrics_get(metrics, &authentication_times, &found[i]) };
        own->authorized[i] = (struct access_series){ metrics_get(metrics, &authorizations, &decided[i]),
                                                     metrics_get(metrics, &authorization_times, &decided[i]) };
    }
    for (size_t i = 0; i < countof(user_sorts); i++)
        own->users[i] = metrics_get(metrics, &users, &user_sorts[i]);
    return own;
}

void request_metrics_destroy(struct request_metrics *own)
{
    free(own);
}

/* The lanes' loops and the server's read their clocks at different moments. */
static double seconds_since(const struct api_server *server, usec_t moment)
{
    usec_t time = loop_monotonic(server->loop) - moment;
    return time < 0 ? 0 : (double)time / (double)USEC_PER_SEC;
}

/* ---------------------------------------------------------------- requests */

/* Always the same pointers. */
static const char *scope_of(const struct request *request)
{
    static const char none[] = "", resource[] = "resource", cluster[] = "cluster", namespace_[] = "namespace";
    if (!request->is_resource)
        return none;
    if (!text_empty(request->name))
        return resource;
    return text_empty(request->namespace_) ? cluster : namespace_;
}

/* As the metrics name it: POST and PUT, but LIST, WATCH and DELETECOLLECTION. */
static const char *verb_of(const struct request *request, char text[32])
{
    const char *verb = strcmp(request->verb, "update") == 0   ? "put"
                       : strcmp(request->verb, "create") == 0 ? "post"
                                                              : request->verb;
    size_t i = 0;
    for (; verb[i] != '\0' && i < 31; i++)
        text[i] = verb[i] >= 'a' && verb[i] <= 'z' ? (char)(verb[i] - 32) : verb[i];
    text[i] = '\0';
    return text;
}

/* Names that clients make up are no labels. */
static bool has_known_names(const struct request *request)
{
    return !request->is_resource || request->registry != NULL;
}

static const char *subresource_of(const struct request *request)
{
    bool known = request->is_resource && (request->sub != NULL || text_empty(request->subresource));
    return known ? request->subresource : "";
}

static bool is_of(const struct series *series, const struct request *request, const char *scope)
{
    return series->registry == request->registry && series->sub == request->sub && series->status == request->status &&
           series->scope == scope && series->is_resource == request->is_resource &&
           series->dry_run == request->options.dry_run && strcmp(series->verb, request->verb) == 0;
}

static void find_metrics(struct series *series, const struct request *request, const char *scope)
{
    struct metrics *metrics = request->server->metrics;
    char verb[32], code[16];
    snprintf(code, sizeof(code), "%d", request->status);
    const char *dry_run = request->options.dry_run ? "All" : "", *subresource = subresource_of(request);
    const char *const all[] = { code,
                                "apiserver",
                                dry_run,
                                request->group,
                                request->plural,
                                scope,
                                subresource,
                                verb_of(request, verb),
                                request->version };
    const char *const sli[] = {
        "apiserver", request->group, request->plural, scope, subresource, verb, request->version
    };
    *series = (struct series){ .registry = request->registry,
                               .sub = request->sub,
                               .scope = scope,
                               .status = request->status,
                               .is_resource = request->is_resource,
                               .dry_run = request->options.dry_run,
                               .total = metrics_get(metrics, &requests, all) };
    snprintf(series->verb, sizeof(series->verb), "%s", request->verb);
    if (request->options.watch)
        return; /* they last as long as clients like */
    series->duration = metrics_get(metrics, &durations, &all[1]);
    series->sli = metrics_get(metrics, &sli_durations, sli);
}

void request_metrics_answered(const struct request *request)
{
    struct api_server *server = request->server;
    const char *scope = scope_of(request);
    if (!has_known_names(request))
        return;
    uint64_t hash = (uint64_t)(uintptr_t)request->registry / 16 + (uint64_t)(uintptr_t)request->sub / 16 * 7 +
                    (uint64_t)request->status * 31 + (uint64_t)(unsigned char)request->verb[0] * 13 +
                    (uint64_t)(unsigned char)scope[0];
    struct series *series = &server->request_metrics->series[(hash ^ hash >> 7 ^ hash >> 17) % SERIES_REMEMBERED];
    if (!is_of(series, request, scope))
        find_metrics(series, request, scope);
    metric_add(series->total, 1);
    if (series->duration == NULL)
        return;
    double seconds = seconds_since(server, request->received);
    metric_observe(series->duration, seconds);
    metric_observe(series->sli, seconds);
}

struct metric *request_metrics_longrunning(const struct request *request)
{
    char verb[32];
    const char *const values[] = { "apiserver",       request->group,          request->plural,
                                   scope_of(request), subresource_of(request), verb_of(request, verb),
                                   request->version };
    return metrics_get(request->server->metrics, &longrunning, values);
}

struct metric *request_metrics_watch_events(const struct request *request)
{
    const char *const values[] = { request->group, request->plural, request->version };
    return metrics_get(request->server->metrics, &watch_events, values);
}

void request_metrics_watch_told(const struct request *request, struct metric *events, uint64_t count)
{
    const char *const values[] = { request->group, request->plural };
    metric_add(events, (double)count);
    metric_add(metrics_get(request->server->metrics, &cache_dispatched, values), (double)count);
}

void request_metrics_watch_listed(const struct request *request)
{
    const char *const values[] = { request->group, request->plural, scope_of(request), request->version };
    usec_t span = loop_monotonic(request->server->loop) - request->received;
    metric_observe(metrics_get(request->server->metrics, &watch_lists, values), (double)span / USEC_PER_SEC);
}

void request_metrics_called(const struct request *request)
{
    static const struct {
        const char *verb;
        const char *method;
    } methods[] = {
        { "create", "POST" },
        { "update", "PUT" },
        { "patch", "PATCH" },
        { "delete", "DELETE" },
        { "deletecollection", "DELETE" },
    };
    const char *method = "GET";
    char code[16];
    for (size_t i = 0; i < countof(methods); i++)
        if (strcmp(methods[i].verb, request->verb) == 0)
            method = methods[i].method;
    snprintf(code, sizeof(code), "%d", request->status);
    const char *const values[] = { code, "in-process", method };
    metric_add(metrics_get(request->server->metrics, &calls, values), 1);
}

/* ---------------------------------------------------------------- access */

static size_t sort_of_user(const char *name)
{
    size_t i = 0;
    while (i < OTHER_USERS && strcmp(user_sorts[i], name) != 0)
        i++;
    return i == OTHER_USERS && strchr(name, '@') != NULL ? OTHER_USERS + 1 : i;
}

void request_metrics_authenticated(const struct request *request, bool known, usec_t started)
{
    struct api_server *server = request->server;
    const struct access_series *series = &server->request_metrics->authenticated[known];
    metric_add(series->count, 1);
    metric_observe(series->duration, seconds_since(server, started));
    if (!known)
        return;
    metric_add(server->request_metrics->users[sort_of_user(request->user.name)], 1);
}

void request_metrics_authorized(const struct request *request, bool allowed, usec_t started)
{
    struct api_server *server = request->server;
    const struct access_series *series = &server->request_metrics->authorized[allowed];
    metric_add(series->count, 1);
    metric_observe(series->duration, seconds_since(server, started));
}

/* ---------------------------------------------------------------- the store */

void request_metrics_stored(const struct request *request, struct registry *registry, const struct store_write *write,
                            usec_t started)
{
    static const char *const operations[] = {
        [STORE_CREATE] = "create", [STORE_UPDATE] = "update", [STORE_DELETE] = "delete"
    };
    struct api_server *server = request->server;
    const struct api_resource *resource = registry->resource;
    const char *const values[] = { resource->kind->group, operations[write->operation], resource->plural };
    struct stored_metrics *stored = &registry->stored[write->operation];
    if (stored->count == NULL) {
        stored->count = metrics_get(server->metrics, &store_requests, values);
        stored->duration = metrics_get(server->metrics, &store_times, values);
    }
    metric_add(stored->count, 1);
    metric_observe(stored->duration, seconds_since(server, started));
    if (write->rc < 0)
        metric_add(metrics_get(server->metrics, &store_errors, values), 1);
}

/* ---------------------------------------------------------------- on demand */

static void sample_inflight(struct api_server *server)
{
    size_t reading = 0, writing = 0;
    const struct request *request;
    list_for_each (&server->requests, request, node) {
        if (request->options.watch || request->answered)
            continue;
        bool writes = request->action & (API_CREATE | API_UPDATE | API_PATCH | API_DELETE | API_DELETE_COLLECTION);
        if (writes)
            writing++;
        else
            reading++;
    }
    const char *const read_only[] = { "readOnly" }, *const mutating[] = { "mutating" };
    metric_set(metrics_get(server->metrics, &inflight, read_only), (double)reading);
    metric_set(metrics_get(server->metrics, &inflight, mutating), (double)writing);
}

static void sample_connections(struct api_server *server)
{
    for (size_t i = 0; i == 0 || i < server->options.serving_loops; i++) {
        char thread[16];
        snprintf(thread, sizeof(thread), "%zu", i);
        const char *const values[] = { thread };
        metric_set(metrics_get(server->metrics, &connections, values),
                   (double)http_front_connections(server->front, i));
    }
}

/* A counter that somebody else keeps. */
static void count_up_to(struct metric *metric, double value)
{
    double before = metric == NULL ? 0 : metric_value(metric);
    if (metric != NULL && value > before)
        metric_add(metric, value - before);
}

static void sample_cache(struct metrics *metrics, const struct watch_cache *cache, const char *const *values)
{
    metric_set(metrics_get(metrics, &cache_revision, values), (double)watch_cache_revision(cache));
    count_up_to(metrics_get(metrics, &cache_received, values), (double)watch_cache_received(cache));
    count_up_to(metrics_get(metrics, &cache_begun, values), 1);
}

void request_metrics_sample(struct api_server *server)
{
    sample_inflight(server);
    sample_connections(server);
    struct watch *watch;
    list_for_each (&server->watches, watch, node)
        watch_count(watch);
    for (size_t i = 0; i < server->n_caches; i++) {
        const struct api_resource *resource = watch_cache_resource(server->caches[i]);
        double count = (double)watch_cache_objects(server->caches[i])->size;
        char name[256];
        snprintf(name, sizeof(name), "%s%s%s", resource->plural, text_empty(resource->kind->group) ? "" : ".",
                 resource->kind->group);
        const char *const one[] = { name }, *const two[] = { resource->kind->group, resource->plural };
        metric_set(metrics_get(server->metrics, &storage_objects, one), count);
        metric_set(metrics_get(server->metrics, &resource_objects, two), count);
        sample_cache(server->metrics, server->caches[i], two);
    }
}
