/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* container_log.h - reading the log files that a CRI runtime writes.
 *
 *   2026-11-21T12:00:00.123456789Z stdout F the line     (P: a part, more of the line follows) */
#ifndef NODE_KUBELET_SERVER_CONTAINER_LOG_H
#define NODE_KUBELET_SERVER_CONTAINER_LOG_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/time.h"

struct log_line {
    struct str stamp; /* as written */
    usec_t moment;
    bool is_stderr;
    bool partial; /* no newline follows */
    struct str text;
};

/* One line without its newline; false: not in the format. */
bool container_log_parse(struct str line, struct log_line *ret_line);

/* Up to 'max' first bytes of a file; nothing when it cannot be read. */
void container_log_head(const char *path, size_t max, struct buffer *out);

/* The texts of the last lines of a CRI log, at most so many lines and bytes; nothing when it cannot be read. */
void container_log_tail(const char *path, size_t lines, size_t bytes, struct buffer *out);

/* Where the last 'lines' lines begin in the open file; 0 when it has fewer. */
int container_log_tail_offset(int fd, uint64_t lines, int64_t *ret_offset, struct error *err) must_check;

#endif
