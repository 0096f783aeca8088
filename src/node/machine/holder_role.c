/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* holder_role.c - what happens in the processes of the roles machine-hold and machine-exec.
 *
 * Both are single-threaded, as setns() into a mount namespace demands. The order in
 * machine-hold: cgroup first, so that whatever fails later is found and killed there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "base/system/process.h"
#include "net/namespace.h"
#include "net/netlink.h"
#include "node/machine/cgroup.h"
#include "node/machine/holder.h"
#include "node/machine/holder_state.h"

static int make_directories(const char *path, struct error *err)
{
    char partial[HOLDER_PATH_MAX];
    if ((size_t)snprintf(partial, sizeof(partial), "%s", path) >= sizeof(partial))
        return error_set(err, ERROR_LIMIT, "path %s is too long", path);
    for (char *slash = strchr(partial + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(partial, 0755) < 0 && errno != EEXIST)
            return error_errno(err, "make %s", partial);
        if (slash == NULL)
            return 0;
        *slash = '/';
    }
}

static int bind_at(int source, const char *target, struct error *err)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", source);
    if (mount(path, target, NULL, MS_BIND | MS_REC, NULL) < 0)
        return error_errno(err, "mount %s", target);
    return 0;
}

/* A target below /run is made first, of the source's type. */
static int prepare_target(int source, const char *target, struct error *err)
{
    if (!str_starts(str_of(target), STR("/run/")))
        return 0;
    struct stat status;
    if (fstat(source, &status) < 0)
        return error_errno(err, "look at the source of %s", target);
    if (S_ISDIR(status.st_mode))
        return make_directories(target, err);
    char parent[HOLDER_PATH_MAX];
    snprintf(parent, sizeof(parent), "%s", target);
    *strrchr(parent, '/') = '\0';
    int rc = make_directories(parent, err);
    if (rc < 0)
        return rc;
    autoclose int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd < 0 ? error_errno(err, "make %s", target) : 0;
}

/* argv: source, target pairs. Sources are opened before /run is covered: they may lie below it. */
static int set_up_mounts(const char *keep, char **pairs, int n_pairs, struct error *err)
{
    int sources[HOLDER_MOUNTS_MAX], kept = -1;
    char *targets[HOLDER_MOUNTS_MAX];
    for (int i = 0; i < n_pairs; i++) {
        sources[i] = open(pairs[2 * i], O_PATH | O_CLOEXEC);
        if (sources[i] < 0)
            return error_errno(err, "open %s", pairs[2 * i]);
        /* A target may be a link into the /run that will be covered (resolv.conf often is). Ours for good: this
         * process only waits from here on. */
        char *real = realpath(pairs[2 * i + 1], NULL);
        targets[i] = real != NULL ? real : pairs[2 * i + 1];
    }
    if (keep[0] != '\0' && (kept = open(keep, O_PATH | O_CLOEXEC)) < 0)
        return error_errno(err, "open %s", keep);

    if (mount("machine", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
        return error_errno(err, "mount /run");
    int rc = kept < 0 ? 0 : make_directories(keep, err);
    if (rc == 0 && kept >= 0)
        rc = bind_at(kept, keep, err);
    for (int i = 0; i < n_pairs && rc == 0; i++) {
        rc = prepare_target(sources[i], targets[i], err);
        if (rc == 0)
            rc = bind_at(sources[i], targets[i], err);
    }
    /* Shared inside, with peers only inside: volumes of pods may propagate, nothing reaches the host. */
    if (rc == 0 && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
        rc = error_errno(err, "share the mounts");
    return rc;
}

/* A pod answers its gateway, never its neighbour directly; and a node is a router. */
static int set_up_network(struct error *err)
{
    static const struct {
        const char *name, *value;
        bool optional;
    } sysctls[] = {
        { "ipv4/ip_forward", "1", false },
        { "ipv6/conf/all/forwarding", "1", true },
        { "ipv4/conf/all/send_redirects", "0", false },
        { "ipv4/conf/default/send_redirects", "0", false },
        { "ipv4/conf/all/rp_filter", "0", false },
        { "bridge/bridge-nf-call-iptables", "0", true },
        { "bridge/bridge-nf-call-ip6tables", "0", true },
    };
    for (size_t i = 0; i < countof(sysctls); i++) {
        int rc = namespace_sysctl(-1, sysctls[i].name, sysctls[i].value, err);
        if (rc < 0 && !sysctls[i].optional)
            return rc;
    }
    struct netlink *netlink;
    int rc = netlink_open(-1, &netlink, err);
    if (rc < 0)
        return rc;
    netlink_set_link(netlink, &(struct netlink_link){ .name = "lo", .up = true });
    rc = netlink_commit(netlink, err);
    netlink_close(netlink);
    return rc;
}

/* The tree below 'here' becomes all that the mount namespace has. */
static int move_root(int here, struct error *err)
{
    autoclose int tree = open_tree(here, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
    if (tree < 0 || fchdir(here) < 0 || move_mount(tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "mount the root directory");
    if (fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return error_errno(err, "make the root directory the machine's");
    return 0;
}

/* Whoever joins a mount namespace, as runc does for every exec, arrives at its root. When all of us run below a chroot, that
 * is somewhere outside: then the machine gets the chroot as its root. Mounts become private on the way. */
static int own_root(struct error *err)
{
    struct statx before, after;
    autoclose int here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    autoclose int namespace_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (here < 0 || namespace_fd < 0 || statx(here, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &before) < 0)
        return error_errno(err, "look at the root directory");
    if (setns(namespace_fd, CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return error_errno(err, "make the mounts private");
    if (statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &after) < 0)
        return error_errno(err, "look at the root directory");
    return before.stx_mnt_id == after.stx_mnt_id && before.stx_ino == after.stx_ino ? 0 : move_root(here, err);
}

static int set_up(const char *hostname, const char *keep, char **pairs, int n_pairs, struct error *err)
{
    bool whole = hostname[0] != '\0';
    if (unshare(CLONE_NEWNET | (whole ? CLONE_NEWNS | CLONE_NEWUTS : 0)) < 0)
        return error_errno(err, "make namespaces");
    int rc = set_up_network(err);
    if (rc < 0 || !whole)
        return rc;
    if (sethostname(hostname, strlen(hostname)) < 0)
        return error_errno(err, "set the host name");
    rc = own_root(err);
    return rc == 0 ? set_up_mounts(keep, pairs, n_pairs, err) : rc;
}

static void close_descriptors(void)
{
    close_range(0, ~0U, 0);
}

/* From the build: a static program of a few kilobytes that waits to be killed, also what pods' sandboxes run. */
extern const unsigned char pause_program[];
extern const size_t pause_program_size;

/* Waiting needs no libraries: as the pause program a holder has some 50 KB instead of 2 MB. Returns when it cannot be;
 * the pid and its start time stay as they are. */
static void become_small(const char *state_path)
{
    char *const argv[] = { (char *)(uintptr_t) "coracle-machine", (char *)(uintptr_t)state_path, NULL };
    char *const environment[] = { NULL };
    int fd = memfd_create("coracle-machine", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, pause_program, pause_program_size) == (ssize_t)pause_program_size)
        fexecve(fd, argv, environment);
}

/* Never returns. The state file is written by the holder itself, last, so that whoever reads it finds
 * everything ready; only then the one that started us hears "ok". */
static void hold(const char *state_path, const char *cgroup, bool whole)
{
    struct holder_state state = { .pid = getpid(), .start_time = process_start_time(getpid()), .whole = whole };
    snprintf(state.cgroup, sizeof(state.cgroup), "%s", cgroup);
    struct error err = { 0 };
    if (holder_state_write(state_path, &state, &err) < 0) {
        dprintf(STDOUT_FILENO, "%s", err.message);
        _exit(1);
    }
    if (write(STDOUT_FILENO, "ok", 2) != 2)
        _exit(1);
    close_descriptors();
    become_small(state_path);
    prctl(PR_SET_NAME, "coracle-machine");
    for (;;)
        pause();
}

int holder_hold_main(int argc, char **argv)
{
    if (argc < 5 || (argc - 5) % 2 != 0 || (argc - 5) / 2 > HOLDER_MOUNTS_MAX) {
        fprintf(stderr, "machine-hold is only for coracle itself\n");
        return 2;
    }
    const char *state_path = argv[1], *cgroup = argv[2], *hostname = argv[3], *keep = argv[4];
    struct error err = { 0 };
    int rc = cgroup_join(cgroup, 0, &err);
    if (rc == 0)
        rc = set_up(hostname, keep, argv + 5, (argc - 5) / 2, &err);
    if (rc < 0) {
        dprintf(STDOUT_FILENO, "%s", err.message);
        return 1;
    }
    /* Away from the starter's session and parenthood: its end must not be ours. */
    pid_t pid = fork();
    if (pid < 0) {
        dprintf(STDOUT_FILENO, "fork: %s", strerror(errno));
        return 1;
    }
    if (pid > 0)
        _exit(0);
    setsid();
    signal(SIGHUP, SIG_IGN);
    hold(state_path, cgroup, hostname[0] != '\0');
    return 1;
}

/* The namespaces' root is the machine's: own_root() saw to it. */
static int join(const struct holder_state *state, struct error *err)
{
    static const struct {
        const char *name;
        int flag;
    } kinds[] = { { "net", CLONE_NEWNET }, { "uts", CLONE_NEWUTS }, { "mnt", CLONE_NEWNS } };
    int fds[countof(kinds)];
    size_t count = state->whole ? countof(kinds) : 1;
    char path[64];
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)state->pid, kinds[i].name);
        fds[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (fds[i] < 0)
            return error_errno(err, "open %s", path);
    }
    for (size_t i = 0; i < count; i++)
        if (setns(fds[i], kinds[i].flag) < 0)
            return error_errno(err, "join the %s namespace", kinds[i].name);
    return 0;
}

int holder_exec_main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: coracle machine-exec STATE-FILE COMMAND [ARGUMENT]...\n");
        return 2;
    }
    struct error err = { 0 };
    struct holder_state state;
    int rc = holder_state_read(argv[1], &state, &err);
    if (rc == 0)
        rc = cgroup_join(state.cgroup, 0, &err);
    /* The working directory follows into the machine where it exists there, so that relative paths go on to work. */
    char directory[HOLDER_PATH_MAX];
    bool know_directory = getcwd(directory, sizeof(directory)) != NULL;
    if (rc == 0)
        rc = join(&state, &err);
    if (rc < 0) {
        fprintf(stderr, "coracle: %s\n", err.message);
        return 1;
    }
    if ((!know_directory || chdir(directory) < 0) && chdir("/") < 0)
        return 1;
    execvp(argv[2], argv + 2);
    fprintf(stderr, "coracle: %s: %s\n", argv[2], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}
