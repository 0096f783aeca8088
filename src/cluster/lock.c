/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/system/file.h"

#define WAIT_MSEC 60000
#define LOCK_NAME "lock"
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
    cluster_run_path(layout, path, LOCK_NAME);
    for (int waited = 0; waited < WAIT_MSEC; waited += LOOK_MSEC) {
        int rc = try_take(layout, path, ret_fd, err);
        if (rc <= 0)
            return rc;
        nanosleep(&pause, NULL);
    }
    return error_set(err, ERROR_CONFLICT, "another 'coracle up' or 'coracle down' of cluster '%s' is at work",
                     layout->name);
}

/* All but the lock. */
static int remove_others(const char *path, struct error *err)
{
    DIR *entries = opendir(path);
    if (entries == NULL)
        return error_errno(err, "read directory %s", path);
    int rc = 0;
    while (rc == 0) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (entry == NULL) {
            rc = errno == 0 ? 0 : error_errno(err, "read directory %s", path);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            strcmp(entry->d_name, LOCK_NAME) == 0)
            continue;
        rc = file_remove_tree(dirfd(entries), entry->d_name, err);
    }
    closedir(entries);
    return rc < 0 ? error_wrap_code(err, rc, "%s", path) : 0;
}

int cluster_lock_remove(const struct cluster_layout *layout, struct error *err)
{
    char path[CLUSTER_PATH_MAX];
    int rc = remove_others(layout->run, err);
    if (rc < 0)
        return rc;
    cluster_run_path(layout, path, LOCK_NAME);
    if (unlink(path) < 0)
        return error_errno(err, "remove %s", path);
    /* Somebody who waited may have put a new lock there, or even be through with it. */
    if (rmdir(layout->run) < 0 && errno != ENOTEMPTY && errno != ENOENT)
        return error_errno(err, "remove directory %s", layout->run);
    return 0;
}
