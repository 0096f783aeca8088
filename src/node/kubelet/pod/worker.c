/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/worker.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "client/events.h"
#include "node/kubelet/config/sandbox_config.h"
#include "node/kubelet/dependency.h"
#include "node/kubelet/pod/cgroup.h"
#include "node/kubelet/pod/status.h"
#include "node/kubelet/resize/actuation.h"
#include "node/kubelet/resize/pending.h"
#include "node/kubelet/token.h"

const struct pod_runtime *pod_worker_runtime(const struct pod_worker *worker)
{
    return runtime_cache_get(worker->kubelet->runtime, worker->uid);
}

const char *pod_worker_ip(const struct pod_worker *worker)
{
    if (worker->pod != NULL && worker->pod->spec.host_network) {
        const char *const *ips = worker->kubelet->setup.host_ips;
        return ips != NULL && ips[0] != NULL ? ips[0] : "";
    }
    const struct runtime_sandbox *sandbox = pod_runtime_sandbox(pod_worker_runtime(worker));
    return sandbox != NULL && sandbox->n_ips > 0 ? sandbox->ips[0] : "";
}

void memo_set_reason(struct container_memo *memo, const char *reason, const char *message)
{
    snprintf(memo->reason, sizeof(memo->reason), "%s", reason);
    snprintf(memo->message, sizeof(memo->message), "%s", message);
}

void pod_event(struct pod_worker *worker, size_t container, const char *type, const char *reason, const char *format,
               ...)
{
    if (worker->object == NULL)
        return;
    char version[128], field[320] = "", message[1100];
    struct api_object_reference about = event_reference(worker->object, version);
    if (container != SIZE_MAX && container < pod_container_count(worker->pod)) {
        pod_container_field_path(worker->pod, container, field, sizeof(field));
        about.field_path = field;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    event_record(worker->kubelet->recorder, &about, type, reason, message);
}

/* --- probes --- */

static void probe_changed(void *context, enum probe_kind kind, enum probe_result result)
{
    struct probe_slot *slot = context;
    slot->worker->memos[slot->container].probes[kind] = (uint8_t)result;
    pod_worker_poke(slot->worker);
}

static void probe_remarked(void *context, enum probe_result result, const char *message)
{
    struct probe_slot *slot = context;
    pod_event(slot->worker, slot->container, EVENT_WARNING, result == PROBE_FAILURE ? "Unhealthy" : "ProbeWarning",
              "%s", message);
}

static void slot_close(struct probe_slot *slot)
{
    prober_destroy(take_pointer(&slot->prober));
    object_unref(take_pointer(&slot->object));
    slot->container_id[0] = '\0';
}

/* What the API server was told before this kubelet began: it need not be found out again. */
static const struct api_container_status *old_status(const struct pod_worker *worker, size_t container, const char *id)
{
    const struct api_pod_status *status = &worker->pod->status;
    const char *name = pod_container(worker->pod, container)->name;
    const struct api_container_status *const lists[] = { status->init_container_statuses, status->container_statuses };
    const size_t counts[] = { status->n_init_container_statuses, status->n_container_statuses };
    for (size_t l = 0; l < countof(lists); l++) {
        for (size_t i = 0; i < counts[l]; i++) {
            struct str full = str_of(lists[l][i].container_id);
            if (text_equal(lists[l][i].name, name) && str_ends(full, str_of(id)))
                return &lists[l][i];
        }
    }
    return NULL;
}

static void slot_open(struct probe_slot *slot, const struct runtime_container *instance)
{
    struct pod_worker *worker = slot->worker;
    struct container_memo *memo = &worker->memos[slot->container];
    const struct api_container_status *old = old_status(worker, slot->container, instance->id);
    memset(memo->probes, PROBE_UNKNOWN, sizeof(memo->probes));
    bool started = old != NULL && old->started != NULL && *old->started;
    if (started)
        memo->probes[PROBE_STARTUP] = PROBE_SUCCESS;
    if (old != NULL && old->ready)
        memo->probes[PROBE_READINESS] = PROBE_SUCCESS;
    snprintf(slot->container_id, sizeof(slot->container_id), "%s", instance->id);
    slot->object = object_ref(worker->object);
    const struct prober_options options = {
        .container = pod_container(worker->pod, slot->container),
        .target = { .cri = worker->kubelet->cri,
                    .container = pod_container(worker->pod, slot->container),
                    .container_id = instance->id,
                    .pod_ip = pod_worker_ip(worker) },
        .started_at = instance->started_at,
        .changed = probe_changed,
        .remarked = probe_remarked,
        .context = slot,
    };
    slot->prober = prober_create(&options, started);
}

/* Each running instance is probed, none else. Of a pod that ends, those that are being probed are asked on whether they are
 * ready: what still takes connections says itself when it stops. */
static void sync_probes(struct pod_worker *worker)
{
    bool stopping = worker->stopping || worker->reason != NULL;
    for (size_t i = 0; i < worker->n_containers; i++) {
        struct probe_slot *slot = &worker->probes[i];
        const struct runtime_container *instance =
            worker->gone ? NULL : pod_runtime_newest(pod_worker_runtime(worker), pod_container(worker->pod, i)->name);
        bool runs = instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING &&
                    !worker->memos[i].post_start_pending;
        bool same = runs && text_equal(slot->container_id, instance->id);
        if (!same)
            slot_close(slot);
        if (stopping)
            prober_end_restarts(slot->prober);
        else if (runs && !same)
            slot_open(slot, instance);
    }
}

/* --- thinking --- */

static void resize(struct pod_worker *worker, size_t n)
{
    if (n <= worker->n_containers)
        return;
    for (size_t i = 0; i < worker->n_containers; i++)
        slot_close(&worker->probes[i]); /* they point into the array; opened again by the next sync */
    worker->memos = memory_resize(worker->memos, n, sizeof(*worker->memos));
    worker->probes = memory_resize(worker->probes, n, sizeof(*worker->probes));
    memset(worker->memos + worker->n_containers, 0, (n - worker->n_containers) * sizeof(*worker->memos));
    memset(worker->probes, 0, n * sizeof(*worker->probes));
    for (size_t i = 0; i < n; i++)
        worker->probes[i] = (struct probe_slot){ .worker = worker, .container = i };
    worker->n_containers = n;
}

static void announce_backoffs(struct pod_worker *worker, const struct pod_plan *before)
{
    for (size_t i = 0; i < worker->n_containers; i++) {
        const struct api_object_meta *meta = &worker->pod->metadata;
        if (worker->plan.backing_off[i] && !before->backing_off[i])
            pod_event(worker, i, EVENT_WARNING, "BackOff", "Back-off restarting failed container %s in pod %s_%s(%s)",
                      pod_container(worker->pod, i)->name, meta->name, meta->namespace, meta->uid);
        if (worker->plan.pull_backing_off[i] && !before->pull_backing_off[i]) {
            pod_event(worker, i, EVENT_NORMAL, "BackOff", "Back-off pulling image \"%s\"",
                      pod_container(worker->pod, i)->image);
            pod_event(worker, i, EVENT_WARNING, "Failed", "Error: ImagePullBackOff");
        }
    }
}

/* Everything of the pod on this node goes; what fails is tried again when the worker thinks next. */
static bool clean_up(struct pod_worker *worker)
{
    struct kubelet *kubelet = worker->kubelet;
    if (worker->cleaned)
        return true;
    struct error err = { 0 };
    int rc = 0;
    if (kubelet->setup.pods_directory != NULL) {
        rc = volumes_teardown(&kubelet->volumes, worker->uid, &err);
        if (rc == 0)
            rc = pod_cgroup_remove(worker->uid, kubelet->setup.cgroup_root, &err);
    }
    if (rc < 0) {
        log_warning("pod not cleaned up yet", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", err.message));
        loop_timer_start(kubelet->loop, &worker->wake, USEC_PER_SEC);
        return false;
    }
    tokens_release(kubelet->tokens, worker->uid);
    dependencies_release(kubelet->dependencies, worker->uid);
    worker->cleaned = true;
    return true;
}

/* Of a pod that only its uid is known of: the directory whose name ends with that. */
static void find_logs(struct pod_worker *worker, const char *logs)
{
    DIR *directory = opendir(logs);
    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (str_ends(str_of(entry->d_name), str_of(worker->uid)))
            snprintf(worker->log_name, sizeof(worker->log_name), "%s", entry->d_name);
    }
    closedir(directory);
}

static void remove_logs(struct pod_worker *worker)
{
    const char *logs = worker->kubelet->setup.logs_directory;
    if (logs == NULL)
        return;
    if (worker->log_name[0] == '\0')
        find_logs(worker, logs);
    if (worker->log_name[0] == '\0')
        return;
    char path[1200];
    snprintf(path, sizeof(path), "%s/%s", logs, worker->log_name);
    struct error err = { 0 };
    if (file_remove_tree(AT_FDCWD, path, &err) < 0)
        log_warning("logs not removed", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", err.message));
}

/* Nothing runs and nothing will. True: the worker is gone. */
static bool finish(struct pod_worker *worker)
{
    if (!worker->ended)
        resizes_decide_soon(worker->kubelet);
    worker->ended = true;
    if (!clean_up(worker))
        return false;
    if (worker->gone || worker->pod == NULL) {
        remove_logs(worker);
        pod_worker_destroy(worker);
        return true;
    }
    pod_report(worker);
    if (worker->pod->metadata.deletion_timestamp != 0)
        pod_report_delete(worker);
    return false;
}

static void take_deadline(struct pod_worker *worker)
{
    if (!worker->plan.deadline_exceeded || worker->reason != NULL || worker->pod == NULL ||
        pod_is_terminal(worker->pod))
        return;
    worker->reason = "DeadlineExceeded";
    snprintf(worker->message, sizeof(worker->message), "Pod was active on the node longer than the specified deadline");
    pod_event(worker, SIZE_MAX, EVENT_NORMAL, "DeadlineExceeded", "%s", worker->message);
}

static void think(struct loop_task *task)
{
    struct pod_worker *worker = container_of(task, struct pod_worker, think);
    struct kubelet *kubelet = worker->kubelet;
    if (!kubelet->runtime_synced || !kubelet->pods_synced)
        return;
    bool stopping = worker->stopping || worker->reason != NULL;
    if (worker->pod != NULL)
        sync_probes(worker);
    if (worker->runs_left > 0 || list_linked(&worker->refresh.node)) {
        if (worker->planned && !worker->gone)
            pod_report(worker); /* probes may have changed while something runs */
        return;
    }
    resize_look(worker);
    struct pod_plan before = worker->plan;
    const struct pod_plan_input input = {
        .pod = worker->gone ? NULL : worker->allocated,
        .actuated = worker->pod != NULL && pod_allocation_in_progress(&worker->allocation) ? worker->actuated : NULL,
        .runtime = pod_worker_runtime(worker),
        .memos = worker->memos,
        .stopping = stopping || (worker->pod != NULL && pod_is_terminal(worker->pod)),
        .prepared = worker->prepared,
        .network_ready = kubelet->network_ready,
        .prepare_failed = worker->prepare_failed,
        .prepare_delay = worker->prepare_delay,
        .sandbox_failed = worker->sandbox_failed,
        .sandbox_backoff = &worker->sandbox_backoff,
        .start_time = worker->start_time,
        .now = loop_now(kubelet->loop),
        .resize_applied = worker->resize.applied,
        .resize_failed = worker->resize.failed,
    };
    pod_plan(&input, &worker->plan);
    worker->planned = true;
    loop_timer_stop(&worker->wake);
    take_deadline(worker);
    if (worker->pod != NULL && !worker->gone)
        announce_backoffs(worker, &before);
    if (worker->plan.finished) {
        finish(worker);
        return;
    }
    if (worker->pod != NULL && !worker->gone)
        pod_report(worker);
    if (worker->plan.wake != 0)
        loop_timer_start(kubelet->loop, &worker->wake, worker->plan.wake - input.now);
    worker->touched = false;
    /* Copied first: an action that ends at once must not make room for the next plan. */
    struct pod_plan plan = worker->plan;
    worker->runs_left = 1;
    for (size_t i = 0; i < plan.n_actions; i++)
        pod_action_start(worker, &plan.actions[i]);
    if (--worker->runs_left == 0 && plan.n_actions > 0)
        pod_action_round_over(worker);
}

static void wake_due(struct loop_timer *timer)
{
    pod_worker_poke(container_of(timer, struct pod_worker, wake));
}

static void report_due(struct loop_timer *timer)
{
    struct pod_worker *worker = container_of(timer, struct pod_worker, report_retry);
    pod_worker_poke(worker);
}

void pod_worker_poke(struct pod_worker *worker)
{
    loop_defer(worker->kubelet->loop, &worker->think);
}

void pod_worker_dependency_changed(struct pod_worker *worker)
{
    struct kubelet *kubelet = worker->kubelet;
    worker->prepare_failed = worker->prepare_delay = 0;
    for (size_t i = 0; i < worker->n_containers; i++)
        worker->memos[i].start_failed = 0;
    if (worker->prepared && !worker->ended && !worker->gone && worker->pod != NULL &&
        kubelet->setup.pods_directory != NULL) {
        const char *ips[] = { pod_worker_ip(worker), NULL };
        struct downward downward = kubelet_downward(kubelet, worker->allocated, ips[0][0] != '\0' ? ips : NULL);
        struct error err = { 0 };
        int rc = volumes_update(&kubelet->volumes, &downward, loop_now(kubelet->loop), &err);
        if (rc < 0 && rc != -ERROR_AGAIN)
            log_debug("volumes not updated", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", err.message));
    }
    pod_worker_poke(worker);
}

/* A stop need not wait for a pull or a hook; a shorter grace period counts for what is being stopped too. */
static void stop_sooner(struct pod_worker *worker, int64_t grace_before)
{
    int64_t grace = worker->pod != NULL ? pod_grace_seconds(worker->pod) : 0;
    bool shorter = grace < grace_before;
    for (size_t i = 0; i < POD_ACTIONS_MAX; i++) {
        struct pod_run *run = &worker->runs[i];
        if (!run->active)
            continue;
        bool waits = run->action.type == POD_PULL_IMAGE ||
                     (run->action.type == POD_START_CONTAINER && run->handler != NULL) ||
                     (run->action.type == POD_KILL_CONTAINER && shorter);
        if (!waits)
            continue;
        cri_call_cancel(&run->call);
        handler_cancel(take_pointer(&run->handler));
        pod_action_finish(run, true);
    }
}

static bool entries_equal(const struct api_string_entry *a, size_t n_a, const struct api_string_entry *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++) {
        if (!text_equal(a[i].key, b[i].key) || !text_equal(a[i].value, b[i].value))
            return false;
    }
    return true;
}

/* What files in a pod may show of it and what may change: its labels and annotations. */
static bool shows_other_files(const struct object *before, const struct object *after)
{
    const struct api_object_meta *a = object_meta(before), *b = object_meta(after);
    return !entries_equal(a->labels, a->n_labels, b->labels, b->n_labels) ||
           !entries_equal(a->annotations, a->n_annotations, b->annotations, b->n_annotations);
}

/* Promised by a kubelet before this one, or all that a new pod asks for. */
static void find_allocation(struct pod_worker *worker)
{
    const char *directory = worker->kubelet->setup.pods_directory;
    struct error err = { 0 };
    int rc =
        directory != NULL ? pod_allocation_load(&worker->allocation, directory, worker->uid, &err) : -ERROR_NOT_FOUND;
    if (rc == 0)
        return;
    if (rc != -ERROR_NOT_FOUND)
        log_warning("allocation not read", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", err.message));
    if (worker->pod->status.start_time != 0)
        pod_allocation_recall(&worker->allocation, worker->pod);
    else
        pod_allocation_take(&worker->allocation, worker->pod);
}

void pod_worker_save_allocation(struct pod_worker *worker)
{
    const char *directory = worker->kubelet->setup.pods_directory;
    struct error err = { 0 };
    if (directory != NULL && pod_allocation_save(&worker->allocation, directory, worker->uid, &err) < 0)
        log_warning("allocation not written", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", err.message));
}

void pod_worker_resources_changed(struct pod_worker *worker)
{
    arena_clear(&worker->views);
    worker->allocated = pod_allocation_view(&worker->allocation, worker->pod, &worker->views);
    worker->actuated = pod_allocation_actuated_view(&worker->allocation, worker->pod, &worker->views);
}

void pod_worker_update(struct pod_worker *worker, const struct object *object)
{
    int64_t grace_before = worker->pod != NULL && worker->stopping ? pod_grace_seconds(worker->pod) : INT64_MAX;
    if (object == NULL) {
        worker->gone = true;
        worker->stopping = true;
        if (worker->status_busy)
            client_call_cancel(&worker->status_call);
        worker->status_busy = false;
    } else {
        if (worker->object != NULL && object_revision(object) < object_revision(worker->object))
            return; /* older than the answer to our own write */
        const struct object *old = worker->object;
        bool refresh_files = old != NULL && shows_other_files(old, object);
        worker->object = object_ref(object);
        object_unref(old);
        worker->pod = api_pod_of(worker->object);
        if (worker->allocation.record == NULL) {
            find_allocation(worker);
            resize_recall_pending(worker);
        }
        pod_worker_resources_changed(worker);
        resize(worker, pod_container_count(worker->pod));
        if (!worker->ended)
            dependencies_hold(worker->kubelet->dependencies, worker->pod);
        if (worker->start_time == 0)
            worker->start_time =
                worker->pod->status.start_time != 0 ? worker->pod->status.start_time : loop_now(worker->kubelet->loop);
        worker->stopping = worker->stopping || worker->pod->metadata.deletion_timestamp != 0;
        if (refresh_files && !worker->stopping)
            pod_worker_dependency_changed(worker);
    }
    if (worker->stopping)
        stop_sooner(worker, grace_before);
    else if (resize_is_wanted(worker))
        resizes_decide(worker->kubelet);
    else
        resize_forget_pending(worker);
    pod_worker_poke(worker);
}

static void refreshed(struct runtime_refresh *refresh, int rc, const struct error *err)
{
    struct pod_worker *worker = container_of(refresh, struct pod_worker, refresh);
    if (rc < 0)
        log_warning("runtime state not read", LOG_TEXT("uid", worker->uid), LOG_TEXT("error", err->message));
    pod_worker_poke(worker);
}

struct pod_worker *pod_worker_create(struct kubelet *kubelet, const char *uid, const struct object *object)
{
    struct pod_worker *worker = memory_new(struct pod_worker);
    worker->kubelet = kubelet;
    snprintf(worker->uid, sizeof(worker->uid), "%s", uid);
    worker->think.callback = think;
    worker->wake.callback = wake_due;
    worker->report_retry.callback = report_due;
    worker->refresh.done = refreshed;
    map_insert(&kubelet->workers, str_of(worker->uid), &worker->node);
    const struct pod_runtime *runtime = pod_worker_runtime(worker);
    if (object != NULL) {
        pod_worker_update(worker, object);
        snprintf(worker->log_name, sizeof(worker->log_name), "%s_%s_%s", object_namespace(object), object_name(object),
                 uid);
    } else {
        worker->gone = worker->stopping = true;
        if (runtime != NULL && runtime->name != NULL)
            snprintf(worker->log_name, sizeof(worker->log_name), "%s_%s_%s", runtime->namespace_, runtime->name, uid);
    }
    pod_worker_poke(worker);
    return worker;
}

void pod_worker_destroy(struct pod_worker *worker)
{
    if (worker == NULL)
        return;
    struct kubelet *kubelet = worker->kubelet;
    pod_action_cancel_all(worker);
    runtime_cache_refresh_cancel(kubelet->runtime, &worker->refresh);
    if (worker->status_busy)
        client_call_cancel(&worker->status_call);
    if (worker->delete_busy)
        client_call_cancel(&worker->delete_call);
    for (size_t i = 0; i < worker->n_containers; i++)
        slot_close(&worker->probes[i]);
    loop_cancel(kubelet->loop, &worker->think);
    loop_timer_stop(&worker->wake);
    loop_timer_stop(&worker->report_retry);
    resizes_decide_soon(kubelet);
    pod_allocation_fini(&worker->allocation);
    arena_fini(&worker->views);
    map_remove(&kubelet->workers, &worker->node);
    object_unref(worker->object);
    free(worker->memos);
    free(worker->probes);
    free(worker);
}
