/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/volume/atomic_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"

#define PATH_BYTES_MAX 4096

bool payload_path_valid(const char *path)
{
    if (text_empty(path) || path[0] == '/' || strlen(path) >= PATH_BYTES_MAX - 64)
        return false;
    struct str rest = str_of(path), piece;
    bool first = true;
    while (str_next(&rest, '/', &piece)) {
        if (piece.size == 0 || piece.size > 255 || str_is(piece, ".") || str_is(piece, ".."))
            return false;
        if (first && str_starts(piece, STR(".."))) /* those names are the writer's own */
            return false;
        first = false;
    }
    return true;
}

static int check_paths(const struct payload_file *files, size_t count, struct error *err)
{
    if (count > PAYLOAD_FILES_MAX)
        return error_set(err, ERROR_LIMIT, "more than %d files", PAYLOAD_FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!payload_path_valid(files[i].path))
            return error_set(err, ERROR_INVALID, "invalid path \"%s\"", text_or_empty(files[i].path));
    }
    return 0;
}

/* The files below a directory, however deep; -1 on trouble, which counts as "different". */
static long count_files(int directory, const char *name, int depth)
{
    autoclose int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
    if (fd < 0 || depth > 32)
        return -1;
    DIR *dir = file_open_directory(fd, ".");
    if (dir == NULL)
        return -1;
    long total = 0;
    for (struct dirent *entry; total >= 0 && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (entry->d_type == DT_DIR) {
            long below = count_files(fd, entry->d_name, depth + 1);
            total = below < 0 ? -1 : total + below;
        } else {
            total++;
        }
    }
    closedir(dir);
    return total;
}

static bool same_file(int data, const struct payload_file *file)
{
    autoclose int fd = openat(data, file->path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0 || (size_t)info.st_size != file->content.size)
        return false;
    auto_buffer struct buffer content = { .max = file->content.size + 1 };
    if (file_read(data, file->path, file->content.size + 1, &content, NULL) < 0)
        return false;
    return str_equal(buffer_str(&content), file->content);
}

static bool up_to_date(int base, const struct payload_file *files, size_t count)
{
    autoclose int data = openat(base, "..data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (data < 0 || count_files(base, "..data", 0) != (long)count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!same_file(data, &files[i]))
            return false;
    }
    return true;
}

static int make_parents(int directory, const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return 0;
    char parent[PATH_BYTES_MAX];
    snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
    return file_make_directories(directory, parent, 0755, err);
}

static int write_one(int directory, const struct payload_file *file, gid_t group, struct error *err)
{
    int rc = make_parents(directory, file->path, err);
    if (rc < 0)
        return rc;
    autoclose int fd = openat(directory, file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_errno(err, "create %s", file->path);
    for (size_t done = 0; done < file->content.size;) {
        ssize_t n = write(fd, file->content.data + done, file->content.size - done);
        if (n < 0)
            return error_errno(err, "write %s", file->path);
        done += (size_t)n;
    }
    mode_t mode = file->mode;
    if (group != (gid_t)-1)
        mode |= 0440;
    if ((file->owner != (uid_t)-1 || group != (gid_t)-1) && fchown(fd, file->owner, group) < 0)
        return error_errno(err, "chown %s", file->path);
    if (fchmod(fd, mode & 07777) < 0) /* the umask has no say */
        return error_errno(err, "chmod %s", file->path);
    return 0;
}

static void first_component(const char *path, char name[256])
{
    struct str text = str_of(path);
    snprintf(name, 256, "%.*s", (int)str_find(text, '/'), path);
}

static int link_names(int base, const struct payload_file *files, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        char name[256], target[300];
        first_component(files[i].path, name);
        snprintf(target, sizeof(target), "..data/%s", name);
        if (symlinkat(target, base, name) < 0 && errno != EEXIST)
            return error_errno(err, "link %s", name);
    }
    return 0;
}

static bool wanted(const char *name, const char *keep, const struct payload_file *files, size_t count)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "..data") == 0 || strcmp(name, keep) == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        char first[256];
        first_component(files[i].path, first);
        if (strcmp(first, name) == 0)
            return true;
    }
    return false;
}

/* Old data directories, links whose file is gone, leftovers of a crash. */
static int sweep(int base, const char *keep, const struct payload_file *files, size_t count, struct error *err)
{
    DIR *dir = file_open_directory(base, ".");
    if (dir == NULL)
        return error_errno(err, "read the volume's directory");
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir)) != NULL;) {
        if (!wanted(entry->d_name, keep, files, count))
            rc = file_remove_tree(base, entry->d_name, err);
    }
    closedir(dir);
    return rc;
}

static void make_name(usec_t now, char name[64])
{
    char text[TIME_TEXT_SIZE];
    time_format(now, true, text);
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '-' || *c == 'T' || *c == ':')
            *c = '_';
        else if (*c == 'Z')
            *c = '\0';
    }
    snprintf(name, 64, "..%s", text);
}

int atomic_write(const char *directory, const struct payload_file *files, size_t count, gid_t group, usec_t now,
                 bool *ret_changed, struct error *err)
{
    *ret_changed = false;
    int rc = check_paths(files, count, err);
    if (rc < 0)
        return rc;
    autoclose int base = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0)
        return error_errno(err, "open %s", directory);
    if (up_to_date(base, files, count))
        return 0;

    char name[64];
    make_name(now, name);
    rc = file_remove_tree(base, name, err);
    if (rc == 0 && mkdirat(base, name, 0755) < 0)
        rc = error_errno(err, "make %s/%s", directory, name);
    if (rc < 0)
        return rc;
    autoclose int data = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (data < 0 || fchmod(data, 0755) < 0)
        return error_errno(err, "open %s/%s", directory, name);
    for (size_t i = 0; i < count; i++) {
        rc = write_one(data, &files[i], group, err);
        if (rc < 0)
            return rc;
    }
    if (unlinkat(base, "..data_tmp", 0) < 0 && errno != ENOENT)
        return error_errno(err, "replace %s/..data_tmp", directory);
    if (symlinkat(name, base, "..data_tmp") < 0 || renameat(base, "..data_tmp", base, "..data") < 0)
        return error_errno(err, "switch %s/..data", directory);
    *ret_changed = true;
    rc = link_names(base, files, count, err);
    return rc < 0 ? rc : sweep(base, name, files, count, err);
}
