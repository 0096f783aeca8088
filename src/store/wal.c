/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* wal.c - see wal.h.
 *
 * Recovery. Each file begins with a run of frames whose sequences follow each other; what
 * comes after is stale, torn, or never written. The runs, put in order, must continue
 * where the checkpoint ends. The last run may end in a torn frame, which nobody was told
 * of: as one frame is written at a time, a valid newer frame anywhere behind the end means
 * that something in between was damaged, and then we refuse to go on. */
#include "store/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define SEGMENTS   2
#define SCAN_STEP  ((size_t)1 << 20)
#define ZERO_AHEAD ((size_t)1 << 20) /* zeros written at once when new blocks are needed */

struct segment {
    int fd;
    char name[8];
    uint64_t first; /* sequences of the frames in it; first > last: none */
    uint64_t last;
    size_t used;    /* bytes of them */
    size_t written; /* bytes that the file system need not allocate or convert any more */
};

struct wal {
    struct wal_io io;
    size_t segment_size;
    struct segment segments[SEGMENTS];
    int directory; /* the caller's */
    bool is_new;   /* files were made or grew; that is not on disk before the first append is */
    bool settling; /* the thread runs that sees to it, from the opening on */
    pthread_t settler;
    int settle_error; /* errno */
    unsigned current;
    uint64_t next;
    uint64_t forgotten; /* frames up to this one are not needed */
    bool broken;
};

static bool is_empty(const struct segment *segment)
{
    return segment->last < segment->first;
}

static ssize_t system_write(void *context, int fd, const void *bytes, size_t size, off_t offset)
{
    (void)context;
    return pwrite(fd, bytes, size, offset);
}

static int system_sync(void *context, int fd)
{
    (void)context;
    return fdatasync(fd);
}

static int system_allocate(void *context, int fd, off_t size)
{
    (void)context;
    return fallocate(fd, 0, 0, size);
}

const struct wal_io wal_system_io = { system_write, system_sync, system_allocate, NULL };

/* 0 or an errno. */
static int write_all(struct wal *wal, int fd, struct str bytes, size_t offset)
{
    while (bytes.size > 0) {
        ssize_t count = wal->io.write(wal->io.context, fd, bytes.data, bytes.size, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? errno : ENOSPC;
        bytes = str_skip(bytes, (size_t)count);
        offset += (size_t)count;
    }
    return 0;
}

static int write_zeros(struct wal *wal, int fd, size_t from, size_t to)
{
    static char zeros[64 << 10]; /* nobody writes to them; not const, so that the program's file does not carry them */
    int rc = 0;
    for (; from < to && rc == 0; from += sizeof(zeros))
        rc = write_all(wal, fd, (struct str){ zeros, to - from < sizeof(zeros) ? to - from : sizeof(zeros) }, from);
    return rc;
}

/* --- opening --- */

static int allocate(struct wal *wal, struct segment *segment, off_t old_size, struct error *err)
{
    int rc = wal->io.allocate(wal->io.context, segment->fd, (off_t)wal->segment_size) < 0 ? errno : 0;
    if (rc == EOPNOTSUPP)
        rc = write_zeros(wal, segment->fd, (size_t)old_size, wal->segment_size);
    if (rc == 0) {
        wal->is_new = true;
        return 0;
    }
    /* Half an allocation must not pass for a whole one at the next start. */
    if (ftruncate(segment->fd, old_size) < 0)
        rc = errno;
    errno = rc;
    return error_errno(err, "make room for the log %s", segment->name);
}

/* The run at the beginning. */
static void find_run(struct segment *segment, struct str bytes)
{
    struct wal_frame frame;
    size_t size;
    segment->first = 1;
    segment->last = 0;
    for (segment->used = 0; segment->used < bytes.size; segment->used += size) {
        if (!wal_frame_parse(str_skip(bytes, segment->used), &frame, &size))
            break;
        if (segment->used == 0)
            segment->first = frame.sequence;
        else if (frame.sequence != segment->last + 1)
            break;
        segment->last = frame.sequence;
    }
}

static bool has_newer_frame(struct str bytes, size_t from, uint64_t sequence)
{
    struct wal_frame frame;
    size_t size;
    for (; from < bytes.size; from += WAL_BLOCK) {
        if (wal_frame_parse(str_skip(bytes, from), &frame, &size) && frame.sequence > sequence)
            return true;
        if (from % SCAN_STEP == 0 && from > 0) /* what was looked at need not stay mapped */
            madvise((char *)(uintptr_t)bytes.data + from - SCAN_STEP, SCAN_STEP, MADV_DONTNEED);
    }
    return false;
}

/* Where the file's last written block ends. What was never written holds no frame and need not be read: most of a young
 * log is that. Has to be asked before anything is read, since blocks in the page cache count as written. */
static size_t written_size(int fd, size_t size)
{
    size_t end = 0;
    for (off_t data = 0, hole; end < size; end = (size_t)hole) {
        data = lseek(fd, (off_t)end, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            return end;
        hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (hole < 0)
            return size; /* a file system that cannot tell */
    }
    return size;
}

static int open_segment(struct wal *wal, struct segment *segment, int directory, struct str *ret_bytes,
                        struct error *err)
{
    segment->fd = openat(directory, segment->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat status;
    if (segment->fd < 0 || fstat(segment->fd, &status) < 0)
        return error_errno(err, "open the log %s", segment->name);
    /* Smaller: new, or from a configuration with smaller ones. Larger ones stay, and are used as far as we want. */
    if ((size_t)status.st_size < wal->segment_size) {
        int rc = allocate(wal, segment, status.st_size, err);
        if (rc < 0)
            return rc;
        status.st_size = (off_t)wal->segment_size;
    }
    /* Whole blocks; allocated but unwritten ones count as holes. */
    off_t hole = lseek(segment->fd, 0, SEEK_HOLE);
    size_t size = written_size(segment->fd, (size_t)status.st_size) / WAL_BLOCK * WAL_BLOCK;
    void *bytes = size == 0 ? NULL : mmap(NULL, size, PROT_READ, MAP_PRIVATE, segment->fd, 0);
    if (bytes == MAP_FAILED)
        return error_errno(err, "read the log %s", segment->name);
    *ret_bytes = (struct str){ bytes, size };
    find_run(segment, *ret_bytes);
    segment->written = hole < 0 ? 0 : (size_t)hole;
    return 0;
}

/* The frames of its run; those before wal->next are old. */
static int read_run(struct wal *wal, const struct segment *segment, struct str bytes, const struct wal_reader *reader,
                    struct error *err)
{
    size_t offset = 0, size = 0;
    for (; offset < segment->used; offset += size) {
        struct wal_frame frame;
        if (!wal_frame_parse_checked(str_skip(bytes, offset), &frame, &size)) /* by find_run() */
            return error_set(err, ERROR_INVALID, "the log %s changed while it was read", segment->name);
        uint64_t sequence = frame.sequence;
        bool is_new = sequence >= wal->next;
        int rc = reader->each(reader->context, &frame, is_new, offset == 0, err);
        if (rc < 0)
            return error_wrap_code(err, rc, "log %s, frame %llu", segment->name, (unsigned long long)sequence);
        wal->next += is_new;
    }
    return 0;
}

/* Does its run end where the other's begins, or with the newest frame that is known of? */
static bool leads_on(const struct wal *wal, const struct segment *segment, const struct segment *newer)
{
    uint64_t behind = is_empty(newer) ? wal->next : newer->first;
    return segment->last + 1 == behind && (is_empty(newer) || newer->last + 1 >= wal->next);
}

static int read_runs(struct wal *wal, const struct str bytes[SEGMENTS], const struct wal_reader *reader,
                     struct error *err)
{
    unsigned older = wal->segments[0].first <= wal->segments[1].first ? 0 : 1;
    if (is_empty(&wal->segments[older])) /* it knows of no order */
        older = 1 - older;
    const struct segment *first = &wal->segments[older], *second = &wal->segments[1 - older];
    for (unsigned i = 0; i < SEGMENTS; i++) {
        const struct segment *segment = i == 0 ? first : second;
        bool is_old = segment->last < wal->next;
        if (is_empty(segment) || (is_old && i == 0 && !leads_on(wal, first, second)) ||
            (is_old && i == 1 && segment->last + 1 != wal->next))
            continue; /* nothing that anybody wants to know */
        if (segment->first > wal->next)
            return error_set(err, ERROR_INVALID, "the log is damaged: %s begins with frame %llu, %llu is missing",
                             segment->name, (unsigned long long)segment->first, (unsigned long long)wal->next);
        unsigned index = i == 0 ? older : 1 - older;
        int rc = read_run(wal, segment, bytes[index], reader, err);
        if (rc < 0)
            return rc;
        wal->current = index;
    }
    return 0;
}

static int recover(struct wal *wal, const struct str bytes[SEGMENTS], const struct wal_reader *reader,
                   struct error *err)
{
    wal->next = reader->after + 1;
    wal->forgotten = reader->after;
    int rc = read_runs(wal, bytes, reader, err);
    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < SEGMENTS; i++)
        if (has_newer_frame(bytes[i], wal->segments[i].used, wal->next))
            return error_set(err, ERROR_INVALID, "the log is damaged: %s has frames after %llu, which is not readable",
                             wal->segments[i].name, (unsigned long long)wal->next);
    return 0;
}

/* Behind the newest frame, so that what happened before stays in the log; anew, when there is a gap before the next. */
static void choose_start(struct wal *wal)
{
    struct segment *current = &wal->segments[wal->current];
    if (is_empty(current) || current->last + 1 != wal->next) {
        current->first = wal->next;
        current->last = wal->next - 1;
        current->used = 0;
    }
}

/* 0 or an errno. */
static int settle(struct wal *wal)
{
    struct segment *segment = &wal->segments[wal->current];
    if (segment->used == 0 && segment->written == 0 && ZERO_AHEAD <= wal->segment_size &&
        write_zeros(wal, segment->fd, 0, ZERO_AHEAD) == 0)
        segment->written = ZERO_AHEAD; /* only for speed */
    for (unsigned i = 0; i < SEGMENTS; i++)
        if (fsync(wal->segments[i].fd) < 0)
            return errno;
    return fsync(wal->directory) < 0 ? errno : 0;
}

static void *run_settler(void *context)
{
    struct wal *wal = context;
    wal->settle_error = settle(wal);
    return NULL;
}

/* New files, with room that need not be allocated any more, get to the disk while whoever opened them does something else. */
static void start_settling(struct wal *wal)
{
    wal->settling = wal->is_new && pthread_create(&wal->settler, NULL, run_settler, wal) == 0;
}

/* Waits for the thread; false: there was none. */
static bool wait_until_settled(struct wal *wal)
{
    if (!wal->settling)
        return false;
    wal->settling = false;
    return pthread_join(wal->settler, NULL) == 0;
}

int wal_open(int directory, size_t segment_size, const struct wal_io *io, const struct wal_reader *reader,
             struct wal **ret_wal, struct error *err)
{
    struct wal *wal = memory_new(struct wal);
    wal->io = *io;
    wal->directory = directory;
    wal->segment_size = segment_size / WAL_BLOCK * WAL_BLOCK;
    struct str bytes[SEGMENTS] = { 0 };
    int rc = 0;
    for (unsigned i = 0; i < SEGMENTS; i++) {
        wal->segments[i].fd = -1;
        snprintf(wal->segments[i].name, sizeof(wal->segments[i].name), "wal-%u", i);
    }
    for (unsigned i = 0; i < SEGMENTS && rc == 0; i++)
        rc = open_segment(wal, &wal->segments[i], directory, &bytes[i], err);
    if (rc == 0)
        rc = recover(wal, bytes, reader, err);
    for (unsigned i = 0; i < SEGMENTS; i++)
        if (bytes[i].data != NULL)
            munmap((void *)(uintptr_t)bytes[i].data, bytes[i].size);
    if (rc < 0) {
        wal_close(wal);
        return rc;
    }
    choose_start(wal);
    start_settling(wal);
    *ret_wal = wal;
    return 0;
}

void wal_close(struct wal *wal)
{
    if (wal == NULL)
        return;
    (void)wait_until_settled(wal);
    for (unsigned i = 0; i < SEGMENTS; i++)
        if (wal->segments[i].fd >= 0)
            close(wal->segments[i].fd);
    free(wal);
}

/* --- appending --- */

uint64_t wal_next_sequence(const struct wal *wal)
{
    return wal->next;
}

bool wal_begins(const struct wal *wal)
{
    return wal->segments[wal->current].used == 0;
}

bool wal_fits(const struct wal *wal, size_t size)
{
    size_t used = wal->segments[wal->current].used;
    return used <= wal->segment_size && size <= wal->segment_size - used;
}

bool wal_can_switch(const struct wal *wal)
{
    const struct segment *other = &wal->segments[1 - wal->current];
    return is_empty(other) || other->last <= wal->forgotten;
}

void wal_switch(struct wal *wal)
{
    wal->current = 1 - wal->current;
    struct segment *segment = &wal->segments[wal->current];
    segment->used = 0;
    segment->first = wal->next;
    segment->last = wal->next - 1;
}

void wal_forget(struct wal *wal, uint64_t sequence)
{
    wal->forgotten = sequence;
}

/* What the first append stands on: that there are such files. 0 or an errno. */
static int settle_first(struct wal *wal)
{
    if (!wal->is_new)
        return 0;
    if (!wait_until_settled(wal))
        wal->settle_error = settle(wal);
    wal->is_new = wal->settle_error != 0;
    return wal->settle_error;
}

int wal_append(struct wal *wal, struct str frame, struct error *err)
{
    if (wal->broken)
        return error_set(err, ERROR_UNAVAILABLE, "the log failed earlier; a restart finds out what is on disk");
    struct segment *segment = &wal->segments[wal->current];
    size_t end = segment->used + frame.size;
    int rc = settle_first(wal);
    if (rc != 0) {
        wal->broken = true;
        errno = rc;
        return error_errno(err, "sync the new log");
    }
    rc = write_all(wal, segment->fd, frame, segment->used);
    if (rc == 0 && end > segment->written) {
        size_t ahead = wal->segment_size - end < ZERO_AHEAD ? wal->segment_size : end + ZERO_AHEAD;
        segment->written = write_zeros(wal, segment->fd, end, ahead) == 0 ? ahead : end; /* only for speed */
    }
    if (rc != 0) {
        errno = rc;
        rc = error_errno(err, "write the log %s", segment->name);
        wal->broken = rc != -ERROR_STORAGE_FULL;
        return rc;
    }
    if (wal->io.sync(wal->io.context, segment->fd) < 0) {
        wal->broken = true;
        return error_errno(err, "sync the log %s", segment->name);
    }
    segment->used = end;
    segment->last = wal->next++;
    return 0;
}
