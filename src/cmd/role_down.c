/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_down.c - coracle down: stops a cluster and removes everything that 'up' made. */
#include <stdio.h>

#include "cli/options.h"
#include "cluster/down.h"
#include "cmd/role.h"

static void warn(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "coracle down: %s; ending it the hard way\n", text);
}

static int down(const char *name, bool keep_data, struct error *err)
{
    struct cluster_down_options down = { .keep_data = keep_data, .warn = warn };
    int rc = cluster_layout_init(&down.layout, name, err);
    return rc == 0 ? cluster_down(&down, err) : rc;
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
    if (rc == 0)
        rc = down(name, keep_data, &err);
    return role_end("down", rc, &err);
}
