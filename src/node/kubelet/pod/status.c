/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/status.h"

#include "api/pod/pod_qos.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "node/kubelet/resize/change.h"

struct maker {
    const struct pod_status_input *in;
    struct arena *arena;
    struct api_pod_status *status;
};

static struct api_container_state terminated(struct maker *m, const struct runtime_container *instance)
{
    struct api_container_state_terminated *end = arena_new(m->arena, struct api_container_state_terminated);
    end->exit_code = instance->exit_code;
    end->reason = !text_empty(instance->reason) ? instance->reason : instance->exit_code == 0 ? "Completed" : "Error";
    end->message = instance->message;
    end->started_at = instance->started_at;
    end->finished_at = instance->finished_at;
    end->container_id = arena_format(m->arena, "%s://%s", m->in->runtime_name, instance->id);
    return (struct api_container_state){ .terminated = end };
}

static struct api_container_state waiting(struct maker *m, const char *reason, const char *message)
{
    struct api_container_state_waiting *wait = arena_new(m->arena, struct api_container_state_waiting);
    wait->reason = reason;
    wait->message = text_empty(message) ? NULL : message;
    return (struct api_container_state){ .waiting = wait };
}

/* Stopped before it was ever seen: upstream tells it with this exit code and reason. */
static struct api_container_state unknown_end(struct maker *m)
{
    struct api_container_state_terminated *end = arena_new(m->arena, struct api_container_state_terminated);
    end->exit_code = 137;
    end->reason = "ContainerStatusUnknown";
    end->message = "The container could not be located when the pod was terminated";
    return (struct api_container_state){ .terminated = end };
}

static bool was_made(struct maker *m, size_t i)
{
    return pod_runtime_newest(m->in->runtime, pod_container(m->in->pod, i)->name) != NULL;
}

static bool main_was_made(struct maker *m)
{
    for (size_t i = 0; i < m->in->pod->spec.n_containers; i++) {
        if (was_made(m, m->in->pod->spec.n_init_containers + i))
            return true;
    }
    return false;
}

/* Whether the pod came as far as to this container, which nobody saw: if not, it waits for ever and did not end. */
static bool was_reached(struct maker *m, size_t i)
{
    size_t n_init = m->in->pod->spec.n_init_containers;
    if (n_init == 0 || i == 0 || main_was_made(m))
        return true;
    if (i >= n_init) { /* main ones: when the last before them has done its part */
        const struct api_container *last = pod_container(m->in->pod, n_init - 1);
        const struct runtime_container *instance = pod_runtime_newest(m->in->runtime, last->name);
        if (instance == NULL)
            return false;
        return pod_container_is_sidecar(m->in->pod, n_init - 1) ||
               (instance->state == CRI_CONTAINER_STATE_CONTAINER_EXITED && instance->exit_code == 0);
    }
    for (size_t later = i; later < n_init; later++) {
        if (was_made(m, later))
            return true;
    }
    return false;
}

static const char *crash_message(struct maker *m, size_t i)
{
    char delay[DURATION_TEXT_SIZE];
    duration_format(m->in->plan->backoff_delay[i] * 1000, delay);
    const struct api_object_meta *meta = &m->in->pod->metadata;
    return arena_format(m->arena, "back-off %s restarting failed container=%s pod=%s_%s(%s)", delay,
                        pod_container(m->in->pod, i)->name, meta->name, meta->namespace, meta->uid);
}

/* Why the container of number i waits; the default when nobody said. */
static struct api_container_state waiting_state(struct maker *m, size_t i)
{
    const struct container_memo *memo = &m->in->memos[i];
    if (m->in->plan != NULL && m->in->plan->backing_off[i])
        return waiting(m, "CrashLoopBackOff", crash_message(m, i));
    if (memo->reason[0] != '\0') {
        if (m->in->plan != NULL && m->in->plan->pull_backing_off[i] && strcmp(memo->reason, "ErrImagePull") == 0)
            return waiting(m, "ImagePullBackOff",
                           arena_format(m->arena, "Back-off pulling image \"%s\": ErrImagePull: %s",
                                        pod_container(m->in->pod, i)->image, memo->message));
        return waiting(m, memo->reason, memo->message);
    }
    return waiting(m, m->in->pod->spec.n_init_containers > 0 ? "PodInitializing" : "ContainerCreating", NULL);
}

static bool waits_for_restart(struct maker *m, size_t i)
{
    return (m->in->plan != NULL && m->in->plan->backing_off[i]) || m->in->memos[i].reason[0] != '\0';
}

static void set_instance(struct maker *m, size_t i, struct api_container_status *out)
{
    const struct api_container *spec = pod_container(m->in->pod, i);
    const struct runtime_container *instance = pod_runtime_newest(m->in->runtime, spec->name);
    const struct runtime_container *previous = pod_runtime_previous(m->in->runtime, spec->name);
    bool *started = arena_new(m->arena, bool);
    out->started = started;
    if (previous != NULL && previous->state == CRI_CONTAINER_STATE_CONTAINER_EXITED)
        out->last_state = terminated(m, previous);
    if (instance == NULL) {
        out->state = m->in->ended && was_reached(m, i) ? unknown_end(m) : waiting_state(m, i);
        return;
    }
    out->restart_count = (int32_t)instance->attempt;
    out->image_id = instance->image_id;
    if (!text_empty(instance->image) && !str_starts(str_of(instance->image), STR("sha256:")))
        out->image = instance->image; /* as the runtime knows it, with its registry */
    out->container_id = arena_format(m->arena, "%s://%s", m->in->runtime_name, instance->id);
    switch (instance->state) {
    case CRI_CONTAINER_STATE_CONTAINER_RUNNING:
        out->state.running = arena_new(m->arena, struct api_container_state_running);
        out->state.running->started_at = instance->started_at;
        *started = pod_container_started(spec, instance, &m->in->memos[i]);
        out->ready =
            *started && (spec->readiness_probe == NULL || m->in->memos[i].probes[PROBE_READINESS] == PROBE_SUCCESS);
        if (pod_container_kind(m->in->pod, i) == POD_INIT_CONTAINER && !pod_container_is_sidecar(m->in->pod, i))
            out->ready = false;
        break;
    case CRI_CONTAINER_STATE_CONTAINER_EXITED:
        out->state = terminated(m, instance);
        if (!m->in->ended && pod_container_restarts(m->in->pod, i, instance->exit_code) && waits_for_restart(m, i)) {
            out->last_state = out->state;
            out->state = waiting_state(m, i);
        }
        out->ready = pod_container_kind(m->in->pod, i) == POD_INIT_CONTAINER && instance->exit_code == 0 &&
                     !pod_container_is_sidecar(m->in->pod, i);
        break;
    default:
        out->state = m->in->ended && was_reached(m, i) ? unknown_end(m) : waiting_state(m, i);
        break;
    }
}

static void set_mounts(struct maker *m, const struct api_container *spec, struct api_container_status *out)
{
    if (spec->n_volume_mounts == 0)
        return;
    out->volume_mounts = arena_new_array(m->arena, struct api_volume_mount_status, spec->n_volume_mounts);
    for (size_t i = 0; i < spec->n_volume_mounts; i++) {
        const struct api_volume_mount *mount = &spec->volume_mounts[i];
        out->volume_mounts[out->n_volume_mounts++] = (struct api_volume_mount_status){
            .name = mount->name,
            .mount_path = mount->mount_path,
            .read_only = mount->read_only,
            .recursive_read_only = mount->read_only ? "Disabled" : NULL,
        };
    }
}

/* What runs has what is in force, the rest will have what is allocated. */
static void set_resources(struct maker *m, size_t i, struct api_container_status *out)
{
    const struct api_resource_requirements *allocated = &pod_container(m->in->allocated, i)->resources;
    const struct runtime_container *instance = pod_runtime_newest(m->in->runtime, out->name);
    bool runs = instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING;
    out->resources =
        resize_resources_in_force(runs ? m->in->actuated : m->in->allocated, i, runs ? instance : NULL, m->arena);
    out->resources->claims = NULL;
    out->resources->n_claims = 0;
    out->allocated_resources = allocated->requests;
    out->n_allocated_resources = allocated->n_requests;
}

/* The pod's own, where it has some. */
static void set_pod_resources(struct maker *m)
{
    const struct api_resource_requirements *allocated = m->in->allocated->spec.resources;
    if (allocated == NULL)
        return;
    m->status->allocated_resources = allocated->requests;
    m->status->n_allocated_resources = allocated->n_requests;
    m->status->resources = m->in->actuated->spec.resources;
}

static struct api_container_status container_status(struct maker *m, size_t i)
{
    const struct api_container *spec = pod_container(m->in->pod, i);
    struct api_container_status out = { .name = spec->name, .image = spec->image, .image_id = "" };
    set_instance(m, i, &out);
    set_mounts(m, spec, &out);
    set_resources(m, i, &out);
    return out;
}

static void set_containers(struct maker *m)
{
    const struct api_pod_spec *spec = &m->in->pod->spec;
    struct api_pod_status *status = m->status;
    size_t n_init = spec->n_init_containers, n_main = spec->n_containers;
    status->init_container_statuses =
        n_init > 0 ? arena_new_array(m->arena, struct api_container_status, n_init) : NULL;
    status->container_statuses = arena_new_array(m->arena, struct api_container_status, n_main);
    if (spec->n_ephemeral_containers > 0)
        status->ephemeral_container_statuses =
            arena_new_array(m->arena, struct api_container_status, spec->n_ephemeral_containers);
    for (size_t i = 0; i < pod_container_count(m->in->pod); i++) {
        struct api_container_status one = container_status(m, i);
        if (i < n_init)
            status->init_container_statuses[status->n_init_container_statuses++] = one;
        else if (i < n_init + n_main)
            status->container_statuses[status->n_container_statuses++] = one;
        else
            status->ephemeral_container_statuses[status->n_ephemeral_container_statuses++] = one;
    }
}

/* --- phase --- */

struct tally {
    size_t pending_init, failed_init, waiting, running, stopped, succeeded;
};

static void count_init(struct maker *m, struct tally *tally)
{
    for (size_t i = 0; i < m->status->n_init_container_statuses; i++) {
        assert(m->status->init_container_statuses != NULL);
        const struct api_container_status *one = &m->status->init_container_statuses[i];
        if (pod_container_is_sidecar(m->in->pod, i)) {
            if (one->started == NULL || (!*one->started && one->state.terminated == NULL))
                tally->pending_init++;
            continue;
        }
        const struct api_container_state_terminated *end =
            one->state.terminated != NULL ? one->state.terminated : one->last_state.terminated;
        if (one->state.running != NULL || end == NULL)
            tally->pending_init++;
        else if (end->exit_code != 0)
            tally->failed_init++;
    }
}

static void count_main(struct maker *m, struct tally *tally)
{
    for (size_t i = 0; i < m->status->n_container_statuses; i++) {
        const struct api_container_status *one = &m->status->container_statuses[i];
        if (one->state.running != NULL) {
            tally->running++;
        } else if (one->state.terminated != NULL) {
            tally->stopped++;
            tally->succeeded += one->state.terminated->exit_code == 0;
        } else if (one->last_state.terminated != NULL) {
            tally->stopped++;
        } else {
            tally->waiting++;
        }
    }
}

static const char *phase_of(struct maker *m)
{
    if (pod_is_terminal(m->in->pod))
        return m->in->pod->status.phase;
    if (m->in->reason != NULL)
        return "Failed";
    struct tally tally = { 0 };
    count_init(m, &tally);
    count_main(m, &tally);
    if (tally.failed_init > 0 && pod_policy_is(m->in->pod, "Never"))
        return "Failed";
    if (m->in->ended && tally.running == 0)
        return tally.stopped > 0 && tally.stopped == tally.succeeded ? "Succeeded" : "Failed";
    if ((tally.pending_init > 0 && !main_was_made(m)) || tally.waiting > 0)
        return "Pending";
    if (tally.running > 0)
        return "Running";
    if (tally.stopped == 0)
        return "Pending";
    if (!pod_plan_done(m->in->pod, m->in->runtime, m->in->memos))
        return "Running";
    return tally.stopped == tally.succeeded ? "Succeeded" : "Failed";
}

/* --- conditions --- */

static int64_t generation_of(const struct maker *m)
{
    return m->in->observed ? m->in->pod->metadata.generation : m->in->pod->status.observed_generation;
}

static void set_condition(struct maker *m, const char *type, bool is_true, const char *reason, const char *message)
{
    struct api_pod_status *status = m->status;
    struct api_pod_condition *found = NULL;
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (text_equal(status->conditions[i].type, type))
            found = &status->conditions[i];
    }
    assert(found != NULL); /* order_conditions() put all of ours there */
    const char *text = is_true ? "True" : "False";
    if (!text_equal(found->status, text))
        found->last_transition_time = m->in->now;
    found->status = text;
    found->reason = reason;
    found->message = message;
    found->observed_generation = generation_of(m);
}

/* "containers with unready status: [a b]", or NULL when all is well. Init: incomplete ones. */
static const char *unready_message(struct maker *m, bool init)
{
    auto_buffer struct buffer names = { .max = 65536 };
    size_t count = 0;
    for (size_t i = 0; i < m->status->n_container_statuses + m->status->n_init_container_statuses; i++) {
        bool is_init = i < m->status->n_init_container_statuses;
        const struct api_container_status *one =
            is_init ? &m->status->init_container_statuses[i]
                    : &m->status->container_statuses[i - m->status->n_init_container_statuses];
        bool sidecar = is_init && pod_container_is_sidecar(m->in->pod, i);
        bool good;
        if (init && is_init)
            good = sidecar ? one->started != NULL && *one->started : one->ready;
        else if (!init && (!is_init || sidecar))
            good = one->ready;
        else
            continue;
        if (!good)
            buffer_format(&names, "%s%s", count++ > 0 ? " " : "", one->name);
    }
    if (count == 0)
        return NULL;
    return arena_format(m->arena, "containers with %s status: [%s]", init ? "incomplete" : "unready",
                        buffer_failed(&names) ? "" : names.data);
}

static const struct api_pod_condition *find_condition(const struct api_pod_status *status, const char *type)
{
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (text_equal(status->conditions[i].type, type))
            return &status->conditions[i];
    }
    return NULL;
}

static const char *gates_message(struct maker *m)
{
    const struct api_pod_spec *spec = &m->in->pod->spec;
    const char *all = NULL;
    for (size_t i = 0; i < spec->n_readiness_gates; i++) {
        const char *type = spec->readiness_gates[i].condition_type, *one;
        const struct api_pod_condition *gate = find_condition(m->status, type);
        if (gate != NULL && text_equal(gate->status, "True"))
            continue;
        if (gate == NULL)
            one = arena_format(m->arena, "corresponding condition of pod readiness gate \"%s\" does not exist.", type);
        else
            one = arena_format(m->arena, "the status of pod readiness gate \"%s\" is not \"True\", but %s", type,
                               gate->status);
        all = all == NULL ? one : arena_format(m->arena, "%s, %s", all, one);
    }
    return all;
}

/* What others set, then ours as upstream's kubelet lists them. */
static void order_conditions(struct maker *m, const struct api_pod_status *old)
{
    static const char *const ours[] = {
        "PodResizePending", "PodResizeInProgress", "PodReadyToStartContainers", "Initialized", "Ready",
        "ContainersReady",  "PodScheduled"
    };
    struct api_pod_status *status = m->status;
    status->conditions = arena_new_array(m->arena, struct api_pod_condition, old->n_conditions + countof(ours));
    for (size_t i = 0; i < old->n_conditions; i++) {
        bool own = false;
        for (size_t j = 0; j < countof(ours); j++)
            own |= text_equal(old->conditions[i].type, ours[j]);
        if (!own)
            status->conditions[status->n_conditions++] = old->conditions[i];
    }
    bool absent[countof(ours)] = { m->in->pending_reason == NULL || m->in->ended, !m->in->resizing || m->in->ended };
    for (size_t j = 0; j < countof(ours); j++) {
        if (absent[j])
            continue;
        const struct api_pod_condition *known = find_condition(old, ours[j]);
        status->conditions[status->n_conditions++] =
            known != NULL ? *known : (struct api_pod_condition){ .type = ours[j] };
    }
}

/* They are there only while there is something to tell. */
static void set_resize_conditions(struct maker *m)
{
    for (size_t i = 0; i < m->status->n_conditions; i++) {
        struct api_pod_condition *one = &m->status->conditions[i];
        if (text_equal(one->type, "PodResizePending")) {
            set_condition(m, one->type, true, m->in->pending_reason, m->in->pending_message);
            one->observed_generation = m->in->pending_generation;
        } else if (text_equal(one->type, "PodResizeInProgress")) {
            bool failed = !text_empty(m->in->resize_error);
            set_condition(m, one->type, true, failed ? "Error" : NULL, failed ? m->in->resize_error : NULL);
            one->observed_generation = m->in->resizing_generation;
        }
    }
}

static void set_conditions(struct maker *m)
{
    const struct api_pod_status *old = &m->in->pod->status;
    struct api_pod_status *status = m->status;
    order_conditions(m, old);
    set_resize_conditions(m);

    bool succeeded = text_equal(status->phase, "Succeeded"), failed = text_equal(status->phase, "Failed");
    set_condition(m, "PodReadyToStartContainers", pod_runtime_sandbox(m->in->runtime) != NULL, NULL, NULL);
    const char *incomplete = main_was_made(m) ? NULL : unready_message(m, true);
    set_condition(m, "Initialized", incomplete == NULL || succeeded,
                  succeeded            ? "PodCompleted"
                  : incomplete != NULL ? "ContainersNotInitialized"
                                       : NULL,
                  succeeded ? NULL : incomplete);
    const char *unready = unready_message(m, false);
    if (succeeded || failed) {
        const char *reason = succeeded ? "PodCompleted" : "PodFailed";
        set_condition(m, "Ready", false, reason, NULL);
        set_condition(m, "ContainersReady", false, reason, NULL);
    } else {
        const char *gates = unready == NULL ? gates_message(m) : NULL;
        set_condition(m, "Ready", unready == NULL && gates == NULL,
                      unready != NULL ? "ContainersNotReady"
                      : gates != NULL ? "ReadinessGatesNotReady"
                                      : NULL,
                      unready != NULL ? unready : gates);
        set_condition(m, "ContainersReady", unready == NULL, unready != NULL ? "ContainersNotReady" : NULL, unready);
    }
    set_condition(m, "PodScheduled", true, NULL, NULL);
}

/* --- the rest --- */

static void set_addresses(struct maker *m)
{
    struct api_pod_status *status = m->status;
    size_t n_hosts = 0;
    while (m->in->host_ips != NULL && m->in->host_ips[n_hosts] != NULL)
        n_hosts++;
    if (n_hosts > 0) {
        status->host_ip = m->in->host_ips[0];
        status->host_ips = arena_new_array(m->arena, struct api_host_ip, n_hosts);
        for (size_t i = 0; i < n_hosts; i++)
            status->host_ips[status->n_host_ips++].ip = m->in->host_ips[i];
    }
    const struct runtime_sandbox *sandbox =
        m->in->runtime != NULL && m->in->runtime->n_sandboxes > 0 ? &m->in->runtime->sandboxes[0] : NULL;
    bool host = m->in->pod->spec.host_network;
    size_t n = host ? n_hosts : sandbox != NULL ? sandbox->n_ips : 0;
    if (n == 0 || (host && sandbox == NULL)) {
        status->pod_ip = m->in->pod->status.pod_ip; /* a stopped sandbox has none any more; the address was this */
        status->pod_ips = m->in->pod->status.pod_ips;
        status->n_pod_ips = m->in->pod->status.n_pod_ips;
        return;
    }
    status->pod_ips = arena_new_array(m->arena, struct api_pod_ip, n);
    for (size_t i = 0; i < n; i++)
        status->pod_ips[status->n_pod_ips++].ip = host ? m->in->host_ips[i] : sandbox->ips[i];
    status->pod_ip = status->pod_ips[0].ip;
}

struct api_pod_status *pod_status_make(const struct pod_status_input *input, struct arena *arena)
{
    struct api_pod_status *status = arena_new(arena, struct api_pod_status);
    struct maker maker = { input, arena, status };
    const struct api_pod_status *old = &input->pod->status;
    /* What others write is carried over. */
    status->nominated_node_name = old->nominated_node_name;
    status->resource_claim_statuses = old->resource_claim_statuses;
    status->n_resource_claim_statuses = old->n_resource_claim_statuses;
    status->extended_resource_claim_status = old->extended_resource_claim_status;

    status->observed_generation = generation_of(&maker);
    status->start_time = old->start_time != 0 ? old->start_time : input->start_time;
    status->qos_class = text_empty(old->qos_class) ? api_pod_qos_class(&input->pod->spec) : old->qos_class;
    status->reason = input->reason != NULL ? input->reason : old->reason;
    status->message = input->reason != NULL ? input->message : old->message;
    set_containers(&maker);
    set_pod_resources(&maker);
    status->phase = phase_of(&maker);
    set_addresses(&maker);
    set_conditions(&maker);
    return status;
}
