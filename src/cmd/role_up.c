/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_up.c - coracle up: a whole cluster on this machine, told step by step. */
#include <stdio.h>
#include <time.h>

#include "cli/options.h"
#include "cli/progress.h"
#include "cluster/up.h"
#include "cmd/role.h"

/* For the times beside the steps; a tool that blocks has no loop. */
static usec_t steady_clock(void)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static void step(void *context, const char *text)
{
    progress_step(context, steady_clock(), "%s", text);
}

static void note(void *context, const char *text)
{
    progress_note(context, "%s", text);
}

static void print_result(const struct progress *progress, const struct cluster_layout *layout)
{
    char total[24], path[CLUSTER_PATH_MAX];
    progress_format(progress_total(progress, steady_clock()), total);
    cluster_data_path(layout, path, "admin.kubeconfig");
    printf("\nCluster '%s' with %lld node%s is ready after %s.\n  export KUBECONFIG=%s\n", layout->name,
           (long long)layout->nodes, layout->nodes == 1 ? "" : "s", total, path);
}

static int run(struct cluster_up_options *options, const char *name, int64_t nodes, int64_t port, struct error *err)
{
    struct progress progress;
    int rc = cluster_layout_init(&options->layout, name, err);
    if (rc < 0)
        return rc;
    options->layout.nodes = nodes;
    options->layout.api_port = port;
    options->step = step;
    options->note = note;
    options->context = &progress;
    printf("coracle up: cluster '%s', %lld node%s\n", name, (long long)nodes, nodes == 1 ? "" : "s");
    progress_init(&progress, stdout, steady_clock());
    rc = cluster_up(options, err);
    if (rc < 0) {
        progress_failed(&progress, steady_clock());
        return rc;
    }
    progress_done(&progress, steady_clock());
    print_result(&progress, &options->layout);
    return 0;
}

int role_up(int argc, char **argv)
{
    const char *name = "coracle";
    int64_t nodes = 2, port = CLUSTER_API_PORT;
    struct cluster_up_options up = { .timeout_seconds = 60 };
    const struct option options[] = {
        { "name", OPTION_TEXT, &name, "NAME", "what the cluster is called; several can run beside each other", 0, 0 },
        { "nodes", OPTION_INT, &nodes, "N", "how many machines", 1, CLUSTER_NODES_MAX },
        { "api-port", OPTION_INT, &port, "PORT", "of the API server on 127.0.0.1", 1, 65535 },
        { "timeout", OPTION_INT, &up.timeout_seconds, "SECONDS", "for the API server, and again for the nodes", 1,
          3600 },
    };
    const struct command_line line = {
        "coracle up [OPTION]...",
        "Starts a whole cluster on this machine: control plane, and nodes that are network, mount and host name "
        "namespaces\n"
        "with a container runtime and an agent each. The host's own network is not touched. Running it again uses what "
        "runs.",
        options,
        countof(options),
        "  coracle up\n  coracle up --name second --nodes 3 --api-port 7443\n",
        0,
    };
    struct error err = { 0 };
    int rc = options_parse(&line, argc, argv, NULL, &err);
    if (rc == 0)
        rc = run(&up, name, nodes, port, &err);
    return role_end("up", rc, &err);
}
