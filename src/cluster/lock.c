/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"

#define WAIT_MSEC 60000
#define LOOK_MSEC 20 /* flock() has no timeout */

/* The file may have been removed, and made anew by another, between our open and our lock. */
static bool is_current(int fd, const char *path)
{
    struct stat ours, theirs;
    return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

/* 1: somebody else has it, or it has just gone. */
static int try_take(const struct cluster_layout *layout, const char *path, int *ret_fd, struct error *err)
{
    int rc = file_make_directories(AT_FDCWD, layout->run, 0755, err);
    if (rc == -ERROR_NOT_FOUND)
        return 1; /* a 'down' of the last cluster removed the parent in between */
    if (rc < 0)
        return rc;
    autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == ENOENT ? 1 : error_errno(err, "open %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? 1 : error_errno(err, "lock %s", path);
    if (!is_current(fd, path))
        return 1;
    *ret_fd = take_fd(&fd);
    return 0;
}

int cluster_lock_take(const struct cluster_layout *layout, int *ret_fd, struct error *err)
{
    const struct timespec pause = { .tv_nsec = LOOK_MSEC * 1000000 };
    char path[CLUSTER_PATH_MAX];
    cluster_run_path(layout, path, "lock");
    for (int waited = 0; waited < WAIT_MSEC; waited += LOOK_MSEC) {
        int rc = try_take(layout, path, ret_fd, err);
        if (rc <= 0)
            return rc;
        nanosleep(&pause, NULL);
    }
    return error_set(err, ERROR_CONFLICT, "another 'coracle up' or 'coracle down' of cluster '%s' is at work",
                     layout->name);
}
