/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* sysctl.c - which namespace of the kernel a sysctl belongs to. */
#include <stdio.h>

#include "api/validation/pod/pod_rules.h"

static const char *const ipc_names[] = { "kernel.sem",    "kernel.shmall",          "kernel.shmmax",
                                         "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.msgmax",
                                         "kernel.msgmnb", "kernel.msgmni",          "kernel.shm",
                                         "kernel.msg" };

/* "net/ipv4.conf" is written as "net.ipv4/conf" where '.' separates. */
static void with_points(const char *name, char text[static 256])
{
    const char *first = strpbrk(name, "./");

    snprintf(text, 256, "%s", name);
    if (first == NULL || *first == '.')
        return;
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
}

enum sysctl_space sysctl_space_of(const char *name)
{
    char text[256];

    with_points(text_or_empty(name), text);
    for (size_t i = 0; i < countof(ipc_names); i++)
        if (strcmp(text, ipc_names[i]) == 0)
            return SYSCTL_IPC;
    if (strncmp(text, "fs.mqueue.", 10) == 0)
        return SYSCTL_IPC;
    return strncmp(text, "net.", 4) == 0 ? SYSCTL_NET : SYSCTL_OTHER;
}
