/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* stats.c - /stats/summary, /metrics and /metrics/resource, from the cgroups of this node's pods. */
#include <stdio.h>

#include "node/kubelet/pod/cgroup.h"
#include "node/kubelet/server/internal.h"

#define TEXT_MAX ((size_t)16 << 20)

static bool usage_of(const char *path, struct cgroup_usage *usage)
{
    return cgroup_usage(path, usage, NULL) == 0;
}

static bool pod_usage(const struct pod_worker *worker, struct cgroup_usage *usage)
{
    const char *root = worker->kubelet->setup.cgroup_root;
    char path[512];
    if (root == NULL || worker->pod == NULL)
        return false;
    pod_cgroup_path(worker->pod, root, path, sizeof(path));
    return usage_of(path, usage);
}

/* containerd names a container's cgroup by its id, below its pod's. */
static bool container_usage(const struct pod_worker *worker, const char *id, struct cgroup_usage *usage)
{
    const char *root = worker->kubelet->setup.cgroup_root;
    char pod[512], path[768];
    if (root == NULL)
        return false;
    pod_cgroup_path(worker->pod, root, pod, sizeof(pod));
    snprintf(path, sizeof(path), "%s/%s", pod, id);
    return usage_of(path, usage);
}

static bool node_usage(const struct kubelet *kubelet, struct cgroup_usage *usage)
{
    const char *root = kubelet->setup.cgroup_root;
    char path[512];
    if (root == NULL)
        return false;
    snprintf(path, sizeof(path), "%s/kubepods", strcmp(root, "/") == 0 ? "" : root);
    return usage_of(path, usage);
}

static void append_usage(struct buffer *out, const struct cgroup_usage *usage, const char *now, int64_t limit)
{
    buffer_format(
        out,
        "\"cpu\":{\"time\":\"%s\",\"usageCoreNanoSeconds\":%llu},\"memory\":{\"time\":\"%s\",\"usageBytes\":%llu,"
        "\"workingSetBytes\":%llu,\"rssBytes\":%llu",
        now, (unsigned long long)usage->cpu_nanoseconds, now, (unsigned long long)usage->memory,
        (unsigned long long)usage->working_set, (unsigned long long)usage->rss);
    if (limit > 0)
        buffer_format(out, ",\"availableBytes\":%lld", (long long)(limit - (int64_t)usage->working_set));
    buffer_append_char(out, '}');
}

static const struct runtime_container *running(const struct pod_worker *worker, size_t i)
{
    const struct runtime_container *instance =
        pod_runtime_newest(pod_worker_runtime(worker), pod_container(worker->pod, i)->name);
    return instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING ? instance : NULL;
}

static void append_pod(struct buffer *out, const struct pod_worker *worker, const char *now)
{
    char moment[TIME_TEXT_SIZE];
    const struct api_object_meta *meta = &worker->pod->metadata;
    time_format(worker->start_time, false, moment);
    buffer_format(
        out, "{\"podRef\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\"},\"startTime\":\"%s\",\"containers\":[",
        meta->name, meta->namespace, meta->uid, moment);
    struct cgroup_usage usage;
    size_t n = 0;
    for (size_t i = 0; i < pod_container_count(worker->pod); i++) {
        const struct runtime_container *instance = running(worker, i);
        if (instance == NULL || !container_usage(worker, instance->id, &usage))
            continue;
        time_format(instance->started_at, false, moment);
        buffer_format(out, "%s{\"name\":\"%s\",\"startTime\":\"%s\",", n++ > 0 ? "," : "", instance->name, moment);
        append_usage(out, &usage, now, 0);
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ']');
    if (pod_usage(worker, &usage)) {
        buffer_append_char(out, ',');
        append_usage(out, &usage, now, 0);
        buffer_format(out, ",\"process_stats\":{\"process_count\":%llu}", (unsigned long long)usage.pids);
    }
    buffer_append_char(out, '}');
}

void server_summary(const struct server_request *request)
{
    const struct kubelet *kubelet = request->server->kubelet;
    if (request->n_parts != 2 || strcmp(request->parts[1], "summary") != 0) {
        server_respond_error(request->exchange, 404, "404 page not found");
        return;
    }
    char now[TIME_TEXT_SIZE];
    time_format(loop_now(kubelet->loop), false, now);
    auto_buffer struct buffer out = { .max = TEXT_MAX };
    buffer_format(&out, "{\"node\":{\"nodeName\":\"%s\"", kubelet->setup.node_name);
    struct cgroup_usage usage;
    if (node_usage(kubelet, &usage)) {
        buffer_append_char(&out, ',');
        append_usage(&out, &usage, now, kubelet->setup.memory);
    }
    buffer_append_text(&out, "},\"pods\":[");
    size_t n = 0;
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node) {
        if (worker->pod == NULL || worker->gone)
            continue;
        if (n++ > 0)
            buffer_append_char(&out, ',');
        append_pod(&out, worker, now);
    }
    buffer_append_text(&out, "]}");
    server_respond_text(request->exchange, 200, "application/json", buffer_str(&out));
}

/* --- Prometheus text --- */

static void append_header(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* One metric for every running container. */
static void append_containers(struct buffer *out, const struct kubelet *kubelet, const char *name,
                              double (*value)(const struct cgroup_usage *usage,
                                              const struct runtime_container *instance))
{
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node) {
        for (size_t i = 0; worker->pod != NULL && i < pod_container_count(worker->pod); i++) {
            const struct runtime_container *instance = running(worker, i);
            struct cgroup_usage usage;
            if (instance != NULL && container_usage(worker, instance->id, &usage))
                buffer_format(out, "%s{container=\"%s\",namespace=\"%s\",pod=\"%s\"} %.15g\n", name, instance->name,
                              worker->pod->metadata.namespace, worker->pod->metadata.name, value(&usage, instance));
        }
    }
}

static void append_pods(struct buffer *out, const struct kubelet *kubelet, const char *name,
                        double (*value)(const struct cgroup_usage *usage, const struct runtime_container *instance))
{
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node) {
        struct cgroup_usage usage;
        if (pod_usage(worker, &usage))
            buffer_format(out, "%s{namespace=\"%s\",pod=\"%s\"} %.15g\n", name, worker->pod->metadata.namespace,
                          worker->pod->metadata.name, value(&usage, NULL));
    }
}

static double cpu_seconds(const struct cgroup_usage *usage, const struct runtime_container *instance)
{
    (void)instance;
    return (double)usage->cpu_nanoseconds / 1e9;
}

static double working_set(const struct cgroup_usage *usage, const struct runtime_container *instance)
{
    (void)instance;
    return (double)usage->working_set;
}

static double start_time(const struct cgroup_usage *usage, const struct runtime_container *instance)
{
    (void)usage;
    return (double)instance->started_at / 1e6;
}

void server_resource_metrics(const struct server_request *request)
{
    const struct kubelet *kubelet = request->server->kubelet;
    auto_buffer struct buffer out = { .max = TEXT_MAX };
    append_header(&out, "container_cpu_usage_seconds_total", "counter",
                  "Cumulative CPU time of the container in core seconds");
    append_containers(&out, kubelet, "container_cpu_usage_seconds_total", cpu_seconds);
    append_header(&out, "container_memory_working_set_bytes", "gauge", "Working set of the container in bytes");
    append_containers(&out, kubelet, "container_memory_working_set_bytes", working_set);
    append_header(&out, "container_start_time_seconds", "gauge", "Start of the container in Unix seconds");
    append_containers(&out, kubelet, "container_start_time_seconds", start_time);
    struct cgroup_usage usage;
    bool known = node_usage(kubelet, &usage);
    if (known) {
        append_header(&out, "node_cpu_usage_seconds_total", "counter",
                      "Cumulative CPU time of the node's pods in core seconds");
        buffer_format(&out, "node_cpu_usage_seconds_total %.15g\n", cpu_seconds(&usage, NULL));
        append_header(&out, "node_memory_working_set_bytes", "gauge", "Working set of the node's pods in bytes");
        buffer_format(&out, "node_memory_working_set_bytes %.15g\n", working_set(&usage, NULL));
    }
    append_header(&out, "pod_cpu_usage_seconds_total", "counter", "Cumulative CPU time of the pod in core seconds");
    append_pods(&out, kubelet, "pod_cpu_usage_seconds_total", cpu_seconds);
    append_header(&out, "pod_memory_working_set_bytes", "gauge", "Working set of the pod in bytes");
    append_pods(&out, kubelet, "pod_memory_working_set_bytes", working_set);
    append_header(&out, "resource_scrape_error", "gauge", "1 when usage could not be read");
    buffer_format(&out, "resource_scrape_error %d\n", known ? 0 : 1);
    server_respond_text(request->exchange, 200, "text/plain; version=0.0.4; charset=utf-8", buffer_str(&out));
}

static size_t count_containers(const struct kubelet *kubelet)
{
    size_t n = 0;
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node) {
        for (size_t i = 0; worker->pod != NULL && i < pod_container_count(worker->pod); i++)
            n += running(worker, i) != NULL;
    }
    return n;
}

static size_t count_sandboxes(const struct kubelet *kubelet)
{
    size_t n = 0;
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node)
        n += pod_runtime_sandbox(pod_worker_runtime(worker)) != NULL;
    return n;
}

void server_metrics(const struct server_request *request)
{
    const struct kubelet *kubelet = request->server->kubelet;
    if (request->n_parts == 2 && strcmp(request->parts[1], "resource") == 0) {
        server_resource_metrics(request);
        return;
    }
    if (request->n_parts != 1) {
        server_respond_error(request->exchange, 404, "404 page not found");
        return;
    }
    auto_buffer struct buffer out = { .max = TEXT_MAX };
    append_header(&out, "kubelet_active_pods", "gauge", "Pods that the kubelet handles");
    buffer_format(&out, "kubelet_active_pods{static=\"\"} %zu\n", kubelet->workers.size);
    append_header(&out, "kubelet_node_name", "gauge", "The node's name, always 1");
    buffer_format(&out, "kubelet_node_name{node=\"%s\"} 1\n", kubelet->setup.node_name);
    append_header(&out, "kubelet_running_containers", "gauge", "Containers by state");
    buffer_format(&out, "kubelet_running_containers{container_state=\"running\"} %zu\n", count_containers(kubelet));
    append_header(&out, "kubelet_running_pods", "gauge", "Pods with a running sandbox");
    buffer_format(&out, "kubelet_running_pods %zu\n", count_sandboxes(kubelet));
    server_respond_text(request->exchange, 200, "text/plain; version=0.0.4; charset=utf-8", buffer_str(&out));
}
