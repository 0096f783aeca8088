/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <fcntl.h>
#include <stdio.h>

#include "base/log.h"
#include "base/system/file.h"
#include "client/events.h"
#include "node/kubelet/config/sandbox_config.h"
#include "node/kubelet/dependency.h"
#include "node/kubelet/pod/cgroup.h"
#include "node/kubelet/pod/pull.h"
#include "node/kubelet/pod/worker.h"
#include "node/kubelet/resize/actuation.h"

#define SANDBOX_TIMEOUT   (240 * USEC_PER_SEC)
#define CALL_TIMEOUT      (120 * USEC_PER_SEC)
#define PREPARE_DELAY     (USEC_PER_SEC / 2) /* doubled with each failure, as upstream's mounts */
#define PREPARE_DELAY_MAX (122 * USEC_PER_SEC)
#define LEAST_GRACE       2 /* seconds for SIGTERM, however long the preStop hook took */

void pod_action_finish(struct pod_run *run, bool touched)
{
    struct pod_worker *worker = run->worker;
    run->active = false;
    worker->touched = worker->touched || touched;
    if (--worker->runs_left == 0)
        pod_action_round_over(worker);
}

void pod_action_round_over(struct pod_worker *worker)
{
    if (worker->touched)
        runtime_cache_refresh(worker->kubelet->runtime, &worker->refresh, worker->uid);
    else
        pod_worker_poke(worker);
}

void pod_action_cancel_all(struct pod_worker *worker)
{
    for (size_t i = 0; i < POD_ACTIONS_MAX; i++) {
        struct pod_run *run = &worker->runs[i];
        if (!run->active)
            continue;
        cri_call_cancel(&run->call);
        handler_cancel(take_pointer(&run->handler));
        run->active = false;
    }
    worker->runs_left = 0;
}

/* --- prepare --- */

/* The runtime's handler that the pod's class names; NULL: its default. */
static int find_handler(const struct pod_worker *worker, const char **ret_handler, struct error *err)
{
    const struct object *object = NULL;
    const char *class = worker->pod->spec.runtime_class_name;
    *ret_handler = NULL;
    if (text_empty(class))
        return 0;
    int rc = dependencies_find(worker->kubelet->dependencies, &api_resource_node_runtime_class,
                               worker->pod->metadata.namespace, class, &object, err);
    if (rc == 0)
        *ret_handler = api_node_runtime_class_of(object)->handler;
    return rc;
}

static int prepare_files(struct pod_worker *worker, struct error *err)
{
    struct kubelet *kubelet = worker->kubelet;
    if (kubelet->setup.pods_directory == NULL)
        return 0; /* hollow */
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", kubelet->setup.pods_directory, worker->uid);
    int rc = file_make_directories(AT_FDCWD, path, 0750, err);
    auto_arena struct arena arena = { 0 };
    if (rc == 0)
        rc = file_make_directories(AT_FDCWD, pod_log_directory(worker->pod, &kubelet->setup, &arena), 0755, err);
    if (rc == 0)
        rc = resize_prepare(worker, err);
    if (rc < 0)
        return rc;
    struct downward downward = kubelet_downward(kubelet, worker->allocated, NULL);
    return volumes_setup(&kubelet->volumes, &downward, loop_now(kubelet->loop), err);
}

static void start_prepare(struct pod_run *run)
{
    struct pod_worker *worker = run->worker;
    struct error err = { 0 };
    const char *handler;
    int rc = find_handler(worker, &handler, &err);
    if (rc != -ERROR_AGAIN) /* a class that is not there is the sandbox's trouble */
        rc = prepare_files(worker, &err);
    worker->prepared = rc == 0;
    worker->prepare_failed = rc < 0 ? loop_now(worker->kubelet->loop) : 0;
    worker->prepare_delay = worker->prepare_delay == 0 ? PREPARE_DELAY : worker->prepare_delay * 2;
    if (worker->prepare_delay > PREPARE_DELAY_MAX)
        worker->prepare_delay = PREPARE_DELAY_MAX;
    if (rc < 0 && rc != -ERROR_AGAIN)
        pod_event(worker, SIZE_MAX, EVENT_WARNING, "FailedMount", "%s", err.message);
    pod_action_finish(run, false);
}

/* --- sandboxes --- */

static void sandbox_ended(struct pod_run *run, int rc, const struct error *err)
{
    struct pod_worker *worker = run->worker;
    usec_t now = loop_now(worker->kubelet->loop);
    if (rc < 0) {
        backoff_next(&worker->sandbox_backoff, now, now);
        worker->sandbox_failed = now;
        pod_event(worker, SIZE_MAX, EVENT_WARNING, "FailedCreatePodSandBox", "Failed to create pod sandbox: %s",
                  err->message);
    } else {
        worker->sandbox_failed = 0;
        worker->sandbox_backoff = (struct backoff){ 0 };
    }
    pod_action_finish(run, true);
}

static void sandbox_created(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    (void)response;
    sandbox_ended(container_of(call, struct pod_run, call), rc, err);
}

static void start_sandbox(struct pod_run *run)
{
    struct pod_worker *worker = run->worker;
    struct kubelet *kubelet = worker->kubelet;
    if (run->action.attempt > 0)
        pod_event(worker, SIZE_MAX, EVENT_NORMAL, "SandboxChanged",
                  "Pod sandbox changed, it will be killed and re-created.");
    struct error err = { 0 };
    const char *handler;
    int rc = find_handler(worker, &handler, &err);
    if (rc < 0) {
        rc = error_wrap_code(&err, rc, "failed to get sandbox runtime");
        sandbox_ended(run, rc, &err);
        return;
    }
    auto_arena struct arena arena = { 0 };
    const struct cri_run_pod_sandbox_request request = {
        .config = sandbox_config_make(worker->allocated, &kubelet->setup, run->action.attempt, &arena),
        .runtime_handler = handler,
    };
    run->call.done = sandbox_created;
    cri_call_start(kubelet->cri, &run->call, &cri_rpc_runtime_service_run_pod_sandbox, &request, SANDBOX_TIMEOUT);
}

static void call_ended(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct pod_run *run = container_of(call, struct pod_run, call);
    (void)response;
    if (rc < 0 && rc != -ERROR_NOT_FOUND) {
        log_warning("runtime call failed", LOG_TEXT("uid", run->worker->uid), LOG_TEXT("id", run->id),
                    LOG_TEXT("error", err->message));
        if (run->action.type == POD_STOP_SANDBOX || run->action.type == POD_KILL_CONTAINER)
            pod_event(run->worker, SIZE_MAX, EVENT_WARNING, "FailedKillPod", "error killing pod: %s", err->message);
    }
    pod_action_finish(run, true);
}

static void start_stop_sandbox(struct pod_run *run)
{
    const struct cri_stop_pod_sandbox_request request = { .pod_sandbox_id = run->id };
    run->call.done = call_ended;
    cri_call_start(run->worker->kubelet->cri, &run->call, &cri_rpc_runtime_service_stop_pod_sandbox, &request,
                   CALL_TIMEOUT);
}

static void start_remove_sandbox(struct pod_run *run)
{
    const struct cri_remove_pod_sandbox_request request = { .pod_sandbox_id = run->id };
    run->call.done = call_ended;
    cri_call_start(run->worker->kubelet->cri, &run->call, &cri_rpc_runtime_service_remove_pod_sandbox, &request,
                   CALL_TIMEOUT);
}

static void start_remove_container(struct pod_run *run)
{
    const struct cri_remove_container_request request = { .container_id = run->id };
    run->call.done = call_ended;
    cri_call_start(run->worker->kubelet->cri, &run->call, &cri_rpc_runtime_service_remove_container, &request,
                   CALL_TIMEOUT);
}

/* --- killing --- */

static void stop_instance(struct pod_run *run)
{
    struct loop *loop = run->worker->kubelet->loop;
    int64_t used = (loop_monotonic(loop) - run->began) / USEC_PER_SEC;
    int64_t grace = run->action.grace - used;
    if (run->action.grace > 0 && grace < LEAST_GRACE)
        grace = LEAST_GRACE;
    if (grace < 0)
        grace = 0;
    const struct cri_stop_container_request request = { .container_id = run->id, .timeout = grace };
    run->call.done = call_ended;
    cri_call_start(run->worker->kubelet->cri, &run->call, &cri_rpc_runtime_service_stop_container, &request,
                   grace * USEC_PER_SEC + CALL_TIMEOUT);
}

static void pre_stop_done(void *context, enum probe_result result, const char *message)
{
    struct pod_run *run = context;
    run->handler = NULL;
    if (result != PROBE_SUCCESS) {
        log_info("preStop hook failed", LOG_TEXT("uid", run->worker->uid), LOG_TEXT("error", message));
        pod_event(run->worker, run->action.container, EVENT_WARNING, "FailedPreStopHook", "PreStopHook failed");
    }
    stop_instance(run);
}

static void announce_kill(struct pod_run *run)
{
    struct pod_worker *worker = run->worker;
    const char *name = pod_container(worker->pod, run->action.container)->name, *format = run->action.message;
    if (format == NULL)
        format = "Stopping container %s";
    const char *hole = strstr(format, "%s");
    pod_event(worker, run->action.container, EVENT_NORMAL, "Killing", "%.*s%s%s", (int)(hole - format), format, name,
              hole + 2);
}

static void start_kill(struct pod_run *run)
{
    struct pod_worker *worker = run->worker;
    run->began = loop_monotonic(worker->kubelet->loop);
    if (run->action.container == SIZE_MAX || worker->pod == NULL) {
        stop_instance(run);
        return;
    }
    announce_kill(run);
    if (run->action.resize)
        worker->memos[run->action.container].resize_restart = true;
    const struct api_container *spec = pod_container(worker->pod, run->action.container);
    if (spec->lifecycle == NULL || spec->lifecycle->pre_stop == NULL || run->action.grace <= 0) {
        stop_instance(run);
        return;
    }
    const struct handler_spec hook = handler_of_hook(spec->lifecycle->pre_stop);
    const struct handler_target target = {
        .cri = worker->kubelet->cri, .container = spec, .container_id = run->id, .pod_ip = pod_worker_ip(worker)
    };
    run->handler = handler_start(&hook, &target, run->action.grace * USEC_PER_SEC, pre_stop_done, run);
}

/* --- */

static void start_pull(struct pod_run *run)
{
    pod_pull_image(run);
}

static void (*const starters[])(struct pod_run *run) = {
    [POD_PREPARE] = start_prepare,
    [POD_CREATE_SANDBOX] = start_sandbox,
    [POD_STOP_SANDBOX] = start_stop_sandbox,
    [POD_REMOVE_SANDBOX] = start_remove_sandbox,
    [POD_PULL_IMAGE] = start_pull,
    [POD_START_CONTAINER] = pod_start_container,
    [POD_RESIZE] = resize_start,
    [POD_KILL_CONTAINER] = start_kill,
    [POD_REMOVE_CONTAINER] = start_remove_container,
};

void pod_action_start(struct pod_worker *worker, const struct pod_action *action)
{
    struct pod_run *run = NULL;
    for (size_t i = 0; i < POD_ACTIONS_MAX && run == NULL; i++) {
        if (!worker->runs[i].active)
            run = &worker->runs[i];
    }
    *run = (struct pod_run){ .worker = worker, .action = *action, .active = true };
    snprintf(run->id, sizeof(run->id), "%s", text_or_empty(action->id));
    run->action.id = run->id;
    worker->runs_left++;
    starters[action->type](run);
}
