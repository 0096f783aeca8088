/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/resize/actuation.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/system/file.h"
#include "client/events.h"
#include "node/kubelet/config/container_config.h"
#include "node/kubelet/pod/cgroup.h"
#include "node/kubelet/resize/change.h"
#include "node/kubelet/resize/message.h"
#include "node/kubelet/resize/pending.h"

#define CALL_TIMEOUT (120 * USEC_PER_SEC)

static size_t resizable_count(const struct pod_worker *worker)
{
    return worker->pod->spec.n_init_containers + worker->pod->spec.n_containers;
}

static const struct runtime_container *running_instance(const struct pod_worker *worker, size_t container)
{
    const struct runtime_container *instance =
        pod_runtime_newest(pod_worker_runtime(worker), pod_container(worker->pod, container)->name);
    return instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING ? instance : NULL;
}

static void tell(struct pod_worker *worker, const char *type, const char *reason, const char *what, const char *error)
{
    auto_buffer struct buffer text = { .max = 65536 };
    resize_message(worker->allocated, what, pod_allocation_generation(&worker->allocation), error, &text);
    pod_event(worker, SIZE_MAX, type, reason, "%s", buffer_failed(&text) ? what : text.data);
}

/* --- the pod's cgroup --- */

static int set_cgroup(struct pod_worker *worker, bool wide, struct error *err)
{
    const char *root = worker->kubelet->setup.cgroup_root;
    if (worker->kubelet->setup.pods_directory == NULL)
        return 0; /* hollow */
    struct cgroup_limits limits = pod_cgroup_limits(worker->allocated);
    if (wide) {
        struct cgroup_limits before = pod_cgroup_limits(worker->actuated);
        limits = resize_limits_between(&before, &limits);
    }
    return pod_cgroup_create(worker->pod, root, &limits, err);
}

static bool asks_for_anything(const struct api_pod *pod)
{
    return !text_equal(pod->status.qos_class, "BestEffort"); /* whose class, and so its resources, cannot change */
}

int resize_prepare(struct pod_worker *worker, struct error *err)
{
    const char *directory = worker->kubelet->setup.pods_directory;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s/" ALLOCATION_FILE, directory, worker->uid);
    if (asks_for_anything(worker->pod) && !file_exists(AT_FDCWD, path)) {
        int rc = pod_allocation_save(&worker->allocation, directory, worker->uid, err);
        if (rc < 0)
            return rc;
    }
    return set_cgroup(worker, true, err);
}

/* --- less memory than is in use --- */

static void add_problem(struct buffer *problems, size_t *count, const char *whose, int64_t limit, uint64_t usage)
{
    buffer_format(problems, "%sattempting to set %s memory limit (%lld) below current usage (%llu)",
                  (*count)++ > 0 ? ", " : "", whose, (long long)limit, (unsigned long long)usage);
}

static bool uses_more(const char *path, int64_t limit, uint64_t *ret_usage)
{
    struct cgroup_usage usage;
    struct error err = { 0 };
    if (cgroup_usage(path, &usage, &err) < 0)
        return false; /* no accounting: the kernel says no, if it must */
    *ret_usage = usage.memory;
    return usage.memory > (uint64_t)limit;
}

/* The kernel would have to kill for it: better not begin. */
static int check_memory(struct pod_worker *worker, struct error *err)
{
    if (worker->kubelet->setup.pods_directory == NULL)
        return 0;
    auto_buffer struct buffer problems = { .max = 8192 };
    char pod[512], path[700], whose[300];
    uint64_t usage;
    size_t count = 0;
    pod_cgroup_path(worker->pod, worker->kubelet->setup.cgroup_root, pod, sizeof(pod));
    int64_t now = pod_cgroup_limits(worker->allocated).memory, before = pod_cgroup_limits(worker->actuated).memory;
    if (now > 0 && (before == 0 || now < before) && uses_more(pod, now, &usage))
        add_problem(&problems, &count, "pod", now, usage);
    for (size_t i = 0; i < resizable_count(worker); i++) {
        const struct runtime_container *instance = running_instance(worker, i);
        if (instance == NULL || !resize_shrinks_memory(worker->allocated, worker->actuated, i))
            continue;
        now = container_limit(worker->allocated, i, "memory");
        snprintf(path, sizeof(path), "%s/%s", pod, instance->id);
        snprintf(whose, sizeof(whose), "container \"%s\"", instance->name);
        if (uses_more(path, now, &usage))
            add_problem(&problems, &count, whose, now, usage);
    }
    if (count == 0)
        return 0;
    return error_set(err, ERROR_CONFLICT, "cannot decrease memory limits: %s%s%s", count > 1 ? "[" : "",
                     buffer_failed(&problems) ? "" : problems.data, count > 1 ? "]" : "");
}

/* --- carrying out --- */

static void end(struct pod_run *run, int rc, const struct error *err)
{
    struct pod_worker *worker = run->worker;
    struct pod_resize *resize = &worker->resize;
    bool first = resize->error[0] == '\0';
    resize->running = false;
    resize->applied = rc == 0;
    resize->failed = rc < 0 ? loop_now(worker->kubelet->loop) : 0;
    snprintf(resize->error, sizeof(resize->error), "%s", rc < 0 ? err->message : "");
    if (rc < 0 && first)
        tell(worker, EVENT_WARNING, "ResizeError", "error", resize->error);
    pod_worker_save_allocation(worker);
    runtime_cache_forget(worker->kubelet->runtime, worker->uid);
    resizes_decide_soon(worker->kubelet);
    pod_action_finish(run, true);
}

/* First those that give memory back, then the others; each twice looked at, once changed. */
static bool find_next(struct pod_run *run, size_t *ret_container, const struct runtime_container **ret_instance)
{
    struct pod_worker *worker = run->worker;
    size_t count = resizable_count(worker);
    for (; run->step < 2 * count; run->step++) {
        size_t i = run->step % count;
        struct resize_change change = resize_change_of(worker->allocated, worker->actuated, i);
        bool shrinks = resize_shrinks_memory(worker->allocated, worker->actuated, i);
        *ret_container = i;
        *ret_instance = running_instance(worker, i);
        if (*ret_instance != NULL && (change.cpu || change.memory) && shrinks == (run->step < count) &&
            !resize_change_restarts(pod_container(worker->pod, i), change))
            return true;
    }
    return false;
}

static void go_on(struct pod_run *run);

static void updated(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct pod_run *run = container_of(call, struct pod_run, call);
    struct pod_worker *worker = run->worker;
    (void)response;
    if (rc < 0) {
        end(run, rc, err);
        return;
    }
    size_t container = run->step++ % resizable_count(worker);
    pod_allocation_settle(&worker->allocation, pod_container(worker->pod, container)->name);
    pod_worker_resources_changed(worker);
    go_on(run);
}

static void go_on(struct pod_run *run)
{
    struct pod_worker *worker = run->worker;
    const struct runtime_container *instance;
    struct error err = { 0 };
    size_t container;
    if (!find_next(run, &container, &instance)) {
        end(run, set_cgroup(worker, false, &err), &err);
        return;
    }
    struct cri_linux_container_resources resources =
        container_resources(worker->allocated, container, &worker->kubelet->setup);
    resources.oom_score_adj = 0; /* is given once, when a container starts */
    const struct cri_update_container_resources_request request = { .container_id = instance->id,
                                                                    .linux_ = &resources };
    run->call.done = updated;
    cri_call_start(worker->kubelet->cri, &run->call, &cri_rpc_runtime_service_update_container_resources, &request,
                   CALL_TIMEOUT);
}

void resize_start(struct pod_run *run)
{
    struct error err = { 0 };
    run->worker->resize.running = true;
    int rc = check_memory(run->worker, &err);
    if (rc == 0)
        rc = set_cgroup(run->worker, true, &err);
    if (rc < 0)
        end(run, rc, &err);
    else
        go_on(run);
}

void resize_look(struct pod_worker *worker)
{
    if (worker->pod == NULL || worker->gone || !pod_allocation_in_progress(&worker->allocation))
        return;
    bool settled = false, restarts = false;
    for (size_t i = 0; i < resizable_count(worker); i++) {
        struct resize_change change = resize_change_of(worker->allocated, worker->actuated, i);
        bool runs = running_instance(worker, i) != NULL;
        if (runs && !resize_change_restarts(pod_container(worker->pod, i), change))
            worker->memos[i].resize_restart = false; /* it was not killed, and need not be any more */
        restarts = restarts || worker->memos[i].resize_restart;
        if (!runs)
            settled = pod_allocation_settle(&worker->allocation, pod_container(worker->pod, i)->name) || settled;
    }
    bool done = worker->resize.applied && !restarts;
    if (done) {
        tell(worker, EVENT_NORMAL, "ResizeCompleted", "completed", NULL);
        pod_allocation_finish(&worker->allocation);
        worker->resize.applied = false;
        resizes_decide_soon(worker->kubelet);
    }
    if (settled || done) {
        pod_worker_save_allocation(worker);
        pod_worker_resources_changed(worker);
    }
}
