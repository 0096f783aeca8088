/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver/metrics.h"

#include "apiserver/server_internal.h"
#include "base/map.h"
#include "base/memory.h"

#define SERIES_MAX 5000 /* label combinations; beyond it nothing new is counted */

static const double bounds[] = { 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1,  1.25, 1.5, 2,
                                 3,     4,     5,    6,   8,   10,  15,  20,  30, 45,   60 };

/* One combination of labels: how many by code are separate series, the times are one. */
struct series {
    struct map_node node; /* in server_metrics.series, by 'key' */
    struct series_key {
        const struct registry *registry; /* NULL: not a resource */
        const struct api_subresource *sub;
        const char *scope;
        char verb[20], version[20];
        int status;      /* of a counter */
        bool is_counter; /* apiserver_request_total; else the histogram of times */
        bool dry_run;
    } key;
    char *labels; /* made once: a request only looks its series up */
    uint64_t count;
    uint64_t buckets[countof(bounds)];
    double sum;
};

struct server_metrics {
    struct map series;
};

struct server_metrics *metrics_create(void)
{
    struct server_metrics *metrics = memory_new(struct server_metrics);
    map_init(&metrics->series);
    return metrics;
}

void metrics_destroy(struct server_metrics *metrics)
{
    if (metrics == NULL)
        return;
    struct series *series;
    map_for_each (&metrics->series, series, node) {
        map_remove(&metrics->series, &series->node);
        free(series->labels);
        free(series);
    }
    map_fini(&metrics->series);
    free(metrics);
}

static const char *scope_of(const struct request *request)
{
    if (!request->is_resource)
        return "";
    if (!text_empty(request->name))
        return "resource";
    return text_empty(request->namespace_) ? "cluster" : "namespace";
}

static void copy_upper(char *text, size_t size, const char *verb)
{
    for (size_t i = 0; verb[i] != '\0' && i < size - 1; i++)
        text[i] = verb[i] >= 'a' && verb[i] <= 'z' ? (char)(verb[i] - 32) : verb[i];
}

/* Every byte counts, so all of them are set. */
static void make_key(const struct request *request, struct series_key *key)
{
    memset(key, 0, sizeof(*key));
    key->registry = request->is_resource ? request->registry : NULL;
    key->sub = request->is_resource ? request->sub : NULL;
    key->scope = scope_of(request);
    key->dry_run = request->options.dry_run;
    copy_upper(key->verb, sizeof(key->verb),
               strcmp(request->verb, "update") == 0   ? "put"
               : strcmp(request->verb, "create") == 0 ? "post"
                                                      : request->verb);
    strncpy(key->version, text_or_empty(request->version), sizeof(key->version) - 1);
}

static char *format_labels(const struct request *request, const struct series_key *key)
{
    bool known = request->is_resource && (request->sub != NULL || text_empty(request->subresource));
    char *labels = memory_format(
        "component=\"apiserver\",dry_run=\"%s\",group=\"%s\",resource=\"%s\",scope=\"%s\",subresource=\"%s\","
        "verb=\"%s\",version=\"%s\"",
        key->dry_run ? "All" : "", text_or_empty(request->group), text_or_empty(request->plural), key->scope,
        known ? text_or_empty(request->subresource) : "", key->verb, text_or_empty(request->version));
    if (!key->is_counter)
        return labels;
    char *with_code = memory_format("%s,code=\"%d\"", labels, key->status);
    free(labels);
    return with_code;
}

/* NULL when there are too many. */
static struct series *series_get(struct server_metrics *metrics, const struct request *request,
                                 const struct series_key *key)
{
    const struct str bytes = { (const char *)key, sizeof(*key) };
    struct series *series = map_find_entry(&metrics->series, bytes, struct series, node);
    if (series != NULL || metrics->series.size >= SERIES_MAX)
        return series;
    series = memory_new(struct series);
    memcpy(&series->key, key, sizeof(*key));
    series->labels = format_labels(request, key);
    map_insert(&metrics->series, (struct str){ (const char *)&series->key, sizeof(*key) }, &series->node);
    return series;
}

static void add_time(struct series *series, double seconds)
{
    series->count++;
    series->sum += seconds;
    for (size_t i = countof(bounds); i > 0 && seconds <= bounds[i - 1]; i--)
        series->buckets[i - 1]++;
}

/* The lanes' loops and the server's read their clocks at different moments. */
static usec_t time_of(const struct request *request)
{
    usec_t time = loop_monotonic(request->server->loop) - request->received;
    return time < 0 ? 0 : time;
}

void metrics_answered(struct server_metrics *metrics, const struct request *request)
{
    struct series_key key;
    if (request->is_resource && request->registry == NULL)
        return; /* names that clients make up are no labels */
    make_key(request, &key);
    struct series *times = request->options.watch ? NULL : series_get(metrics, request, &key);
    if (times != NULL)
        add_time(times, (double)time_of(request) / USEC_PER_SEC);
    key.status = request->status;
    key.is_counter = true;
    struct series *total = series_get(metrics, request, &key);
    if (total != NULL)
        total->count++;
}

static void head(struct buffer *text, const char *name, const char *type, const char *help)
{
    buffer_format(text, "# HELP %s [STABLE] %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_requests(const struct server_metrics *metrics, struct buffer *text)
{
    const struct series *series;
    head(text, "apiserver_request_total", "counter", "Counter of apiserver requests by verb, resource and code.");
    map_for_each (&metrics->series, series, node)
        if (series->key.is_counter)
            buffer_format(text, "apiserver_request_total{%s} %llu\n", series->labels,
                          (unsigned long long)series->count);
    head(text, "apiserver_request_duration_seconds", "histogram", "Response latency in seconds by verb and resource.");
    map_for_each (&metrics->series, series, node) {
        if (series->key.is_counter)
            continue;
        for (size_t i = 0; i < countof(bounds); i++)
            buffer_format(text, "apiserver_request_duration_seconds_bucket{%s,le=\"%g\"} %llu\n", series->labels,
                          bounds[i], (unsigned long long)series->buckets[i]);
        buffer_format(text, "apiserver_request_duration_seconds_bucket{%s,le=\"+Inf\"} %llu\n", series->labels,
                      (unsigned long long)series->count);
        buffer_format(text, "apiserver_request_duration_seconds_sum{%s} %g\n", series->labels, series->sum);
        buffer_format(text, "apiserver_request_duration_seconds_count{%s} %llu\n", series->labels,
                      (unsigned long long)series->count);
    }
}

void metrics_write(struct api_server *server, struct buffer *text)
{
    write_requests(server->metrics, text);
    head(text, "apiserver_longrunning_requests", "gauge", "Open watches.");
    buffer_format(text, "apiserver_longrunning_requests{component=\"apiserver\",verb=\"WATCH\"} %zu\n",
                  server->n_watches);
    head(text, "apiserver_current_inflight_requests", "gauge", "Requests being answered, watches not counted.");
    buffer_format(text, "apiserver_current_inflight_requests{request_kind=\"all\"} %zu\n",
                  server->n_requests - server->n_watches);
    head(text, "apiserver_storage_objects", "gauge", "Stored objects by resource.");
    for (size_t i = 0; i < server->n_caches; i++) {
        const struct api_resource *resource = watch_cache_resource(server->caches[i]);
        buffer_format(text, "apiserver_storage_objects{resource=\"%s%s%s\"} %zu\n", resource->plural,
                      text_empty(resource->kind->group) ? "" : ".", resource->kind->group,
                      watch_cache_objects(server->caches[i])->size);
    }
}
