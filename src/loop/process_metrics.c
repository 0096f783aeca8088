/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* process_metrics.c - see the header. */
#include "loop/process_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/system/file.h"

static const struct metric_family cpu = { "process_cpu_seconds_total", "Processor time used in seconds.",
                                          METRIC_COUNTER };
static const struct metric_family resident = { "process_resident_memory_bytes", "Memory in use.", METRIC_GAUGE };
static const struct metric_family virtual = { "process_virtual_memory_bytes", "Address space in use.", METRIC_GAUGE };
static const struct metric_family start = { "process_start_time_seconds", "Start since the Unix epoch in seconds.",
                                            METRIC_GAUGE };
static const struct metric_family open_files = { "process_open_fds", "Open file descriptors.", METRIC_GAUGE };
static const struct metric_family max_files = { "process_max_fds", "Most file descriptors that may be open.",
                                                METRIC_GAUGE };

static void set(struct metrics *metrics, const struct metric_family *family, double value)
{
    metric_set(metrics_get(metrics, family, NULL), value);
}

static bool read_file(const char *path, struct buffer *text)
{
    text->max = 64 << 10;
    return file_read(AT_FDCWD, path, text->max, text, NULL) == 0;
}

/* Seconds since the epoch at which the machine started. */
static double boot_time(void)
{
    auto_buffer struct buffer text = { 0 };
    const char *line = read_file("/proc/stat", &text) ? strstr(text.data, "\nbtime ") : NULL;
    return line == NULL ? 0 : strtod(line + 7, NULL);
}

static void sample_stat(struct metrics *metrics)
{
    auto_buffer struct buffer text = { 0 };
    if (!read_file("/proc/self/stat", &text))
        return;
    const char *rest = strrchr(text.data, ')'); /* the name may hold anything */
    unsigned long long user, system, started, size;
    long long pages;
    if (rest == NULL || sscanf(rest + 1,
                               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu "
                               "%llu %lld",
                               &user, &system, &started, &size, &pages) != 5)
        return;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    set(metrics, &cpu, (double)(user + system) / ticks);
    set(metrics, &resident, (double)pages * (double)sysconf(_SC_PAGESIZE));
    set(metrics, &virtual, (double)size);
    set(metrics, &start, boot_time() + (double)started / ticks);
}

static void sample_files(struct metrics *metrics)
{
    struct rlimit limit;
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;
    if (directory != NULL) {
        while (readdir(directory) != NULL)
            count++;
        closedir(directory);
        set(metrics, &open_files, count > 3 ? (double)(count - 3) : 0); /* ".", "..", and the directory itself */
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        set(metrics, &max_files, (double)limit.rlim_cur);
}

void process_metrics_sample(struct metrics *metrics)
{
    sample_stat(metrics);
    sample_files(metrics);
}
