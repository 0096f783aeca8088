/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* holder.c - starting and finding a holder. What it does in its own process is in holder_role.c. */
#include "node/machine/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "node/machine/cgroup.h"
#include "node/machine/holder_state.h"

/* Runs the role until it has detached itself; what it says on the pipe is "ok" or why not. */
static int run_role(const char *program, char *const argv[], struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(err, "make a pipe");
    autoclose int from = ends[0], to = ends[1];

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, to, 1);
    pid_t pid;
    errno = posix_spawn(&pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (errno != 0)
        return error_errno(err, "start %s", program);
    close(take_fd(&to));

    char said[ERROR_MESSAGE_SIZE];
    size_t used = 0;
    for (ssize_t size; used < sizeof(said) - 1 && (size = read(from, said + used, sizeof(said) - 1 - used)) != 0;) {
        if (size < 0 && errno != EINTR)
            break;
        used += size > 0 ? (size_t)size : 0;
    }
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (used == 2 && memcmp(said, "ok", 2) == 0)
        return 0;
    return error_set(err, ERROR_SYSTEM, "%.*s", (int)used, used > 0 ? said : "the holder ended without a word");
}

int holder_start(const struct holder_options *options, struct error *err)
{
    if (options->n_mounts > HOLDER_MOUNTS_MAX)
        return error_set(err, ERROR_LIMIT, "more than %d mounts", HOLDER_MOUNTS_MAX);
    int rc = cgroup_create(options->cgroup, err);
    if (rc < 0)
        return rc;

    const char *program = options->program != NULL ? options->program : "/proc/self/exe";
    const char *argv[8 + 2 * HOLDER_MOUNTS_MAX];
    size_t n = 0;
    argv[n++] = "coracle";
    argv[n++] = "machine-hold";
    argv[n++] = options->state_path;
    argv[n++] = options->cgroup;
    argv[n++] = text_or_empty(options->hostname);
    argv[n++] = text_or_empty(options->keep);
    for (size_t i = 0; i < options->n_mounts; i++) {
        argv[n++] = options->mounts[i].source;
        argv[n++] = options->mounts[i].target;
    }
    argv[n] = NULL;
    return run_role(program, (char *const *)argv, err);
}

bool holder_alive(const char *state_path)
{
    struct holder_state state;
    return holder_state_read(state_path, &state, NULL) == 0;
}

int holder_network_namespace(const char *state_path, int *ret_fd, struct error *err)
{
    struct holder_state state;
    int rc = holder_state_read(state_path, &state, err);
    if (rc < 0)
        return rc;
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)state.pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "open %s", path);
    *ret_fd = fd;
    return 0;
}
