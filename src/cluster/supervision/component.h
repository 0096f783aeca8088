/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* component.h - one supervised process: started, watched, started again with back-off, stopped.
 *
 * Its pid file lets the next supervisor adopt it, so that the supervisor's own end or
 * restart disturbs nothing. Belongs to a loop. */
#ifndef CLUSTER_COMPONENT_H
#define CLUSTER_COMPONENT_H

#include "base/error.h"
#include "loop/loop.h"

struct component;

struct component_options {
    const char *name;        /* "server", "node1/agent" */
    const char *const *argv; /* NULL-terminated; copied */
    const char *pid_path;
    const char *log_path;                                        /* standard output and error are appended */
    void (*started)(void *context, const char *name, pid_t pid); /* each time; may be NULL */
    void *context;
};

struct component *component_create(struct loop *loop, const struct component_options *options);

/* Adopts the process of the pid file, or starts one. It is kept running from here on. */
void component_start(struct component *component);

/* SIGTERM, after 'grace' SIGKILL; done() when the process is gone, at once when none runs. */
void component_stop(struct component *component, usec_t grace, void (*done)(void *context), void *context);

pid_t component_pid(const struct component *component);    /* 0: not running at the moment */
bool component_adopted(const struct component *component); /* it runs, and ran before us */
unsigned component_restarts(const struct component *component);

/* Forgets the process, does not end it. NULL is fine. */
void component_destroy(struct component *component);

#endif
