/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pause - holds a pod's namespaces open: sleeps, and as process 1 of a shared PID namespace reaps orphans. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_terminate(int signal_number)
{
    (void)signal_number;
    _exit(0); /* asked to end: that is success */
}

static void on_child(int signal_number)
{
    (void)signal_number;
    while (waitpid(-1, 0, WNOHANG) > 0)
        continue;
}

int main(void)
{
    struct sigaction terminate = { .sa_handler = on_terminate };
    struct sigaction child = { .sa_handler = on_child, .sa_flags = SA_NOCLDSTOP | SA_RESTART };
    sigaction(SIGTERM, &terminate, 0);
    sigaction(SIGINT, &terminate, 0);
    sigaction(SIGCHLD, &child, 0);
    for (;;)
        pause();
}
