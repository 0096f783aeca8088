/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_real_process.c - subprocesses: posix_spawn() and a pidfd, no SIGCHLD handler.
 *
 * A child that its owner no longer cares for is kept as an orphan until it ends, so
 * that it does not stay behind as a zombie. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/loop_real.h"

struct loop_process {
    struct loop_real *real;
    struct loop_poll *poll;
    int pidfd;
    pid_t pid;
    bool ended; /* and reaped: the pid may be somebody else's by now */
    void (*exited)(void *context, int exit_status, int signal);
    void *context;
    struct list_node by_loop; /* in real->orphans once closed */
};

static void free_process(struct loop_process *process)
{
    list_remove(&process->by_loop);
    loop_poll_close(process->poll);
    close(process->pidfd);
    free(process);
}

static void on_end(void *context, int events)
{
    (void)events;
    struct loop_process *process = context;
    siginfo_t info = { 0 };
    if (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG) < 0)
        info.si_code = CLD_KILLED; /* somebody else reaped it: all that is known is that it ended */
    else if (info.si_pid == 0)
        return;
    loop_poll_close(take_pointer(&process->poll));
    process->ended = true;
    if (list_linked(&process->by_loop)) {
        free_process(process);
        return;
    }
    bool killed = info.si_code != CLD_EXITED;
    process->exited(process->context, killed ? 0 : info.si_status, killed ? info.si_status : 0);
}

/* The three descriptors for the child, all above 2 so that no dup2() below overwrites another's source. */
static int gather_stdio(const int stdio[3], int ret_fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (stdio[i] < 0)
            ret_fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (stdio[i] >= 0 || (ret_fds[i] >= 0 && ret_fds[i] < 3)) {
            int low = stdio[i] >= 0 ? -1 : ret_fds[i];
            ret_fds[i] = fcntl(stdio[i] >= 0 ? stdio[i] : low, F_DUPFD_CLOEXEC, 3);
            if (low >= 0)
                close(low);
        }
        if (ret_fds[i] < 0)
            return -1;
    }
    return 0;
}

/* Returns an errno. The child starts with default signal handling: an ignored SIGPIPE would be inherited. */
static int spawn(const struct loop_process_options *options, const int fds[3], pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int rc = 0;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (rc == 0 && options->directory != NULL)
        rc = posix_spawn_file_actions_addchdir_np(&actions, options->directory);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                  (options->new_session ? POSIX_SPAWN_SETSID : 0)));
    if (rc == 0)
        rc = posix_spawnp(ret_pid, options->argv[0], &actions, &attributes, (char *const *)options->argv,
                          options->env != NULL ? (char *const *)options->env : environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* The child runs already: when it cannot be watched it must not run on. */
static int watch(struct loop *loop, struct loop_process *process, struct error *err)
{
    process->pidfd = pidfd_open(process->pid, 0);
    if (process->pidfd < 0)
        return error_errno(err, "open a pidfd of process %d", (int)process->pid);
    fcntl(process->pidfd, F_SETFD, FD_CLOEXEC);
    return loop_real_poll_open(loop, process->pidfd, on_end, process, &process->poll, err);
}

int loop_real_process_start(struct loop *loop, const struct loop_process_options *options,
                            struct loop_process **ret_process, struct error *err)
{
    int fds[3] = { -1, -1, -1 };
    int rc = gather_stdio(options->stdio, fds) < 0 ? errno : 0;
    pid_t pid = -1;
    if (rc == 0)
        rc = spawn(options, fds, &pid);
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (rc != 0) {
        errno = rc;
        return error_errno(err, "start %s", options->argv[0]);
    }

    struct loop_process *process = memory_new(struct loop_process);
    *process = (struct loop_process){
        .real = loop_real_of(loop), .pid = pid, .pidfd = -1, .exited = options->exited, .context = options->context
    };
    rc = watch(loop, process, err);
    if (rc < 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        if (process->pidfd >= 0)
            close(process->pidfd);
        free(process);
        return rc;
    }
    loop_poll_want(process->poll, LOOP_READABLE);
    *ret_process = process;
    return 0;
}

pid_t loop_process_pid(const struct loop_process *process)
{
    return process->pid;
}

int loop_process_signal(struct loop_process *process, int signal, struct error *err)
{
    if (process->ended)
        return error_set(err, ERROR_NOT_FOUND, "process %d has ended", (int)process->pid);
    if (pidfd_send_signal(process->pidfd, signal, NULL, 0) < 0) {
        if (errno == ESRCH)
            return error_set(err, ERROR_NOT_FOUND, "process %d has ended", (int)process->pid);
        return error_errno(err, "signal process %d", (int)process->pid);
    }
    return 0;
}

void loop_process_close(struct loop_process *process)
{
    if (process == NULL)
        return;
    if (process->ended) {
        free_process(process);
        return;
    }
    list_append(&process->real->orphans, &process->by_loop);
    loop_real_poll_unref(process->poll);
}

void loop_real_forget_orphans(struct loop_real *real)
{
    for (struct list_node *node; (node = list_pop(&real->orphans)) != NULL;)
        free_process(container_of(node, struct loop_process, by_loop));
}
