/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* holder_state.h - a holder's state file: one line, "PID START-TIME CGROUP NAMESPACES". */
#ifndef NODE_MACHINE_HOLDER_STATE_H
#define NODE_MACHINE_HOLDER_STATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct holder_state {
    pid_t pid;
    unsigned long long start_time; /* process_start_time() */
    char cgroup[256];
    bool whole; /* mount and UTS namespaces too */
};

/* Replaces the file at once: a reader sees all or nothing. */
int holder_state_write(const char *path, const struct holder_state *state, struct error *err) must_check;

/* -ERROR_NOT_FOUND when there is no such file or the process it names is gone. */
int holder_state_read(const char *path, struct holder_state *ret_state, struct error *err) must_check;

#endif
