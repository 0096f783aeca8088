/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_status.c - coracle status, kubeconfig and machine: what runs, how to reach it, and pulling a machine's plug. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cli/options.h"
#include "cluster/machines/machines.h"
#include "cluster/process_memory.h"
#include "cluster/supervision/pidfile.h"
#include "cluster/supervision/supervisor.h"
#include "cmd/role.h"

#define MEGABYTE 1e6

static int finish(const char *role, int rc, const struct error *err)
{
    int code = role_end(role, rc, err);
    return rc == -ERROR_NOT_FOUND ? EXIT_NOT_RUNNING : code;
}

static int parse_name(const struct command_line *line, int argc, char **argv, const char **name, char ***words,
                      struct cluster_layout *layout, struct error *err)
{
    int rc = options_parse(line, argc, argv, words, err);
    return rc == 0 ? cluster_layout_load(layout, *name, err) : rc;
}

/* ---------------------------------------------------------------- status */

static bool print_process(const struct cluster_layout *layout, const char *name)
{
    char path[CLUSTER_PATH_MAX];
    pid_t pid = 0;
    autoclose int pidfd = -1;
    supervisor_pid_path(layout, name, path);
    bool runs = pidfile_open(path, &pidfd, &pid, NULL) == 0;
    if (!runs) {
        printf("  %-20s stopped\n", name);
        return false;
    }
    struct process_memory memory;
    printf("  %-20s running   process %-8d", name, (int)pid);
    if (process_memory_read(pid, &memory, NULL) == 0)
        printf(" %6.1f MB resident, %.1f MB of its own", (double)memory.resident / MEGABYTE,
               (double)memory.own / MEGABYTE);
    putchar('\n');
    return true;
}

static int print_status(const struct cluster_layout *layout, struct error *err)
{
    char logs[CLUSTER_PATH_MAX];
    printf("cluster '%s': %lld node%s, API server on https://127.0.0.1:%lld\n", layout->name, (long long)layout->nodes,
           layout->nodes == 1 ? "" : "s", (long long)layout->api_port);
    bool all = print_process(layout, "supervisor");
    all = print_process(layout, "server") && all;
    for (int64_t i = 0; i < layout->nodes; i++) {
        char node[32], name[64];
        cluster_node_name(i, node);
        snprintf(name, sizeof(name), "%s/containerd", node);
        all = print_process(layout, name) && all;
        snprintf(name, sizeof(name), "%s/agent", node);
        all = print_process(layout, name) && all;
    }
    cluster_run_path(layout, logs, "logs/");
    return all ? 0
               : error_set(err, ERROR_NOT_FOUND, "not everything runs; 'coracle up' starts it, logs are in %s", logs);
}

int role_status(int argc, char **argv)
{
    const char *name = "coracle";
    const struct option options[] = { { "name", OPTION_TEXT, &name, "NAME", "the cluster", 0, 0 } };
    const struct command_line line = {
        "coracle status [--name NAME]",
        "Says which processes of a cluster of this machine run, and what they take of its memory. Exit code 0: all; 3: "
        "some or none.",
        options,
        countof(options),
        NULL,
        0,
    };
    struct error err = { 0 };
    struct cluster_layout layout;
    int rc = parse_name(&line, argc, argv, &name, NULL, &layout, &err);
    if (rc == 0)
        rc = print_status(&layout, &err);
    return finish("status", rc, &err);
}

/* ---------------------------------------------------------------- kubeconfig */

static int print_kubeconfig(const struct cluster_layout *layout, struct error *err)
{
    char path[CLUSTER_PATH_MAX];
    auto_buffer struct buffer text = { 0 };
    cluster_data_path(layout, path, "admin.kubeconfig");
    int rc = file_read(AT_FDCWD, path, 1 << 20, &text, err);
    if (rc == 0 && fwrite(text.data, 1, text.size, stdout) != text.size)
        rc = error_errno(err, "write to standard output");
    return rc;
}

int role_kubeconfig(int argc, char **argv)
{
    const char *name = "coracle";
    const struct option options[] = { { "name", OPTION_TEXT, &name, "NAME", "the cluster", 0, 0 } };
    const struct command_line line = {
        "coracle kubeconfig [--name NAME]",
        "Prints a kubeconfig for the administrator of a cluster of this machine.",
        options,
        countof(options),
        "  coracle kubeconfig > ~/.kube/config\n",
        0,
    };
    struct error err = { 0 };
    struct cluster_layout layout;
    int rc = parse_name(&line, argc, argv, &name, NULL, &layout, &err);
    if (rc == 0)
        rc = print_kubeconfig(&layout, &err);
    return finish("kubeconfig", rc, &err);
}

/* ---------------------------------------------------------------- machine stop, start */

static int act_on_machine(const struct cluster_layout *layout, const char *verb, const char *node, struct error *err)
{
    char path[CLUSTER_PATH_MAX];
    struct machines machines;
    cluster_run_path(layout, path, "nodes/%s", node);
    if (!file_exists(AT_FDCWD, path))
        return error_set(err, ERROR_USAGE, "cluster '%s' has no machine %s", layout->name, node);
    if (strcmp(verb, "stop") == 0)
        return machines_stop(layout, node, err);
    int rc = machines_open(layout, &machines, err);
    if (rc == 0)
        machines_close(&machines);
    return rc;
}

int role_machine(int argc, char **argv)
{
    const char *name = "coracle";
    const struct option options[] = { { "name", OPTION_TEXT, &name, "NAME", "the cluster", 0, 0 } };
    const struct command_line line = {
        "coracle machine stop|start [--name NAME] MACHINE",
        "stop pulls the plug of a machine: every process on it is gone at once, as in a power cut. Its node becomes "
        "NotReady and\n"
        "its pods move elsewhere when their tolerations are over. start boots it again; within seconds it is back.",
        options,
        countof(options),
        "  coracle machine stop node2\n  coracle machine start node2\n",
        2,
    };
    struct error err = { 0 };
    struct cluster_layout layout;
    char **words = NULL;
    int rc = parse_name(&line, argc, argv, &name, &words, &layout, &err);
    if (rc == 0 && (words == NULL || words[0] == NULL || words[1] == NULL ||
                    (strcmp(words[0], "stop") != 0 && strcmp(words[0], "start") != 0)))
        rc = error_set(&err, ERROR_USAGE, "usage: %s", line.usage);
    else if (rc == 0)
        rc = act_on_machine(&layout, words[0], words[1], &err);
    return finish("machine", rc, &err);
}
