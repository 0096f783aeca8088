/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/supervision/pidfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/system/file.h"
#include "base/system/process.h"

int pidfile_write(const char *path, pid_t pid, struct error *err)
{
    char text[64];
    int size = snprintf(text, sizeof(text), "%d %llu\n", (int)pid, process_start_time(pid));
    return file_write(AT_FDCWD, path, (struct str){ text, (size_t)size }, 0600, err);
}

static int pidfile_read(const char *path, pid_t *ret_pid, unsigned long long *ret_start, struct error *err)
{
    auto_buffer struct buffer text = { .max = 64 };
    int rc = file_read(AT_FDCWD, path, 64, &text, err);
    if (rc < 0)
        return rc;
    int pid = 0;
    if (sscanf(text_or_empty(text.data), "%d %llu", &pid, ret_start) != 2 || pid <= 0)
        return error_set(err, ERROR_NOT_FOUND, "%s names no process", path);
    *ret_pid = pid;
    return 0;
}

int pidfile_open(const char *path, int *ret_pidfd, pid_t *ret_pid, struct error *err)
{
    pid_t pid = 0;
    unsigned long long start = 0;
    int rc = pidfile_read(path, &pid, &start, err);
    if (rc < 0)
        return rc;
    /* Open first, then compare: the descriptor pins the process that the comparison is about. */
    autoclose int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0 || start == 0 || process_start_time(pid) != start)
        return error_set(err, ERROR_NOT_FOUND, "process %d of %s is gone", (int)pid, path);
    *ret_pid = pid;
    *ret_pidfd = take_fd(&fd);
    return 0;
}

void pidfile_remove(const char *path)
{
    unlink(path); /* absent is as good */
}
