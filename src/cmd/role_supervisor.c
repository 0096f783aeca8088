/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_supervisor.c - coracle supervisor: keeps one cluster's processes running; started by 'coracle up'. */
#include <stdio.h>

#include "cli/options.h"
#include "cluster/supervision/supervisor.h"
#include "cmd/role.h"

int role_supervisor(int argc, char **argv)
{
    const char *name = "coracle";
    int64_t lock = -1;
    const struct option options[] = {
        { "name", OPTION_TEXT, &name, "NAME", "the cluster", 0, 0 },
        { "lock-fd", OPTION_INT, &lock, "FD", "the cluster's lock, held by this descriptor until it runs", -1, 1023 },
    };
    const struct command_line line = {
        "coracle supervisor [--name NAME]",
        "Keeps a cluster's processes running, in the foreground, until SIGTERM. 'coracle up' starts it.",
        options,
        countof(options),
        NULL,
        0,
    };
    struct error err = { 0 };
    struct cluster_layout layout;
    int rc = options_parse(&line, argc, argv, NULL, &err);
    if (rc == 0)
        rc = cluster_layout_load(&layout, name, &err);
    if (rc == 0)
        rc = supervisor_run(&layout, (int)lock, &err);
    return role_end("supervisor", rc, &err);
}
