/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/supervision/component.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/memory.h"
#include "cluster/supervision/pidfile.h"

#define RESTART_DELAY_FIRST (100 * USEC_PER_MSEC)
#define RESTART_DELAY_MAX   (5 * USEC_PER_SEC)
#define STEADY_TIME         (10 * USEC_PER_SEC) /* having run this long, the next failure starts with the first delay again */

struct component {
    struct loop *loop;
    struct component_options options;
    char **argv;
    struct loop_process *process; /* our child; NULL when adopted */
    struct loop_poll *poll;       /* of an adopted process's pidfd */
    int pidfd;
    pid_t pid;
    bool stopping;
    unsigned restarts;
    usec_t started_at;
    usec_t delay;
    struct loop_timer restart;
    struct loop_timer kill;
    void (*stopped)(void *context);
    void *stopped_context;
};

static char **copy_argv(const char *const *argv)
{
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    char **copy = memory_zalloc((count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_strdup(argv[i]);
    return copy;
}

static void release_process(struct component *component)
{
    loop_process_close(component->process);
    loop_poll_close(component->poll);
    if (component->pidfd >= 0)
        close(component->pidfd);
    component->process = NULL;
    component->poll = NULL;
    component->pidfd = -1;
    component->pid = 0;
}

static void process_ended(struct component *component)
{
    usec_t ran = loop_monotonic(component->loop) - component->started_at;
    release_process(component);
    pidfile_remove(component->options.pid_path);
    if (component->stopping) {
        loop_timer_stop(&component->kill);
        if (component->stopped != NULL)
            component->stopped(component->stopped_context);
        return;
    }
    if (ran >= STEADY_TIME || component->delay == 0)
        component->delay = RESTART_DELAY_FIRST;
    component->restarts++;
    loop_timer_start(component->loop, &component->restart, component->delay);
    component->delay = component->delay * 2 < RESTART_DELAY_MAX ? component->delay * 2 : RESTART_DELAY_MAX;
}

static void child_exited(void *context, int exit_status, int signal_number)
{
    struct component *component = context;
    if (!component->stopping)
        log_warning("process ended", LOG_TEXT("name", component->options.name), LOG_INT("status", exit_status),
                    LOG_INT("signal", signal_number));
    process_ended(component);
}

static void adopted_exited(void *context, int events)
{
    struct component *component = context;
    (void)events;
    if (!component->stopping)
        log_warning("process ended", LOG_TEXT("name", component->options.name));
    process_ended(component);
}

static bool adopt(struct component *component)
{
    int pidfd = -1;
    pid_t pid = 0;
    if (pidfile_open(component->options.pid_path, &pidfd, &pid, NULL) < 0)
        return false;
    struct error err = { 0 };
    if (loop_poll_open(component->loop, pidfd, adopted_exited, component, &component->poll, &err) < 0) {
        log_error("cannot watch a process", LOG_TEXT("name", component->options.name), LOG_TEXT("error", err.message));
        close(pidfd);
        return false;
    }
    loop_poll_want(component->poll, LOOP_READABLE);
    component->pidfd = pidfd;
    component->pid = pid;
    return true;
}

static int start_child(struct component *component, struct error *err)
{
    autoclose int log = open(component->options.log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        return error_errno(err, "open %s", component->options.log_path);
    struct loop_process_options options = {
        .argv = (const char *const *)component->argv,
        .stdio = { -1, log, log },
        .new_session = true,
        .exited = child_exited,
        .context = component,
    };
    int rc = loop_process_start(component->loop, &options, &component->process, err);
    if (rc < 0)
        return rc;
    component->pid = loop_process_pid(component->process);
    return pidfile_write(component->options.pid_path, component->pid, err);
}

static void run(struct component *component)
{
    struct error err = { 0 };
    component->started_at = loop_monotonic(component->loop);
    if (!adopt(component) && start_child(component, &err) < 0) {
        log_error("cannot start", LOG_TEXT("name", component->options.name), LOG_TEXT("error", err.message));
        if (component->pid == 0) {
            process_ended(component); /* tries again after the delay */
            return;
        }
    }
    if (component->options.started != NULL)
        component->options.started(component->options.context, component->options.name, component->pid);
}

static void restart_due(struct loop_timer *timer)
{
    run(container_of(timer, struct component, restart));
}

static void send_signal(struct component *component, int signal_number)
{
    if (component->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, component->pidfd, signal_number, NULL, 0); /* gone already is as good */
    else if (component->process != NULL)
        loop_process_signal(component->process, signal_number, NULL);
}

static void kill_due(struct loop_timer *timer)
{
    struct component *component = container_of(timer, struct component, kill);
    log_warning("did not stop in time, killed", LOG_TEXT("name", component->options.name));
    send_signal(component, SIGKILL);
}

struct component *component_create(struct loop *loop, const struct component_options *options)
{
    struct component *component = memory_new(struct component);
    component->loop = loop;
    component->options = *options;
    component->options.name = memory_strdup(options->name);
    component->options.pid_path = memory_strdup(options->pid_path);
    component->options.log_path = memory_strdup(options->log_path);
    component->argv = copy_argv(options->argv);
    component->pidfd = -1;
    component->restart.callback = restart_due;
    component->kill.callback = kill_due;
    return component;
}

void component_start(struct component *component)
{
    if (component->pid == 0 && !loop_timer_running(&component->restart))
        run(component);
}

void component_stop(struct component *component, usec_t grace, void (*done)(void *context), void *context)
{
    component->stopping = true;
    component->stopped = done;
    component->stopped_context = context;
    loop_timer_stop(&component->restart);
    if (component->pid == 0) {
        if (done != NULL)
            done(context);
        return;
    }
    send_signal(component, SIGTERM);
    loop_timer_start(component->loop, &component->kill, grace);
}

pid_t component_pid(const struct component *component)
{
    return component->pid;
}

bool component_adopted(const struct component *component)
{
    return component->pidfd >= 0;
}

unsigned component_restarts(const struct component *component)
{
    return component->restarts;
}

void component_destroy(struct component *component)
{
    if (component == NULL)
        return;
    loop_timer_stop(&component->restart);
    loop_timer_stop(&component->kill);
    release_process(component);
    for (char **word = component->argv; *word != NULL; word++)
        free(*word);
    free(component->argv);
    free((char *)component->options.name);
    free((char *)component->options.pid_path);
    free((char *)component->options.log_path);
    free(component);
}
