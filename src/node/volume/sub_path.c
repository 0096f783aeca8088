/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/volume/sub_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/system/file.h"

static int open_beneath(int root, const char *path)
{
    struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Component by component; each is opened beneath the root again, so that links inside it are followed but never out. */
static int make_beneath(int root, const char *sub, mode_t mode, struct error *err)
{
    char done[4096] = "";
    struct str rest = str_of(sub), piece;
    while (str_next(&rest, '/', &piece)) {
        if (piece.size == 0 || str_is(piece, "."))
            continue;
        if (str_is(piece, ".."))
            return error_set(err, ERROR_INVALID, "subPath \"%s\" must not contain '..'", sub);
        autoclose int parent = done[0] == '\0' ? fcntl(root, F_DUPFD_CLOEXEC, 0) : open_beneath(root, done);
        if (parent < 0)
            return error_errno(err, "subPath \"%s\"", sub);
        char name[256];
        snprintf(name, sizeof(name), STR_FMT, STR_ARG(piece));
        if (mkdirat(parent, name, mode) == 0) {
            if (fchmodat(parent, name, mode, 0) < 0)
                return error_errno(err, "subPath \"%s\"", sub);
        } else if (errno != EEXIST) {
            return error_errno(err, "make subPath \"%s\"", sub);
        }
        size_t used = strlen(done);
        if (used + piece.size + 2 > sizeof(done))
            return error_set(err, ERROR_LIMIT, "subPath \"%s\" is too long", sub);
        snprintf(done + used, sizeof(done) - used, "%s%s", used > 0 ? "/" : "", name);
    }
    return 0;
}

int sub_path_open(const char *root, const char *sub, int *ret_fd, struct error *err)
{
    autoclose int base = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat info;
    if (base < 0 || fstat(base, &info) < 0)
        return error_errno(err, "open volume %s", root);
    if (sub[0] == '/')
        return error_set(err, ERROR_INVALID, "subPath \"%s\" must be a relative path", sub);
    int fd = open_beneath(base, sub);
    if (fd < 0 && errno == ENOENT) {
        int rc = make_beneath(base, sub, info.st_mode & 07777, err);
        if (rc < 0)
            return rc;
        fd = open_beneath(base, sub);
    }
    if (fd < 0)
        return error_errno(err, "open subPath \"%s\"", sub);
    *ret_fd = fd;
    return 0;
}

static int make_target(int fd, const char *target, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return error_errno(err, "look at the source of %s", target);
    char parent[4096];
    snprintf(parent, sizeof(parent), "%s", target);
    if (S_ISDIR(info.st_mode))
        return file_make_directories(AT_FDCWD, target, 0750, err);
    char *slash = strrchr(parent, '/');
    if (slash != NULL)
        *slash = '\0';
    int rc = file_make_directories(AT_FDCWD, parent, 0750, err);
    if (rc < 0)
        return rc;
    autoclose int file = open(target, O_RDONLY | O_CREAT | O_CLOEXEC, 0640);
    return file < 0 ? error_errno(err, "make %s", target) : 0;
}

int sub_path_bind(int fd, const char *target, struct error *err)
{
    if (mount_is_point(target))
        return 0;
    int rc = make_target(fd, target, err);
    if (rc < 0)
        return rc;
    char source[64];
    snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
    if (mount(source, target, NULL, MS_BIND, NULL) < 0)
        return error_errno(err, "bind %s", target);
    return 0;
}

/* mountinfo writes blanks, tabs, newlines and backslashes as octal. */
static void unescape(struct str text, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < text.size && n + 1 < size; i++) {
        if (text.data[i] == '\\' && i + 3 < text.size) {
            out[n++] = (char)((text.data[i + 1] - '0') * 64 + (text.data[i + 2] - '0') * 8 + (text.data[i + 3] - '0'));
            i += 3;
        } else {
            out[n++] = text.data[i];
        }
    }
    out[n] = '\0';
}

/* The last mount point that is 'directory' or lies below it (below only matters when 'exact' is not set). */
static bool last_mount(struct str table, const char *directory, bool exact, char *path, size_t size)
{
    bool found = false;
    struct str line;
    size_t length = strlen(directory);
    while (str_next(&table, '\n', &line)) {
        struct str word = { 0 };
        for (int i = 0; i < 5; i++) {
            if (!str_next(&line, ' ', &word))
                break;
        }
        char point[4096];
        unescape(word, point, sizeof(point));
        if (strcmp(point, directory) == 0 ||
            (!exact && strncmp(point, directory, length) == 0 && point[length] == '/')) {
            snprintf(path, size, "%s", point);
            found = true;
        }
    }
    return found;
}

bool mount_is_point(const char *path)
{
    auto_buffer struct buffer table = { .max = 64 << 20 };
    char point[4096];
    return file_read(AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &table, NULL) == 0 &&
           last_mount(buffer_str(&table), path, true, point, sizeof(point));
}

int mounts_remove_below(const char *directory, struct error *err)
{
    char real[4096], point[4096];
    if (realpath(directory, real) == NULL)
        return errno == ENOENT ? 0 : error_errno(err, "resolve %s", directory);
    for (;;) {
        auto_buffer struct buffer table = { .max = 64 << 20 };
        int rc = file_read(AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &table, err);
        if (rc < 0)
            return rc;
        if (!last_mount(buffer_str(&table), real, false, point, sizeof(point)))
            return 0;
        if (umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
            return error_errno(err, "unmount %s", point);
    }
}
