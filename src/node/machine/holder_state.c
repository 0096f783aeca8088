/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/machine/holder_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

unsigned long long holder_start_time(pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    /* The name, second field, may hold blanks and brackets: count from the last bracket. Field 3 is the state. */
    const char *after = strrchr(text, ')');
    char life;
    unsigned long long start;
    if (after == NULL ||
        sscanf(after + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &life,
               &start) != 2 ||
        life == 'Z' || life == 'X')
        return 0;
    return start;
}

int holder_state_write(const char *path, const struct holder_state *state, struct error *err)
{
    char beside[300], line[400];
    snprintf(beside, sizeof(beside), "%s.new", path);
    int size = snprintf(line, sizeof(line), "%d %llu %s %s\n", (int)state->pid, state->start_time, state->cgroup,
                        state->whole ? "net,mnt,uts" : "net");
    autoclose int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, line, (size_t)size) != size || rename(beside, path) < 0)
        return error_errno(err, "write %s", path);
    return 0;
}

int holder_state_read(const char *path, struct holder_state *ret_state, struct error *err)
{
    char line[400];
    autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "open %s", path);
    ssize_t size = read(fd, line, sizeof(line) - 1);
    if (size < 0)
        return error_errno(err, "read %s", path);
    line[size] = '\0';
    struct holder_state state = { 0 };
    int pid;
    char namespaces[16];
    if (sscanf(line, "%d %llu %255s %15s", &pid, &state.start_time, state.cgroup, namespaces) != 4)
        return error_set(err, ERROR_NOT_FOUND, "%s is damaged", path);
    state.pid = pid;
    state.whole = strcmp(namespaces, "net") != 0;
    if (pid <= 0 || holder_start_time(pid) != state.start_time || state.start_time == 0)
        return error_set(err, ERROR_NOT_FOUND, "the process that %s names is gone", path);
    *ret_state = state;
    return 0;
}
