/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/machine/holder_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "base/system/process.h"

int holder_state_write(const char *path, const struct holder_state *state, struct error *err)
{
    char line[400];
    int size = snprintf(line, sizeof(line), "%d %llu %s %s\n", (int)state->pid, state->start_time, state->cgroup,
                        state->whole ? "net,mnt,uts" : "net");
    return file_write(AT_FDCWD, path, (struct str){ line, (size_t)size }, 0644, err);
}

int holder_state_read(const char *path, struct holder_state *ret_state, struct error *err)
{
    auto_buffer struct buffer line = { .max = 400 };
    int rc = file_read(AT_FDCWD, path, 400, &line, err);
    if (rc < 0)
        return rc;
    struct holder_state state = { 0 };
    int pid;
    char namespaces[16];
    if (sscanf(text_or_empty(line.data), "%d %llu %255s %15s", &pid, &state.start_time, state.cgroup, namespaces) != 4)
        return error_set(err, ERROR_NOT_FOUND, "%s is damaged", path);
    state.pid = pid;
    state.whole = strcmp(namespaces, "net") != 0;
    if (pid <= 0 || process_start_time(pid) != state.start_time || state.start_time == 0)
        return error_set(err, ERROR_NOT_FOUND, "the process that %s names is gone", path);
    *ret_state = state;
    return 0;
}
