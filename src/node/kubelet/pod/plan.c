/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/plan.h"

#include <string.h>

#include "node/kubelet/resize/change.h"

/* A plan under construction. */
struct planner {
    const struct pod_plan_input *input;
    const struct api_pod *pod;
    const struct pod_runtime *runtime;
    const struct runtime_sandbox *sandbox; /* the usable one, or NULL */
    struct pod_plan *plan;
};

static bool running(const struct runtime_container *instance)
{
    return instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING;
}

static bool exited(const struct runtime_container *instance)
{
    return instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_EXITED;
}

uint64_t pod_container_hash(const struct api_container *container)
{
    uint64_t hash = str_hash(str_of(container->name)) ^ (str_hash(str_of(container->image)) * 31);
    return hash == 0 ? 1 : hash;
}

bool pod_container_started(const struct api_container *container, const struct runtime_container *instance,
                           const struct container_memo *memo)
{
    if (!running(instance) || memo->post_start_pending)
        return false;
    return container->startup_probe == NULL || memo->probes[PROBE_STARTUP] == PROBE_SUCCESS;
}

/* For a pod that never restarts, the old instance counts whatever its sandbox was. */
static bool init_failed(const struct api_pod *pod, const struct pod_runtime *runtime)
{
    for (size_t i = 0; i < pod->spec.n_init_containers; i++) {
        const struct runtime_container *instance = pod_runtime_newest(runtime, pod->spec.init_containers[i].name);
        if (exited(instance) && instance->exit_code != 0 && !pod_container_restarts(pod, i, instance->exit_code))
            return true;
    }
    return false;
}

bool pod_plan_done(const struct api_pod *pod, const struct pod_runtime *runtime, const struct container_memo *memos)
{
    if (init_failed(pod, runtime))
        return true;
    size_t first = pod->spec.n_init_containers;
    for (size_t i = 0; i < pod->spec.n_containers; i++) {
        const struct runtime_container *instance = pod_runtime_newest(runtime, pod->spec.containers[i].name);
        if (!exited(instance) || memos[first + i].resize_restart ||
            pod_container_restarts(pod, first + i, instance->exit_code))
            return false;
    }
    return pod->spec.n_containers > 0;
}

static struct pod_action *add(struct planner *planner, enum pod_action_type type)
{
    struct pod_plan *plan = planner->plan;
    if (plan->n_actions == POD_ACTIONS_MAX)
        return NULL; /* the rest comes with the next plan */
    struct pod_action *action = &plan->actions[plan->n_actions++];
    *action = (struct pod_action){ .type = type, .container = SIZE_MAX };
    return action;
}

static void wake_at(struct planner *planner, usec_t moment)
{
    if (planner->plan->wake == 0 || moment < planner->plan->wake)
        planner->plan->wake = moment;
}

/* Still to wait after the failure at 'failed'? 0 never failed. */
static bool retrying_later(struct planner *planner, usec_t failed, usec_t delay)
{
    if (failed == 0 || planner->input->now >= failed + delay)
        return false;
    wake_at(planner, failed + delay);
    return true;
}

static int64_t grace_of(const struct planner *planner, const struct runtime_container *instance)
{
    if (planner->pod != NULL)
        return pod_grace_seconds(planner->pod);
    return instance->grace >= 0 ? instance->grace : 30;
}

static void kill_instance(struct planner *planner, const struct runtime_container *instance, size_t container,
                          const char *message, int64_t grace)
{
    struct pod_action *action = add(planner, POD_KILL_CONTAINER);
    if (action == NULL)
        return;
    action->container = container;
    action->id = instance->id;
    action->grace = grace;
    action->message = message;
}

static size_t number_of(const struct planner *planner, const struct runtime_container *instance)
{
    if (planner->pod == NULL)
        return SIZE_MAX;
    size_t index = pod_container_find(planner->pod, instance->name);
    return index < pod_container_count(planner->pod) ? index : SIZE_MAX;
}

/* Mains together, then sidecars one by one from the last, so that they serve until the end. True: something is left. */
static bool kill_all(struct planner *planner)
{
    const struct pod_runtime *runtime = planner->runtime;
    const struct runtime_container *last_sidecar = NULL;
    size_t last_number = 0;
    for (size_t i = 0; runtime != NULL && i < runtime->n_containers; i++) {
        const struct runtime_container *instance = &runtime->containers[i];
        if (!running(instance))
            continue;
        size_t number = number_of(planner, instance);
        if (number != SIZE_MAX && pod_container_is_sidecar(planner->pod, number)) {
            if (last_sidecar == NULL || number > last_number) {
                last_sidecar = instance;
                last_number = number;
            }
            continue;
        }
        kill_instance(planner, instance, number, NULL, grace_of(planner, instance));
    }
    if (planner->plan->n_actions == 0 && last_sidecar != NULL)
        kill_instance(planner, last_sidecar, last_number, NULL, grace_of(planner, last_sidecar));
    return planner->plan->n_actions > 0;
}

static bool stop_sandboxes(struct planner *planner, size_t first)
{
    for (size_t i = first; planner->runtime != NULL && i < planner->runtime->n_sandboxes; i++) {
        if (!planner->runtime->sandboxes[i].ready)
            continue;
        struct pod_action *action = add(planner, POD_STOP_SANDBOX);
        if (action != NULL)
            action->id = planner->runtime->sandboxes[i].id;
        return true;
    }
    return false;
}

static bool remove_sandboxes(struct planner *planner)
{
    if (planner->runtime == NULL || planner->runtime->n_sandboxes == 0)
        return false;
    struct pod_action *action = add(planner, POD_REMOVE_SANDBOX);
    action->id = planner->runtime->sandboxes[planner->runtime->n_sandboxes - 1].id;
    return true;
}

/* One dead instance beside the newest one is kept, for its logs and as lastState. */
static bool collect_dead(struct planner *planner)
{
    const struct pod_runtime *runtime = planner->runtime;
    for (size_t i = 0; runtime != NULL && i < runtime->n_containers; i++) {
        const struct runtime_container *instance = &runtime->containers[i];
        if (running(instance) || instance == pod_runtime_newest(runtime, instance->name) ||
            instance == pod_runtime_previous(runtime, instance->name))
            continue;
        struct pod_action *action = add(planner, POD_REMOVE_CONTAINER);
        action->id = instance->id;
        return true;
    }
    for (size_t i = 1; runtime != NULL && i < runtime->n_sandboxes; i++) {
        bool used = runtime->sandboxes[i].ready;
        for (size_t c = 0; c < runtime->n_containers; c++)
            used = used || text_equal(runtime->containers[c].sandbox_id, runtime->sandboxes[i].id);
        if (used)
            continue;
        struct pod_action *action = add(planner, POD_REMOVE_SANDBOX);
        action->id = runtime->sandboxes[i].id;
        return true;
    }
    return false;
}

/* True while a failed pull backs off. ErrImagePull is seen for a second before it becomes ImagePullBackOff. */
static bool wait_for_pull(struct planner *planner, size_t container, const struct container_memo *memo)
{
    usec_t now = planner->input->now, until = backoff_until(&memo->pull, memo->pull_failed);
    if (until <= now)
        return false;
    usec_t shown = memo->pull_failed + USEC_PER_SEC;
    planner->plan->pull_backing_off[container] = now >= shown;
    wake_at(planner, until);
    if (now < shown)
        wake_at(planner, shown);
    wake_at(planner, now < memo->image_looked + IMAGE_LOOK ? memo->image_looked + IMAGE_LOOK : now + IMAGE_LOOK);
    return true;
}

static void plan_start(struct planner *planner, size_t container)
{
    const struct pod_plan_input *input = planner->input;
    const struct container_memo *memo = &input->memos[container];
    const struct runtime_container *last =
        pod_runtime_newest(planner->runtime, pod_container(planner->pod, container)->name);

    usec_t until = exited(last) && !memo->resize_restart ? backoff_until(&memo->crash, last->finished_at) : 0;
    if (until > input->now) {
        planner->plan->backing_off[container] = true;
        planner->plan->backoff_delay[container] = memo->crash.delay;
        wake_at(planner, until);
        return;
    }
    if (retrying_later(planner, memo->start_failed, START_RETRY))
        return;
    if (!memo->image_ready) {
        bool look_only = memo->pull_failed != 0 && wait_for_pull(planner, container, memo);
        if (look_only && input->now < memo->image_looked + IMAGE_LOOK)
            return;
        struct pod_action *pull = add(planner, POD_PULL_IMAGE);
        if (pull != NULL) {
            pull->container = container;
            pull->look_only = look_only;
        }
        return;
    }
    struct pod_action *start = add(planner, POD_START_CONTAINER);
    if (start == NULL)
        return;
    start->container = container;
    start->attempt = last != NULL ? last->attempt + 1 : 0;
    start->crashed = exited(last) && !memo->resize_restart;
    start->crashed_at = last != NULL ? last->finished_at : 0;
}

static int64_t probe_grace(const struct planner *planner, const struct api_probe *probe)
{
    return probe != NULL && probe->termination_grace_period_seconds != NULL ? *probe->termination_grace_period_seconds
                                                                            : pod_grace_seconds(planner->pod);
}

/* A running instance that must not go on: true when it is being killed. */
static bool kill_unfit(struct planner *planner, size_t container, const struct runtime_container *instance)
{
    const struct api_container *spec = pod_container(planner->pod, container);
    const struct container_memo *memo = &planner->input->memos[container];
    if (memo->post_start_failed) {
        kill_instance(planner, instance, container, "FailedPostStartHook: container %s",
                      pod_grace_seconds(planner->pod));
    } else if (memo->probes[PROBE_STARTUP] == PROBE_FAILURE) {
        kill_instance(planner, instance, container, "Container %s failed startup probe, will be restarted",
                      probe_grace(planner, spec->startup_probe));
    } else if (memo->probes[PROBE_LIVENESS] == PROBE_FAILURE) {
        kill_instance(planner, instance, container, "Container %s failed liveness probe, will be restarted",
                      probe_grace(planner, spec->liveness_probe));
    } else if (instance->spec_hash != 0 && instance->spec_hash != pod_container_hash(spec)) {
        kill_instance(planner, instance, container, "Container %s definition changed, will be restarted",
                      pod_grace_seconds(planner->pod));
    } else {
        return false;
    }
    return true;
}

static bool in_sandbox(const struct planner *planner, const struct runtime_container *instance)
{
    return instance != NULL && text_equal(instance->sandbox_id, planner->sandbox->id);
}

static bool any_main_made(const struct planner *planner)
{
    for (size_t i = 0; i < planner->pod->spec.n_containers; i++) {
        if (in_sandbox(planner, pod_runtime_newest(planner->runtime, planner->pod->spec.containers[i].name)))
            return true;
    }
    return false;
}

/* One init container; true: it holds up those behind it. */
static bool plan_init(struct planner *planner, size_t i, bool initialized)
{
    const struct api_container *spec = pod_container(planner->pod, i);
    const struct runtime_container *instance = pod_runtime_newest(planner->runtime, spec->name);
    if (!in_sandbox(planner, instance))
        instance = NULL;
    if (pod_container_is_sidecar(planner->pod, i)) {
        if (!running(instance)) {
            plan_start(planner, i);
            return !initialized;
        }
        if (kill_unfit(planner, i, instance))
            return !initialized;
        return !initialized && !pod_container_started(spec, instance, &planner->input->memos[i]);
    }
    if (initialized)
        return false;
    if (running(instance))
        return !kill_unfit(planner, i, instance) || true;
    if (exited(instance) && instance->exit_code == 0)
        return false;
    plan_start(planner, i);
    return true;
}

static void plan_main(struct planner *planner, size_t i)
{
    const struct runtime_container *instance =
        pod_runtime_newest(planner->runtime, pod_container(planner->pod, i)->name);
    if (running(instance)) {
        kill_unfit(planner, i, instance);
        return;
    }
    if (exited(instance) && !planner->input->memos[i].resize_restart &&
        !pod_container_restarts(planner->pod, i, instance->exit_code))
        return;
    plan_start(planner, i);
}

static void plan_containers(struct planner *planner)
{
    bool initialized = any_main_made(planner);
    size_t n_init = planner->pod->spec.n_init_containers;
    for (size_t i = 0; i < n_init; i++) {
        if (plan_init(planner, i, initialized))
            return;
    }
    for (size_t i = n_init; i < pod_container_count(planner->pod); i++)
        plan_main(planner, i);
}

/* Containers that cannot change while they run are killed first, so that the pod's cgroup never has to hold both. True:
 * nothing else is to be done now. */
static bool plan_resize(struct planner *planner)
{
    const struct pod_plan_input *input = planner->input;
    if (input->actuated == NULL)
        return false;
    size_t count = planner->pod->spec.n_init_containers + planner->pod->spec.n_containers;
    for (size_t i = 0; i < count; i++) {
        const struct api_container *spec = pod_container(planner->pod, i);
        const struct runtime_container *instance = pod_runtime_newest(planner->runtime, spec->name);
        size_t before = planner->plan->n_actions;
        if (!running(instance) || !resize_change_restarts(spec, resize_change_of(planner->pod, input->actuated, i)))
            continue;
        kill_instance(planner, instance, i, "Container %s resize requires restart", pod_grace_seconds(planner->pod));
        if (planner->plan->n_actions > before)
            planner->plan->actions[before].resize = true;
    }
    if (planner->plan->n_actions > 0)
        return true;
    if (input->resize_applied || retrying_later(planner, input->resize_failed, RESIZE_RETRY))
        return false;
    add(planner, POD_RESIZE);
    return true;
}

/* Runs, or takes down what an unusable sandbox left. */
static void plan_sandbox(struct planner *planner)
{
    const struct pod_plan_input *input = planner->input;
    if (kill_all(planner) || stop_sandboxes(planner, 0))
        return;
    if (!input->network_ready && !planner->pod->spec.host_network)
        return;
    if (input->sandbox_failed != 0) {
        usec_t until =
            input->sandbox_backoff != NULL ? backoff_until(input->sandbox_backoff, input->sandbox_failed) : 0;
        if (until > input->now) {
            wake_at(planner, until);
            return;
        }
    }
    struct pod_action *action = add(planner, POD_CREATE_SANDBOX);
    action->attempt =
        planner->runtime != NULL && planner->runtime->n_sandboxes > 0 ? planner->runtime->sandboxes[0].attempt + 1 : 0;
}

/* Several starts would run one after the other anyway: keep the kills, or else the first action. */
static void keep_first(struct pod_plan *plan)
{
    size_t kills = 0;
    for (size_t i = 0; i < plan->n_actions; i++) {
        if (plan->actions[i].type == POD_KILL_CONTAINER)
            plan->actions[kills++] = plan->actions[i];
    }
    if (kills > 0)
        plan->n_actions = kills;
    else if (plan->n_actions > 1)
        plan->n_actions = 1;
}

static void check_deadline(struct planner *planner)
{
    const struct pod_plan_input *input = planner->input;
    if (planner->pod == NULL || planner->pod->spec.active_deadline_seconds == NULL || input->start_time == 0)
        return;
    usec_t deadline = input->start_time + *planner->pod->spec.active_deadline_seconds * USEC_PER_SEC;
    if (input->now >= deadline)
        planner->plan->deadline_exceeded = true;
    else
        wake_at(planner, deadline);
}

void pod_plan(const struct pod_plan_input *input, struct pod_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
    struct planner planner = { input, input->pod, input->runtime, pod_runtime_sandbox(input->runtime), plan };
    check_deadline(&planner);
    bool gone = input->pod == NULL;
    if (gone || input->stopping || plan->deadline_exceeded || pod_plan_done(input->pod, input->runtime, input->memos)) {
        plan->wake = 0;
        if (kill_all(&planner) || stop_sandboxes(&planner, 0))
            return;
        plan->finished = true;
        if (gone && remove_sandboxes(&planner))
            plan->finished = false;
        return;
    }
    if (!input->prepared) {
        if (!retrying_later(&planner, input->prepare_failed, input->prepare_delay))
            add(&planner, POD_PREPARE);
        return;
    }
    if (planner.sandbox == NULL) {
        plan_sandbox(&planner);
        return;
    }
    if (stop_sandboxes(&planner, 1))
        return;
    if (!plan_resize(&planner))
        plan_containers(&planner);
    if (plan->n_actions == 0)
        collect_dead(&planner);
    keep_first(plan);
}
