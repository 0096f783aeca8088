/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_server.c - coracle server: a whole control plane in the foreground. */
#include <stdio.h>

#include "apiserver/allocation/service_ranges.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/options.h"
#include "cluster/control_plane.h"
#include "cmd/foreground.h"
#include "cmd/role.h"

struct server_role {
    struct control_plane_options options;
    const char *emulated_version, *min_compatibility_version;
    const char *lease_duration, *renew_deadline, *retry_period; /* as given */
    struct control_plane *plane;
};

static int start(void *context, struct loop *loop, struct error *err)
{
    struct server_role *role = context;
    int rc = control_plane_start(loop, &role->options, &role->plane, err);
    if (rc == 0)
        log_info("control plane runs", LOG_TEXT("address", role->options.bind_address),
                 LOG_INT("port", control_plane_port(role->plane)));
    return rc;
}

static void stop(void *context, void (*done)(void *done_context), void *done_context)
{
    struct server_role *role = context;
    control_plane_stop(role->plane, done, done_context);
}

static void destroy(void *context)
{
    struct server_role *role = context;
    control_plane_destroy(role->plane);
}

/* "15s", as upstream writes durations. */
static int parse_duration(const char *option, const char *text, usec_t *ret_duration, struct error *err)
{
    int64_t nanoseconds = 0;
    if (!duration_parse(str_of(text), &nanoseconds) || nanoseconds < 1000 * USEC_PER_SEC)
        return error_set(err, ERROR_USAGE, "--%s: '%s' is not a duration of a second or more like 15s", option, text);
    *ret_duration = nanoseconds / 1000;
    return 0;
}

static int parse_election(struct server_role *role, struct error *err)
{
    struct control_plane_options *options = &role->options;
    int rc = parse_duration("leader-elect-lease-duration", role->lease_duration, &options->lease_duration, err);
    if (rc == 0)
        rc = parse_duration("leader-elect-renew-deadline", role->renew_deadline, &options->renew_deadline, err);
    if (rc == 0)
        rc = parse_duration("leader-elect-retry-period", role->retry_period, &options->retry_period, err);
    if (rc < 0)
        return rc;
    if (options->lease_duration <= options->renew_deadline)
        return error_set(err, ERROR_USAGE, "the lease duration must be greater than the renew deadline");
    if (options->renew_deadline <= options->retry_period + options->retry_period / 5)
        return error_set(err, ERROR_USAGE, "the renew deadline must be greater than the retry period by a fifth");
    return 0;
}

static int run(struct server_role *role, struct error *err)
{
    int rc = parse_election(role, err);
    if (rc == 0)
        rc = emulation_parse(role->emulated_version, role->min_compatibility_version, &role->options.emulation, err);
    const struct foreground what = { .start = start, .stop = stop, .destroy = destroy, .context = role };
    return rc < 0 ? rc : foreground_run(&what, err);
}

static const struct server_role defaults = { .options = {
                                                 .data_directory = "/var/lib/coracle/server",
                                                 .bind_address = "127.0.0.1",
                                                 .secure_port = 6443,
                                                 .cluster_name = "coracle",
                                                 .cluster_cidr = "10.244.0.0/16",
                                                 .service_cidr = SERVICE_CIDR_DEFAULT,
                                                 .node_ports = SERVICE_NODE_PORTS_DEFAULT,
                                                 .anonymous = true,
                                                 .leader_elect = true,
                                             },
                                             .lease_duration = "15s",
                                             .renew_deadline = "10s",
                                             .retry_period = "2s" };

int role_server(int argc, char **argv)
{
    struct server_role role = defaults;
    struct control_plane_options *given = &role.options;
    const struct option options[] = {
        { "data-dir", OPTION_TEXT, &given->data_directory, "DIR", "where keys and objects are kept", 0, 0 },
        { "bind-address", OPTION_TEXT, &given->bind_address, "ADDRESS", "where to listen", 0, 0 },
        { "secure-port", OPTION_INT, &given->secure_port, "PORT", "0 takes any free one", 0, 65535 },
        { "write-kubeconfig", OPTION_TEXT, &given->kubeconfig_path, "FILE",
          "write the administrator's kubeconfig there", 0, 0 },
        { "advertise-address", OPTION_TEXT, &given->advertise_address, "ADDRESS",
          "where nodes and pods find the server; the bind address when absent", 0, 0 },
        { "cluster-cidr", OPTION_TEXT, &given->cluster_cidr, "CIDR", "addresses of pods, a /24 for each node", 0, 0 },
        { "service-cluster-ip-range", OPTION_TEXT, &given->service_cidr, "CIDR[,CIDR]",
          "addresses of services; two ranges of different families make it dual-stack", 0, 0 },
        { "service-node-port-range", OPTION_TEXT, &given->node_ports, "FIRST-LAST", "node ports of services", 0, 0 },
        { "anonymous-auth", OPTION_FLAG, &given->anonymous, NULL,
          "let requests without credentials in as system:anonymous", 0, 0 },
        { "leader-elect", OPTION_FLAG, &given->leader_elect, NULL,
          "let controllers and scheduler work only while they hold their leases in kube-system", 0, 0 },
        { "leader-elect-lease-duration", OPTION_TEXT, &role.lease_duration, "DURATION",
          "after which a lease that is not renewed may be taken over", 0, 0 },
        { "leader-elect-renew-deadline", OPTION_TEXT, &role.renew_deadline, "DURATION",
          "after which who could not renew stops leading", 0, 0 },
        { "leader-elect-retry-period", OPTION_TEXT, &role.retry_period, "DURATION", "between two renewals", 0, 0 },
        { "serving-threads", OPTION_INT, &given->serving_threads, "N",
          "threads that connections are spread over; 0 is one for each core, up to 4", 0, 64 },
        { "emulated-version", OPTION_TEXT, &role.emulated_version, "[kube=]MAJOR.MINOR",
          "behave as that version, 1.33 to 1.36", 0, 0 },
        { "min-compatibility-version", OPTION_TEXT, &role.min_compatibility_version, "[kube=]MAJOR.MINOR",
          "the oldest version that may serve beside this one, 1.33 to 1.36", 0, 0 },
        { "fabric", OPTION_TEXT, &given->fabric_state, "FILE",
          "state file of the machines' network; set by 'coracle up'", 0, 0 },
    };
    const struct command_line line = {
        "coracle server [OPTION]...",
        "A whole control plane in the foreground: API server with its store, controllers and scheduler. Any Kubernetes "
        "client can\n"
        "use it. SIGTERM ends it cleanly; what it acknowledged is on disk at any moment.",
        options,
        countof(options),
        "  coracle server --data-dir /tmp/c --secure-port 7443 --write-kubeconfig /tmp/c/kubeconfig\n"
        "  kubectl --kubeconfig /tmp/c/kubeconfig get namespaces\n",
        0,
    };
    struct error err = { 0 };
    int rc = options_parse(&line, argc, argv, NULL, &err);
    if (rc == 0)
        rc = run(&role, &err);
    return role_end("server", rc, &err);
}
