/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* process.h - which process is meant: the kernel gives a pid again, but never with the same start time. */
#ifndef BASE_SYSTEM_PROCESS_H
#define BASE_SYSTEM_PROCESS_H

#include <sys/types.h>

/* Clock ticks since boot, as /proc/PID/stat counts; 0 when there is no such process, or only its body. */
unsigned long long process_start_time(pid_t pid);

#endif
