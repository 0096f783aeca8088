/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/system/file.h"
#include "node/machine/cgroup.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"

/* A file that is not there belongs to a version or controller that this host does not have. */
static int set_value(const char *controller, const char *path, const char *file, const char *value, struct error *err)
{
    char name[1024];
    snprintf(name, sizeof(name), CGROUP_MOUNT "%s%s/%s", controller, path, file);
    autoclose int fd = open(name, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : error_errno(err, "open %s", name);
    if (write(fd, value, strlen(value)) < 0)
        return error_errno(err, "write %s to %s", value, name);
    return 0;
}

static int set_number(const char *controller, const char *path, const char *file, int64_t value, struct error *err)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    return set_value(controller, path, file, text, err);
}

static int apply_v1(const char *path, const struct cgroup_limits *limits, struct error *err)
{
    int rc = 0;
    if (limits->cpu_shares > 0)
        rc = set_number("/cpu", path, "cpu.shares", limits->cpu_shares, err);
    if (rc == 0 && limits->cpu_quota != 0)
        rc = set_number("/cpu", path, "cpu.cfs_period_us", limits->cpu_period, err);
    if (rc == 0 && limits->cpu_quota != 0)
        rc = set_number("/cpu", path, "cpu.cfs_quota_us", limits->cpu_quota, err);
    if (rc == 0 && limits->memory > 0)
        rc = set_number("/memory", path, "memory.limit_in_bytes", limits->memory, err);
    if (rc == 0 && limits->pids > 0)
        rc = set_number("/pids", path, "pids.max", limits->pids, err);
    return rc;
}

static int apply_v2(const char *path, const struct cgroup_limits *limits, struct error *err)
{
    int rc = 0;
    char text[64];
    if (limits->cpu_shares > 0)
        rc = set_number("", path, "cpu.weight", (int64_t)cpu_weight_of_shares(limits->cpu_shares), err);
    if (rc == 0 && limits->cpu_quota != 0) {
        if (limits->cpu_quota > 0)
            snprintf(text, sizeof(text), "%lld %lld", (long long)limits->cpu_quota, (long long)limits->cpu_period);
        else
            snprintf(text, sizeof(text), "max %lld", (long long)limits->cpu_period);
        rc = set_value("", path, "cpu.max", text, err);
    }
    if (rc == 0 && limits->memory > 0)
        rc = set_number("", path, "memory.max", limits->memory, err);
    if (rc == 0 && limits->pids > 0)
        rc = set_number("", path, "pids.max", limits->pids, err);
    return rc;
}

static int create(const char *path, const struct cgroup_limits *limits, struct error *err)
{
    int rc = cgroup_create(path, err);
    if (rc == 0)
        rc = apply_v1(path, limits, err);
    return rc == 0 ? apply_v2(path, limits, err) : rc;
}

int pod_cgroup_create(const struct api_pod *pod, const char *root, const struct cgroup_limits *limits,
                      struct error *err)
{
    char path[512];
    pod_cgroup_path(pod, root, path, sizeof(path));
    return create(path, limits, err);
}

int pod_cgroup_remove(const char *uid, const char *root, struct error *err)
{
    static const char *const classes[] = { "", "burstable/", "besteffort/" };
    char path[512];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < countof(classes); i++) {
        snprintf(path, sizeof(path), "%s/kubepods/%spod%s", strcmp(root, "/") == 0 ? "" : root, classes[i], uid);
        rc = cgroup_remove(path, err);
    }
    return rc;
}

int node_cgroup_create(const char *root, struct error *err)
{
    static const char *const parts[] = { "", "/burstable", "/besteffort" };
    char path[512];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < countof(parts); i++) {
        snprintf(path, sizeof(path), "%s/kubepods%s", strcmp(root, "/") == 0 ? "" : root, parts[i]);
        struct cgroup_limits limits = { .cpu_shares = i == 2 ? 2 : 0 }; /* best effort gets what is left */
        rc = create(path, &limits, err);
    }
    return rc;
}

int node_cgroup_limit(const char *root, int64_t cpu_milli, int64_t memory, struct error *err)
{
    char path[512];
    const struct cgroup_limits limits = { .cpu_shares = cpu_shares_of(cpu_milli), .memory = memory };
    snprintf(path, sizeof(path), "%s/kubepods", strcmp(root, "/") == 0 ? "" : root);
    return create(path, &limits, err);
}

static bool read_text(const char *controller, const char *path, const char *file, struct buffer *text)
{
    char name[1024];
    snprintf(name, sizeof(name), CGROUP_MOUNT "%s%s/%s", controller, path, file);
    buffer_clear(text);
    return file_read(AT_FDCWD, name, 65536, text, NULL) == 0 && text->size > 0;
}

static uint64_t first_number(const struct buffer *text)
{
    uint64_t value = 0;
    return str_to_uint64(str_trim(buffer_str(text)), &value) ? value : 0;
}

/* "key value" lines. */
static uint64_t keyed_number(const struct buffer *text, const char *key)
{
    struct str rest = buffer_str(text), line, word;
    while (str_next(&rest, '\n', &line)) {
        uint64_t value;
        if (str_next(&line, ' ', &word) && str_is(word, key) && str_to_uint64(str_trim(line), &value))
            return value;
    }
    return 0;
}

int cgroup_usage(const char *path, struct cgroup_usage *ret_usage, struct error *err)
{
    auto_buffer struct buffer text = { .max = 65536 };
    struct cgroup_usage usage = { 0 };
    uint64_t inactive = 0;
    if (read_text("", path, "cpu.stat", &text) && keyed_number(&text, "usage_usec") > 0 &&
        read_text("", path, "memory.current", &text)) {
        usage.memory = first_number(&text);
        if (read_text("", path, "cpu.stat", &text))
            usage.cpu_nanoseconds = keyed_number(&text, "usage_usec") * 1000;
        if (read_text("", path, "memory.stat", &text)) {
            inactive = keyed_number(&text, "inactive_file");
            usage.rss = keyed_number(&text, "anon");
        }
        if (read_text("", path, "pids.current", &text))
            usage.pids = first_number(&text);
    } else if (read_text("/cpuacct", path, "cpuacct.usage", &text)) {
        usage.cpu_nanoseconds = first_number(&text);
        if (read_text("/memory", path, "memory.usage_in_bytes", &text))
            usage.memory = first_number(&text);
        if (read_text("/memory", path, "memory.stat", &text)) {
            inactive = keyed_number(&text, "total_inactive_file");
            usage.rss = keyed_number(&text, "total_rss");
        }
        if (read_text("/pids", path, "pids.current", &text))
            usage.pids = first_number(&text);
    } else {
        return error_set(err, ERROR_NOT_FOUND, "cgroup %s has no accounting", path);
    }
    usage.working_set = usage.memory > inactive ? usage.memory - inactive : 0;
    *ret_usage = usage;
    return 0;
}
