/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* start.c - one container from nothing to running: environment, mounts, create, start, postStart hook. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/system/file.h"
#include "client/events.h"
#include "node/kubelet/config/container_config.h"
#include "node/kubelet/config/environment.h"
#include "node/kubelet/pod/worker.h"

#define CREATE_TIMEOUT (240 * USEC_PER_SEC)
#define HOOK_TIMEOUT   (600 * USEC_PER_SEC)
#define HOSTS_MAX      ((size_t)1 << 20)

/* What is needed while the request is put together. */
struct start {
    struct pod_run *run;
    struct kubelet *kubelet;
    const struct api_pod *pod;
    const struct api_container *spec;
    struct arena *arena;
    struct environment environment, services;
    struct downward downward;
    const char *ips[2];
};

static void fail(struct pod_run *run, const char *reason, const char *message)
{
    struct container_memo *memo = &run->worker->memos[run->action.container];
    memo->start_failed = loop_now(run->worker->kubelet->loop);
    memo_set_reason(memo, reason, message);
    pod_event(run->worker, run->action.container, EVENT_WARNING, "Failed", "Error: %s", message);
    pod_action_finish(run, true);
}

/* What the runtime said, without gRPC's words around it. */
static const char *said(const struct error *err)
{
    const char *text = strstr(err->message, " desc = ");
    return strncmp(err->message, "rpc error: ", 11) == 0 && text != NULL ? text + 8 : err->message;
}

static void add_services(struct start *start)
{
    const struct object *object = NULL;
    const struct api_service *kubernetes = NULL;
    object = informer_find(start->kubelet->services, "default", "kubernetes");
    if (object != NULL)
        kubernetes = api_service_of(object);
    if (kubernetes != NULL)
        environment_add_service(&start->services, kubernetes);
    if (!flag_of(start->pod->spec.enable_service_links, true))
        return;
    object = NULL;
    while ((object = informer_next_in(start->kubelet->services, start->pod->metadata.namespace, object)) != NULL)
        environment_add_service(&start->services, api_service_of(object));
}

static bool mounts_at(const struct api_container *spec, const char *path)
{
    for (size_t i = 0; i < spec->n_volume_mounts; i++) {
        if (text_equal(spec->volume_mounts[i].mount_path, path))
            return true;
    }
    return false;
}

static int add_volumes(struct start *start, struct cri_mount *mounts, size_t *n, struct error *err)
{
    for (size_t i = 0; i < start->spec->n_volume_mounts; i++) {
        const struct api_volume_mount *mount = &start->spec->volume_mounts[i];
        const char *sub = mount->sub_path;
        if (!text_empty(mount->sub_path_expr))
            sub = environment_expand(mount->sub_path_expr, &start->environment, &start->services, start->arena);
        char path[VOLUME_PATH_MAX];
        int rc = volume_mount_source(&start->kubelet->volumes, start->pod, mount->name, start->spec->name, i,
                                     text_or_empty(sub), path, err);
        if (rc < 0)
            return rc;
        mounts[(*n)++] = (struct cri_mount){
            .container_path = mount->mount_path,
            .host_path = arena_strdup(start->arena, path),
            .readonly = mount->read_only || volume_is_read_only(start->pod, mount->name),
            .propagation = mount_propagation_of(mount->mount_propagation),
        };
    }
    return 0;
}

/* Written anew each time: the sandbox, and with it the address, may be another one. */
static int add_hosts(struct start *start, struct cri_mount *mounts, size_t *n, struct error *err)
{
    if (mounts_at(start->spec, "/etc/hosts") || (start->pod->spec.host_network && start->pod->spec.n_host_aliases == 0))
        return 0;
    auto_buffer struct buffer base = { .max = HOSTS_MAX }, text = { .max = 2 * HOSTS_MAX };
    int rc = start->pod->spec.host_network ? file_read(AT_FDCWD, "/etc/hosts", HOSTS_MAX, &base, err) : 0;
    if (rc < 0)
        return rc;
    hosts_file_make(start->pod, &start->kubelet->setup, start->ips[0][0] != '\0' ? start->ips : NULL, buffer_str(&base),
                    &text);
    const char *path =
        arena_format(start->arena, "%s/%s/etc-hosts", start->kubelet->setup.pods_directory, start->run->worker->uid);
    rc = file_write(AT_FDCWD, path, buffer_str(&text), 0644, err);
    mounts[(*n)++] = (struct cri_mount){ .container_path = "/etc/hosts", .host_path = path };
    return rc;
}

static int add_message_file(struct start *start, struct cri_mount *mounts, size_t *n, struct error *err)
{
    if (text_empty(start->spec->termination_message_path))
        return 0;
    char directory[1024];
    snprintf(directory, sizeof(directory), "%s/%s/containers/%s", start->kubelet->setup.pods_directory,
             start->run->worker->uid, start->spec->name);
    int rc = file_make_directories(AT_FDCWD, directory, 0750, err);
    if (rc < 0)
        return rc;
    const char *path = arena_format(start->arena, "%s/%u", directory, start->run->action.attempt);
    autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0 || fchmod(fd, 0666) < 0) /* whoever the container runs as writes it */
        return error_errno(err, "create %s", path);
    mounts[(*n)++] = (struct cri_mount){ .container_path = start->spec->termination_message_path, .host_path = path };
    return 0;
}

static int make_mounts(struct start *start, struct cri_mount **ret_mounts, size_t *ret_n, struct error *err)
{
    *ret_mounts = arena_new_array(start->arena, struct cri_mount, start->spec->n_volume_mounts + 2);
    *ret_n = 0;
    if (start->kubelet->setup.pods_directory == NULL)
        return 0;
    int rc = add_volumes(start, *ret_mounts, ret_n, err);
    if (rc == 0)
        rc = add_hosts(start, *ret_mounts, ret_n, err);
    return rc == 0 ? add_message_file(start, *ret_mounts, ret_n, err) : rc;
}

static const char *target_of(struct start *start)
{
    if (pod_container_kind(start->pod, start->run->action.container) != POD_EPHEMERAL_CONTAINER)
        return NULL;
    size_t i = start->run->action.container - start->pod->spec.n_init_containers - start->pod->spec.n_containers;
    const struct runtime_container *target = pod_runtime_newest(
        pod_worker_runtime(start->run->worker), start->pod->spec.ephemeral_containers[i].target_container_name);
    return target != NULL ? target->id : NULL;
}

static int make_config(struct start *start, struct cri_container_config **ret_config, struct error *err)
{
    const struct container_memo *memo = &start->run->worker->memos[start->run->action.container];
    add_services(start);
    int rc = environment_make(start->spec, &start->downward, &start->kubelet->volumes.lookup, &start->services,
                              &start->environment, err);
    if (rc < 0)
        return rc;
    struct container_config_input input = {
        .pod = start->pod,
        .container = start->run->action.container,
        .node = &start->kubelet->setup,
        .attempt = start->run->action.attempt,
        .environment = &start->environment,
        .services = &start->services,
        .image_ref = memo->image_ref,
        .image_user = memo->image_user_known ? &memo->image_user : NULL,
        .image_user_name = memo->image_user_name,
        .target_id = target_of(start),
    };
    rc = make_mounts(start, &input.mounts, &input.n_mounts, err);
    return rc == 0 ? container_config_make(&input, start->arena, ret_config, err) : rc;
}

/* --- the calls --- */

static void post_start_done(void *context, enum probe_result result, const char *message)
{
    struct pod_run *run = context;
    struct container_memo *memo = &run->worker->memos[run->action.container];
    (void)message;
    run->handler = NULL;
    memo->post_start_pending = false;
    if (result != PROBE_SUCCESS) {
        memo->post_start_failed = true;
        pod_event(run->worker, run->action.container, EVENT_WARNING, "FailedPostStartHook", "PostStartHook failed");
    }
    pod_action_finish(run, true);
}

static void started(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct pod_run *run = container_of(call, struct pod_run, call);
    struct pod_worker *worker = run->worker;
    struct container_memo *memo = &worker->memos[run->action.container];
    (void)response;
    if (rc < 0) {
        fail(run, "RunContainerError", said(err));
        return;
    }
    pod_event(worker, run->action.container, EVENT_NORMAL, "Started", "Container started");
    memo_set_reason(memo, "", "");
    memo->start_failed = 0;
    memo->resize_restart = false;
    const struct api_container *spec = pod_container(worker->pod, run->action.container);
    if (spec->lifecycle == NULL || spec->lifecycle->post_start == NULL) {
        pod_action_finish(run, true);
        return;
    }
    memo->post_start_pending = true;
    const struct handler_spec hook = handler_of_hook(spec->lifecycle->post_start);
    const struct handler_target target = {
        .cri = worker->kubelet->cri, .container = spec, .container_id = run->id, .pod_ip = pod_worker_ip(worker)
    };
    run->handler = handler_start(&hook, &target, HOOK_TIMEOUT, post_start_done, run);
}

static void created(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct pod_run *run = container_of(call, struct pod_run, call);
    struct pod_worker *worker = run->worker;
    if (rc < 0) {
        fail(run, "CreateContainerError", said(err));
        return;
    }
    snprintf(run->id, sizeof(run->id), "%s", ((const struct cri_create_container_response *)response)->container_id);
    pod_event(worker, run->action.container, EVENT_NORMAL, "Created", "Container created");
    const struct cri_start_container_request request = { .container_id = run->id };
    run->call.done = started;
    cri_call_start(worker->kubelet->cri, &run->call, &cri_rpc_runtime_service_start_container, &request,
                   CREATE_TIMEOUT);
}

void pod_start_container(struct pod_run *run)
{
    struct pod_worker *worker = run->worker;
    struct kubelet *kubelet = worker->kubelet;
    struct container_memo *memo = &worker->memos[run->action.container];
    auto_arena struct arena arena = { 0 };
    struct start start = {
        .run = run,
        .kubelet = kubelet,
        .pod = worker->allocated,
        .spec = pod_container(worker->allocated, run->action.container),
        .arena = &arena,
        .environment.arena = &arena,
        .services.arena = &arena,
        .ips = { pod_worker_ip(worker), NULL },
    };
    start.downward = kubelet_downward(kubelet, worker->allocated, start.ips[0][0] != '\0' ? start.ips : NULL);
    const struct runtime_sandbox *sandbox = pod_runtime_sandbox(pod_worker_runtime(worker));
    if (sandbox == NULL) { /* lost since the plan was made */
        pod_action_finish(run, true);
        return;
    }
    if (run->action.crashed)
        backoff_next(&memo->crash, run->action.crashed_at, loop_now(kubelet->loop));
    memo->post_start_failed = memo->post_start_pending = false;
    memo->image_ready = false; /* the next start asks again */
    struct cri_container_config *config;
    struct error err = { 0 };
    int rc = make_config(&start, &config, &err);
    if (rc == -ERROR_AGAIN) {
        memo->start_failed = loop_now(kubelet->loop); /* comes to an end when the object comes */
        memo->image_ready = true;
        pod_action_finish(run, false);
        return;
    }
    if (rc < 0) {
        fail(run, "CreateContainerConfigError", err.message);
        return;
    }
    const struct cri_create_container_request request = {
        .pod_sandbox_id = sandbox->id,
        .config = config,
        .sandbox_config = sandbox_config_make(worker->allocated, &kubelet->setup, sandbox->attempt, &arena),
    };
    run->call.done = created;
    cri_call_start(kubelet->cri, &run->call, &cri_rpc_runtime_service_create_container, &request, CREATE_TIMEOUT);
}
