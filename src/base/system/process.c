/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/system/process.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/system/file.h"

unsigned long long process_start_time(pid_t pid)
{
    char path[64];
    auto_buffer struct buffer text = { .max = 4096 };
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (file_read(AT_FDCWD, path, 4096, &text, NULL) < 0 || text.size == 0)
        return 0;
    /* The name, second field, may hold blanks and brackets: count from the last bracket. Field 3 is the state. */
    const char *after = strrchr(text.data, ')');
    char life;
    unsigned long long start;
    if (after == NULL ||
        sscanf(after + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &life,
               &start) != 2 ||
        life == 'Z' || life == 'X')
        return 0;
    return start;
}
