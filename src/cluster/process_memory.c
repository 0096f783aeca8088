/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/process_memory.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/system/file.h"

enum { TEXT_MAX = 65536, KIBIBYTE = 1024 };

/* "Rss:                8704 kB" */
static bool take_line(struct str line, const char *name, uint64_t *ret_bytes)
{
    struct str key, value = line;
    int64_t number = 0;
    if (!str_next(&value, ':', &key) || !str_is(key, name))
        return false;
    value = str_trim(value);
    if (!str_ends(value, STR(" kB")))
        return false;
    value.size -= sizeof(" kB") - 1;
    if (!str_to_int64(value, &number) || number < 0 || number > INT64_MAX / KIBIBYTE)
        return false;
    *ret_bytes = (uint64_t)number * KIBIBYTE;
    return true;
}

bool process_memory_parse(struct str text, struct process_memory *ret_memory)
{
    uint64_t resident = 0, clean = 0, dirty = 0;
    bool found = false;
    struct str line;
    while (str_next(&text, '\n', &line)) {
        found = take_line(line, "Rss", &resident) || found;
        take_line(line, "Private_Clean", &clean);
        take_line(line, "Private_Dirty", &dirty);
    }
    if (found)
        *ret_memory = (struct process_memory){ .resident = resident, .own = clean + dirty };
    return found;
}

int process_memory_read(pid_t pid, struct process_memory *ret_memory, struct error *err)
{
    char path[64];
    auto_buffer struct buffer text = { .max = TEXT_MAX };
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    int rc = file_read(AT_FDCWD, path, TEXT_MAX, &text, err);
    if (rc == 0 && !process_memory_parse(buffer_str(&text), ret_memory))
        rc = error_set(err, ERROR_SYNTAX, "%s does not say how much is resident", path);
    return rc;
}
