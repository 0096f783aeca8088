/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kubelet_test.c - whole kubelets on virtual time, with an API server and a runtime that exist only in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/codec.h"
#include "base/buffer.h"
#include "client/client_fake.h"
#include "generated/cri.h"
#include "generated/types.h"
#include "node/cri/cri_fake.h"
#include "node/kubelet/kubelet.h"

#define START (1700000000 * USEC_PER_SEC)

struct fixture {
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct cri *cri;
    struct kubelet *kubelet;
    bool failing; /* probes whose command is "switch" */
};

static int crash(void *context, const char *image, uint32_t attempt, usec_t *ret_after)
{
    (void)context, (void)attempt;
    *ret_after = USEC_PER_SEC;
    return strcmp(image, "crash") == 0 ? 1 : strcmp(image, "done") == 0 ? 0 : -1;
}

static int probe_exit(void *context, const char *name, const char *const *command, size_t n)
{
    const struct fixture *f = context;
    (void)name, (void)n;
    return strcmp(command[0], "ok") == 0 || (strcmp(command[0], "switch") == 0 && !f->failing) ? 0 : 1;
}

static void start_kubelet(struct fixture *f)
{
    static const char *const addresses[] = { "10.99.0.1", NULL };
    static const char *const dns[] = { "10.96.0.10", NULL };
    const struct kubelet_options options = { .client = f->client,
                                             .cri = f->cri,
                                             .node_name = "node1",
                                             .addresses = addresses,
                                             .cluster_dns = dns,
                                             .cpu_milli = 4000,
                                             .memory = 8LL << 30 };
    f->kubelet = kubelet_create(&options);
    struct error err = { 0 };
    assert_int_equal(0, kubelet_start(f->kubelet, &err));
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->loop = loop_create_virtual(START, 1);
    f->server = fake_server_create(f->loop);
    f->client = fake_server_client(f->server, "kubelet");
    const struct cri_fake_options options = { .call_time = 10 * USEC_PER_MSEC,
                                              .stop_time = 200 * USEC_PER_MSEC,
                                              .behave = crash,
                                              .exec = probe_exit,
                                              .context = f };
    f->cri = cri_fake_create(f->loop, &options);
    cri_fake_add_image(f->cri, "web");
    cri_fake_add_image(f->cri, "crash");
    cri_fake_add_image(f->cri, "done");
    cri_fake_refuse_image(f->cri, "none:1");
    start_kubelet(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kubelet_destroy(f->kubelet);
    client_destroy(f->client);
    cri_destroy(f->cri);
    fake_server_destroy(f->server);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static void run_seconds(struct fixture *f, int64_t seconds)
{
    loop_run_until(f->loop, loop_now(f->loop) + seconds * USEC_PER_SEC);
}

static void put_pod(struct fixture *f, const char *name, const char *spec)
{
    char json[4096];
    snprintf(json, sizeof(json),
             "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\",\"uid\":"
             "\"uid-%s\"},"
             "\"spec\":{\"nodeName\":\"node1\",\"terminationGracePeriodSeconds\":30,%s}}",
             name, name, spec);
    fake_server_put(f->server, &api_resource_pod, json);
}

static const struct api_pod *pod(struct fixture *f, const char *name)
{
    const struct object *object = fake_server_get(f->server, &api_resource_pod, "default", name);
    return object != NULL ? api_pod_of(object) : NULL;
}

static const char *condition(const struct api_pod *one, const char *type)
{
    for (size_t i = 0; i < one->status.n_conditions; i++) {
        if (strcmp(one->status.conditions[i].type, type) == 0)
            return one->status.conditions[i].status;
    }
    return "";
}

static bool has_event(struct fixture *f, const char *reason, const char *message)
{
    const struct object *object = NULL;
    while ((object = fake_server_next(f->server, &api_resource_event, object)) != NULL) {
        const struct api_event *event = api_event_of(object);
        if (strcmp(event->reason, reason) == 0 && (message == NULL || strstr(event->message, message) != NULL))
            return true;
    }
    return false;
}

static void the_node_registers_and_lives(void **state)
{
    struct fixture *f = *state;
    run_seconds(f, 5);
    const struct object *object = fake_server_get(f->server, &api_resource_node, NULL, "node1");
    assert_non_null(object);
    const struct api_node *node = api_node_of(object);
    const char *ready = "";
    for (size_t i = 0; i < node->status.n_conditions; i++) {
        if (strcmp(node->status.conditions[i].type, "Ready") == 0)
            ready = node->status.conditions[i].status;
    }
    assert_string_equal("True", ready);
    assert_string_equal("fake://1.0.0", node->status.node_info.container_runtime_version);
    assert_string_equal("10.99.0.1", node->status.addresses[0].address);
    assert_true(has_event(f, "Starting", NULL));
    assert_true(has_event(f, "NodeReady", NULL));
    const struct object *lease =
        fake_server_get(f->server, &api_resource_coordination_lease, "kube-node-lease", "node1");
    assert_non_null(lease);
    usec_t first = api_coordination_lease_of(lease)->spec.renew_time;
    run_seconds(f, 25);
    lease = fake_server_get(f->server, &api_resource_coordination_lease, "kube-node-lease", "node1");
    assert_in_range(api_coordination_lease_of(lease)->spec.renew_time - first, 19 * USEC_PER_SEC, 25 * USEC_PER_SEC);

    struct api_node cordoned = *api_node_of(fake_server_get(f->server, &api_resource_node, NULL, "node1"));
    cordoned.spec.unschedulable = true;
    auto_buffer struct buffer json = { .max = 1 << 20 };
    api_encode_json(&api_type_node, &api_kind_node, &cordoned, &json);
    fake_server_put(f->server, &api_resource_node, json.data);
    run_seconds(f, 1);
    assert_true(has_event(f, "NodeNotSchedulable", "Node node1 status is now: NodeNotSchedulable"));

    /* An idle node writes nothing but its lease. */
    fake_server_clear_log(f->server);
    run_seconds(f, 60);
    const char *log = fake_server_log(f->server);
    assert_null(strstr(log, "nodes/"));
    assert_null(strstr(log, " pods"));
}

static void assert_refused(struct fixture *f, const char *name, const char *reason, const char *message)
{
    const struct api_pod *one = pod(f, name);
    assert_string_equal("Failed", one->status.phase);
    assert_string_equal(reason, one->status.reason);
    assert_string_equal(message, one->status.message);
    assert_true(has_event(f, reason, message));
}

/* Whoever binds past the scheduler finds the node's own answer. */
static void pods_that_do_not_fit_are_refused(void **state)
{
    struct fixture *f = *state;
#define WEB "\"containers\":[{\"name\":\"web\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\""
    run_seconds(f, 5);
    put_pod(f, "first",
            WEB ",\"ports\":[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"TCP\"}],"
                "\"resources\":{\"requests\":{\"cpu\":\"3\"}}}]");
    run_seconds(f, 3);
    put_pod(f, "ports", WEB ",\"ports\":[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"TCP\"}]}]");
    put_pod(f, "sidecar",
            "\"initContainers\":[{\"name\":\"side\",\"image\":\"web\",\"restartPolicy\":\"Always\",\"imagePullPolicy\":"
            "\"IfNotPresent\",\"ports\":[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"TCP\"}]}]," WEB "}]");
    put_pod(f, "udp", WEB ",\"ports\":[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"UDP\"}]}]");
    put_pod(f, "large", WEB ",\"resources\":{\"requests\":{\"cpu\":\"1500m\"}}}]");
    put_pod(f, "kernel", "\"securityContext\":{\"sysctls\":[{\"name\":\"kernel.msgmax\",\"value\":\"1\"}]}," WEB "}]");
    put_pod(f, "elsewhere", "\"nodeSelector\":{\"disk\":\"fast\"}," WEB "}]");
#undef WEB
    run_seconds(f, 3);
    assert_string_equal("Running", pod(f, "first")->status.phase);
    assert_string_equal("Running", pod(f, "udp")->status.phase);
    assert_refused(
        f, "ports", "NodePorts",
        "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
    assert_refused(
        f, "sidecar", "NodePorts",
        "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
    assert_refused(
        f, "large", "OutOfcpu",
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000");
    assert_refused(
        f, "elsewhere", "NodeAffinity",
        "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");

    assert_refused(f, "kernel", "SysctlForbidden",
                   "Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted");

    /* What was taken once is not judged again by the next kubelet. */
    kubelet_destroy(f->kubelet);
    start_kubelet(f);
    run_seconds(f, 5);
    assert_string_equal("Running", pod(f, "first")->status.phase);
    assert_string_equal("Running", pod(f, "udp")->status.phase);
}

static void the_class_chooses_the_runtime(void **state)
{
    struct fixture *f = *state;
#define CLASS(name)                \
    "\"runtimeClassName\":\"" name \
    "\",\"containers\":[{\"name\":\"web\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\"}]"
    fake_server_put(f->server, &api_resource_node_runtime_class,
                    "{\"metadata\":{\"name\":\"plain\"},\"handler\":\"runc\"}");
    fake_server_put(f->server, &api_resource_node_runtime_class,
                    "{\"metadata\":{\"name\":\"boxed\"},\"handler\":\"box\"}");
    put_pod(f, "plain", CLASS("plain"));
    put_pod(f, "boxed", CLASS("boxed"));
    put_pod(f, "lost", CLASS("gone"));
#undef CLASS
    run_seconds(f, 5);
    assert_string_equal("Running", pod(f, "plain")->status.phase);
    assert_string_equal("Pending", pod(f, "boxed")->status.phase);
    assert_string_equal("Pending", pod(f, "lost")->status.phase);
    assert_true(has_event(f, "FailedCreatePodSandBox", "no runtime for \"box\" is configured"));
    assert_true(
        has_event(f, "FailedCreatePodSandBox", "failed to get sandbox runtime: runtimeclass \"gone\" not found"));
    fake_server_put(f->server, &api_resource_node_runtime_class,
                    "{\"metadata\":{\"name\":\"gone\"},\"handler\":\"runc\"}");
    run_seconds(f, 60);
    assert_string_equal("Running", pod(f, "lost")->status.phase);
}

static void a_pod_runs_and_is_deleted(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "web", "\"containers\":[{\"name\":\"web\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\"}]");
    run_seconds(f, 3);
    const struct api_pod *web = pod(f, "web");
    assert_string_equal("Running", web->status.phase);
    assert_string_equal("True", condition(web, "Ready"));
    assert_string_equal("True", condition(web, "PodReadyToStartContainers"));
    assert_string_equal("True", condition(web, "Initialized"));
    static const char *const order[] = { "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady",
                                         "PodScheduled" };
    assert_int_equal(countof(order), web->status.n_conditions);
    for (size_t i = 0; i < countof(order); i++)
        assert_string_equal(order[i], web->status.conditions[i].type);
    assert_string_equal("10.99.0.1", web->status.host_ip);
    assert_string_equal("BestEffort", web->status.qos_class);
    assert_true(strncmp(web->status.pod_ip, "10.250.", 7) == 0);
    assert_non_null(web->status.container_statuses[0].state.running);
    assert_true(strncmp(web->status.container_statuses[0].container_id, "fake://container", 16) == 0);
    assert_true(has_event(f, "Pulled", "already present on machine"));
    assert_true(has_event(f, "Created", NULL));
    assert_true(has_event(f, "Started", NULL));

    struct client_call call = { 0 };
    (void)call;
    char json[1024];
    snprintf(json, sizeof(json),
             "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"uid\":"
             "\"uid-web\","
             "\"deletionTimestamp\":\"2023-11-14T22:13:50Z\",\"deletionGracePeriodSeconds\":30},\"spec\":{\"nodeName\":"
             "\"node1\","
             "\"containers\":[{\"name\":\"web\",\"image\":\"web\"}]}}");
    fake_server_put(f->server, &api_resource_pod, json);
    run_seconds(f, 3);
    assert_null(pod(f, "web"));
    assert_int_equal(0, cri_fake_container_count(f->cri));
    assert_int_equal(0, cri_fake_sandbox_count(f->cri));
    assert_int_equal(0, kubelet_pod_count(f->kubelet));
    assert_true(has_event(f, "Killing", "Stopping container web"));
}

static void a_crashing_container_backs_off(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "crash", "\"containers\":[{\"name\":\"c\",\"image\":\"crash\",\"imagePullPolicy\":\"IfNotPresent\"}]");
    run_seconds(f, 8);
    const struct api_container_status *status = &pod(f, "crash")->status.container_statuses[0];
    assert_int_equal(1, status->restart_count);
    assert_non_null(status->state.waiting);
    assert_string_equal("CrashLoopBackOff", status->state.waiting->reason);
    assert_string_equal("back-off 10s restarting failed container=c pod=crash_default(uid-crash)",
                        status->state.waiting->message);
    assert_int_equal(1, status->last_state.terminated->exit_code);
    assert_string_equal("Error", status->last_state.terminated->reason);
    assert_string_equal("Running", pod(f, "crash")->status.phase);
    assert_string_equal("False", condition(pod(f, "crash"), "Ready"));
    assert_true(has_event(f, "BackOff", "Back-off restarting failed container c in pod crash_default(uid-crash)"));
    run_seconds(f, 120);
    status = &pod(f, "crash")->status.container_statuses[0];
    assert_in_range(status->restart_count, 4, 5); /* after 0, 10, 20, 40 and 80 seconds */
}

static void a_missing_image_is_told(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "nope", "\"containers\":[{\"name\":\"c\",\"image\":\"none:1\",\"imagePullPolicy\":\"IfNotPresent\"}]");
    run_seconds(f, 1);
    const struct api_container_status *status = &pod(f, "nope")->status.container_statuses[0];
    assert_string_equal("ErrImagePull", status->state.waiting->reason);
    run_seconds(f, 4);
    status = &pod(f, "nope")->status.container_statuses[0];
    assert_string_equal("ImagePullBackOff", status->state.waiting->reason);
    assert_non_null(strstr(status->state.waiting->message, "Back-off pulling image \"none:1\""));
    assert_string_equal("Pending", pod(f, "nope")->status.phase);
    assert_true(has_event(f, "Failed", "Failed to pull image \"none:1\""));
    put_pod(f, "never", "\"containers\":[{\"name\":\"c\",\"image\":\"absent:1\",\"imagePullPolicy\":\"Never\"}]");
    run_seconds(f, 2);
    assert_string_equal("ErrImageNeverPull", pod(f, "never")->status.container_statuses[0].state.waiting->reason);
    put_pod(f, "bad", "\"containers\":[{\"name\":\"c\",\"image\":\"UPPER CASE:1\"}]");
    run_seconds(f, 2);
    assert_string_equal("InvalidImageName", pod(f, "bad")->status.container_statuses[0].state.waiting->reason);
    assert_true(has_event(f, "InspectFailed", "couldn't parse image name \"UPPER CASE:1\": invalid reference format"));
}

static void readiness_gates_are_waited_for(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "gated",
            "\"containers\":[{\"name\":\"c\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\"}],"
            "\"readinessGates\":[{\"conditionType\":\"x.com/a\"}]");
    run_seconds(f, 3);
    const struct api_pod_condition *ready = &pod(f, "gated")->status.conditions[2];
    assert_string_equal("Ready", ready->type);
    assert_string_equal("False", ready->status);
    assert_string_equal("ReadinessGatesNotReady", ready->reason);
    assert_string_equal("corresponding condition of pod readiness gate \"x.com/a\" does not exist.", ready->message);
}

static void init_containers_and_sidecars_come_first(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "init",
            "\"initContainers\":[{\"name\":\"one\",\"image\":\"done\",\"imagePullPolicy\":\"IfNotPresent\"},"
            "{\"name\":\"side\",\"image\":\"web\",\"restartPolicy\":\"Always\",\"imagePullPolicy\":\"IfNotPresent\"}],"
            "\"containers\":[{\"name\":\"main\",\"image\":\"done\",\"imagePullPolicy\":\"IfNotPresent\"}],"
            "\"restartPolicy\":\"Never\"");
    loop_run_until(f->loop, loop_now(f->loop) + 700 * USEC_PER_MSEC);
    const struct api_pod *one = pod(f, "init");
    assert_string_equal("Pending", one->status.phase);
    assert_string_equal("False", condition(one, "Initialized"));
    assert_non_null(one->status.init_container_statuses[0].state.running);
    assert_string_equal("PodInitializing", one->status.container_statuses[0].state.waiting->reason);
    run_seconds(f, 2);
    one = pod(f, "init");
    assert_string_equal("Running", one->status.phase);
    assert_string_equal("True", condition(one, "Initialized"));
    assert_string_equal("Completed", one->status.init_container_statuses[0].state.terminated->reason);
    assert_true(*one->status.init_container_statuses[1].started);
    run_seconds(f, 5);
    one = pod(f, "init");
    assert_string_equal("Succeeded", one->status.phase);
    assert_int_equal(0, cri_fake_container_count(f->cri));
}

static void probes_decide(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "probed",
            "\"containers\":[{\"name\":\"good\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\","
            "\"readinessProbe\":{\"exec\":{\"command\":[\"ok\"]},\"initialDelaySeconds\":3,\"periodSeconds\":1}},"
            "{\"name\":\"bad\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\","
            "\"livenessProbe\":{\"exec\":{\"command\":[\"no\"]},\"periodSeconds\":2,\"failureThreshold\":3}}]");
    run_seconds(f, 2);
    const struct api_pod *one = pod(f, "probed");
    assert_false(one->status.container_statuses[0].ready);
    assert_true(one->status.container_statuses[1].ready);
    run_seconds(f, 4);
    assert_true(pod(f, "probed")->status.container_statuses[0].ready);
    assert_true(has_event(f, "Unhealthy", "Liveness probe failed:"));
    run_seconds(f, 4);
    assert_true(has_event(f, "Killing", "Container bad failed liveness probe, will be restarted"));
    assert_int_equal(1, pod(f, "probed")->status.container_statuses[1].restart_count);
    assert_int_equal(0, pod(f, "probed")->status.container_statuses[0].restart_count);
}

static void a_pod_that_ends_is_asked_whether_it_is_ready(void **state)
{
    struct fixture *f = *state;
    static const char spec[] =
        "\"containers\":[{\"name\":\"web\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\","
        "\"lifecycle\":{\"preStop\":{\"sleep\":{\"seconds\":20}}},"
        "\"livenessProbe\":{\"exec\":{\"command\":[\"switch\"]},\"periodSeconds\":1,\"failureThreshold\":1},"
        "\"readinessProbe\":{\"exec\":{\"command\":[\"switch\"]},\"periodSeconds\":1,\"failureThreshold\":2}}]";
    put_pod(f, "web", spec);
    run_seconds(f, 4);
    assert_string_equal("True", condition(pod(f, "web"), "Ready"));
    char json[2048];
    snprintf(json, sizeof(json),
             "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"uid\":"
             "\"uid-web\",\"deletionTimestamp\":\"2023-11-14T22:13:50Z\",\"deletionGracePeriodSeconds\":30},"
             "\"spec\":{\"nodeName\":\"node1\",%s}}",
             spec);
    fake_server_put(f->server, &api_resource_pod, json);
    run_seconds(f, 4);
    assert_string_equal("True", condition(pod(f, "web"), "Ready"));
    f->failing = true;
    run_seconds(f, 4);
    assert_string_equal("False", condition(pod(f, "web"), "Ready"));
    assert_true(has_event(f, "Unhealthy", "Readiness probe failed:"));
    assert_false(has_event(f, "Unhealthy", "Liveness probe failed:"));
    run_seconds(f, 15);
    assert_null(pod(f, "web"));
}

/* What the pod never came to did not end with it. */
static void a_pod_that_ends_early_did_not_start_its_containers(void **state)
{
    struct fixture *f = *state;
    put_pod(
        f, "early",
        "\"restartPolicy\":\"Never\",\"initContainers\":[{\"name\":\"first\",\"image\":\"crash\",\"imagePullPolicy\":"
        "\"IfNotPresent\"},{\"name\":\"second\",\"image\":\"done\"}],"
        "\"containers\":[{\"name\":\"blocked\",\"image\":\"web\"}]");
    run_seconds(f, 5);
    const struct api_pod_status *status = &pod(f, "early")->status;
    assert_string_equal("Failed", status->phase);
    assert_int_equal(1, status->init_container_statuses[0].state.terminated->exit_code);
    assert_non_null(status->init_container_statuses[1].state.waiting);
    assert_non_null(status->container_statuses[0].state.waiting);
    assert_string_equal("PodInitializing", status->container_statuses[0].state.waiting->reason);
}

static void environment_waits_for_its_objects(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "env",
            "\"containers\":[{\"name\":\"c\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\",\"args\":[\"--"
            "level=$(LEVEL)\",\"$$(X)\",\"$(NONE)\"],"
            "\"env\":[{\"name\":\"LEVEL\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"cm\",\"key\":\"level\"}}},"
            "{\"name\":\"NODE\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"spec.nodeName\"}}},"
            "{\"name\":\"BOTH\",\"value\":\"$(LEVEL)-$(NODE)\"}]}]");
    run_seconds(f, 2);
    const struct api_container_status *status = &pod(f, "env")->status.container_statuses[0];
    assert_string_equal("CreateContainerConfigError", status->state.waiting->reason);
    assert_string_equal("configmap \"cm\" not found", status->state.waiting->message);
    fake_server_put(f->server, &api_resource_config_map,
                    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"cm\",\"namespace\":"
                    "\"default\"},\"data\":{\"level\":\"info\"}}");
    run_seconds(f, 2);
    assert_string_equal("Running", pod(f, "env")->status.phase);
    const struct cri_container_config *config = cri_fake_config(f->cri, "c");
    assert_string_equal("--level=info", config->args[0]);
    assert_string_equal("$(X)", config->args[1]);
    assert_string_equal("$(NONE)", config->args[2]);
    bool found = false;
    for (size_t i = 0; i < config->n_envs; i++)
        found = found || (strcmp(config->envs[i].key, "BOTH") == 0 && str_is(config->envs[i].value, "info-node1"));
    assert_true(found);
}

static void a_new_kubelet_takes_over(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "web", "\"containers\":[{\"name\":\"web\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\"}]");
    put_pod(f, "old", "\"containers\":[{\"name\":\"old\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\"}]");
    run_seconds(f, 3);
    char id[128];
    snprintf(id, sizeof(id), "%s", pod(f, "web")->status.container_statuses[0].container_id);
    kubelet_destroy(f->kubelet);
    fake_server_remove(f->server, &api_resource_pod, "default", "old");
    fake_server_clear_log(f->server);
    start_kubelet(f);
    run_seconds(f, 5);
    assert_string_equal(id, pod(f, "web")->status.container_statuses[0].container_id);
    assert_int_equal(0, pod(f, "web")->status.container_statuses[0].restart_count);
    assert_int_equal(1, cri_fake_container_count(f->cri)); /* "old" is gone */
    assert_null(strstr(fake_server_log(f->server), "update pods"));
}

static void a_deadline_ends_a_pod(void **state)
{
    struct fixture *f = *state;
    put_pod(f, "late",
            "\"activeDeadlineSeconds\":5,\"containers\":[{\"name\":\"c\",\"image\":\"web\",\"imagePullPolicy\":"
            "\"IfNotPresent\"}]");
    run_seconds(f, 4);
    assert_string_equal("Running", pod(f, "late")->status.phase);
    run_seconds(f, 4);
    assert_string_equal("Failed", pod(f, "late")->status.phase);
    assert_string_equal("DeadlineExceeded", pod(f, "late")->status.reason);
    assert_int_equal(0, cri_fake_container_count(f->cri));
}

static int refuse_node_status(void *context, const struct client_request *request, struct error *err)
{
    (void)context;
    if (request->resource == &api_resource_node && text_equal(request->subresource, "status"))
        return error_set(err, ERROR_UNAVAILABLE, "not now");
    return 0;
}

static void renews_its_lease_before_its_status_is_written(void **state)
{
    struct fixture *f = *state;
    run_seconds(f, 5);
    kubelet_destroy(f->kubelet);
    fake_server_set_fault(f->server, refuse_node_status, NULL);
    run_seconds(f, 30);
    usec_t start = loop_now(f->loop);
    start_kubelet(f);
    run_seconds(f, 2);
    const struct object *lease =
        fake_server_get(f->server, &api_resource_coordination_lease, "kube-node-lease", "node1");
    assert_non_null(lease);
    assert_true(api_coordination_lease_of(lease)->spec.renew_time >= start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_node_registers_and_lives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pods_that_do_not_fit_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_class_chooses_the_runtime, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pod_runs_and_is_deleted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crashing_container_backs_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_image_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readiness_gates_are_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(init_containers_and_sidecars_come_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probes_decide, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pod_that_ends_is_asked_whether_it_is_ready, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pod_that_ends_early_did_not_start_its_containers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(environment_waits_for_its_objects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_kubelet_takes_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_ends_a_pod, set_up, tear_down),
        cmocka_unit_test_setup_teardown(renews_its_lease_before_its_status_is_written, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
