/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* admission_metrics.h - how long admission takes, and what validating policies decided, under upstream's names. Belongs to the
 * server's loop. */
#ifndef APISERVER_ADMISSION_METRICS_H
#define APISERVER_ADMISSION_METRICS_H

#include "apiserver/admission/admission.h"
#include "apiserver/policies/policy.h"
#include "base/metrics.h"

struct admission_metrics;

struct admission_metrics *admission_metrics_create(struct metrics *metrics); /* which must outlive them */
void admission_metrics_destroy(struct admission_metrics *own);               /* NULL is fine */

/* One pass over all plug-ins has ended; 'started' is loop_stopwatch(). */
void admission_metrics_step(const struct admission *admission, bool validates, bool rejected, usec_t started);

/* A policy has decided, and the binding did that of it: "allow", "deny", "audit" or "warn". */
void admission_metrics_policy(const struct admission *admission, const char *policy, const char *binding,
                              const struct policy_decision *decision, const char *action, double seconds);

#endif
