/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "node/kubelet/pod/plan.h"

/* A row says what the runtime has ("web=run:0", "init=exit:1:3", attempt then exit code) and what must come of it. */
struct row {
    const char *name;
    const char *policy;
    const char *sandbox; /* "ready", "dead", "" */
    const char *containers;
    const char *want; /* the first action as text, "" none, "finished" */
    bool stopping;
    bool unprepared;
    bool gone;
};

#define NOW (1000 * USEC_PER_SEC)

static const struct row rows[] = {
    { "fresh", "Always", "", "", "prepare", .unprepared = true },
    { "prepared", "Always", "", "", "sandbox:0" },
    { "init first", "Always", "ready", "", "start:setup:0" },
    { "init runs", "Always", "ready", "setup=run:0", "" },
    { "init failed", "Always", "ready", "setup=exit:0:1", "start:setup:1" },
    { "init failed, never", "Never", "ready", "setup=exit:0:1", "stop" },
    { "init failed, never, stopped", "Never", "dead", "setup=exit:0:1", "finished" },
    { "sidecar next", "Always", "ready", "setup=exit:0:0", "start:proxy:0" },
    { "sidecar started, main next", "Always", "ready", "proxy=run:0 setup=exit:0:0", "start:web:0" },
    { "sidecar died before main", "Always", "ready", "proxy=exit:0:1 setup=exit:0:0", "start:proxy:1" },
    { "all run", "Always", "ready", "web=run:0 proxy=run:0 setup=exit:0:0", "" },
    { "sidecar died later", "Always", "ready", "web=run:0 proxy=exit:2:1 setup=exit:0:0", "start:proxy:3" },
    { "main died", "Always", "ready", "web=exit:0:1 proxy=run:0 setup=exit:0:0", "start:web:1" },
    { "main ended, always", "Always", "ready", "web=exit:0:0 proxy=run:0 setup=exit:0:0", "start:web:1" },
    { "main ended, on failure", "OnFailure", "ready", "web=exit:0:0 proxy=run:0 setup=exit:0:0", "kill:proxy" },
    { "main failed, on failure", "OnFailure", "ready", "web=exit:0:2 proxy=run:0 setup=exit:0:0", "start:web:1" },
    { "main failed, never", "Never", "ready", "web=exit:0:2 setup=exit:0:0", "stop" },
    { "never, sandbox gone", "Never", "dead", "web=exit:0:2 setup=exit:0:0", "finished" },
    { "created but not started", "Always", "ready", "web=new:0 proxy=run:0 setup=exit:0:0", "start:web:1" },
    { "sandbox died", "Always", "dead", "web=run:0 setup=exit:0:0", "kill:web" },
    { "sandbox died, all dead", "Always", "dead", "web=exit:0:137 setup=exit:0:0", "sandbox:1" },
    { "deleted", "Always", "ready", "web=run:0 proxy=run:0 setup=exit:0:0", "kill:web", .stopping = true },
    { "deleted, sidecar left", "Always", "ready", "web=exit:0:0 proxy=run:0", "kill:proxy", .stopping = true },
    { "deleted, all dead", "Always", "ready", "web=exit:0:0", "stop", .stopping = true },
    { "deleted, done", "Always", "dead", "web=exit:0:0", "finished", .stopping = true },
    { "deleted before anything", "Always", "", "", "finished", .stopping = true },
    { "unknown to the API", "Always", "ready", "web=run:0", "kill:web", .gone = true },
    { "unknown to the API, dead", "Always", "dead", "web=exit:0:0", "remove", .gone = true },
    { "old instances go", "Always", "ready", "web=run:2 web=exit:1:1 web=exit:0:1 proxy=run:0 setup=exit:0:0",
      "collect" },
};

static size_t parse_containers(const char *text, struct runtime_container *ret)
{
    struct str rest = str_of(text), word;
    size_t n = 0;
    static char names[8][16], ids[8][16];
    while (text[0] != '\0' && str_next(&rest, ' ', &word)) {
        char state[8] = "";
        unsigned attempt = 0;
        int code = 0;
        char copy[64];
        snprintf(copy, sizeof(copy), STR_FMT, STR_ARG(word));
        sscanf(copy, "%15[^=]=%7[^:]:%u:%d", names[n], state, &attempt, &code);
        snprintf(ids[n], sizeof(ids[n]), "id%zu", n);
        ret[n] = (struct runtime_container){
            .id = ids[n],
            .name = names[n],
            .sandbox_id = "s1",
            .attempt = attempt,
            .exit_code = code,
            .grace = -1,
            .state = state[0] == 'r'   ? CRI_CONTAINER_STATE_CONTAINER_RUNNING
                     : state[0] == 'e' ? CRI_CONTAINER_STATE_CONTAINER_EXITED
                                       : CRI_CONTAINER_STATE_CONTAINER_CREATED,
            .finished_at = NOW - USEC_PER_SEC,
        };
        n++;
    }
    return n;
}

static struct api_container init_containers[] = { { .name = "setup", .image = "a" },
                                                  { .name = "proxy", .image = "a", .restart_policy = "Always" } };
static struct api_container main_containers[] = { { .name = "web", .image = "b" } };

static struct api_pod make_pod(const char *policy)
{
    return (struct api_pod){ .metadata = { .name = "p", .namespace = "d", .uid = "u" },
                             .spec = { .restart_policy = policy,
                                       .init_containers = init_containers,
                                       .n_init_containers = 2,
                                       .containers = main_containers,
                                       .n_containers = 1 } };
}

static void describe(const struct pod_plan *plan, const struct runtime_container *containers, size_t n, char *text,
                     size_t size)
{
    text[0] = '\0';
    if (plan->finished)
        snprintf(text, size, "finished");
    if (plan->n_actions == 0)
        return;
    const struct pod_action *action = &plan->actions[0];
    static const char *const names[] = { "setup", "proxy", "web" };
    const char *killed = "";
    for (size_t i = 0; i < n; i++) {
        if (text_equal(containers[i].id, action->id))
            killed = containers[i].name;
    }
    switch (action->type) {
    case POD_PREPARE:
        snprintf(text, size, "prepare");
        break;
    case POD_CREATE_SANDBOX:
        snprintf(text, size, "sandbox:%u", action->attempt);
        break;
    case POD_STOP_SANDBOX:
        snprintf(text, size, "stop");
        break;
    case POD_REMOVE_SANDBOX:
        snprintf(text, size, "remove");
        break;
    case POD_PULL_IMAGE:
        snprintf(text, size, "pull:%s", names[action->container]);
        break;
    case POD_START_CONTAINER:
        snprintf(text, size, "start:%s:%u", names[action->container], action->attempt);
        break;
    case POD_KILL_CONTAINER:
        snprintf(text, size, "kill:%s", killed);
        break;
    case POD_RESIZE:
    case POD_REMOVE_CONTAINER:
        snprintf(text, size, "collect");
        break;
    }
}

static void plans_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        const struct row *row = &rows[i];
        struct api_pod pod = make_pod(row->policy);
        struct runtime_container containers[8];
        const char *ips[] = { "10.0.0.1" };
        struct runtime_sandbox sandbox = {
            .id = "s1", .ready = text_equal(row->sandbox, "ready"), .ips = ips, .n_ips = 1
        };
        struct pod_runtime runtime = { .sandboxes = &sandbox,
                                       .n_sandboxes = row->sandbox[0] != '\0',
                                       .containers = containers };
        runtime.n_containers = parse_containers(row->containers, containers);
        struct container_memo memos[3] = { { .image_ready = true }, { .image_ready = true }, { .image_ready = true } };
        struct pod_plan_input input = { .pod = row->gone ? NULL : &pod,
                                        .runtime = &runtime,
                                        .memos = memos,
                                        .stopping = row->stopping,
                                        .prepared = !row->unprepared,
                                        .network_ready = true,
                                        .now = NOW };
        struct pod_plan plan;
        pod_plan(&input, &plan);
        char text[64];
        describe(&plan, containers, runtime.n_containers, text, sizeof(text));
        if (strcmp(text, row->want) != 0)
            fail_msg("%s: want \"%s\", got \"%s\"", row->name, row->want, text);
    }
}

static void crashes_wait_longer_each_time(void **state)
{
    (void)state;
    struct backoff backoff = { 0 };
    usec_t now = NOW;
    static const int64_t waits[] = { 0, 10, 20, 40, 80, 160, 300, 300 };
    for (size_t i = 0; i < countof(waits); i++) {
        usec_t until = backoff_until(&backoff, now);
        assert_int_equal(waits[i], until == 0 ? 0 : (until - now) / USEC_PER_SEC);
        usec_t failed = now;
        now = until > now ? until : now;
        backoff_next(&backoff, failed, now);
    }
    assert_int_equal(0, backoff_until(&backoff, now + 601 * USEC_PER_SEC));
}

static void a_crashed_container_waits(void **state)
{
    (void)state;
    struct api_pod pod = make_pod("Always");
    const char *ips[] = { "10.0.0.1" };
    struct runtime_sandbox sandbox = { .id = "s1", .ready = true, .ips = ips, .n_ips = 1 };
    struct runtime_container containers[8];
    struct pod_runtime runtime = { .sandboxes = &sandbox, .n_sandboxes = 1, .containers = containers };
    runtime.n_containers = parse_containers("web=exit:1:1 proxy=run:0 setup=exit:0:0", containers);
    struct container_memo memos[3] = { [2] = { .image_ready = false } };
    memos[2] = (struct container_memo){ .image_ready = true, .crash = { 20 * USEC_PER_SEC, NOW - 30 * USEC_PER_SEC } };
    struct pod_plan_input input = {
        .pod = &pod, .runtime = &runtime, .memos = memos, .prepared = true, .network_ready = true, .now = NOW
    };
    struct pod_plan plan;
    pod_plan(&input, &plan);
    assert_int_equal(0, plan.n_actions);
    assert_true(plan.backing_off[2]);
    assert_int_equal(NOW + 19 * USEC_PER_SEC, plan.wake);

    input.now = plan.wake;
    pod_plan(&input, &plan);
    assert_int_equal(1, plan.n_actions);
    assert_int_equal(POD_START_CONTAINER, plan.actions[0].type);
    assert_int_equal(2, plan.actions[0].attempt);
    assert_true(plan.actions[0].crashed);
}

static void failed_probes_kill(void **state)
{
    (void)state;
    struct api_pod pod = make_pod("Always");
    const char *ips[] = { "10.0.0.1" };
    struct runtime_sandbox sandbox = { .id = "s1", .ready = true, .ips = ips, .n_ips = 1 };
    struct runtime_container containers[8];
    struct pod_runtime runtime = { .sandboxes = &sandbox, .n_sandboxes = 1, .containers = containers };
    runtime.n_containers = parse_containers("web=run:1 proxy=run:0 setup=exit:0:0", containers);
    struct container_memo memos[3] = { [2] = { .image_ready = false } };
    memos[2].probes[PROBE_LIVENESS] = PROBE_FAILURE;
    struct pod_plan_input input = {
        .pod = &pod, .runtime = &runtime, .memos = memos, .prepared = true, .network_ready = true, .now = NOW
    };
    struct pod_plan plan;
    pod_plan(&input, &plan);
    assert_int_equal(1, plan.n_actions);
    assert_int_equal(POD_KILL_CONTAINER, plan.actions[0].type);
    assert_string_equal("Container %s failed liveness probe, will be restarted", plan.actions[0].message);
    assert_int_equal(30, plan.actions[0].grace);
}

static void a_deadline_ends_the_pod(void **state)
{
    (void)state;
    struct api_pod pod = make_pod("Always");
    int64_t seconds = 60;
    pod.spec.active_deadline_seconds = &seconds;
    struct container_memo memos[3] = { { .image_ready = true } };
    struct pod_plan_input input = { .pod = &pod,
                                    .memos = memos,
                                    .prepared = true,
                                    .network_ready = true,
                                    .start_time = NOW - 59 * USEC_PER_SEC,
                                    .now = NOW };
    struct pod_plan plan;
    pod_plan(&input, &plan);
    assert_false(plan.deadline_exceeded);
    assert_int_equal(NOW + USEC_PER_SEC, plan.wake);
    input.now += USEC_PER_SEC;
    pod_plan(&input, &plan);
    assert_true(plan.deadline_exceeded);
    assert_true(plan.finished);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_follow_the_table),    cmocka_unit_test(crashes_wait_longer_each_time),
        cmocka_unit_test(a_crashed_container_waits), cmocka_unit_test(failed_probes_kill),
        cmocka_unit_test(a_deadline_ends_the_pod),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
