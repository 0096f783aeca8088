/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* file.h - whole files and trees of them, relative to a directory descriptor.
 *
 * 'directory' may be AT_FDCWD. All of these block: on a loop's thread they are for
 * start-up and small local files only. */
#ifndef BASE_SYSTEM_FILE_H
#define BASE_SYSTEM_FILE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

/* Appends the whole content; -ERROR_LIMIT when it is longer than 'max' bytes. */
int file_read(int directory, const char *path, size_t max, struct buffer *content, struct error *err) must_check;

/* All or nothing, and on disk when it returns: written beside, synced, renamed over 'path', which
 * gets exactly that mode whatever the umask is. */
int file_write(int directory, const char *path, struct str content, mode_t mode, struct error *err) must_check;

struct file_content {
    const char *path;
    struct str content;
    mode_t mode;
};

/* Several files, each as file_write() does it, in that order; the disk is waited for once and not for each of them: first
 * all are written and synced, then all are renamed. What an error or a crash in the middle leaves is some of the
 * files, the first ones, each of them whole. */
int file_write_all(int directory, const struct file_content *files, size_t count, struct error *err) must_check;

/* The same in two steps, with other work between them: start() writes and leaves the syncing to threads of its own; nothing is
 * there yet under its path. finish() waits for them and renames; cancel() leaves nothing behind (NULL is fine). Both free it.
 * 'directory' must stay open until then. */
struct file_writing;
int file_writing_start(int directory, const struct file_content *files, size_t count, struct file_writing **ret_writing,
                       struct error *err) must_check;
int file_writing_finish(struct file_writing *writing, struct error *err) must_check;
void file_writing_cancel(struct file_writing *writing);

/* The directory and all above it that are missing; fine when it is there already. */
int file_make_directories(int directory, const char *path, mode_t mode, struct error *err) must_check;

/* The file or the whole tree; symbolic links are removed, not followed, and nothing beyond a mount point
 * is touched: that is an error. Fine when it is absent. */
int file_remove_tree(int directory, const char *path, struct error *err) must_check;

/* A directory to be read with readdir(); NULL with errno. closedir() is the caller's. Symbolic links are not followed. */
DIR *file_open_directory(int directory, const char *path) must_check;

bool file_exists(int directory, const char *path); /* of any type; a dangling link exists */

#endif
