/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/supervision/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "cluster/machines/containerd.h"
#include "cluster/machines/machines.h"
#include "cluster/supervision/component.h"
#include "cluster/supervision/pidfile.h"
#include "cluster/supervision/readiness.h"
#include "loop/loop.h"
#include "node/machine/cgroup.h"

#define STOP_GRACE     (5 * USEC_PER_SEC)
#define STOP_WAIT_MSEC 20000
#define READY_WAIT     (5 * USEC_PER_SEC) /* for a runtime that does not say when it is ready */

#define LOCK_FD 3 /* where a supervisor finds the lock it was started with */

enum { PARTS_MAX = 2 * CLUSTER_NODES_MAX + 1, WORDS_MAX = 34, PROGRAM_MAX = 4096 };

/* One process. An agent is started when the server and its machine's runtime are ready: earlier it would only meet closed
 * doors, and wait before it knocks again. */
struct part {
    struct component *component;
    ssize_t runtime; /* of an agent: the part it waits for, beside the server; -1: of the others */
    bool ready;
};

struct supervisor {
    const struct cluster_layout *layout;
    struct loop *loop;
    struct machines machines;
    char program[PROGRAM_MAX];
    struct readiness *readiness;
    struct loop_timer ready_wait;
    struct part parts[PARTS_MAX]; /* the server, runtimes, agents: in starting order; stopped in the opposite one */
    size_t n_parts;
    size_t stopping; /* parts that still have to end */
    struct loop_signal *signals[2];
};

/* Names have a '/', which files cannot. */
static void flatten(const char *name, char text[64])
{
    snprintf(text, 64, "%s", name);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '/')
            *p = '-';
}

void supervisor_pid_path(const struct cluster_layout *layout, const char *name, char *text)
{
    char flat[64];
    flatten(name, flat);
    cluster_run_path(layout, text, "pids/%s.pid", flat);
}

static void add_part(struct supervisor *supervisor, const char *name, const char *const *argv, ssize_t runtime)
{
    char pid_path[CLUSTER_PATH_MAX], log_path[CLUSTER_PATH_MAX], flat[64];
    supervisor_pid_path(supervisor->layout, name, pid_path);
    flatten(name, flat);
    cluster_run_path(supervisor->layout, log_path, "logs/%s.log", flat);
    const struct component_options options = { .name = name, .argv = argv, .pid_path = pid_path, .log_path = log_path };
    supervisor->parts[supervisor->n_parts++] =
        (struct part){ .component = component_create(supervisor->loop, &options), .runtime = runtime };
}

static void add_server(struct supervisor *supervisor)
{
    const struct cluster_layout *layout = supervisor->layout;
    char data[CLUSTER_PATH_MAX], kubeconfig[CLUSTER_PATH_MAX], port[16];
    cluster_data_path(layout, data, "server");
    cluster_data_path(layout, kubeconfig, "admin.kubeconfig");
    snprintf(port, sizeof(port), "%lld", (long long)layout->api_port);
    const char *const argv[] = {
        supervisor->program,
        "server",
        "--data-dir",
        data,
        "--bind-address",
        "127.0.0.1",
        "--secure-port",
        port,
        "--write-kubeconfig",
        kubeconfig,
        "--fabric",
        fabric_state_path(supervisor->machines.fabric),
        "--advertise-address",
        CLUSTER_GATEWAY,
        "--cluster-cidr",
        CLUSTER_POD_CIDR,
        "--service-cluster-ip-range",
        CLUSTER_SERVICE_CIDR,
        NULL,
    };
    add_part(supervisor, "server", argv, -1);
}

static void add_containerd(struct supervisor *supervisor, const struct machine *machine)
{
    char name[64], config[CLUSTER_PATH_MAX];
    snprintf(name, sizeof(name), "%s/containerd", machine_name(machine));
    machines_containerd_config(supervisor->layout, machine_name(machine), config);
    const char *const argv[] = {
        supervisor->program, "machine-exec", machine_state_path(machine), "containerd", "--config", config, NULL
    };
    add_part(supervisor, name, argv, -1);
}

static void add_agent(struct supervisor *supervisor, const struct machine *machine, size_t runtime)
{
    const struct cluster_layout *layout = supervisor->layout;
    const char *node = machine_name(machine);
    char name[64], kubeconfig[CLUSTER_PATH_MAX], pki[CLUSTER_PATH_MAX], data[CLUSTER_PATH_MAX],
        socket[CLUSTER_PATH_MAX], endpoint[CLUSTER_PATH_MAX + 8], proxy[CLUSTER_PATH_MAX], cni[CLUSTER_PATH_MAX],
        address[IP_TEXT_SIZE];
    struct ip ip = machine_address(machine);
    ip_format(&ip, address);
    snprintf(name, sizeof(name), "%s/agent", node);
    cluster_data_path(layout, kubeconfig, "nodes/%s/kubelet.kubeconfig", node);
    cluster_data_path(layout, proxy, "nodes/%s/proxy.kubeconfig", node);
    cluster_data_path(layout, pki, "nodes/%s/pki", node);
    cluster_data_path(layout, data, "nodes/%s/kubelet", node);
    cluster_run_path(layout, cni, "nodes/%s/cni/net.d", node);
    machines_containerd_socket(layout, node, socket);
    snprintf(endpoint, sizeof(endpoint), "unix://%s", socket);
    const char *const argv[] = {
        supervisor->program,
        "machine-exec",
        machine_state_path(machine),
        supervisor->program,
        "agent",
        "--hostname-override",
        node,
        "--node-ip",
        address,
        "--proxy-kubeconfig",
        proxy,
        "--kubeconfig",
        kubeconfig,
        "--cert-dir",
        pki,
        "--root-dir",
        data,
        "--container-runtime-endpoint",
        endpoint,
        "--pod-infra-container-image",
        CLUSTER_PAUSE_IMAGE,
        "--cni-conf-dir",
        cni,
        "--cgroup-root",
        machine_cgroup(machine),
        "--cluster-cidr",
        CLUSTER_POD_CIDR,
        "--cluster-dns",
        CLUSTER_DNS_ADDRESS,
        "--cluster-domain",
        CLUSTER_DNS_DOMAIN,
        NULL,
    };
    _Static_assert(countof(argv) <= WORDS_MAX, "one more word");
    add_part(supervisor, name, argv, (ssize_t)runtime);
}

static void stop_next(struct supervisor *supervisor);

static void part_stopped(void *context)
{
    struct supervisor *supervisor = context;
    supervisor->stopping--;
    stop_next(supervisor);
}

/* One after the other, agents before what they talk to. */
static void stop_next(struct supervisor *supervisor)
{
    if (supervisor->stopping == 0)
        loop_stop(supervisor->loop);
    else
        component_stop(supervisor->parts[supervisor->stopping - 1].component, STOP_GRACE, part_stopped, supervisor);
}

static void on_signal(void *context, int signal_number)
{
    struct supervisor *supervisor = context;
    (void)signal_number;
    if (supervisor->stopping > 0)
        return; /* already at it */
    loop_timer_stop(&supervisor->ready_wait);
    supervisor->stopping = supervisor->n_parts;
    stop_next(supervisor);
}

/* Starts what has nothing to wait for any more; starting again what runs does nothing. */
static void start_parts(struct supervisor *supervisor)
{
    struct part *parts = supervisor->parts;
    for (size_t i = 0; supervisor->stopping == 0 && i < supervisor->n_parts; i++) {
        struct part *part = &parts[i];
        if (part->runtime >= 0 && !(parts[0].ready && parts[part->runtime].ready))
            continue;
        component_start(part->component);
        part->ready = part->ready || component_adopted(part->component);
    }
}

static void process_ready(void *context, pid_t pid)
{
    struct supervisor *supervisor = context;
    for (size_t i = 0; i < supervisor->n_parts; i++)
        if (component_pid(supervisor->parts[i].component) == pid)
            supervisor->parts[i].ready = true;
    start_parts(supervisor);
}

static void ready_wait_over(struct loop_timer *timer)
{
    struct supervisor *supervisor = container_of(timer, struct supervisor, ready_wait);
    for (size_t i = 0; i < supervisor->n_parts; i++)
        supervisor->parts[i].ready = true;
    start_parts(supervisor);
    memory_settle(); /* from here on we only wait */
}

static int listen_for_readiness(struct supervisor *supervisor, struct error *err)
{
    char path[CLUSTER_PATH_MAX];
    cluster_run_path(supervisor->layout, path, "notify.sock");
    return readiness_open(supervisor->loop, path, process_ready, supervisor, &supervisor->readiness, err);
}

static int join_own_cgroup(const struct cluster_layout *layout, struct error *err)
{
    char path[CLUSTER_PATH_MAX];
    snprintf(path, sizeof(path), "/coracle-%s/control", layout->name);
    int rc = cgroup_create(path, err);
    return rc == 0 ? cgroup_join(path, 0, err) : rc;
}

static int make_directories(const struct cluster_layout *layout, struct error *err)
{
    char path[CLUSTER_PATH_MAX];
    cluster_run_path(layout, path, "pids");
    int rc = file_make_directories(AT_FDCWD, path, 0755, err);
    cluster_run_path(layout, path, "logs");
    return rc == 0 ? file_make_directories(AT_FDCWD, path, 0755, err) : rc;
}

/* From here on 'coracle down' finds this process by its file, and all it starts by the cgroup. */
static int register_self(const struct cluster_layout *layout, const char *pid_path, struct error *err)
{
    int rc = make_directories(layout, err);
    if (rc == 0)
        rc = join_own_cgroup(layout, err);
    return rc == 0 ? pidfile_write(pid_path, getpid(), err) : rc;
}

static int prepare(struct supervisor *supervisor, struct error *err)
{
    ssize_t size = readlink("/proc/self/exe", supervisor->program, sizeof(supervisor->program) - 1);
    if (size < 0)
        return error_errno(err, "read /proc/self/exe");
    int rc = machines_open(supervisor->layout, &supervisor->machines, err);
    if (rc == 0)
        rc = loop_create_real(&supervisor->loop, err);
    if (rc == 0)
        rc = listen_for_readiness(supervisor, err);
    if (rc == 0)
        rc = loop_signal_open(supervisor->loop, SIGTERM, on_signal, supervisor, &supervisor->signals[0], err);
    if (rc == 0)
        rc = loop_signal_open(supervisor->loop, SIGINT, on_signal, supervisor, &supervisor->signals[1], err);
    return rc;
}

static void release(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->n_parts; i++)
        component_destroy(supervisor->parts[i].component);
    loop_timer_stop(&supervisor->ready_wait);
    readiness_close(supervisor->readiness);
    for (size_t i = 0; i < countof(supervisor->signals); i++)
        loop_signal_close(supervisor->signals[i]);
    loop_destroy(supervisor->loop);
    machines_close(&supervisor->machines);
}

int supervisor_run(const struct cluster_layout *layout, int lock, struct error *err)
{
    struct supervisor supervisor = { .layout = layout, .ready_wait.callback = ready_wait_over };
    char pid_path[CLUSTER_PATH_MAX];
    supervisor_pid_path(layout, "supervisor", pid_path);
    int rc = register_self(layout, pid_path, err);
    if (lock >= 0)
        close(lock);
    if (rc == 0)
        rc = prepare(&supervisor, err);
    if (rc == 0) {
        add_server(&supervisor);
        for (int64_t i = 0; i < layout->nodes; i++)
            add_containerd(&supervisor, supervisor.machines.items[i]);
        for (int64_t i = 0; i < layout->nodes; i++)
            add_agent(&supervisor, supervisor.machines.items[i], 1 + (size_t)i); /* the server is first */
        start_parts(&supervisor);
        loop_timer_start(supervisor.loop, &supervisor.ready_wait, READY_WAIT);
        loop_run(supervisor.loop);
    }
    pidfile_remove(pid_path);
    release(&supervisor);
    return rc;
}

int supervisor_start(const struct cluster_layout *layout, int lock, int *ret_pidfd, struct error *err)
{
    char pid_path[CLUSTER_PATH_MAX], log_path[CLUSTER_PATH_MAX];
    pid_t pid = 0;
    int rc = make_directories(layout, err);
    if (rc < 0)
        return rc;
    supervisor_pid_path(layout, "supervisor", pid_path);
    if (pidfile_open(pid_path, ret_pidfd, &pid, NULL) == 0)
        return 0;
    cluster_run_path(layout, log_path, "logs/supervisor.log");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_adddup2(&actions, lock, LOCK_FD);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    const char *const argv[] = { "coracle", "supervisor", "--name", layout->name, "--lock-fd", "3", NULL };
    _Static_assert(LOCK_FD == 3, "as in the arguments");
    errno = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, (char *const *)argv, environ);
    rc = errno == 0 ? 0 : error_errno(err, "start the supervisor");
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (rc < 0)
        return rc;
    *ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* our child: the pid is not reused before we wait for it */
    return *ret_pidfd < 0 ? error_errno(err, "watch the supervisor") : 0;
}

int supervisor_stop(const struct cluster_layout *layout, struct error *err)
{
    char pid_path[CLUSTER_PATH_MAX];
    pid_t pid = 0;
    autoclose int pidfd = -1;
    supervisor_pid_path(layout, "supervisor", pid_path);
    int rc = pidfile_open(pid_path, &pidfd, &pid, err);
    if (rc < 0)
        return rc;
    struct pollfd ended = { .fd = pidfd, .events = POLLIN };
    if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0)
        return error_errno(err, "signal the supervisor");
    if (poll(&ended, 1, STOP_WAIT_MSEC) != 1)
        return error_set(err, ERROR_TIMEOUT, "the supervisor (process %d) does not end", (int)pid);
    return 0;
}
