/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_thread.h - a real loop on a thread of its own.
 *
 * The thread belongs to the loop of whoever made it (the home): all functions are called from there. What runs on the
 * thread's loop is put there with loop_post(), and ends itself before the thread is told to stop. */
#ifndef LOOP_LOOP_THREAD_H
#define LOOP_LOOP_THREAD_H

#include "loop/loop.h"

struct loop_thread;

/* Runs at once, and waits for posts. 'name' is what tools show, at most 15 characters. */
int loop_thread_create(struct loop *home, const char *name, struct loop_thread **ret_thread,
                       struct error *err) must_check;
struct loop *loop_thread_loop(struct loop_thread *thread);

/* Lets the thread end as soon as nothing is left on its loop; then stopped() comes at home. */
void loop_thread_stop(struct loop_thread *thread, void (*stopped)(void *context), void *context);

/* After stopped(); or without it, then it waits for that end, and nothing that needs the home's loop may be left on the
 * thread's. NULL is fine. */
void loop_thread_destroy(struct loop_thread *thread);

#endif
