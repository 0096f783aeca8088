/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/node_agent.h"

#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "client/events.h"
#include "node/kubelet/node_facts.h"
#include "node/kubelet/node_lease.h"
#include "node/kubelet/pod/cgroup.h"
#include "node/kubelet/resize/pending.h"

#define STATUS_TICK    (10 * USEC_PER_SEC)
#define UNREADY_FIRST  (5 * USEC_PER_MSEC) /* while the runtime or its network is not there yet: doubled each time, */
#define UNREADY_TICK   (USEC_PER_SEC / 2)  /* up to this; CRI has no event for it */
#define IMAGES_PERIOD  (60 * USEC_PER_SEC)
#define CALL_TIMEOUT   (10 * USEC_PER_SEC)
#define REPORT_DEFAULT (300 * USEC_PER_SEC)

struct node_agent {
    struct kubelet *kubelet;
    struct arena arena;
    struct node_facts facts;
    struct informer *informer; /* of the one node */
    struct informer_listener listener;
    const struct object *object;
    struct node_lease *lease;
    struct loop_timer tick;
    usec_t unready_tick;
    struct loop_task evaluate;
    struct cri_call version_call, status_call, images_call;
    struct client_call write_call;
    bool writing, registered, announced;
    char runtime_version[128];
    bool runtime_known, runtime_ready, network_ready;
    char not_ready[1024];
    struct arena image_arena;
    struct api_container_image *images;
    size_t n_images;
    usec_t images_read, reported;
};

const struct api_node *node_agent_node(const struct node_agent *agent)
{
    return agent->object != NULL ? api_node_of(agent->object) : NULL;
}

static void node_event(struct node_agent *agent, const char *type, const char *reason, const char *message)
{
    const char *name = agent->kubelet->setup.node_name;
    const struct api_object_reference about = { .kind = "Node", .name = name, .uid = name };
    event_record(agent->kubelet->recorder, &about, type, reason, message);
}

/* --- registering and reporting --- */

void node_agent_evaluate(struct node_agent *agent)
{
    loop_defer(agent->kubelet->loop, &agent->evaluate);
}

static void take_object(struct node_agent *agent, const struct object *object)
{
    if (object != NULL && agent->object != NULL && object_revision(object) < object_revision(agent->object))
        return;
    const struct object *old = agent->object;
    agent->object = object_ref(object);
    object_unref(old);
}

static void write_done(struct client_call *call, const struct client_result *result)
{
    struct node_agent *agent = container_of(call, struct node_agent, write_call);
    agent->writing = false;
    if (result->rc == 0 && result->object != NULL) {
        agent->registered = true;
        agent->reported = loop_monotonic(agent->kubelet->loop);
        take_object(agent, result->object);
        node_lease_start(agent->lease, node_agent_node(agent)->metadata.uid);
        kubelet_poke_all(agent->kubelet);
    } else if (result->rc < 0 && result->rc != -ERROR_CONFLICT && result->rc != -ERROR_ALREADY_EXISTS) {
        log_warning("node status not written", LOG_TEXT("error", result->err.message));
    }
    if (!loop_timer_running(&agent->tick))
        loop_timer_start(agent->kubelet->loop, &agent->tick, UNREADY_TICK);
}

static bool split(const char *text, char separator, char *key, size_t key_size, const char **ret_value)
{
    const char *at = strchr(text, separator);
    if (at == NULL || (size_t)(at - text) >= key_size)
        return false;
    snprintf(key, key_size, "%.*s", (int)(at - text), text);
    *ret_value = at + 1;
    return true;
}

static void add_label(struct api_object_meta *meta, const char *key, const char *value)
{
    size_t at = meta->n_labels;
    for (; at > 0 && strcmp(meta->labels[at - 1].key, key) > 0; at--)
        meta->labels[at] = meta->labels[at - 1];
    meta->labels[at] = (struct api_string_entry){ key, value };
    meta->n_labels++;
}

static void set_labels(struct node_agent *agent, struct api_node *node, struct arena *arena)
{
    const char *const *extra = agent->kubelet->options.labels;
    size_t n = 0;
    while (extra != NULL && extra[n] != NULL)
        n++;
    node->metadata.labels = arena_new_array(arena, struct api_string_entry, n + 5);
    add_label(&node->metadata, "beta.kubernetes.io/arch", agent->facts.architecture);
    add_label(&node->metadata, "beta.kubernetes.io/os", "linux");
    add_label(&node->metadata, "kubernetes.io/arch", agent->facts.architecture);
    add_label(&node->metadata, "kubernetes.io/hostname", agent->kubelet->setup.node_name);
    add_label(&node->metadata, "kubernetes.io/os", "linux");
    for (size_t i = 0; i < n; i++) {
        char key[400];
        const char *value;
        if (split(extra[i], '=', key, sizeof(key), &value))
            add_label(&node->metadata, arena_strdup(arena, key), value);
    }
}

static void set_taints(struct node_agent *agent, struct api_node *node, struct arena *arena)
{
    const char *const *taints = agent->kubelet->options.taints;
    size_t n = 0;
    while (taints != NULL && taints[n] != NULL)
        n++;
    node->spec.taints = arena_new_array(arena, struct api_taint, n + 1);
    for (size_t i = 0; i < n; i++) {
        char key[400], value[400] = "";
        const char *rest;
        if (split(taints[i], '=', key, sizeof(key), &rest)) {
            if (!split(rest, ':', value, sizeof(value), &rest))
                continue;
        } else if (!split(taints[i], ':', key, sizeof(key), &rest)) {
            continue;
        }
        node->spec.taints[node->spec.n_taints++] =
            (struct api_taint){ .key = arena_strdup(arena, key), .value = arena_strdup(arena, value), .effect = rest };
    }
}

static void make_status(struct node_agent *agent, const struct api_node_status *old, struct arena *arena,
                        struct api_node_status *ret)
{
    const struct kubelet *kubelet = agent->kubelet;
    const struct node_status_input input = {
        .facts = &agent->facts,
        .node_name = kubelet->setup.node_name,
        .addresses = kubelet->setup.host_ips,
        .runtime_version = agent->runtime_version,
        .cpu_milli = kubelet->setup.cpu_milli,
        .memory = kubelet->setup.memory,
        .max_pods = kubelet->options.max_pods,
        .port = kubelet_port(kubelet) != 0 ? kubelet_port(kubelet) : 10250,
        .runtime_ready = agent->runtime_ready && kubelet_synced(kubelet),
        .network_ready = agent->network_ready,
        .not_ready_message = agent->not_ready,
        .images = agent->images,
        .n_images = agent->n_images,
        .now = loop_now(kubelet->loop),
    };
    node_status_make(&input, old, arena, ret);
}

static const char *condition(const struct api_node_status *status, const char *type)
{
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (text_equal(status->conditions[i].type, type))
            return status->conditions[i].status;
    }
    return "";
}

static void announce(struct node_agent *agent, const struct api_node_status *old, const struct api_node_status *status)
{
    static const struct {
        const char *type, *value, *reason;
    } rows[] = {
        { "MemoryPressure", "False", "NodeHasSufficientMemory" },
        { "DiskPressure", "False", "NodeHasNoDiskPressure" },
        { "PIDPressure", "False", "NodeHasSufficientPID" },
        { "Ready", "True", "NodeReady" },
        { "Ready", "False", "NodeNotReady" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        bool before = text_equal(condition(old, rows[i].type), rows[i].value);
        bool after = text_equal(condition(status, rows[i].type), rows[i].value);
        bool first = !agent->announced && strcmp(rows[i].type, "Ready") != 0;
        if (!after || (before && !first))
            continue;
        char message[256];
        snprintf(message, sizeof(message), "Node %s status is now: %s", agent->kubelet->setup.node_name,
                 rows[i].reason);
        node_event(agent, EVENT_NORMAL, rows[i].reason, message);
    }
    agent->announced = true;
}

static void announce_cordon(struct node_agent *agent, const struct api_node *before, const struct api_node *after)
{
    if (before->spec.unschedulable == after->spec.unschedulable)
        return;
    const char *reason = after->spec.unschedulable ? "NodeNotSchedulable" : "NodeSchedulable";
    char message[256];
    snprintf(message, sizeof(message), "Node %s status is now: %s", agent->kubelet->setup.node_name, reason);
    node_event(agent, EVENT_NORMAL, reason, message);
}

static void register_node(struct node_agent *agent)
{
    auto_arena struct arena arena = { 0 };
    struct api_node node = { .metadata = { .name = agent->kubelet->setup.node_name },
                             .spec = { .provider_id = agent->kubelet->options.provider_id } };
    const struct api_string_entry note = { "volumes.kubernetes.io/controller-managed-attach-detach", "true" };
    node.metadata.annotations = (struct api_string_entry *)(uintptr_t)&note;
    node.metadata.n_annotations = 1;
    set_labels(agent, &node, &arena);
    set_taints(agent, &node, &arena);
    const struct api_node_status none = { 0 };
    make_status(agent, &none, &arena, &node.status);
    announce(agent, &none, &node.status);
    const struct client_request request = { .verb = API_CREATE, .resource = &api_resource_node, .body = &node };
    agent->write_call.done = write_done;
    agent->writing = true;
    client_call_start(agent->kubelet->client, &agent->write_call, &request);
}

static void report(struct node_agent *agent)
{
    auto_arena struct arena arena = { 0 };
    const struct api_node *old = node_agent_node(agent);
    struct api_node node = *old;
    make_status(agent, &old->status, &arena, &node.status);
    usec_t period = agent->kubelet->options.status_period > 0 ? agent->kubelet->options.status_period : REPORT_DEFAULT;
    bool due = !agent->registered || loop_monotonic(agent->kubelet->loop) - agent->reported >= period;
    if (!due && node_status_same(&old->status, &node.status))
        return;
    announce(agent, &old->status, &node.status);
    const struct client_request request = {
        .verb = API_UPDATE,
        .resource = &api_resource_node,
        .name = node.metadata.name,
        .subresource = "status",
        .body = &node,
    };
    agent->write_call.done = write_done;
    agent->writing = true;
    client_call_start(agent->kubelet->client, &agent->write_call, &request);
}

static void evaluate(struct loop_task *task)
{
    struct node_agent *agent = container_of(task, struct node_agent, evaluate);
    if (agent->writing || !agent->runtime_known || !informer_synced(agent->informer))
        return;
    if (agent->runtime_ready && !kubelet_synced(agent->kubelet))
        return; /* in a moment; until then an old node stays as it was told */
    if (agent->object == NULL)
        register_node(agent);
    else
        report(agent);
}

/* What the runtime's network waited for, its addresses, may just have come. */
static void look_soon(struct node_agent *agent)
{
    if (agent->network_ready || !loop_timer_running(&agent->tick))
        return;
    agent->unready_tick = UNREADY_FIRST;
    loop_timer_start(agent->kubelet->loop, &agent->tick, UNREADY_FIRST);
}

static void node_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct node_agent *agent = container_of(listener, struct node_agent, listener);
    if (before != NULL && after != NULL)
        announce_cordon(agent, api_node_of(before), api_node_of(after));
    if (after == NULL) {
        object_unref(take_pointer(&agent->object));
        agent->registered = false;
    } else {
        take_object(agent, after);
        /* A kubelet that begins again lives, whatever becomes of its first status. */
        node_lease_start(agent->lease, node_agent_node(agent)->metadata.uid);
        look_soon(agent);
        resizes_decide_soon(agent->kubelet);
    }
    node_agent_evaluate(agent);
}

static void node_synced(struct informer_listener *listener)
{
    node_agent_evaluate(container_of(listener, struct node_agent, listener));
}

/* --- the runtime --- */

void node_agent_runtime_health(struct node_agent *agent, int rc, const struct error *err)
{
    if (rc == 0)
        return; /* the status call says the rest */
    agent->runtime_ready = false;
    snprintf(agent->not_ready, sizeof(agent->not_ready), "container runtime is down: %.900s", err->message);
    node_agent_evaluate(agent);
}

static void set_runtime(struct node_agent *agent, bool runtime, bool network, const char *message)
{
    struct kubelet *kubelet = agent->kubelet;
    bool news = !agent->runtime_known || network != agent->network_ready;
    agent->runtime_known = true;
    agent->runtime_ready = runtime;
    agent->network_ready = network;
    kubelet->network_ready = network;
    snprintf(agent->not_ready, sizeof(agent->not_ready), "%s", message);
    if (news)
        kubelet_poke_all(kubelet);
    node_agent_evaluate(agent);
}

static void status_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct node_agent *agent = container_of(call, struct node_agent, status_call);
    const struct cri_runtime_status *status = rc == 0 ? ((const struct cri_status_response *)response)->status : NULL;
    bool runtime = false, network = false;
    char message[1024] = "";
    if (rc < 0)
        snprintf(message, sizeof(message), "container runtime status check may not have completed yet: %.900s",
                 err->message);
    for (size_t i = 0; status != NULL && i < status->n_conditions; i++) {
        const struct cri_runtime_condition *one = &status->conditions[i];
        if (text_equal(one->type, "RuntimeReady"))
            runtime = one->status;
        else if (text_equal(one->type, "NetworkReady"))
            network = one->status;
        if (!one->status)
            snprintf(message, sizeof(message), "container runtime %s=false reason:%s message:%.800s",
                     text_or_empty(one->type), text_or_empty(one->reason), text_or_empty(one->message));
    }
    set_runtime(agent, runtime, network, message);
    usec_t unready = agent->unready_tick;
    agent->unready_tick = unready * 2 < UNREADY_TICK ? unready * 2 : UNREADY_TICK;
    if (runtime && network)
        agent->unready_tick = UNREADY_FIRST;
    loop_timer_start(agent->kubelet->loop, &agent->tick, runtime && network ? STATUS_TICK : unready);
}

static void images_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct node_agent *agent = container_of(call, struct node_agent, images_call);
    (void)err;
    if (rc < 0)
        return; /* the status call meets the same trouble and tells it */
    const struct cri_list_images_response *list = response;
    arena_clear(&agent->image_arena);
    agent->images = arena_new_array(&agent->image_arena, struct api_container_image, list->n_images + 1);
    agent->n_images = 0;
    for (size_t i = 0; i < list->n_images; i++) {
        const struct cri_image *image = &list->images[i];
        struct api_container_image *out = &agent->images[agent->n_images];
        out->names = arena_new_array(&agent->image_arena, const char *, image->n_repo_digests + image->n_repo_tags + 1);
        for (size_t n = 0; n < image->n_repo_digests; n++)
            out->names[out->n_names++] = arena_strdup(&agent->image_arena, image->repo_digests[n]);
        for (size_t n = 0; n < image->n_repo_tags; n++)
            out->names[out->n_names++] = arena_strdup(&agent->image_arena, image->repo_tags[n]);
        out->size_bytes = (int64_t)image->size;
        agent->n_images += out->n_names > 0;
    }
    node_agent_evaluate(agent);
}

static void version_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct node_agent *agent = container_of(call, struct node_agent, version_call);
    (void)err;
    if (rc < 0)
        return; /* asked again with the next tick */
    const struct cri_version_response *version = response;
    snprintf(agent->kubelet->runtime_name, sizeof(agent->kubelet->runtime_name), "%s", version->runtime_name);
    const char *number = text_or_empty(version->runtime_version);
    snprintf(agent->runtime_version, sizeof(agent->runtime_version), "%s://%s", version->runtime_name,
             number[0] == 'v' ? number + 1 : number);
}

static void tick(struct loop_timer *timer)
{
    struct node_agent *agent = container_of(timer, struct node_agent, tick);
    struct kubelet *kubelet = agent->kubelet;
    usec_t now = loop_monotonic(kubelet->loop);
    if (agent->runtime_version[0] == '\0' && !cri_call_busy(&agent->version_call)) {
        const struct cri_version_request request = { .version = "0.1.0" };
        agent->version_call.done = version_done;
        cri_call_start(kubelet->cri, &agent->version_call, &cri_rpc_runtime_service_version, &request, CALL_TIMEOUT);
    }
    if ((agent->images_read == 0 || now - agent->images_read >= IMAGES_PERIOD) && !cri_call_busy(&agent->images_call)) {
        const struct cri_list_images_request request = { 0 };
        agent->images_read = now;
        agent->images_call.done = images_done;
        cri_call_start(kubelet->cri, &agent->images_call, &cri_rpc_image_service_list_images, &request, CALL_TIMEOUT);
    }
    if (!cri_call_busy(&agent->status_call)) {
        const struct cri_status_request request = { 0 };
        agent->status_call.done = status_done;
        cri_call_start(kubelet->cri, &agent->status_call, &cri_rpc_runtime_service_status, &request, CALL_TIMEOUT);
    }
}

/* --- */

/* Without it the node works, but its pods may take what others on the machine need. */
static void enforce_allocatable(struct node_agent *agent)
{
    const struct node_setup *setup = &agent->kubelet->setup;
    struct error err = { 0 };
    char message[ERROR_MESSAGE_SIZE + 64];
    if (setup->pods_directory == NULL)
        return; /* hollow */
    if (node_cgroup_limit(setup->cgroup_root, setup->cpu_milli, setup->memory, &err) == 0) {
        node_event(agent, EVENT_NORMAL, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
        return;
    }
    snprintf(message, sizeof(message), "Failed to update Node Allocatable Limits [\"kubepods\"]: %s", err.message);
    node_event(agent, EVENT_WARNING, "FailedNodeAllocatableEnforcement", message);
}

void node_agent_start(struct node_agent *agent)
{
    struct kubelet *kubelet = agent->kubelet;
    agent->facts.disk = node_facts_disk(kubelet->options.data_directory);
    kubelet->setup.ephemeral_storage = agent->facts.disk;
    node_event(agent, EVENT_NORMAL, "Starting", "Starting kubelet.");
    enforce_allocatable(agent);
    informer_listen(agent->informer, &agent->listener);
    informer_start(agent->informer);
    loop_timer_start(kubelet->loop, &agent->tick, 0);
}

struct node_agent *node_agent_create(struct kubelet *kubelet)
{
    struct node_agent *agent = memory_new(struct node_agent);
    agent->kubelet = kubelet;
    agent->tick.callback = tick;
    agent->unready_tick = UNREADY_FIRST;
    agent->evaluate.callback = evaluate;
    node_facts_read(&agent->arena, &agent->facts);
    if (kubelet->setup.cpu_milli == 0)
        kubelet->setup.cpu_milli = agent->facts.cpus * 1000;
    if (kubelet->setup.memory == 0)
        kubelet->setup.memory = agent->facts.memory;
    kubelet->setup.memory_capacity = kubelet->setup.memory;
    char selector[300];
    snprintf(selector, sizeof(selector), "metadata.name=%s", kubelet->setup.node_name);
    const struct informer_options options = { .resource = &api_resource_node, .field_selector = selector };
    agent->informer = informer_create(kubelet->client, &options);
    agent->listener = (struct informer_listener){ .changed = node_changed, .synced = node_synced };
    agent->lease = node_lease_create(kubelet->client, kubelet->setup.node_name, kubelet->options.lease_period);
    return agent;
}

void node_agent_destroy(struct node_agent *agent)
{
    if (agent == NULL)
        return;
    loop_timer_stop(&agent->tick);
    loop_cancel(agent->kubelet->loop, &agent->evaluate);
    cri_call_cancel(&agent->version_call);
    cri_call_cancel(&agent->status_call);
    cri_call_cancel(&agent->images_call);
    if (agent->writing)
        client_call_cancel(&agent->write_call);
    node_lease_destroy(agent->lease);
    informer_unlisten(agent->informer, &agent->listener);
    informer_destroy(agent->informer);
    object_unref(agent->object);
    arena_fini(&agent->image_arena);
    arena_fini(&agent->arena);
    free(agent);
}
