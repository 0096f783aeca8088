/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/up.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cluster/identity/node_identity.h"
#include "cluster/identity/pki.h"
#include "cluster/lock.h"
#include "cluster/supervision/pidfile.h"
#include "cluster/supervision/supervisor.h"
#include "cluster/wait.h"

static void step(const struct cluster_up_options *options, const char *text)
{
    options->step(options->context, text);
}

/* Moments for certificates; this tool has no loop of its own. */
static usec_t wall_clock(void)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static bool in_path(const char *program)
{
    const char *path = getenv("PATH");
    struct str rest = str_of(path != NULL ? path : "/usr/sbin:/usr/bin:/sbin:/bin"), directory;
    while (str_next(&rest, ':', &directory)) {
        char candidate[4096];
        snprintf(candidate, sizeof(candidate), STR_FMT "/%s", STR_ARG(directory), program);
        if (access(candidate, X_OK) == 0)
            return true;
    }
    return false;
}

/* Tried in a child of its own: containers and sandboxes forbid it in many ways, and only trying tells. */
static int check_namespaces(struct error *err)
{
    int status = 0;
    pid_t pid = fork();
    if (pid < 0)
        return error_errno(err, "fork");
    if (pid == 0)
        _exit(unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) == 0 ? 0 : errno);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return error_set(err, ERROR_UNSUPPORTED,
                     "cannot make namespaces for nodes: %s; run it on the machine itself or in a privileged container",
                     WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "the attempt was ended");
}

static int check_host(struct error *err)
{
    static const char *const programs[] = { "containerd", "ctr", "runc" };
    if (geteuid() != 0)
        return error_set(err, ERROR_FORBIDDEN, "needs root to make namespaces: run it with sudo");
    if (access("/proc/self/ns/net", F_OK) < 0 || access("/sys/fs/cgroup", F_OK) < 0)
        return error_set(err, ERROR_UNSUPPORTED, "this kernel has no network namespaces or cgroups; nodes need both");
    for (size_t i = 0; i < countof(programs); i++)
        if (!in_path(programs[i]))
            return error_set(err, ERROR_NOT_FOUND, "%s is missing: 'apt-get install containerd runc' brings it",
                             programs[i]);
    return check_namespaces(err);
}

/* Said before anything is started; a server of this cluster that runs already has the port, of course. */
static int check_port(const struct cluster_layout *layout, struct error *err)
{
    char path[CLUSTER_PATH_MAX];
    autoclose int pidfd = -1, fd = -1;
    pid_t pid = 0;
    int yes = 1;
    supervisor_pid_path(layout, "server", path);
    if (pidfile_open(path, &pidfd, &pid, NULL) == 0)
        return 0;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)layout->api_port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(err, "make a socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return 0;
    if (errno == EADDRINUSE)
        return error_set(err, ERROR_CONFLICT,
                         "port %lld of 127.0.0.1 is taken by another program; choose one with --api-port",
                         (long long)layout->api_port);
    return error_errno(err, "bind 127.0.0.1:%lld", (long long)layout->api_port);
}

/* A cluster that is there keeps its size and port. */
static int settle_layout(const struct cluster_layout *wanted, struct error *err)
{
    struct cluster_layout found;
    int rc = cluster_layout_load(&found, wanted->name, err);
    if (rc == -ERROR_NOT_FOUND) {
        rc = file_make_directories(AT_FDCWD, wanted->data, 0700, err);
        return rc == 0 ? cluster_layout_save(wanted, err) : rc;
    }
    if (rc < 0)
        return rc;
    if (found.nodes != wanted->nodes || found.api_port != wanted->api_port)
        return error_set(
            err, ERROR_CONFLICT,
            "cluster '%s' is there with %lld nodes and port %lld; 'coracle down' first, or ask for the same",
            wanted->name, (long long)found.nodes, (long long)found.api_port);
    return 0;
}

static int issue_node(const struct cluster_layout *layout, const struct pki *pki, int64_t index, usec_t now,
                      struct node_identity *ret_identity, struct error *err)
{
    char name[32], address[32], directory[CLUSTER_PATH_MAX], url[64];
    cluster_node_name(index, name);
    cluster_node_address(index, address);
    cluster_data_path(layout, directory, "nodes/%s", name);
    snprintf(url, sizeof(url), "https://" CLUSTER_GATEWAY ":%lld", (long long)layout->api_port);
    struct node_identity_options options = {
        .pki = pki, .directory = directory, .node = name, .cluster = layout->name, .server = url, .now = now
    };
    ip_parse(str_of(address), &options.address);
    return node_identity_issue(&options, ret_identity, err);
}

/* All are made and on their way to the disk before the first is waited for. */
static int make_node_identities(const struct cluster_layout *layout, struct pki *pki, usec_t now, struct error *err)
{
    struct node_identity identities[CLUSTER_NODES_MAX] = { 0 };
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < layout->nodes; i++)
        rc = issue_node(layout, pki, i, now, &identities[i], err);
    if (rc == 0)
        rc = pki_settle(pki, err);
    for (int64_t i = 0; i < layout->nodes; i++) {
        if (rc == 0)
            rc = node_identity_settle(&identities[i], err);
        node_identity_fini(&identities[i]);
    }
    return rc;
}

static int make_identities(const struct cluster_layout *layout, struct pki *ret_pki, struct error *err)
{
    char directory[CLUSTER_PATH_MAX];
    struct ip gateway, service;
    cluster_data_path(layout, directory, "server/pki");
    ip_parse(STR(CLUSTER_GATEWAY), &gateway);
    struct ip_prefix services;
    ip_prefix_parse(STR(CLUSTER_SERVICE_CIDR), &services);
    ip_prefix_nth(&services, 1, &service);
    const struct ip addresses[] = { gateway, service };
    const struct pki_options options = {
        .directory = directory, .now = wall_clock(), .addresses = addresses, .n_addresses = countof(addresses)
    };
    int rc = pki_open(&options, ret_pki, err);
    return rc == 0 ? make_node_identities(layout, ret_pki, options.now, err) : rc;
}

static void api_ready(void *context)
{
    const struct cluster_up_options *options = context;
    step(options, "nodes become Ready");
}

static void nodes_ready(void *context, int64_t ready)
{
    const struct cluster_up_options *options = context;
    char text[64];
    snprintf(text, sizeof(text), "nodes become Ready: %lld of %lld", (long long)ready,
             (long long)options->layout.nodes);
    options->note(options->context, text);
}

static int wait_until_ready(const struct cluster_up_options *options, const struct pki *pki, int supervisor,
                            struct error *err)
{
    step(options, "API server becomes ready");
    const struct cluster_wait_options wait = {
        .layout = &options->layout,
        .ca = buffer_str(&pki->ca_certificate),
        .certificate = buffer_str(&pki->admin_certificate),
        .key = buffer_str(&pki->admin_key),
        .supervisor = supervisor,
        .timeout_seconds = options->timeout_seconds,
        .api_ready = api_ready,
        .nodes_ready = nodes_ready,
        .context = (void *)options,
    };
    return cluster_wait(&wait, err);
}

/* What must not happen twice at a time: everything until the supervisor has been started. */
static int start(const struct cluster_up_options *options, struct pki *ret_pki, int *ret_supervisor, struct error *err)
{
    autoclose int lock = -1;
    int rc = cluster_lock_take(&options->layout, &lock, err);
    if (rc == 0)
        rc = check_port(&options->layout, err);
    if (rc == 0)
        rc = settle_layout(&options->layout, err);
    if (rc < 0)
        return rc;
    step(options, "keys and certificates are made");
    rc = make_identities(&options->layout, ret_pki, err);
    if (rc < 0)
        return rc;
    step(options, "machines, control plane and agents start");
    return supervisor_start(&options->layout, lock, ret_supervisor, err);
}

int cluster_up(const struct cluster_up_options *options, struct error *err)
{
    struct pki pki = { .directory = -1 };
    autoclose int supervisor = -1;
    step(options, "host is checked");
    int rc = check_host(err);
    if (rc == 0)
        rc = start(options, &pki, &supervisor, err);
    if (rc == 0)
        rc = wait_until_ready(options, &pki, supervisor, err);
    pki_fini(&pki);
    return rc;
}
