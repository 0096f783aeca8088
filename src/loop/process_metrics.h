/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* process_metrics.h - process_*: memory, processor time, open files of this process, as Prometheus' client libraries name
 * them. Read from /proc when somebody asks; any thread. */
#ifndef LOOP_PROCESS_METRICS_H
#define LOOP_PROCESS_METRICS_H

#include "base/metrics.h"

void process_metrics_sample(struct metrics *metrics);

#endif
