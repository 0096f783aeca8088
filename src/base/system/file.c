/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* file.c - see file.h. */
#include "base/system/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Deeper trees are somebody's attack on our stack and descriptors. */
#define TREE_DEPTH_MAX 256

enum { SYNCS_AT_ONCE = 16 };

int file_read(int directory, const char *path, size_t max, struct buffer *content, struct error *err)
{
    autoclose int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "open %s", path);
    size_t total = 0;
    for (;;) {
        char chunk[16384];
        ssize_t count = read(fd, chunk, sizeof(chunk));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_errno(err, "read %s", path);
        if (count == 0)
            return 0;
        total += (size_t)count;
        buffer_append(content, chunk, (size_t)count);
        if (total > max || buffer_failed(content))
            return error_set(err, ERROR_LIMIT, "%s is longer than %zu bytes", path, max);
    }
}

static int write_all(int fd, struct str content)
{
    while (content.size > 0) {
        ssize_t count = write(fd, content.data, content.size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        content = str_skip(content, (size_t)count);
    }
    return 0;
}

/* Makes the rename itself durable. */
static int sync_parent(int directory, const char *path)
{
    char parent[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        snprintf(parent, sizeof(parent), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    autoclose int fd = openat(directory, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : fsync(fd);
}

/* A file on its way: written beside its path. */
struct draft {
    char *path;
    char temporary[PATH_MAX];
    int fd;
    int sync_error; /* errno */
    pthread_t thread;
    bool syncing; /* the thread runs */
};

struct file_writing {
    int directory;
    size_t count;
    struct draft drafts[];
};

static int draft_write(struct draft *draft, int directory, const struct file_content *file, struct error *err)
{
    /* Two writers of one path in this process must not share the name; across processes the pid differs. */
    static atomic_uint counter;
    int length = snprintf(draft->temporary, sizeof(draft->temporary), "%s.%d-%u.new", file->path, (int)getpid(),
                          atomic_fetch_add(&counter, 1));
    if (length >= (int)sizeof(draft->temporary))
        return error_set(err, ERROR_LIMIT, "the path %s is too long", file->path);
    draft->fd = openat(directory, draft->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (draft->fd < 0)
        return error_errno(err, "create %s", draft->temporary);
    if (fchmod(draft->fd, file->mode) < 0)
        return error_errno(err, "set the mode of %s", file->path);
    if (write_all(draft->fd, file->content) < 0)
        return error_errno(err, "write %s", file->path);
    return 0;
}

static bool same_parent(const char *a, const char *b)
{
    const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
    size_t size_a = slash_a == NULL ? 0 : (size_t)(slash_a - a), size_b = slash_b == NULL ? 0 : (size_t)(slash_b - b);
    return size_a == size_b && memcmp(a, b, size_a) == 0;
}

static void *sync_draft(void *context)
{
    struct draft *draft = context;
    draft->sync_error = fsync(draft->fd) < 0 ? errno : 0;
    return NULL;
}

/* All at once: the file system then writes its journal once for all of them, where one after the other each waits for
 * a write of its own (nine files: 4 ms instead of 45). Those before 'first' are left to the thread that waits. */
static void start_syncs(struct file_writing *writing, size_t first, size_t end)
{
    for (size_t i = first; i < end && i < writing->count; i++) {
        struct draft *draft = &writing->drafts[i];
        draft->syncing = pthread_create(&draft->thread, NULL, sync_draft, draft) == 0;
    }
}

static void wait_for_syncs(struct file_writing *writing)
{
    for (size_t first = 0; first < writing->count; first += SYNCS_AT_ONCE) {
        size_t end = first + SYNCS_AT_ONCE < writing->count ? first + SYNCS_AT_ONCE : writing->count;
        if (first > 0)
            start_syncs(writing, first + 1, end);
        for (size_t i = first; i < end; i++) {
            struct draft *draft = &writing->drafts[i];
            if (!draft->syncing)
                sync_draft(draft);
            else
                pthread_join(draft->thread, NULL);
            draft->syncing = false;
        }
    }
}

static int writing_commit(struct file_writing *writing, struct error *err)
{
    int directory = writing->directory;
    for (size_t i = 0; i < writing->count; i++)
        if (writing->drafts[i].sync_error != 0) {
            errno = writing->drafts[i].sync_error;
            return error_errno(err, "sync %s", writing->drafts[i].path);
        }
    for (size_t i = 0; i < writing->count; i++) {
        struct draft *draft = &writing->drafts[i];
        if (renameat(directory, draft->temporary, directory, draft->path) < 0)
            return error_errno(err, "replace %s", draft->path);
        draft->temporary[0] = '\0';
    }
    for (size_t i = 0; i < writing->count; i++) {
        const char *path = writing->drafts[i].path;
        if ((i == 0 || !same_parent(path, writing->drafts[i - 1].path)) && sync_parent(directory, path) < 0)
            return error_errno(err, "sync the directory of %s", path);
    }
    return 0;
}

static int write_drafts(int directory, const struct file_content *files, size_t count,
                        struct file_writing **ret_writing, struct error *err)
{
    struct file_writing *writing = memory_zalloc(sizeof(*writing) + count * sizeof(writing->drafts[0]));
    int rc = 0;
    writing->directory = directory;
    for (; writing->count < count && rc == 0; writing->count++) {
        struct draft *draft = &writing->drafts[writing->count];
        draft->path = memory_strdup(files[writing->count].path);
        draft->fd = -1;
        rc = draft_write(draft, directory, &files[writing->count], err);
    }
    if (rc < 0)
        file_writing_cancel(writing);
    else
        *ret_writing = writing;
    return rc;
}

void file_writing_cancel(struct file_writing *writing)
{
    if (writing == NULL)
        return;
    for (size_t i = 0; i < writing->count; i++) {
        struct draft *draft = &writing->drafts[i];
        if (draft->syncing)
            pthread_join(draft->thread, NULL);
        if (draft->fd >= 0 && draft->temporary[0] != '\0')
            unlinkat(writing->directory, draft->temporary, 0);
        if (draft->fd >= 0)
            close(draft->fd);
        free(draft->path);
    }
    free(writing);
}

int file_writing_finish(struct file_writing *writing, struct error *err)
{
    wait_for_syncs(writing);
    int rc = writing_commit(writing, err);
    file_writing_cancel(writing); /* what was renamed stays */
    return rc;
}

int file_writing_start(int directory, const struct file_content *files, size_t count, struct file_writing **ret_writing,
                       struct error *err)
{
    struct file_writing *writing = NULL;
    int rc = write_drafts(directory, files, count, &writing, err);
    if (rc < 0)
        return rc;
    start_syncs(writing, 0, SYNCS_AT_ONCE);
    *ret_writing = writing;
    return 0;
}

int file_write_all(int directory, const struct file_content *files, size_t count, struct error *err)
{
    struct file_writing *writing = NULL;
    int rc = write_drafts(directory, files, count, &writing, err);
    if (rc < 0)
        return rc;
    start_syncs(writing, 1, SYNCS_AT_ONCE);
    return file_writing_finish(writing, err);
}

int file_write(int directory, const char *path, struct str content, mode_t mode, struct error *err)
{
    const struct file_content file = { path, content, mode };
    return file_write_all(directory, &file, 1, err);
}

static int make_directory(int directory, const char *path, mode_t mode, struct error *err)
{
    struct stat status;
    if (mkdirat(directory, path, mode) == 0)
        return 0;
    if (errno == EEXIST && fstatat(directory, path, &status, 0) == 0) {
        if (S_ISDIR(status.st_mode))
            return 0;
        errno = ENOTDIR;
    }
    return error_errno(err, "make directory %s", path);
}

int file_make_directories(int directory, const char *path, mode_t mode, struct error *err)
{
    char prefix[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof(prefix))
        return error_set(err, ERROR_LIMIT, "the path \"%s\" is empty or too long", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(prefix, path, i);
        prefix[i] = '\0';
        int rc = make_directory(directory, prefix, mode, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int mount_of(int fd, uint64_t *ret_mount)
{
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0)
        return -1;
    *ret_mount = status.stx_mnt_id;
    return 0;
}

static int remove_entry(int directory, const char *name, uint64_t mount, int depth, struct error *err);

/* Takes the descriptor over. */
static int remove_content(int fd, const char *name, uint64_t mount, int depth, struct error *err)
{
    DIR *entries = fdopendir(fd);
    if (entries == NULL) {
        int rc = error_errno(err, "read directory %s", name);
        close(fd);
        return rc;
    }
    int rc = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (entry == NULL) {
            if (errno != 0)
                rc = error_errno(err, "read directory %s", name);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        rc = remove_entry(fd, entry->d_name, mount, depth + 1, err);
        if (rc < 0) {
            rc = error_wrap_code(err, rc, "%s", name);
            break;
        }
    }
    closedir(entries);
    return rc;
}

/* 'mount' is the one the tree stands on; 0 at its top. */
static int remove_entry(int directory, const char *name, uint64_t mount, int depth, struct error *err)
{
    if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR)
        return error_errno(err, "remove %s", name);
    if (depth > TREE_DEPTH_MAX)
        return error_set(err, ERROR_LIMIT, "remove %s: the tree is deeper than %d", name, TREE_DEPTH_MAX);
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : error_errno(err, "open directory %s", name);
    uint64_t own = 0;
    if (mount_of(fd, &own) < 0 || (mount != 0 && own != mount)) {
        int rc = mount != 0 && own != mount && own != 0 ? error_set(err, ERROR_CONFLICT, "%s is a mount point", name)
                                                        : error_errno(err, "find the mount of %s", name);
        close(fd);
        return rc;
    }
    int rc = remove_content(fd, name, own, depth, err);
    if (rc < 0)
        return rc;
    if (unlinkat(directory, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return error_errno(err, "remove directory %s", name);
    return 0;
}

int file_remove_tree(int directory, const char *path, struct error *err)
{
    return remove_entry(directory, path, 0, 0, err);
}

DIR *file_open_directory(int directory, const char *path)
{
    int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (entries == NULL && fd >= 0)
        close(fd);
    return entries;
}

bool file_exists(int directory, const char *path)
{
    struct stat status;
    return fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}
