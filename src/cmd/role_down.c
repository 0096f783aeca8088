/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_down.c - coracle down: stops a cluster and removes everything that 'up' made. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/options.h"
#include "cluster/machines.h"
#include "cluster/supervisor.h"
#include "cmd/role.h"

static int down(const char *name, bool keep_data, struct error *err)
{
    struct cluster_layout layout;
    int rc = cluster_layout_init(&layout, name, err);
    if (rc < 0)
        return rc;
    if (geteuid() != 0)
        return error_set(err, ERROR_FORBIDDEN, "needs root: run it with sudo");
    rc = supervisor_stop(&layout, err);
    if (rc == -ERROR_TIMEOUT)
        fprintf(stderr, "coracle down: %s; ending it the hard way\n", err->message);
    else if (rc < 0 && rc != -ERROR_NOT_FOUND)
        return rc;
    rc = machines_remove(&layout, err);
    if (rc == 0 && !keep_data)
        rc = file_remove_tree(AT_FDCWD, layout.data, err);
    return rc;
}

int role_down(int argc, char **argv)
{
    const char *name = "coracle";
    bool keep_data = false;
    const struct option options[] = {
        { "name", OPTION_TEXT, &name, "NAME", "the cluster", 0, 0 },
        { "keep-data", OPTION_FLAG, &keep_data, NULL,
          "stop it, but keep its objects, keys and images for the next 'up'", 0, 0 },
    };
    const struct command_line line = {
        "coracle down [--name NAME] [--keep-data]",
        "Stops a cluster of this machine and removes its processes, containers, namespaces, mounts, cgroups and "
        "files.\n"
        "Running it again, or without a cluster, is fine.",
        options,
        countof(options),
        NULL,
        0,
    };
    struct error err = { 0 };
    int rc = options_parse(&line, argc, argv, NULL, &err);
    if (rc > 0)
        return EXIT_DONE;
    if (rc == 0)
        rc = down(name, keep_data, &err);
    if (rc < 0)
        fprintf(stderr, "coracle down: %s\n", err.message);
    return rc == 0 ? EXIT_DONE : rc == -ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
