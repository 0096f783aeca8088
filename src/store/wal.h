/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* wal.h - the write-ahead log: two preallocated files that are written in turn.
 *
 * One file is appended to while what the other holds goes into the checkpoint; then the
 * other is written anew from its beginning. Old frames that are still behind the new ones
 * give themselves away by their sequence. Writing over blocks that exist already lets
 * fdatasync() flush data only, no file system journal.
 *
 * Not thread-safe: one append at a time, and nothing else meanwhile. */
#ifndef STORE_WAL_H
#define STORE_WAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "store/wal_frame.h"

struct wal;

/* The system calls, so that tests can put failing ones in their place. Results as the calls have them. */
struct wal_io {
    ssize_t (*write)(void *context, int fd, const void *bytes, size_t size, off_t offset);
    int (*sync)(void *context, int fd);
    int (*allocate)(void *context, int fd, off_t size);
    void *context;
};

extern const struct wal_io wal_system_io;

/* Opens or makes the two files in the directory and calls each() for the frames that they hold, in order. Those after
 * sequence 'after' are new: what they say is in no checkpoint. Older ones, when they are still there and nothing is missing
 * behind them, tell what happened before. 'begins': the frame is its file's first. A torn frame at the very end is
 * forgotten. Each() returns 0 or an error that ends it all. -ERROR_INVALID when frames are missing or damaged that were
 * acknowledged. 'directory' must stay open; new files are on disk for sure only with the first append, which
 * waits for a thread that syncs them from now on. */
struct wal_reader {
    uint64_t after;
    int (*each)(void *context, struct wal_frame *frame, bool is_new, bool begins, struct error *err);
    void *context;
};
int wal_open(int directory, size_t segment_size, const struct wal_io *io, const struct wal_reader *reader,
             struct wal **ret_wal, struct error *err) must_check;
void wal_close(struct wal *wal); /* NULL is fine */

uint64_t wal_next_sequence(const struct wal *wal);

bool wal_begins(const struct wal *wal);              /* the next frame is the current file's first */
bool wal_fits(const struct wal *wal, size_t size);   /* into the current file */
bool wal_can_switch(const struct wal *wal);          /* nothing in the other file is needed any more */
void wal_switch(struct wal *wal);                    /* then: goes on at its beginning */
void wal_forget(struct wal *wal, uint64_t sequence); /* frames up to that one are in the checkpoint */

/* Whole blocks that hold the frame with wal_next_sequence(), and that fit. Blocks until they are on disk.
 * After -ERROR_STORAGE_FULL the log is as it was; after any other error it takes nothing more, since
 * nobody can tell what is on disk: -ERROR_UNAVAILABLE. */
int wal_append(struct wal *wal, struct str frame, struct error *err) must_check;

#endif
