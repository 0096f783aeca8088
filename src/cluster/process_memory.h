/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* process_memory.h - what a process has in memory, as the kernel counts it. */
#ifndef CLUSTER_PROCESS_MEMORY_H
#define CLUSTER_PROCESS_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

/* In bytes. Pages of files that several processes map are resident in each of them. */
struct process_memory {
    uint64_t resident;
    uint64_t own; /* of these, what would be free without the process: private pages, mostly not from files */
};

/* From /proc/PID/smaps_rollup, which only root and the process's user may read. */
int process_memory_read(pid_t pid, struct process_memory *ret_memory, struct error *err) must_check;

/* Its text; false without the lines that count. */
bool process_memory_parse(struct str text, struct process_memory *ret_memory);

#endif
