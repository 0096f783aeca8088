/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/log_rotator.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "node/kubelet/pod/worker.h"

#define SIZE_DEFAULT  ((int64_t)10 << 20)
#define FILES_DEFAULT 5
#define PERIOD        (10 * USEC_PER_SEC)
#define CALL_TIMEOUT  (60 * USEC_PER_SEC)
#define OLD_MAX       256 /* looked at in one directory */

struct log_rotator {
    struct kubelet *kubelet;
    struct log_rotator_limits limits;
    struct loop_timer timer;
    struct cri_call call; /* one log at a time */
    char path[1024];
    char aside[1100]; /* where it went */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names carry the moment, so that they sort by age. */
static void remove_old(struct log_rotator *rotator)
{
    char directory[1024];
    snprintf(directory, sizeof(directory), "%s", rotator->path);
    char *slash = strrchr(directory, '/');
    if (slash == NULL)
        return;
    *slash = '\0';
    const char *base = slash + 1;
    size_t length = strlen(base);
    auto_arena struct arena arena = { 0 };
    char *names[OLD_MAX];
    size_t n = 0;
    DIR *dir = opendir(directory);
    if (dir == NULL)
        return;
    for (const struct dirent *entry; n < OLD_MAX && (entry = readdir(dir)) != NULL;) {
        if (strncmp(entry->d_name, base, length) == 0 && entry->d_name[length] == '.')
            names[n++] = arena_strdup(&arena, entry->d_name);
    }
    qsort(names, n, sizeof(names[0]), by_name);
    int fd = dirfd(dir);
    assert(fd >= 0); /* opendir() has one */
    for (size_t i = 0; i + (rotator->limits.files - 1) < n; i++) {
        if (unlinkat(fd, names[i], 0) < 0)
            log_warning("old log not removed", LOG_TEXT("name", names[i]));
    }
    closedir(dir);
}

static void look(struct log_rotator *rotator);

static void reopened(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct log_rotator *rotator = container_of(call, struct log_rotator, call);
    (void)response;
    if (rc < 0) {
        log_warning("log not rotated", LOG_TEXT("path", rotator->path), LOG_TEXT("error", err->message));
        /* The runtime goes on writing to the file it has: it gets its name back, unless there is a new one already. */
        if (!file_exists(AT_FDCWD, rotator->path) && rename(rotator->aside, rotator->path) < 0)
            log_warning("log has no name any more", LOG_TEXT("path", rotator->path));
        loop_timer_start(rotator->kubelet->loop, &rotator->timer, rotator->limits.period);
        return;
    }
    remove_old(rotator);
    look(rotator); /* there may be more */
}

static bool rotate(struct log_rotator *rotator, const struct runtime_container *instance)
{
    struct stat info;
    if (instance->state != CRI_CONTAINER_STATE_CONTAINER_RUNNING || text_empty(instance->log_path) ||
        stat(instance->log_path, &info) < 0 || info.st_size < rotator->limits.size)
        return false;
    char moment[TIME_TEXT_SIZE];
    time_format(loop_now(rotator->kubelet->loop), false, moment); /* 2026-11-21T12:00:00Z */
    snprintf(rotator->path, sizeof(rotator->path), "%s", instance->log_path);
    snprintf(rotator->aside, sizeof(rotator->aside), "%s.%.4s%.2s%.2s-%.2s%.2s%.2s", rotator->path, moment, moment + 5,
             moment + 8, moment + 11, moment + 14, moment + 17);
    if (rename(rotator->path, rotator->aside) < 0) {
        log_warning("log not put aside", LOG_TEXT("path", rotator->path));
        return false;
    }
    const struct cri_reopen_container_log_request request = { .container_id = instance->id };
    rotator->call.done = reopened;
    cri_call_start(rotator->kubelet->cri, &rotator->call, &cri_rpc_runtime_service_reopen_container_log, &request,
                   CALL_TIMEOUT);
    return true;
}

static void look(struct log_rotator *rotator)
{
    const struct pod_runtime *runtime = NULL;
    while ((runtime = runtime_cache_next(rotator->kubelet->runtime, runtime)) != NULL) {
        for (size_t i = 0; i < runtime->n_containers; i++) {
            if (rotate(rotator, &runtime->containers[i]))
                return;
        }
    }
    loop_timer_start(rotator->kubelet->loop, &rotator->timer, rotator->limits.period);
}

static void due(struct loop_timer *timer)
{
    look(container_of(timer, struct log_rotator, timer));
}

void log_rotator_start(struct log_rotator *rotator)
{
    loop_timer_start(rotator->kubelet->loop, &rotator->timer, rotator->limits.period);
}

struct log_rotator *log_rotator_create(struct kubelet *kubelet, const struct log_rotator_limits *limits)
{
    struct log_rotator *rotator = memory_new(struct log_rotator);
    rotator->kubelet = kubelet;
    if (limits != NULL)
        rotator->limits = *limits;
    if (rotator->limits.size == 0)
        rotator->limits.size = SIZE_DEFAULT;
    if (rotator->limits.files == 0)
        rotator->limits.files = FILES_DEFAULT;
    if (rotator->limits.period == 0)
        rotator->limits.period = PERIOD;
    rotator->timer.callback = due;
    return rotator;
}

void log_rotator_destroy(struct log_rotator *rotator)
{
    if (rotator == NULL)
        return;
    loop_timer_stop(&rotator->timer);
    cri_call_cancel(&rotator->call);
    free(rotator);
}
