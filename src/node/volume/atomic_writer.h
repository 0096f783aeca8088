/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* atomic_writer.h - a directory whose files change all at once, as containers see it.
 *
 *   ..2026_11_21_12_00_00.123456/   the files
 *   ..data -> that directory        renamed over in one step
 *   tls.crt -> ..data/tls.crt       one link per first path component
 *
 * A container that holds the old files open keeps them until it opens again. Blocks for small local files. */
#ifndef NODE_VOLUME_ATOMIC_WRITER_H
#define NODE_VOLUME_ATOMIC_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "base/time.h"

struct payload_file {
    const char *path; /* relative; no empty, "." or ".." component, none that begins with ".." */
    struct str content;
    mode_t mode;
    uid_t owner; /* (uid_t)-1: leave */
};

#define PAYLOAD_FILES_MAX 4096

/* Makes 'directory' show exactly these files. Nothing is written when it does already. 'group' (gid_t)-1: leave.
 * 'now' only makes the name of the directory. */
int atomic_write(const char *directory, const struct payload_file *files, size_t count, gid_t group, usec_t now,
                 bool *ret_changed, struct error *err) must_check;

bool payload_path_valid(const char *path);

#endif
