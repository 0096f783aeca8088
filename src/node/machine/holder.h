/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* holder.h - the process that keeps namespaces alive, and the state file by which they are found.
 *
 * A holder is our own binary in the role machine-hold: it joins its cgroup, makes the
 * namespaces, sets them up and then waits to be killed. The state file names it with its
 * start time, so that a reused pid is never taken for it. */
#ifndef NODE_MACHINE_HOLDER_H
#define NODE_MACHINE_HOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

enum { HOLDER_PATH_MAX = 256, HOLDER_MOUNTS_MAX = 16 };

/* A directory or file of the host seen at another place inside. */
struct holder_mount {
    const char *source;
    const char *target; /* must exist, except below /run, which is the machine's own */
};

struct holder_options {
    const char *program;    /* our binary; NULL: the running one */
    const char *state_path; /* the state file */
    const char *cgroup;     /* made by the call */
    const char *hostname;   /* NULL: a network namespace only; else mount and UTS namespaces as well */
    const char *keep;       /* directory below /run that stays the host's; NULL: none */
    const struct holder_mount *mounts;
    size_t n_mounts;
};

/* Starts a holder and writes its state file. */
int holder_start(const struct holder_options *options, struct error *err) must_check;

/* True when the file names a holder that lives. */
bool holder_alive(const char *state_path);

/* Opens the holder's network namespace. -ERROR_NOT_FOUND when there is no living holder. */
int holder_network_namespace(const char *state_path, int *ret_fd, struct error *err) must_check;

/* The roles. machine-hold is only for holder_start(); "machine-exec STATE-FILE COMMAND [ARGUMENT]..." runs a
 * command inside: in the holder's namespaces and cgroup. They return exit codes. */
int holder_hold_main(int argc, char **argv);
int holder_exec_main(int argc, char **argv);

#endif
