/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* machine_internal.h - what fabric.c and machine.c share. */
#ifndef NODE_MACHINE_MACHINE_INTERNAL_H
#define NODE_MACHINE_MACHINE_INTERNAL_H

#include "node/machine/machine.h"

enum { MACHINE_CGROUP_MAX = 192 };

struct fabric {
    char cluster[MACHINE_CLUSTER_MAX + 1];
    char program[HOLDER_PATH_MAX]; /* "": the running one */
    char directory[HOLDER_PATH_MAX];
    char state_path[HOLDER_PATH_MAX + 16];
    struct ip_prefix gateway;
    int namespace_fd;
};

int fabric_check_name(const char *name, size_t max, const char *what, struct error *err) must_check;

/* A stable, locally administered hardware address made from the address. */
void machine_mac(const struct ip *address, uint8_t ret_mac[6]);

/* Removes the state files of a machines directory. */
void machine_forget_all(const char *directory);

#endif
