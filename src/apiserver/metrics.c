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
    struct map_node node; /* in server_metrics.series */
    char *labels;
    uint64_t count;
    bool is_counter; /* apiserver_request_total; else the histogram of times */
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

static struct series *series_get(struct server_metrics *metrics, const char *labels, bool is_counter)
{
    struct series *series = map_find_entry(&metrics->series, str_of(labels), struct series, node);
    if (series != NULL || metrics->series.size >= SERIES_MAX)
        return series;
    series = memory_new(struct series);
    series->labels = memory_strdup(labels);
    series->is_counter = is_counter;
    map_insert(&metrics->series, str_of(series->labels), &series->node);
    return series;
}

static const char *scope_of(const struct request *request)
{
    if (!request->is_resource)
        return "";
    if (!text_empty(request->name))
        return "resource";
    return text_empty(request->namespace_) ? "cluster" : "namespace";
}

static void upper(const char *verb, char text[32])
{
    size_t i = 0;
    for (; verb[i] != '\0' && i < 31; i++)
        text[i] = verb[i] >= 'a' && verb[i] <= 'z' ? (char)(verb[i] - 32) : verb[i];
    text[i] = '\0';
}

void metrics_answered(struct server_metrics *metrics, const struct request *request)
{
    char labels[1024], verb[32];
    if (request->is_resource && request->registry == NULL)
        return; /* names that clients make up are no labels */
    upper(strcmp(request->verb, "update") == 0   ? "put"
          : strcmp(request->verb, "create") == 0 ? "post"
                                                 : request->verb,
          verb);
    bool known = request->is_resource && (request->sub != NULL || text_empty(request->subresource));
    int size =
        snprintf(labels, sizeof(labels),
                 "component=\"apiserver\",dry_run=\"%s\",group=\"%s\",resource=\"%s\",scope=\"%s\",subresource=\"%s\","
                 "verb=\"%s\",version=\"%s\"",
                 request->options.dry_run ? "All" : "", request->group, request->plural, scope_of(request),
                 known ? request->subresource : "", verb, request->version);
    if (!request->options.watch) {
        struct series *times = series_get(metrics, labels, false);
        if (times != NULL) {
            double seconds = (double)(loop_monotonic(request->server->loop) - request->received) / USEC_PER_SEC;
            times->count++;
            times->sum += seconds;
            for (size_t i = 0; i < countof(bounds); i++)
                times->buckets[i] += seconds <= bounds[i];
        }
    }
    snprintf(labels + size, sizeof(labels) - (size_t)size, ",code=\"%d\"", request->status);
    struct series *total = series_get(metrics, labels, true);
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
        if (series->is_counter)
            buffer_format(text, "apiserver_request_total{%s} %llu\n", series->labels,
                          (unsigned long long)series->count);
    head(text, "apiserver_request_duration_seconds", "histogram", "Response latency in seconds by verb and resource.");
    map_for_each (&metrics->series, series, node) {
        if (series->is_counter)
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
