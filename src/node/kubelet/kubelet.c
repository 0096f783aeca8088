/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/kubelet.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "client/events.h"
#include "node/kubelet/config/sandbox_config.h"
#include "node/kubelet/dependency.h"
#include "node/kubelet/kubelet_internal.h"
#include "node/kubelet/log_rotator.h"
#include "node/kubelet/node_agent.h"
#include "node/kubelet/pod/admission.h"
#include "node/kubelet/pod/cgroup.h"
#include "node/kubelet/pod/worker.h"
#include "node/kubelet/resize/pending.h"
#include "node/kubelet/server/server.h"
#include "node/kubelet/token.h"

#define MAX_PODS     110
#define PORT         10250
#define HOUSEKEEPING (60 * USEC_PER_SEC) /* volumes are made current again, should a write have failed */

struct pod_worker *kubelet_find_worker(const struct kubelet *kubelet, const char *uid)
{
    return map_find_entry(&kubelet->workers, str_of(uid), struct pod_worker, node);
}

void kubelet_poke_all(struct kubelet *kubelet)
{
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node)
        pod_worker_poke(worker);
}

struct downward kubelet_downward(const struct kubelet *kubelet, const struct api_pod *pod, const char *const *pod_ips)
{
    return (struct downward){
        .pod = pod,
        .node_name = kubelet->setup.node_name,
        .host_ips = kubelet->setup.host_ips,
        .pod_ips = pod_ips,
        .allocatable_cpu = kubelet->setup.cpu_milli,
        .allocatable_memory = kubelet->setup.memory,
        .allocatable_ephemeral = kubelet->setup.ephemeral_storage,
    };
}

bool kubelet_synced(const struct kubelet *kubelet)
{
    return kubelet->runtime_synced && kubelet->pods_synced && informer_synced(kubelet->services);
}

size_t kubelet_pod_count(const struct kubelet *kubelet)
{
    return kubelet->workers.size;
}

int kubelet_port(const struct kubelet *kubelet)
{
    return kubelet_server_port(kubelet->server);
}

/* --- pods from the API --- */

const struct api_pod **kubelet_taken_pods(const struct kubelet *kubelet, const struct pod_worker *asking,
                                          struct arena *arena, size_t *ret_count)
{
    const struct api_pod **pods = arena_new_array(arena, const struct api_pod *, kubelet->workers.size + 1);
    struct pod_worker *worker;
    *ret_count = 0;
    map_for_each (&kubelet->workers, worker, node) {
        if (worker != asking && worker->pod != NULL && !worker->gone && !worker->ended && worker->reason == NULL &&
            !pod_is_terminal(worker->pod))
            pods[(*ret_count)++] = worker->allocated;
    }
    return pods;
}

/* Pods that were taken already, by us or by a kubelet before, are never turned away. */
static void admit(struct kubelet *kubelet, struct pod_worker *worker)
{
    if (worker->pod == NULL || worker->stopping || pod_is_terminal(worker->pod) ||
        worker->pod->status.start_time != 0 || pod_worker_runtime(worker) != NULL)
        return;
    auto_arena struct arena scratch = { 0 };
    struct pod_admission admission = { .pod = worker->pod,
                                       .node = node_agent_node(kubelet->node),
                                       .max_pods = kubelet->options.max_pods };
    struct pod_refusal refusal;
    admission.others = kubelet_taken_pods(kubelet, worker, &scratch, &admission.n_others);
    if (!pod_admission_refuses(&admission, &refusal))
        return;
    worker->reason = refusal.reason;
    memcpy(worker->message, refusal.message, sizeof(worker->message));
    pod_event(worker, SIZE_MAX, EVENT_WARNING, worker->reason, "%s", worker->message);
}

static void take_pod(struct kubelet *kubelet, const struct object *object)
{
    struct pod_worker *worker = kubelet_find_worker(kubelet, object_uid(object));
    if (worker != NULL) {
        if (!worker->gone)
            pod_worker_update(worker, object);
        return;
    }
    worker = pod_worker_create(kubelet, object_uid(object), object);
    admit(kubelet, worker);
    runtime_cache_set_busy(kubelet->runtime, true);
}

static void pod_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct kubelet *kubelet = container_of(listener, struct kubelet, pods_listener);
    /* The same name may come back as another pod without a word between. */
    if (before != NULL && (after == NULL || !text_equal(object_uid(before), object_uid(after)))) {
        struct pod_worker *worker = kubelet_find_worker(kubelet, object_uid(before));
        if (worker != NULL)
            pod_worker_update(worker, NULL);
    }
    if (after != NULL)
        take_pod(kubelet, after);
    else
        resizes_decide_soon(kubelet);
}

/* Directories of pods that went while no kubelet ran: their workers have only to clean up. */
static void adopt_directories(struct kubelet *kubelet)
{
    DIR *directory = kubelet->setup.pods_directory != NULL ? opendir(kubelet->setup.pods_directory) : NULL;
    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.' || strlen(entry->d_name) >= 64 ||
            kubelet_find_worker(kubelet, entry->d_name) != NULL)
            continue;
        pod_worker_create(kubelet, entry->d_name, NULL);
    }
    closedir(directory);
}

/* What runs here and is no longer bound here must go. */
static void adopt_orphans(struct kubelet *kubelet)
{
    if (!kubelet->runtime_synced || !kubelet->pods_synced)
        return;
    const struct pod_runtime *runtime = NULL;
    while ((runtime = runtime_cache_next(kubelet->runtime, runtime)) != NULL) {
        if (runtime->n_sandboxes + runtime->n_containers == 0 || kubelet_find_worker(kubelet, runtime->uid) != NULL)
            continue;
        log_info("stopping a pod that the API does not have", LOG_TEXT("uid", runtime->uid),
                 LOG_TEXT("name", runtime->name));
        pod_worker_create(kubelet, runtime->uid, NULL);
    }
    adopt_directories(kubelet);
    resizes_decide_soon(kubelet);
    node_agent_evaluate(kubelet->node);
    runtime_cache_set_busy(kubelet->runtime, kubelet->workers.size > 0);
    kubelet_poke_all(kubelet);
}

static void pods_synced(struct informer_listener *listener)
{
    struct kubelet *kubelet = container_of(listener, struct kubelet, pods_listener);
    kubelet->pods_synced = true;
    adopt_orphans(kubelet);
}

/* --- word from the runtime and from dependencies --- */

static void runtime_changed(void *context, const char *uid)
{
    struct kubelet *kubelet = context;
    struct pod_worker *worker = kubelet_find_worker(kubelet, uid);
    if (worker != NULL)
        pod_worker_poke(worker);
}

static void runtime_synced(void *context)
{
    struct kubelet *kubelet = context;
    kubelet->runtime_synced = true;
    adopt_orphans(kubelet);
}

static void runtime_health(void *context, int rc, const struct error *err)
{
    struct kubelet *kubelet = context;
    node_agent_runtime_health(kubelet->node, rc, err);
    if (kubelet->workers.size == 0)
        runtime_cache_set_busy(kubelet->runtime, false);
}

static void dependency_changed(void *context, const struct api_resource *resource, const char *namespace_,
                               const char *name)
{
    struct kubelet *kubelet = context;
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node) {
        if (worker->pod != NULL && (namespace_ == NULL || text_equal(worker->pod->metadata.namespace, namespace_)) &&
            pod_depends_on(worker->pod, resource, name))
            pod_worker_dependency_changed(worker);
    }
}

static void token_changed(void *context, const char *uid)
{
    struct pod_worker *worker = kubelet_find_worker(context, uid);
    if (worker != NULL)
        pod_worker_dependency_changed(worker);
}

static int lookup_object(void *context, const struct api_resource *resource, const char *namespace_, const char *name,
                         const struct object **ret_object, struct error *err)
{
    struct kubelet *kubelet = context;
    return dependencies_find(kubelet->dependencies, resource, namespace_, name, ret_object, err);
}

static int lookup_token(void *context, const struct api_pod *pod, const char *audience, int64_t expiration_seconds,
                        struct str *ret_token, struct error *err)
{
    struct kubelet *kubelet = context;
    return tokens_get(kubelet->tokens, pod, audience, expiration_seconds, ret_token, err);
}

static void resizes_due(struct loop_task *task)
{
    resizes_decide(container_of(task, struct kubelet, resizes));
}

static void housekeep(struct loop_timer *timer)
{
    struct kubelet *kubelet = container_of(timer, struct kubelet, housekeeping);
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node)
        pod_worker_dependency_changed(worker);
    loop_timer_start(kubelet->loop, &kubelet->housekeeping, HOUSEKEEPING);
}

/* --- life --- */

static const char *const *copy_list(struct arena *arena, const char *const *list)
{
    size_t n = 0;
    while (list != NULL && list[n] != NULL)
        n++;
    const char **copy = arena_new_array(arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        copy[i] = arena_strdup(arena, list[i]);
    return copy;
}

static void copy_options(struct kubelet *kubelet, const struct kubelet_options *options)
{
    struct arena *arena = &kubelet->arena;
    struct kubelet_options *own = &kubelet->options;
    *own = *options;
    const char **const texts[] = { &own->node_name,   &own->data_directory, &own->logs_directory,
                                   &own->cgroup_root, &own->cluster_domain, &own->resolv_conf,
                                   &own->provider_id, &own->pod_cidr,       &own->server_client_name };
    for (size_t i = 0; i < countof(texts); i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
    own->addresses = copy_list(arena, options->addresses);
    own->cluster_dns = copy_list(arena, options->cluster_dns);
    own->labels = copy_list(arena, options->labels);
    own->taints = copy_list(arena, options->taints);
    if (own->max_pods == 0)
        own->max_pods = MAX_PODS;
    if (own->port == 0)
        own->port = PORT;
    if (own->server_client_name == NULL)
        own->server_client_name = "kube-apiserver-kubelet-client";
}

static int64_t own_oom_score(void)
{
    auto_buffer struct buffer text = { .max = 64 };
    int64_t score;
    if (file_read(AT_FDCWD, "/proc/self/oom_score_adj", 32, &text, NULL) < 0 ||
        !str_to_int64(str_trim(buffer_str(&text)), &score))
        return 0;
    return score;
}

static void make_setup(struct kubelet *kubelet)
{
    const struct kubelet_options *options = &kubelet->options;
    struct arena *arena = &kubelet->arena;
    struct node_setup *setup = &kubelet->setup;
    *setup = (struct node_setup){
        .node_name = options->node_name,
        .host_ips = options->addresses,
        .cluster_dns = options->cluster_dns,
        .cluster_domain = text_empty(options->cluster_domain) ? "cluster.local" : options->cluster_domain,
        .cpu_milli = options->cpu_milli,
        .memory = options->memory,
    };
    if (options->data_directory == NULL)
        return;
    setup->cgroup_root = text_empty(options->cgroup_root) ? "/" : options->cgroup_root;
    setup->pods_directory = arena_format(arena, "%s/pods", options->data_directory);
    setup->logs_directory = options->logs_directory != NULL
                                ? options->logs_directory
                                : arena_format(arena, "%s/logs/pods", options->data_directory);
    setup->oom_floor = own_oom_score();
    auto_buffer struct buffer text = { .max = 65536 };
    const char *path = text_empty(options->resolv_conf) ? "/etc/resolv.conf" : options->resolv_conf;
    if (file_read(AT_FDCWD, path, 65536, &text, NULL) == 0)
        dns_config_parse(buffer_str(&text), arena, &setup->host_dns);
}

struct kubelet *kubelet_create(const struct kubelet_options *options)
{
    struct kubelet *kubelet = memory_new(struct kubelet);
    kubelet->client = options->client;
    kubelet->cri = options->cri;
    kubelet->loop = client_loop(options->client);
    copy_options(kubelet, options);
    make_setup(kubelet);
    snprintf(kubelet->runtime_name, sizeof(kubelet->runtime_name), "containerd");
    kubelet->housekeeping.callback = housekeep;
    kubelet->resizes.callback = resizes_due;
    kubelet->recorder = event_recorder_create(options->client, "kubelet", kubelet->setup.node_name);
    kubelet->dependencies = dependencies_create(options->client, dependency_changed, kubelet);
    kubelet->tokens = tokens_create(options->client, token_changed, kubelet);
    kubelet->volumes =
        (struct volume_host){ .pods = kubelet->setup.pods_directory,
                              .lookup = { .object = lookup_object, .token = lookup_token, .context = kubelet } };
    const struct runtime_cache_options runtime = {
        .cri = options->cri,
        .pods_directory = kubelet->setup.pods_directory,
        .changed = runtime_changed,
        .synced = runtime_synced,
        .health = runtime_health,
        .context = kubelet,
    };
    kubelet->runtime = runtime_cache_create(&runtime);
    kubelet->node = node_agent_create(kubelet);
    const struct log_rotator_limits logs = { .size = options->log_max_size, .files = (size_t)options->log_max_files };
    if (kubelet->setup.logs_directory != NULL)
        kubelet->rotator = log_rotator_create(kubelet, &logs);
    char selector[300];
    snprintf(selector, sizeof(selector), "spec.nodeName=%s", kubelet->setup.node_name);
    const struct informer_options pods = { .resource = &api_resource_pod, .field_selector = selector };
    kubelet->pods = informer_create(options->client, &pods);
    kubelet->pods_listener = (struct informer_listener){ .changed = pod_changed, .synced = pods_synced };
    const struct informer_options services = { .resource = &api_resource_service };
    kubelet->services = informer_create(options->client, &services);
    return kubelet;
}

int kubelet_start(struct kubelet *kubelet, struct error *err)
{
    int rc = 0;
    if (kubelet->setup.pods_directory != NULL) {
        rc = file_make_directories(AT_FDCWD, kubelet->setup.pods_directory, 0750, err);
        if (rc == 0)
            rc = file_make_directories(AT_FDCWD, kubelet->setup.logs_directory, 0755, err);
        if (rc == 0)
            rc = node_cgroup_create(kubelet->setup.cgroup_root, err);
    }
    if (rc == 0 && kubelet->options.tls != NULL && kubelet->options.port > 0)
        rc = kubelet_server_create(kubelet, &kubelet->server, err);
    if (rc < 0)
        return rc;
    node_agent_start(kubelet->node);
    runtime_cache_start(kubelet->runtime);
    informer_listen(kubelet->pods, &kubelet->pods_listener);
    informer_start(kubelet->pods);
    informer_start(kubelet->services);
    if (kubelet->rotator != NULL)
        log_rotator_start(kubelet->rotator);
    loop_timer_start(kubelet->loop, &kubelet->housekeeping, HOUSEKEEPING);
    return 0;
}

void kubelet_destroy(struct kubelet *kubelet)
{
    if (kubelet == NULL)
        return;
    loop_timer_stop(&kubelet->housekeeping);
    kubelet_server_destroy(kubelet->server);
    struct pod_worker *worker;
    map_for_each (&kubelet->workers, worker, node)
        pod_worker_destroy(worker);
    map_fini(&kubelet->workers);
    loop_cancel(kubelet->loop, &kubelet->resizes);
    informer_unlisten(kubelet->pods, &kubelet->pods_listener);
    informer_destroy(kubelet->pods);
    informer_destroy(kubelet->services);
    log_rotator_destroy(kubelet->rotator);
    runtime_cache_destroy(kubelet->runtime);
    node_agent_destroy(kubelet->node);
    tokens_destroy(kubelet->tokens);
    dependencies_destroy(kubelet->dependencies);
    event_recorder_destroy(kubelet->recorder);
    arena_fini(&kubelet->arena);
    free(kubelet);
}
