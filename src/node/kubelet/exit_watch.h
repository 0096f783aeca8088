/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* exit_watch.h - word of a process's end, by pidfd: so that nobody has to ask the runtime every second.
 *
 * The runtime learns of the end at the same moment and needs a little to say so: the callback comes a few times, at growing
 * distances, until the watch is closed. */
#ifndef NODE_KUBELET_EXIT_WATCH_H
#define NODE_KUBELET_EXIT_WATCH_H

#include <sys/types.h>

#include "loop/loop.h"

struct exit_watch;

/* NULL: such a process cannot be watched from here (gone, another pid namespace, a virtual loop). */
struct exit_watch *exit_watch_open(struct loop *loop, pid_t pid, void (*ended)(void *context), void *context);
void exit_watch_close(struct exit_watch *watch); /* also from its callback; NULL is fine */

#endif
