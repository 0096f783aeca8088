/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cgroup.c - the same tree in all hierarchies.
 *
 * Killing: cgroup.kill where there is a v2 hierarchy takes everything at once, forks in flight
 * included. What is only in v1 directories (moved there by a container runtime) is found by its
 * pids, and waited for by pidfd. Rounds repeat until a look finds nobody. */
#include "node/machine/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/str.h"

#define CGROUP_ROOT      "/sys/fs/cgroup"
#define HIERARCHIES_MAX  32
#define PATH_SIZE        768
#define DEPTH_MAX        32
#define KILL_ROUNDS      50
#define EXIT_WAIT_MSEC   10000 /* for one process to end after SIGKILL: it may be in the middle of a write */
#define REMOVE_ROUNDS    400
#define REMOVE_WAIT_MSEC 5

struct hierarchies {
    char roots[HIERARCHIES_MAX][64];
    size_t count;
};

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Directories of the v1 layout; or the one root of a pure v2 host. */
static int find_hierarchies(struct hierarchies *found, struct error *err)
{
    found->count = 0;
    if (exists(CGROUP_ROOT "/cgroup.controllers")) {
        snprintf(found->roots[found->count++], sizeof(found->roots[0]), "%s", CGROUP_ROOT);
        return 0;
    }
    DIR *directory = opendir(CGROUP_ROOT);
    if (directory == NULL)
        return error_errno(err, "open " CGROUP_ROOT);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL && found->count < HIERARCHIES_MAX;) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), CGROUP_ROOT "/%s/cgroup.procs", entry->d_name);
        /* Joined controllers ("cpu,cpuacct") have symbolic links beside the directory. */
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && strlen(entry->d_name) < 40 && exists(path))
            snprintf(found->roots[found->count++], sizeof(found->roots[0]), CGROUP_ROOT "/%s", entry->d_name);
    }
    closedir(directory);
    return found->count > 0 ? 0 : error_set(err, ERROR_UNSUPPORTED, "no cgroup hierarchy is mounted at " CGROUP_ROOT);
}

static int write_file(const char *path, const char *text, size_t size)
{
    autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    return write(fd, text, size) == (ssize_t)size ? 0 : -1;
}

/* A new v1 cpuset is empty, and an empty one takes no process. */
static int inherit_cpuset(const char *directory, const char *name, struct error *err)
{
    char own[PATH_SIZE + 32], parents[PATH_SIZE + 32], text[1024];
    snprintf(own, sizeof(own), "%s/%s", directory, name);
    snprintf(parents, sizeof(parents), "%s/../%s", directory, name);
    autoclose int fd = open(parents, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text));
    if (size < 0)
        return error_errno(err, "read %s", parents);
    if (size > 1 && write_file(own, text, (size_t)size) < 0)
        return error_errno(err, "write %s", own);
    return 0;
}

/* On v2, children may only use what the parent hands down. A controller that cannot be had is not
 * ours to complain of: the kubelet says which limits it cannot set. */
static void hand_down_controllers(const char *directory)
{
    static const char *const controllers[] = { "+cpu", "+cpuset", "+memory", "+pids", "+io" };
    char path[PATH_SIZE + 32];
    snprintf(path, sizeof(path), "%s/cgroup.subtree_control", directory);
    for (size_t i = 0; i < countof(controllers); i++)
        write_file(path, controllers[i], strlen(controllers[i]));
}

static int create_directory(const char *root, const char *directory, bool leaf, struct error *err)
{
    if (mkdir(directory, 0755) < 0 && errno != EEXIST)
        return error_errno(err, "make cgroup %s", directory);
    if (str_ends(str_of(root), STR("/cpuset"))) {
        int rc = inherit_cpuset(directory, "cpuset.cpus", err);
        if (rc == 0)
            rc = inherit_cpuset(directory, "cpuset.mems", err);
        return rc;
    }
    if (str_equal(str_of(root), STR(CGROUP_ROOT)) && !leaf)
        hand_down_controllers(directory);
    return 0;
}

static int create_below(const char *root, const char *path, struct error *err)
{
    char directory[PATH_SIZE];
    size_t length = (size_t)snprintf(directory, sizeof(directory), "%s", root);
    if (str_equal(str_of(root), STR(CGROUP_ROOT)))
        hand_down_controllers(root);
    struct str rest = str_of(path), piece;
    while (str_next(&rest, '/', &piece)) {
        if (piece.size == 0)
            continue;
        int added = snprintf(directory + length, sizeof(directory) - length, "/" STR_FMT, STR_ARG(piece));
        length += (size_t)added;
        if (length >= sizeof(directory))
            return error_set(err, ERROR_LIMIT, "cgroup path %s is too long", path);
        int rc = create_directory(root, directory, rest.size == 0, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int cgroup_create(const char *path, struct error *err)
{
    struct hierarchies found;
    int rc = find_hierarchies(&found, err);
    for (size_t i = 0; rc == 0 && i < found.count; i++)
        rc = create_below(found.roots[i], path, err);
    return rc;
}

int cgroup_join(const char *path, pid_t pid, struct error *err)
{
    struct hierarchies found;
    int rc = find_hierarchies(&found, err);
    for (size_t i = 0; rc == 0 && i < found.count; i++) {
        char file[PATH_SIZE], number[16];
        snprintf(file, sizeof(file), "%s%s/cgroup.procs", found.roots[i], path);
        int size = snprintf(number, sizeof(number), "%d", (int)pid);
        if (write_file(file, number, (size_t)size) < 0)
            rc = error_errno(err, "join cgroup %s", file);
    }
    return rc;
}

/* ---------------------------------------------------------------- removal */

/* Calls visit(directory) for the tree, children before their parents. */
static int walk(const char *directory, int depth, int (*visit)(const char *directory, void *context), void *context)
{
    DIR *stream = opendir(directory);
    if (stream == NULL)
        return errno == ENOENT ? 0 : -errno;
    int rc = 0;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char child[PATH_SIZE];
        if (depth == DEPTH_MAX || snprintf(child, sizeof(child), "%s/%s", directory, entry->d_name) >= PATH_SIZE)
            rc = -ENAMETOOLONG;
        else {
            int child_rc = walk(child, depth + 1, visit, context);
            rc = rc == 0 ? child_rc : rc;
        }
    }
    closedir(stream);
    int own_rc = visit(directory, context);
    return rc == 0 ? own_rc : rc;
}

static void kill_and_wait(pid_t pid)
{
    autoclose int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0)
        return; /* gone already */
    if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0)
        return;
    struct pollfd wait = { .fd = pidfd, .events = POLLIN };
    poll(&wait, 1, EXIT_WAIT_MSEC);
}

/* context: counts who was found. */
static int kill_tasks(const char *directory, void *context)
{
    char path[PATH_SIZE + 32];
    snprintf(path, sizeof(path), "%s/freezer.state", directory);
    write_file(path, "THAWED", 6); /* a frozen process does not die; absent elsewhere */
    snprintf(path, sizeof(path), "%s/cgroup.kill", directory);
    write_file(path, "1", 1); /* absent in v1 */
    snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT ? 0 : -errno;
    pid_t self = getpid();
    for (int pid; fscanf(file, "%d", &pid) == 1;) {
        if (pid <= 0 || pid == self)
            continue; /* 0: of a pid namespace we cannot see */
        ++*(size_t *)context;
        kill_and_wait(pid);
    }
    fclose(file);
    return 0;
}

static int remove_directory(const char *directory, void *context)
{
    (void)context;
    return rmdir(directory) == 0 || errno == ENOENT ? 0 : -errno;
}

static int remove_tree(const char *directory, struct error *err)
{
    int rc = 0;
    for (int round = 0; round < REMOVE_ROUNDS; round++) {
        rc = walk(directory, 0, remove_directory, NULL);
        if (rc == 0)
            return 0;
        poll(NULL, 0, REMOVE_WAIT_MSEC); /* the last of them is on its way out; the kernel has no event for it in v1 */
    }
    errno = -rc;
    return error_errno(err, "remove cgroup %s", directory);
}

int cgroup_remove(const char *path, struct error *err)
{
    struct hierarchies found;
    int rc = find_hierarchies(&found, err);
    if (rc < 0)
        return rc;

    char directory[PATH_SIZE];
    size_t seen = 1;
    for (int round = 0; seen > 0; round++) {
        if (round == KILL_ROUNDS)
            return error_set(err, ERROR_TIMEOUT, "processes of cgroup %s do not end", path);
        seen = 0;
        for (size_t i = 0; i < found.count; i++) {
            snprintf(directory, sizeof(directory), "%s%s", found.roots[i], path);
            int walk_rc = walk(directory, 0, kill_tasks, &seen);
            if (walk_rc < 0) {
                errno = -walk_rc;
                return error_errno(err, "end the processes of cgroup %s", directory);
            }
        }
    }
    for (size_t i = 0; i < found.count && rc == 0; i++) {
        snprintf(directory, sizeof(directory), "%s%s", found.roots[i], path);
        rc = remove_tree(directory, err);
    }
    return rc;
}
