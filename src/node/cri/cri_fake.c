/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/cri/cri_fake.h"

#include <stdio.h>

#include "api/codec.h"
#include "base/container/list.h"
#include "base/memory.h"
#include "generated/cri.h"

struct fake_sandbox {
    struct list_node node; /* in fake.sandboxes, newest first */
    struct arena arena;
    char id[24];
    char ip[20];
    bool ready;
    usec_t created_at;
    const struct cri_pod_sandbox_config *config;
};

struct fake_container {
    struct list_node node; /* in fake.containers, newest first */
    struct fake *fake;
    struct arena arena;
    char id[24];
    int32_t state;
    usec_t created_at, started_at, finished_at;
    int32_t exit_code;
    int32_t pending_code; /* when 'end' fires */
    struct loop_timer end;
    const struct cri_container_config *config;
    struct cri_linux_container_resources resources; /* in force */
    struct fake_sandbox *sandbox;
};

struct fake_image {
    struct list_node node; /* in fake.images or fake.refused */
    char *name;
};

struct fake {
    struct cri base;
    struct cri_fake_options options;
    struct list sandboxes, containers, images, refused, streams, calls;
    uint64_t next_id;
};

/* One call under way: the answer is made when its time has passed. */
struct fake_call {
    struct list_node node; /* in fake.calls */
    struct fake *fake;
    struct cri_call *call;
    const struct api_rpc *rpc;
    const void *request; /* a copy */
    struct arena arena;
    struct loop_timer timer;
    struct fake_container *stopping; /* StopContainer waits for it */
    int32_t stop_code;
};

struct fake_stream {
    struct cri_stream base;
    struct list_node node; /* in fake.streams */
    const struct cri_stream_events *events;
    void *context;
    struct loop_task refuse;
};

static struct fake *fake_of(const struct cri *cri)
{
    return container_of((struct cri *)(uintptr_t)cri, struct fake, base);
}

static int64_t nanoseconds(usec_t moment)
{
    return moment * 1000;
}

static struct fake_sandbox *find_sandbox(struct fake *fake, const char *id)
{
    struct fake_sandbox *sandbox;
    list_for_each (&fake->sandboxes, sandbox, node) {
        if (text_equal(sandbox->id, id))
            return sandbox;
    }
    return NULL;
}

static struct fake_container *find_container(struct fake *fake, const char *id)
{
    struct fake_container *container;
    list_for_each (&fake->containers, container, node) {
        if (text_equal(container->id, id))
            return container;
    }
    return NULL;
}

static struct fake_image *find_image(struct list *list, const char *name)
{
    struct fake_image *image;
    list_for_each (list, image, node) {
        if (text_equal(image->name, name))
            return image;
    }
    return NULL;
}

/* --- events --- */

static void tell(struct fake *fake, const char *id, int32_t type)
{
    struct cri_container_event_response event = { .container_id = id,
                                                  .container_event_type = type,
                                                  .created_at = nanoseconds(loop_now(fake->base.loop)) };
    struct fake_container *container = find_container(fake, id);
    struct cri_pod_sandbox_status status = { 0 };
    if (container != NULL) {
        status = (struct cri_pod_sandbox_status){ .id = container->sandbox->id,
                                                  .metadata = container->sandbox->config->metadata };
        event.pod_sandbox_status = &status;
    }
    struct fake_stream *stream;
    list_for_each (&fake->streams, stream, node)
        stream->events->message(stream->context, &event);
}

static void container_end(struct fake_container *container, int32_t code)
{
    if (container->state != CRI_CONTAINER_STATE_CONTAINER_RUNNING)
        return;
    loop_timer_stop(&container->end);
    container->state = CRI_CONTAINER_STATE_CONTAINER_EXITED;
    container->finished_at = loop_now(container->fake->base.loop);
    container->exit_code = code;
    tell(container->fake, container->id, CRI_CONTAINER_EVENT_TYPE_CONTAINER_STOPPED_EVENT);
}

static void container_timer(struct loop_timer *timer)
{
    struct fake_container *container = container_of(timer, struct fake_container, end);
    container_end(container, container->pending_code);
}

static void container_free(struct fake_container *container)
{
    loop_timer_stop(&container->end);
    list_remove(&container->node);
    arena_fini(&container->arena);
    free(container);
}

static void sandbox_free(struct fake_sandbox *sandbox)
{
    list_remove(&sandbox->node);
    arena_fini(&sandbox->arena);
    free(sandbox);
}

/* --- methods: request in, response or error out --- */

typedef int (*fake_method)(struct fake *fake, struct fake_call *call, void *response, struct error *err);

static int not_found(struct error *err, const char *what, const char *id)
{
    return error_set(err, ERROR_NOT_FOUND,
                     "rpc error: code = NotFound desc = an error occurred when try to find %s \"%s\": not found", what,
                     text_or_empty(id));
}

static int do_version(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)fake, (void)call, (void)err;
    *(struct cri_version_response *)response = (struct cri_version_response){ "0.1.0", "fake", "1.0.0", "v1" };
    return 0;
}

static int do_status(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)fake, (void)err;
    struct cri_runtime_status *status = arena_new(&call->arena, struct cri_runtime_status);
    status->conditions = arena_new_array(&call->arena, struct cri_runtime_condition, 2);
    status->conditions[0] = (struct cri_runtime_condition){ .type = "RuntimeReady", .status = true };
    status->conditions[1] = (struct cri_runtime_condition){ .type = "NetworkReady", .status = true };
    status->n_conditions = 2;
    ((struct cri_status_response *)response)->status = status;
    return 0;
}

static int do_run_sandbox(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    const struct cri_run_pod_sandbox_request *request = call->request;
    if (!text_empty(request->runtime_handler) && !text_equal(request->runtime_handler, "runc"))
        return error_set(err, ERROR_SYSTEM, "no runtime for \"%s\" is configured", request->runtime_handler);
    struct fake_sandbox *sandbox = memory_new(struct fake_sandbox);
    uint64_t n = ++fake->next_id;
    snprintf(sandbox->id, sizeof(sandbox->id), "sandbox%llu", (unsigned long long)n);
    unsigned subnet = fake->options.subnet;
    if (subnet == 0)
        snprintf(sandbox->ip, sizeof(sandbox->ip), "10.250.%u.%u", (unsigned)(n / 250 % 250), (unsigned)(n % 250 + 1));
    else
        snprintf(sandbox->ip, sizeof(sandbox->ip), "10.%u.%u.%u", 128 + subnet / 256 % 128, subnet % 256,
                 (unsigned)(n % 250 + 1));
    sandbox->ready = true;
    sandbox->created_at = loop_now(fake->base.loop);
    sandbox->config = api_copy(&cri_type_pod_sandbox_config, request->config, &sandbox->arena);
    list_prepend(&fake->sandboxes, &sandbox->node);
    ((struct cri_run_pod_sandbox_response *)response)->pod_sandbox_id = sandbox->id;
    return 0;
}

static int do_stop_sandbox(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)response, (void)err;
    const struct cri_stop_pod_sandbox_request *request = call->request;
    struct fake_sandbox *sandbox = find_sandbox(fake, request->pod_sandbox_id);
    if (sandbox == NULL)
        return 0; /* stopping what is not there is fine, says CRI */
    struct fake_container *container;
    list_for_each (&fake->containers, container, node) {
        if (container->sandbox == sandbox)
            container_end(container, 137);
    }
    sandbox->ready = false;
    return 0;
}

static int do_remove_sandbox(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)response, (void)err;
    const struct cri_remove_pod_sandbox_request *request = call->request;
    struct fake_sandbox *sandbox = find_sandbox(fake, request->pod_sandbox_id);
    if (sandbox == NULL)
        return 0;
    struct fake_container *container;
    list_for_each (&fake->containers, container, node) {
        if (container->sandbox == sandbox) {
            container_end(container, 137);
            container_free(container);
        }
    }
    sandbox_free(sandbox);
    return 0;
}

static bool selected(const struct api_string_entry *selector, size_t n, const struct api_string_entry *labels,
                     size_t n_labels)
{
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (size_t l = 0; l < n_labels; l++)
            found =
                found || (text_equal(selector[i].key, labels[l].key) && text_equal(selector[i].value, labels[l].value));
        if (!found)
            return false;
    }
    return true;
}

static int do_list_sandboxes(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)err;
    const struct cri_list_pod_sandbox_request *request = call->request;
    struct cri_list_pod_sandbox_response *out = response;
    size_t n = 0;
    struct fake_sandbox *sandbox;
    list_for_each (&fake->sandboxes, sandbox, node)
        n++;
    out->items = arena_new_array(&call->arena, struct cri_pod_sandbox, n + 1);
    list_for_each (&fake->sandboxes, sandbox, node) {
        const struct cri_pod_sandbox_config *config = sandbox->config;
        if (request->filter != NULL && !selected(request->filter->label_selector, request->filter->n_label_selector,
                                                 config->labels, config->n_labels))
            continue;
        out->items[out->n_items++] = (struct cri_pod_sandbox){
            .id = sandbox->id,
            .metadata = config->metadata,
            .created_at = nanoseconds(sandbox->created_at),
            .state = sandbox->ready ? CRI_POD_SANDBOX_STATE_SANDBOX_READY : CRI_POD_SANDBOX_STATE_SANDBOX_NOTREADY,
            .labels = config->labels,
            .n_labels = config->n_labels,
            .annotations = config->annotations,
            .n_annotations = config->n_annotations,
        };
    }
    return 0;
}

static int do_sandbox_status(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    const struct cri_pod_sandbox_status_request *request = call->request;
    struct fake_sandbox *sandbox = find_sandbox(fake, request->pod_sandbox_id);
    if (sandbox == NULL)
        return not_found(err, "sandbox", request->pod_sandbox_id);
    const struct cri_pod_sandbox_config *config = sandbox->config;
    struct cri_pod_sandbox_status *status = arena_new(&call->arena, struct cri_pod_sandbox_status);
    *status = (struct cri_pod_sandbox_status){
        .id = sandbox->id,
        .metadata = config->metadata,
        .created_at = nanoseconds(sandbox->created_at),
        .state = sandbox->ready ? CRI_POD_SANDBOX_STATE_SANDBOX_READY : CRI_POD_SANDBOX_STATE_SANDBOX_NOTREADY,
        .labels = config->labels,
        .n_labels = config->n_labels,
        .annotations = config->annotations,
        .n_annotations = config->n_annotations,
    };
    status->network = arena_new(&call->arena, struct cri_pod_sandbox_network_status);
    status->network->ip = sandbox->ready ? sandbox->ip : "";
    ((struct cri_pod_sandbox_status_response *)response)->status = status;
    return 0;
}

static int do_create(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    const struct cri_create_container_request *request = call->request;
    struct fake_sandbox *sandbox = find_sandbox(fake, request->pod_sandbox_id);
    if (sandbox == NULL || !sandbox->ready)
        return not_found(err, "sandbox", request->pod_sandbox_id);
    struct fake_container *container = memory_new(struct fake_container);
    container->fake = fake;
    container->end.callback = container_timer;
    snprintf(container->id, sizeof(container->id), "container%llu", (unsigned long long)++fake->next_id);
    container->created_at = loop_now(fake->base.loop);
    container->sandbox = sandbox;
    container->config = api_copy(&cri_type_container_config, request->config, &container->arena);
    if (container->config->linux_ != NULL && container->config->linux_->resources != NULL)
        container->resources = *container->config->linux_->resources;
    list_prepend(&fake->containers, &container->node);
    ((struct cri_create_container_response *)response)->container_id = container->id;
    return 0;
}

static int do_start(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)response;
    const struct cri_start_container_request *request = call->request;
    struct fake_container *container = find_container(fake, request->container_id);
    if (container == NULL)
        return not_found(err, "container", request->container_id);
    container->state = CRI_CONTAINER_STATE_CONTAINER_RUNNING;
    container->started_at = loop_now(fake->base.loop);
    usec_t after = 0;
    int code = fake->options.behave == NULL
                   ? -1
                   : fake->options.behave(fake->options.context, container->config->image->image,
                                          container->config->metadata->attempt, &after);
    if (code >= 0) {
        container->pending_code = code;
        loop_timer_start(fake->base.loop, &container->end, after);
    }
    tell(fake, container->id, CRI_CONTAINER_EVENT_TYPE_CONTAINER_STARTED_EVENT);
    return 0;
}

static int do_stop(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)response, (void)err;
    const struct cri_stop_container_request *request = call->request;
    struct fake_container *container = find_container(fake, request->container_id);
    if (container != NULL)
        container_end(container, call->stop_code);
    return 0;
}

static int do_remove(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)response, (void)err;
    const struct cri_remove_container_request *request = call->request;
    struct fake_container *container = find_container(fake, request->container_id);
    if (container == NULL)
        return 0;
    container_end(container, 137);
    tell(fake, container->id, CRI_CONTAINER_EVENT_TYPE_CONTAINER_DELETED_EVENT);
    container_free(container);
    return 0;
}

static int do_list(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)err;
    const struct cri_list_containers_request *request = call->request;
    struct cri_list_containers_response *out = response;
    size_t n = 0;
    struct fake_container *container;
    list_for_each (&fake->containers, container, node)
        n++;
    out->containers = arena_new_array(&call->arena, struct cri_container, n + 1);
    list_for_each (&fake->containers, container, node) {
        const struct cri_container_config *config = container->config;
        if (request->filter != NULL && !selected(request->filter->label_selector, request->filter->n_label_selector,
                                                 config->labels, config->n_labels))
            continue;
        out->containers[out->n_containers++] = (struct cri_container){
            .id = container->id,
            .pod_sandbox_id = container->sandbox->id,
            .metadata = config->metadata,
            .image = config->image,
            .image_ref = config->image->image,
            .state = container->state,
            .created_at = nanoseconds(container->created_at),
            .labels = config->labels,
            .n_labels = config->n_labels,
            .annotations = config->annotations,
            .n_annotations = config->n_annotations,
        };
    }
    return 0;
}

static int do_container_status(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    const struct cri_container_status_request *request = call->request;
    struct fake_container *container = find_container(fake, request->container_id);
    if (container == NULL)
        return not_found(err, "container", request->container_id);
    const struct cri_container_config *config = container->config;
    struct cri_container_status *status = arena_new(&call->arena, struct cri_container_status);
    *status = (struct cri_container_status){
        .id = container->id,
        .metadata = config->metadata,
        .state = container->state,
        .created_at = nanoseconds(container->created_at),
        .started_at = nanoseconds(container->started_at),
        .finished_at = nanoseconds(container->finished_at),
        .exit_code = container->exit_code,
        .image = config->image,
        .image_ref = config->image->image,
        .labels = config->labels,
        .n_labels = config->n_labels,
        .annotations = config->annotations,
        .n_annotations = config->n_annotations,
        .log_path = config->log_path,
        .reason = container->state != CRI_CONTAINER_STATE_CONTAINER_EXITED ? ""
                  : container->exit_code == 0                              ? "Completed"
                                                                           : "Error",
    };
    status->resources = arena_new(&call->arena, struct cri_container_resources);
    status->resources->linux_ = &container->resources;
    ((struct cri_container_status_response *)response)->status = status;
    return 0;
}

/* What is zero stays as it was. */
static int do_update(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)response;
    const struct cri_update_container_resources_request *request = call->request;
    struct fake_container *container = find_container(fake, request->container_id);
    if (container == NULL || container->state != CRI_CONTAINER_STATE_CONTAINER_RUNNING)
        return not_found(err, "container", request->container_id);
    if (fake->options.refuse_memory > 0 && request->linux_->memory_limit_in_bytes == fake->options.refuse_memory)
        return error_set(err, ERROR_SYSTEM, "rpc error: code = Unknown desc = failed to update resources");
    const int64_t *from[] = { &request->linux_->cpu_shares, &request->linux_->cpu_quota, &request->linux_->cpu_period,
                              &request->linux_->memory_limit_in_bytes };
    int64_t *to[] = { &container->resources.cpu_shares, &container->resources.cpu_quota,
                      &container->resources.cpu_period, &container->resources.memory_limit_in_bytes };
    for (size_t i = 0; i < countof(from); i++)
        *to[i] = *from[i] != 0 ? *from[i] : *to[i];
    return 0;
}

static int do_exec_sync(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    const struct cri_exec_sync_request *request = call->request;
    struct fake_container *container = find_container(fake, request->container_id);
    if (container == NULL)
        return not_found(err, "container", request->container_id);
    struct cri_exec_sync_response *out = response;
    if (fake->options.exec != NULL)
        out->exit_code =
            fake->options.exec(fake->options.context, container->config->metadata->name, request->cmd, request->n_cmd);
    return 0;
}

static struct cri_image image_row(struct arena *arena, const char *name)
{
    const char **tags = arena_new_array(arena, const char *, 1);
    tags[0] = name;
    return (struct cri_image){ .id = name, .repo_tags = tags, .n_repo_tags = 1, .size = 1 << 20 };
}

static int do_image_status(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)err;
    const struct cri_image_status_request *request = call->request;
    struct fake_image *image = find_image(&fake->images, request->image->image);
    if (image != NULL) {
        struct cri_image *row = arena_new(&call->arena, struct cri_image);
        *row = image_row(&call->arena, image->name);
        ((struct cri_image_status_response *)response)->image = row;
    }
    return 0;
}

static int do_list_images(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    (void)err;
    struct cri_list_images_response *out = response;
    struct fake_image *image;
    size_t n = 0;
    list_for_each (&fake->images, image, node)
        n++;
    out->images = arena_new_array(&call->arena, struct cri_image, n + 1);
    list_for_each (&fake->images, image, node)
        out->images[out->n_images++] = image_row(&call->arena, image->name);
    return 0;
}

static int do_pull(struct fake *fake, struct fake_call *call, void *response, struct error *err)
{
    const struct cri_pull_image_request *request = call->request;
    const char *name = request->image->image;
    if (find_image(&fake->refused, name) != NULL)
        return error_set(err, ERROR_NOT_FOUND,
                         "rpc error: code = NotFound desc = failed to pull and unpack image \"%s\": not found", name);
    cri_fake_add_image(&fake->base, name);
    ((struct cri_pull_image_response *)response)->image_ref = find_image(&fake->images, name)->name;
    return 0;
}

static const struct {
    const struct api_rpc *rpc;
    fake_method method;
} methods[] = {
    { &cri_rpc_runtime_service_version, do_version },
    { &cri_rpc_runtime_service_status, do_status },
    { &cri_rpc_runtime_service_run_pod_sandbox, do_run_sandbox },
    { &cri_rpc_runtime_service_stop_pod_sandbox, do_stop_sandbox },
    { &cri_rpc_runtime_service_remove_pod_sandbox, do_remove_sandbox },
    { &cri_rpc_runtime_service_list_pod_sandbox, do_list_sandboxes },
    { &cri_rpc_runtime_service_pod_sandbox_status, do_sandbox_status },
    { &cri_rpc_runtime_service_create_container, do_create },
    { &cri_rpc_runtime_service_start_container, do_start },
    { &cri_rpc_runtime_service_stop_container, do_stop },
    { &cri_rpc_runtime_service_remove_container, do_remove },
    { &cri_rpc_runtime_service_list_containers, do_list },
    { &cri_rpc_runtime_service_container_status, do_container_status },
    { &cri_rpc_runtime_service_update_container_resources, do_update },
    { &cri_rpc_runtime_service_exec_sync, do_exec_sync },
    { &cri_rpc_image_service_image_status, do_image_status },
    { &cri_rpc_image_service_list_images, do_list_images },
    { &cri_rpc_image_service_pull_image, do_pull },
};

/* --- the driver --- */

static void call_free(struct fake_call *call)
{
    loop_timer_stop(&call->timer);
    list_remove(&call->node);
    arena_fini(&call->arena);
    free(call);
}

static void call_due(struct loop_timer *timer)
{
    struct fake_call *call = container_of(timer, struct fake_call, timer);
    struct error err = { 0 };
    int rc =
        error_set(&err, ERROR_UNSUPPORTED, "rpc error: code = Unimplemented desc = unknown method %s", call->rpc->path);
    void *response = arena_zalloc(&call->arena, call->rpc->response->size);
    for (size_t i = 0; i < countof(methods); i++) {
        if (methods[i].rpc == call->rpc)
            rc = methods[i].method(call->fake, call, response, &err);
    }
    list_remove(&call->node);
    cri_call_finish(call->call, rc, response, &err);
    call_free(call);
}

/* SIGTERM first, SIGKILL when the grace is over. */
static usec_t stop_delay(struct fake *fake, struct fake_call *call)
{
    const struct cri_stop_container_request *request = call->request;
    usec_t grace = request->timeout * USEC_PER_SEC;
    call->stop_code = fake->options.stop_time > grace ? 137 : 0;
    return fake->options.stop_time > grace ? grace : fake->options.stop_time;
}

static void fake_start(struct cri *cri, struct cri_call *call, const struct api_rpc *rpc, const void *request,
                       usec_t timeout)
{
    struct fake *fake = fake_of(cri);
    (void)timeout;
    struct fake_call *own = memory_new(struct fake_call);
    own->fake = fake;
    own->call = call;
    own->rpc = rpc;
    own->timer.callback = call_due;
    own->request = api_copy(rpc->request, request, &own->arena);
    list_append(&fake->calls, &own->node);
    call->driver_call = own;
    usec_t delay = fake->options.call_time;
    if (rpc == &cri_rpc_runtime_service_stop_container)
        delay += stop_delay(fake, own);
    loop_timer_start(cri->loop, &own->timer, delay);
}

static void fake_cancel(struct cri *cri, struct cri_call *call)
{
    (void)cri;
    call_free(call->driver_call);
}

static void stream_refuse(struct loop_task *task)
{
    struct fake_stream *stream = container_of(task, struct fake_stream, refuse);
    struct error err = { 0 };
    int rc =
        error_set(&err, ERROR_UNSUPPORTED, "rpc error: code = Unimplemented desc = unknown method GetContainerEvents");
    list_remove(&stream->node);
    stream->events->ended(stream->context, rc, &err);
}

static struct cri_stream *fake_stream_open(struct cri *cri, const struct api_rpc *rpc, const void *request,
                                           const struct cri_stream_events *events, void *context)
{
    (void)request;
    struct fake_stream *stream = memory_new(struct fake_stream);
    *stream =
        (struct fake_stream){ .base.cri = cri, .events = events, .context = context, .refuse.callback = stream_refuse };
    if (fake_of(cri)->options.has_events && rpc == &cri_rpc_runtime_service_get_container_events)
        list_append(&fake_of(cri)->streams, &stream->node);
    else
        loop_defer(cri->loop, &stream->refuse);
    return &stream->base;
}

static void fake_stream_close(struct cri_stream *base)
{
    struct fake_stream *stream = container_of(base, struct fake_stream, base);
    loop_cancel(base->cri->loop, &stream->refuse);
    list_remove(&stream->node);
    free(stream);
}

static void images_free(struct list *list)
{
    struct fake_image *image;
    list_for_each (list, image, node) {
        list_remove(&image->node);
        free(image->name);
        free(image);
    }
}

static void fake_destroy(struct cri *cri)
{
    struct fake *fake = fake_of(cri);
    struct fake_call *call;
    list_for_each (&fake->calls, call, node)
        call_free(call);
    struct fake_container *container;
    list_for_each (&fake->containers, container, node)
        container_free(container);
    struct fake_sandbox *sandbox;
    list_for_each (&fake->sandboxes, sandbox, node)
        sandbox_free(sandbox);
    images_free(&fake->images);
    images_free(&fake->refused);
    free(fake);
}

static const struct cri_driver driver = {
    .name = "fake",
    .call_start = fake_start,
    .call_cancel = fake_cancel,
    .stream_open = fake_stream_open,
    .stream_close = fake_stream_close,
    .destroy = fake_destroy,
};

struct cri *cri_fake_create(struct loop *loop, const struct cri_fake_options *options)
{
    struct fake *fake = memory_new(struct fake);
    fake->base = (struct cri){ &driver, loop };
    fake->options = *options;
    struct list *const lists[] = { &fake->sandboxes, &fake->containers, &fake->images,
                                   &fake->refused,   &fake->streams,    &fake->calls };
    for (size_t i = 0; i < countof(lists); i++)
        list_init(lists[i]);
    return &fake->base;
}

static void add_name(struct list *list, const char *name)
{
    if (find_image(list, name) != NULL)
        return;
    struct fake_image *image = memory_new(struct fake_image);
    image->name = memory_strdup(name);
    list_append(list, &image->node);
}

void cri_fake_add_image(struct cri *cri, const char *image)
{
    add_name(&fake_of(cri)->images, image);
}

void cri_fake_refuse_image(struct cri *cri, const char *image)
{
    add_name(&fake_of(cri)->refused, image);
}

const struct cri_linux_container_resources *cri_fake_resources(const struct cri *cri, const char *name)
{
    struct fake_container *container;
    list_for_each (&fake_of(cri)->containers, container, node) {
        if (text_equal(container->config->metadata->name, name))
            return &container->resources;
    }
    return NULL;
}

bool cri_fake_exit(struct cri *cri, const char *name, int exit_code)
{
    struct fake_container *container;
    list_for_each (&fake_of(cri)->containers, container, node) {
        if (text_equal(container->config->metadata->name, name) &&
            container->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING) {
            container_end(container, exit_code);
            return true;
        }
    }
    return false;
}

size_t cri_fake_sandbox_count(const struct cri *cri)
{
    size_t n = 0;
    struct fake_sandbox *sandbox;
    list_for_each (&fake_of(cri)->sandboxes, sandbox, node)
        n += sandbox->ready;
    return n;
}

size_t cri_fake_container_count(const struct cri *cri)
{
    size_t n = 0;
    struct fake_container *container;
    list_for_each (&fake_of(cri)->containers, container, node)
        n += container->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING;
    return n;
}

const struct cri_container_config *cri_fake_config(const struct cri *cri, const char *name)
{
    struct fake_container *container;
    list_for_each (&fake_of(cri)->containers, container, node) {
        if (text_equal(container->config->metadata->name, name))
            return container->config;
    }
    return NULL;
}
