/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/runtime_cache.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "node/kubelet/config/container_config.h"
#include "node/kubelet/exit_watch.h"
#include "node/kubelet/server/container_log.h"

#define RELIST_PERIOD      USEC_PER_SEC         /* without events, as upstream's */
#define RELIST_WATCHED     (10 * USEC_PER_SEC)  /* when the processes of all running containers are watched */
#define RELIST_WITH_EVENTS (300 * USEC_PER_SEC) /* in case an event was lost */
#define CALL_TIMEOUT       (120 * USEC_PER_SEC)
#define MESSAGE_MAX        4096

/* What the cache has of one pod. Replaced as a whole. */
struct cached_pod {
    struct map_node node; /* in cache.pods, key: uid */
    struct arena arena;
    struct pod_runtime runtime;
    uint64_t sequence; /* of the sweep that made it: later ones replace it, earlier ones that took longer do not */
    bool stale;        /* its containers' statuses are to be asked again */
};

/* A running container's process. */
struct watched {
    struct map_node node; /* in cache.watched, key: container id */
    struct runtime_cache *cache;
    char id[128];
    char uid[64];
    struct exit_watch *watch; /* NULL: cannot be watched */
    bool seen;
};

struct runtime_cache {
    struct runtime_cache_options options;
    struct map pods;
    struct map watched;
    struct list sweeps;
    struct list refreshes; /* those that wait for a sweep */
    struct loop_timer timer;
    struct loop_task event_task; /* events came: list soon, once for all of them */
    struct cri_stream *stream;
    uint64_t sequence;
    bool busy, synced, whole_running;
    bool often; /* the timer runs for RELIST_PERIOD */
};

/* One asked status within a sweep. */
struct status_call {
    struct cri_call call;
    struct sweep *sweep;
    size_t index;
    bool is_sandbox;
};

struct sandbox_row {
    const char *uid, *name, *namespace_;
    struct runtime_sandbox sandbox;
    bool done; /* sorted into its pod */
};

struct container_row {
    const char *uid;
    struct runtime_container container;
    bool lost; /* removed while we asked */
};

/* Lists, then the statuses of what is new or changed, then the pods are put together. */
struct sweep {
    struct list_node node; /* in cache.sweeps */
    struct runtime_cache *cache;
    uint64_t sequence;
    char uid[64]; /* "" everything */
    struct arena arena;
    struct cri_call list_sandboxes, list_containers;
    struct sandbox_row *sandboxes;
    size_t n_sandboxes;
    struct container_row *containers;
    size_t n_containers;
    struct status_call *calls;
    size_t n_calls, left;
    int rc;
    struct error err;
};

static struct cached_pod *find_pod(const struct runtime_cache *cache, const char *uid)
{
    return map_find_entry(&cache->pods, str_of(uid), struct cached_pod, node);
}

const struct pod_runtime *runtime_cache_get(const struct runtime_cache *cache, const char *uid)
{
    struct cached_pod *pod = find_pod(cache, uid);
    return pod == NULL || (pod->runtime.n_sandboxes == 0 && pod->runtime.n_containers == 0) ? NULL : &pod->runtime;
}

const struct pod_runtime *runtime_cache_next(const struct runtime_cache *cache, const struct pod_runtime *previous)
{
    struct map_node *node = previous == NULL
                                ? map_first(&cache->pods)
                                : map_next(&cache->pods, &container_of(previous, struct cached_pod, runtime)->node);
    return node == NULL ? NULL : &container_of(node, struct cached_pod, node)->runtime;
}

/* --- comparing --- */

static bool same_sandbox(const struct runtime_sandbox *a, const struct runtime_sandbox *b)
{
    if (!text_equal(a->id, b->id) || a->ready != b->ready || a->n_ips != b->n_ips)
        return false;
    for (size_t i = 0; i < a->n_ips; i++) {
        if (!text_equal(a->ips[i], b->ips[i]))
            return false;
    }
    return true;
}

static bool same_container(const struct runtime_container *a, const struct runtime_container *b)
{
    return text_equal(a->id, b->id) && a->state == b->state && a->cpu_shares == b->cpu_shares &&
           a->cpu_quota == b->cpu_quota && a->memory_limit == b->memory_limit;
}

static bool same_runtime(const struct pod_runtime *a, const struct pod_runtime *b)
{
    if (a->n_sandboxes != b->n_sandboxes || a->n_containers != b->n_containers)
        return false;
    for (size_t i = 0; i < a->n_sandboxes; i++) {
        if (!same_sandbox(&a->sandboxes[i], &b->sandboxes[i]))
            return false;
    }
    for (size_t i = 0; i < a->n_containers; i++) {
        if (!same_container(&a->containers[i], &b->containers[i]))
            return false;
    }
    return true;
}

/* --- putting pods together --- */

static bool newer_sandbox(const struct runtime_sandbox *a, const struct runtime_sandbox *b)
{
    return a->attempt != b->attempt ? a->attempt > b->attempt : a->created_at > b->created_at;
}

static bool newer_container(const struct runtime_container *a, const struct runtime_container *b)
{
    return a->attempt != b->attempt ? a->attempt > b->attempt : a->created_at > b->created_at;
}

static void copy_sandbox(struct runtime_sandbox *sandbox, struct arena *arena)
{
    const char **ips = arena_new_array(arena, const char *, sandbox->n_ips + 1);
    for (size_t i = 0; i < sandbox->n_ips; i++)
        ips[i] = arena_strdup(arena, sandbox->ips[i]);
    sandbox->ips = ips;
    sandbox->id = arena_strdup(arena, sandbox->id);
}

static void copy_container(struct runtime_container *container, struct arena *arena)
{
    const char **const texts[] = {
        &container->id,      &container->name,  &container->sandbox_id, &container->reason,
        &container->message, &container->image, &container->image_id,   &container->log_path
    };
    for (size_t i = 0; i < countof(texts); i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
}

static void fill_pod(struct sweep *sweep, const char *uid, struct cached_pod *pod)
{
    struct pod_runtime *runtime = &pod->runtime;
    runtime->uid = arena_strdup(&pod->arena, uid);
    runtime->sandboxes = arena_new_array(&pod->arena, struct runtime_sandbox, sweep->n_sandboxes + 1);
    runtime->containers = arena_new_array(&pod->arena, struct runtime_container, sweep->n_containers + 1);
    for (size_t i = 0; i < sweep->n_sandboxes; i++) {
        struct sandbox_row *row = &sweep->sandboxes[i];
        if (!text_equal(row->uid, uid))
            continue;
        row->done = true;
        runtime->name = arena_strdup(&pod->arena, row->name);
        runtime->namespace_ = arena_strdup(&pod->arena, row->namespace_);
        size_t at = runtime->n_sandboxes++;
        for (; at > 0 && newer_sandbox(&row->sandbox, &runtime->sandboxes[at - 1]); at--)
            runtime->sandboxes[at] = runtime->sandboxes[at - 1];
        runtime->sandboxes[at] = row->sandbox;
        copy_sandbox(&runtime->sandboxes[at], &pod->arena);
    }
    for (size_t i = 0; i < sweep->n_containers; i++) {
        struct container_row *row = &sweep->containers[i];
        if (!text_equal(row->uid, uid) || row->lost)
            continue;
        size_t at = runtime->n_containers++;
        for (; at > 0 && newer_container(&row->container, &runtime->containers[at - 1]); at--)
            runtime->containers[at] = runtime->containers[at - 1];
        runtime->containers[at] = row->container;
        copy_container(&runtime->containers[at], &pod->arena);
    }
}

static void pod_free(struct runtime_cache *cache, struct cached_pod *pod)
{
    map_remove(&cache->pods, &pod->node);
    arena_fini(&pod->arena);
    free(pod);
}

/* --- processes --- */

static void sweep_start(struct runtime_cache *cache, const char *uid);

static void process_ended(void *context)
{
    struct watched *watched = context;
    sweep_start(watched->cache, watched->uid); /* the watch is closed when the runtime agrees */
}

static void watched_free(struct watched *watched)
{
    map_remove(&watched->cache->watched, &watched->node);
    exit_watch_close(watched->watch);
    free(watched);
}

static void watch_process(struct runtime_cache *cache, const char *uid, const struct runtime_container *container)
{
    struct watched *watched = map_find_entry(&cache->watched, str_of(container->id), struct watched, node);
    if (watched == NULL) {
        watched = memory_new(struct watched);
        watched->cache = cache;
        snprintf(watched->id, sizeof(watched->id), "%s", container->id);
        snprintf(watched->uid, sizeof(watched->uid), "%s", uid);
        map_insert(&cache->watched, str_of(watched->id), &watched->node);
        if (container->pid > 0)
            watched->watch = exit_watch_open(cri_loop(cache->options.cri), container->pid, process_ended, watched);
        if (watched->watch == NULL && cache->stream == NULL && !cache->often)
            loop_timer_start(cri_loop(cache->options.cri), &cache->timer, RELIST_PERIOD);
        cache->often = cache->often || watched->watch == NULL;
    }
    watched->seen = true;
}

/* One watch for each running container of the pod. */
static void sync_watches(struct runtime_cache *cache, const struct pod_runtime *runtime)
{
    for (size_t i = 0; i < runtime->n_containers; i++) {
        if (runtime->containers[i].state == CRI_CONTAINER_STATE_CONTAINER_RUNNING)
            watch_process(cache, runtime->uid, &runtime->containers[i]);
    }
    struct watched *watched;
    map_for_each (&cache->watched, watched, node) {
        if (!watched->seen && text_equal(watched->uid, runtime->uid))
            watched_free(watched);
        else
            watched->seen = false;
    }
}

static bool all_watched(const struct runtime_cache *cache)
{
    struct watched *watched;
    map_for_each (&cache->watched, watched, node) {
        if (watched->watch == NULL)
            return false;
    }
    return true;
}

/* Takes over what the sweep saw of one pod, unless a younger sweep has spoken already. */
static void apply_pod(struct sweep *sweep, const char *uid)
{
    struct runtime_cache *cache = sweep->cache;
    struct cached_pod *old = find_pod(cache, uid);
    if (old != NULL && old->sequence > sweep->sequence)
        return;
    struct cached_pod *pod = memory_new(struct cached_pod);
    pod->sequence = sweep->sequence;
    fill_pod(sweep, uid, pod);
    bool changed = old == NULL ? pod->runtime.n_sandboxes + pod->runtime.n_containers > 0
                               : !same_runtime(&old->runtime, &pod->runtime);
    if (old != NULL)
        pod_free(cache, old);
    map_insert(&cache->pods, str_of(pod->runtime.uid), &pod->node);
    sync_watches(cache, &pod->runtime);
    if (changed)
        cache->options.changed(cache->options.context, pod->runtime.uid);
}

/* Entries of pods that are gone stay for one whole sweep as empty ones, so that late sweeps cannot bring them back. */
static void apply_absent(struct sweep *sweep)
{
    struct runtime_cache *cache = sweep->cache;
    struct cached_pod *pod;
    map_for_each (&cache->pods, pod, node) {
        bool empty = pod->runtime.n_sandboxes == 0 && pod->runtime.n_containers == 0;
        if (empty && pod->sequence < sweep->sequence)
            pod_free(cache, pod);
    }
    for (bool again = true; again;) {
        again = false;
        map_for_each (&cache->pods, pod, node) {
            if (pod->sequence < sweep->sequence) {
                char uid[64];
                snprintf(uid, sizeof(uid), "%s", pod->runtime.uid);
                apply_pod(sweep, uid); /* changes the map */
                again = true;
                break;
            }
        }
    }
}

static void sweep_free(struct sweep *sweep)
{
    cri_call_cancel(&sweep->list_sandboxes);
    cri_call_cancel(&sweep->list_containers);
    for (size_t i = 0; i < sweep->n_calls; i++)
        cri_call_cancel(&sweep->calls[i].call);
    list_remove(&sweep->node);
    arena_fini(&sweep->arena);
    free(sweep);
}

static void answer_refreshes(struct runtime_cache *cache, const char *uid, uint64_t sequence, int rc,
                             const struct error *err);
static void schedule(struct runtime_cache *cache);

static void sweep_finish(struct sweep *sweep)
{
    struct runtime_cache *cache = sweep->cache;
    bool whole = sweep->uid[0] == '\0';
    if (sweep->rc == 0) {
        for (size_t i = 0; i < sweep->n_sandboxes; i++) {
            if (!sweep->sandboxes[i].done)
                apply_pod(sweep, sweep->sandboxes[i].uid);
        }
        if (whole)
            apply_absent(sweep);
        else if (sweep->n_sandboxes == 0)
            apply_pod(sweep, sweep->uid);
    }
    int rc = sweep->rc;
    struct error err = sweep->err;
    char uid[64];
    memcpy(uid, sweep->uid, sizeof(uid));
    uint64_t sequence = sweep->sequence;
    sweep_free(sweep);
    if (whole) {
        cache->whole_running = false;
        cache->options.health(cache->options.context, rc, &err);
        if (rc == 0 && !cache->synced) {
            cache->synced = true;
            cache->options.synced(cache->options.context);
        }
        schedule(cache);
    } else {
        answer_refreshes(cache, uid, sequence, rc, &err);
    }
}

static void sweep_fail(struct sweep *sweep, int rc, const struct error *err)
{
    if (sweep->rc == 0) {
        sweep->rc = rc;
        sweep->err = *err;
    }
}

/* --- statuses --- */

static const char *annotation(const struct api_string_entry *entries, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(entries[i].key, key))
            return entries[i].value;
    }
    return NULL;
}

/* What the container left at its terminationMessagePath, or the end of its log. */
static const char *termination_message(struct sweep *sweep, const struct container_row *row,
                                       const struct cri_container_status *status)
{
    const char *pods = sweep->cache->options.pods_directory;
    if (pods == NULL || row->container.state != CRI_CONTAINER_STATE_CONTAINER_EXITED)
        return NULL;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s/containers/%s/%u", pods, row->uid, row->container.name, row->container.attempt);
    auto_buffer struct buffer text = { .max = MESSAGE_MAX + 1 };
    container_log_head(path, MESSAGE_MAX, &text);
    const char *policy = annotation(status->annotations, status->n_annotations, ANNOTATION_MESSAGE_POLICY);
    if (text.size == 0 && text_equal(policy, "FallbackToLogsOnError") && status->exit_code != 0 &&
        !text_empty(status->log_path))
        container_log_tail(status->log_path, 80, 2048, &text);
    return text.size == 0 ? NULL : arena_strndup(&sweep->arena, text.data, text.size);
}

/* Runtimes tell the process in their verbose answer: {"sandboxID":"...","pid":4711,...}. Not part of CRI: no pid, no harm. */
static int32_t pid_of(const struct cri_container_status_response *response)
{
    const char *info = annotation(response->info, response->n_info, "info");
    const char *found = info != NULL ? strstr(info, "\"pid\":") : NULL;
    return found != NULL ? (int32_t)strtol(found + 6, NULL, 10) : 0;
}

static void take_container(struct sweep *sweep, struct container_row *row, const struct cri_container_status *status)
{
    struct runtime_container *out = &row->container;
    out->state = status->state;
    out->created_at = status->created_at / 1000;
    out->started_at = status->started_at / 1000;
    out->finished_at = status->finished_at / 1000;
    out->exit_code = status->exit_code;
    out->reason = arena_strdup(&sweep->arena, status->reason);
    out->log_path = arena_strdup(&sweep->arena, status->log_path);
    if (status->image != NULL && !text_empty(status->image->image))
        out->image = arena_strdup(&sweep->arena, status->image->image);
    out->image_id = arena_strdup(&sweep->arena, status->image_ref);
    const struct cri_container_resources *resources = status->resources;
    if (resources != NULL && resources->linux_ != NULL) {
        out->cpu_shares = resources->linux_->cpu_shares;
        out->cpu_quota = resources->linux_->cpu_quota;
        out->memory_limit = resources->linux_->memory_limit_in_bytes;
    }
    const char *message = termination_message(sweep, row, status);
    out->message = message != NULL ? message : arena_strdup(&sweep->arena, status->message);
}

static void take_sandbox(struct sweep *sweep, struct sandbox_row *row, const struct cri_pod_sandbox_status *status)
{
    struct runtime_sandbox *out = &row->sandbox;
    out->ready = status->state == CRI_POD_SANDBOX_STATE_SANDBOX_READY;
    if (status->linux_ != NULL && status->linux_->namespaces != NULL && status->linux_->namespaces->options != NULL)
        out->host_network = status->linux_->namespaces->options->network == CRI_NAMESPACE_MODE_NODE;
    if (status->network == NULL || text_empty(status->network->ip))
        return;
    out->ips = arena_new_array(&sweep->arena, const char *, status->network->n_additional_ips + 1);
    out->ips[out->n_ips++] = arena_strdup(&sweep->arena, status->network->ip);
    for (size_t i = 0; i < status->network->n_additional_ips; i++)
        out->ips[out->n_ips++] = arena_strdup(&sweep->arena, status->network->additional_ips[i].ip);
}

static void status_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct status_call *own = container_of(call, struct status_call, call);
    struct sweep *sweep = own->sweep;
    if (rc == -ERROR_NOT_FOUND) {
        if (own->is_sandbox)
            sweep->sandboxes[own->index].sandbox.ready = false;
        else
            sweep->containers[own->index].lost = true;
    } else if (rc < 0) {
        sweep_fail(sweep, rc, err);
    } else if (own->is_sandbox) {
        const struct cri_pod_sandbox_status *status =
            ((const struct cri_pod_sandbox_status_response *)response)->status;
        if (status != NULL)
            take_sandbox(sweep, &sweep->sandboxes[own->index], status);
    } else {
        const struct cri_container_status *status = ((const struct cri_container_status_response *)response)->status;
        if (status != NULL)
            take_container(sweep, &sweep->containers[own->index], status);
        sweep->containers[own->index].container.pid = pid_of(response);
    }
    if (--sweep->left == 0)
        sweep_finish(sweep);
}

static void ask(struct sweep *sweep, size_t index, bool is_sandbox)
{
    struct status_call *own = &sweep->calls[sweep->n_calls++];
    *own = (struct status_call){ .call.done = status_done, .sweep = sweep, .index = index, .is_sandbox = is_sandbox };
    sweep->left++;
    struct cri *cri = sweep->cache->options.cri;
    if (is_sandbox) {
        const struct cri_pod_sandbox_status_request request = { .pod_sandbox_id = sweep->sandboxes[index].sandbox.id };
        cri_call_start(cri, &own->call, &cri_rpc_runtime_service_pod_sandbox_status, &request, CALL_TIMEOUT);
    } else {
        const struct cri_container_status_request request = { .container_id = sweep->containers[index].container.id,
                                                              .verbose = true };
        cri_call_start(cri, &own->call, &cri_rpc_runtime_service_container_status, &request, CALL_TIMEOUT);
    }
}

/* What is known already and has not changed is not asked again. True: copied. */
static bool reuse_sandbox(struct sweep *sweep, struct sandbox_row *row)
{
    const struct pod_runtime *known = runtime_cache_get(sweep->cache, row->uid);
    for (size_t i = 0; known != NULL && i < known->n_sandboxes; i++) {
        const struct runtime_sandbox *old = &known->sandboxes[i];
        if (text_equal(old->id, row->sandbox.id) && old->ready == row->sandbox.ready &&
            (old->n_ips > 0 || old->host_network || !old->ready)) {
            row->sandbox = *old;
            copy_sandbox(&row->sandbox, &sweep->arena);
            return true;
        }
    }
    return false;
}

static bool reuse_container(struct sweep *sweep, struct container_row *row)
{
    const struct runtime_container *old =
        pod_runtime_by_id(runtime_cache_get(sweep->cache, row->uid), row->container.id);
    const struct cached_pod *pod = find_pod(sweep->cache, row->uid);
    if (old == NULL || old->state != row->container.state || pod->stale)
        return false;
    row->container = *old;
    copy_container(&row->container, &sweep->arena);
    return true;
}

static void ask_statuses(struct sweep *sweep)
{
    sweep->calls = arena_new_array(&sweep->arena, struct status_call, sweep->n_sandboxes + sweep->n_containers + 1);
    sweep->left = 1; /* ours, so that no answer ends the sweep before all are asked */
    for (size_t i = 0; i < sweep->n_sandboxes; i++) {
        if (!reuse_sandbox(sweep, &sweep->sandboxes[i]))
            ask(sweep, i, true);
    }
    for (size_t i = 0; i < sweep->n_containers; i++) {
        if (!reuse_container(sweep, &sweep->containers[i]))
            ask(sweep, i, false);
    }
    if (--sweep->left == 0)
        sweep_finish(sweep);
}

/* --- lists --- */

static void sandboxes_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct sweep *sweep = container_of(call, struct sweep, list_sandboxes);
    if (rc < 0)
        sweep_fail(sweep, rc, err);
    const struct cri_list_pod_sandbox_response *list = response;
    sweep->sandboxes = arena_new_array(&sweep->arena, struct sandbox_row, list != NULL ? list->n_items + 1 : 1);
    for (size_t i = 0; list != NULL && i < list->n_items; i++) {
        const struct cri_pod_sandbox *item = &list->items[i];
        const char *uid = annotation(item->labels, item->n_labels, LABEL_POD_UID);
        if (item->metadata == NULL || text_empty(uid))
            continue; /* not one of ours */
        sweep->sandboxes[sweep->n_sandboxes++] = (struct sandbox_row){
            .uid = arena_strdup(&sweep->arena, uid),
            .name = arena_strdup(&sweep->arena, item->metadata->name),
            .namespace_ = arena_strdup(&sweep->arena, item->metadata->namespace),
            .sandbox = { .id = arena_strdup(&sweep->arena, item->id),
                         .attempt = item->metadata->attempt,
                         .ready = item->state == CRI_POD_SANDBOX_STATE_SANDBOX_READY,
                         .created_at = item->created_at / 1000 },
        };
    }
    if (--sweep->left == 0) {
        if (sweep->rc < 0)
            sweep_finish(sweep);
        else
            ask_statuses(sweep);
    }
}

static void add_container(struct sweep *sweep, const struct cri_container *item)
{
    const char *uid = annotation(item->labels, item->n_labels, LABEL_POD_UID);
    if (item->metadata == NULL || text_empty(uid))
        return;
    const char *hash = annotation(item->annotations, item->n_annotations, ANNOTATION_HASH);
    const char *grace = annotation(item->annotations, item->n_annotations, ANNOTATION_GRACE_PERIOD);
    struct container_row *row = &sweep->containers[sweep->n_containers++];
    row->uid = arena_strdup(&sweep->arena, uid);
    row->container = (struct runtime_container){
        .id = arena_strdup(&sweep->arena, item->id),
        .name = arena_strdup(&sweep->arena, item->metadata->name),
        .sandbox_id = arena_strdup(&sweep->arena, item->pod_sandbox_id),
        .attempt = item->metadata->attempt,
        .state = item->state,
        .created_at = item->created_at / 1000,
        .image = arena_strdup(&sweep->arena, item->image != NULL ? item->image->image : NULL),
        .image_id = arena_strdup(&sweep->arena, item->image_ref),
        .spec_hash = hash != NULL ? strtoull(hash, NULL, 16) : 0,
        .grace = grace != NULL ? strtoll(grace, NULL, 10) : -1,
    };
}

static void containers_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct sweep *sweep = container_of(call, struct sweep, list_containers);
    if (rc < 0)
        sweep_fail(sweep, rc, err);
    const struct cri_list_containers_response *list = response;
    sweep->containers = arena_new_array(&sweep->arena, struct container_row, list != NULL ? list->n_containers + 1 : 1);
    for (size_t i = 0; list != NULL && i < list->n_containers; i++)
        add_container(sweep, &list->containers[i]);
    if (--sweep->left == 0) {
        if (sweep->rc < 0)
            sweep_finish(sweep);
        else
            ask_statuses(sweep);
    }
}

static void sweep_start(struct runtime_cache *cache, const char *uid)
{
    struct sweep *sweep = memory_new(struct sweep);
    sweep->cache = cache;
    sweep->sequence = ++cache->sequence;
    snprintf(sweep->uid, sizeof(sweep->uid), "%s", uid);
    sweep->list_sandboxes.done = sandboxes_done;
    sweep->list_containers.done = containers_done;
    list_append(&cache->sweeps, &sweep->node);
    sweep->left = 2;
    struct api_string_entry label = { LABEL_POD_UID, sweep->uid };
    size_t n_labels = uid[0] != '\0';
    struct cri_pod_sandbox_filter sandbox_filter = { .label_selector = &label, .n_label_selector = n_labels };
    const struct cri_list_pod_sandbox_request sandboxes = { .filter = &sandbox_filter };
    cri_call_start(cache->options.cri, &sweep->list_sandboxes, &cri_rpc_runtime_service_list_pod_sandbox, &sandboxes,
                   CALL_TIMEOUT);
    struct cri_container_filter container_filter = { .label_selector = &label, .n_label_selector = n_labels };
    const struct cri_list_containers_request containers = { .filter = &container_filter };
    cri_call_start(cache->options.cri, &sweep->list_containers, &cri_rpc_runtime_service_list_containers, &containers,
                   CALL_TIMEOUT);
}

/* --- refreshes --- */

/* Those asked for after the sweep began get the next one. */
static void answer_refreshes(struct runtime_cache *cache, const char *uid, uint64_t sequence, int rc,
                             const struct error *err)
{
    struct runtime_refresh *refresh;
    list_for_each (&cache->refreshes, refresh, node) {
        if (text_equal(refresh->uid, uid) && refresh->sequence <= sequence) {
            list_remove(&refresh->node);
            refresh->done(refresh, rc, err);
            return; /* one worker, one refresh a pod */
        }
    }
}

void runtime_cache_refresh(struct runtime_cache *cache, struct runtime_refresh *refresh, const char *uid)
{
    snprintf(refresh->uid, sizeof(refresh->uid), "%s", uid);
    list_append(&cache->refreshes, &refresh->node);
    sweep_start(cache, uid);
    refresh->sequence = cache->sequence;
}

void runtime_cache_forget(struct runtime_cache *cache, const char *uid)
{
    struct cached_pod *pod = find_pod(cache, uid);
    if (pod != NULL)
        pod->stale = true;
}

void runtime_cache_refresh_cancel(struct runtime_cache *cache, struct runtime_refresh *refresh)
{
    if (!list_linked(&refresh->node))
        return;
    list_remove(&refresh->node);
    struct sweep *sweep;
    list_for_each (&cache->sweeps, sweep, node) {
        if (sweep->sequence == refresh->sequence)
            sweep_free(sweep);
    }
}

/* --- when to list --- */

static void whole_sweep(struct runtime_cache *cache)
{
    if (cache->whole_running)
        return;
    cache->whole_running = true;
    sweep_start(cache, "");
}

static void relist_due(struct loop_timer *timer)
{
    whole_sweep(container_of(timer, struct runtime_cache, timer));
}

static void schedule(struct runtime_cache *cache)
{
    cache->often = !cache->synced || !all_watched(cache);
    if (!cache->synced || (cache->busy && cache->stream == NULL))
        loop_timer_start(cri_loop(cache->options.cri), &cache->timer, cache->often ? RELIST_PERIOD : RELIST_WATCHED);
    else if (cache->stream != NULL)
        loop_timer_start(cri_loop(cache->options.cri), &cache->timer, RELIST_WITH_EVENTS);
}

void runtime_cache_set_busy(struct runtime_cache *cache, bool busy)
{
    bool wakes = busy && !cache->busy;
    cache->busy = busy;
    if (wakes && !cache->whole_running && cache->synced)
        schedule(cache);
}

static void events_listed(struct loop_task *task)
{
    struct runtime_cache *cache = container_of(task, struct runtime_cache, event_task);
    if (!cache->whole_running)
        whole_sweep(cache);
    else
        loop_defer(cri_loop(cache->options.cri), task); /* the running list may have been too early */
}

static void on_event(void *context, const void *response)
{
    struct runtime_cache *cache = context;
    const struct cri_container_event_response *event = response;
    if (event->pod_sandbox_status != NULL && event->pod_sandbox_status->metadata != NULL) {
        sweep_start(cache, event->pod_sandbox_status->metadata->uid); /* answers nobody, only takes over */
        return;
    }
    loop_defer(cri_loop(cache->options.cri), &cache->event_task);
}

static void on_stream_end(void *context, int rc, const struct error *err)
{
    struct runtime_cache *cache = context;
    (void)rc, (void)err; /* whatever it was, listing takes over */
    cri_stream_close(take_pointer(&cache->stream));
    schedule(cache);
}

void runtime_cache_start(struct runtime_cache *cache)
{
    static const struct cri_stream_events events = { .message = on_event, .ended = on_stream_end };
    const struct cri_get_events_request request = { 0 };
    cache->stream =
        cri_stream_open(cache->options.cri, &cri_rpc_runtime_service_get_container_events, &request, &events, cache);
    whole_sweep(cache);
}

struct runtime_cache *runtime_cache_create(const struct runtime_cache_options *options)
{
    struct runtime_cache *cache = memory_new(struct runtime_cache);
    cache->options = *options;
    cache->timer.callback = relist_due;
    cache->event_task.callback = events_listed;
    list_init(&cache->sweeps);
    list_init(&cache->refreshes);
    return cache;
}

void runtime_cache_destroy(struct runtime_cache *cache)
{
    if (cache == NULL)
        return;
    loop_timer_stop(&cache->timer);
    loop_cancel(cri_loop(cache->options.cri), &cache->event_task);
    cri_stream_close(cache->stream);
    struct sweep *sweep;
    list_for_each (&cache->sweeps, sweep, node)
        sweep_free(sweep);
    struct cached_pod *pod;
    map_for_each (&cache->pods, pod, node)
        pod_free(cache, pod);
    map_fini(&cache->pods);
    struct watched *watched;
    map_for_each (&cache->watched, watched, node)
        watched_free(watched);
    map_fini(&cache->watched);
    free(cache);
}
