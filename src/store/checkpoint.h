/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* checkpoint.h - the records as an LMDB file, for the next start. Blocks; one user at a time.
 *
 * A record's key there is its create revision, which is unique, short and mostly
 * ascending; the value is revision, flags, our key and our value. The file is open only
 * while it is read or written, so that its pages do not stay in our memory. */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "store/store_value.h"

struct checkpoint_item {
    uint64_t create_revision;
    uint64_t revision;
    struct bytes *key; /* NULL: this record is gone */
    struct store_value value;
    bool is_volatile;
};

struct checkpoint_state {
    uint64_t sequence; /* log frames up to this one are contained; 0: a new store */
    uint64_t revision; /* none above it has been given to anybody */
};

/* Applies the items and the state, all or nothing. -ERROR_STORAGE_FULL. */
int checkpoint_write(const char *path, size_t map_size, const struct checkpoint_item *items, size_t count,
                     const struct checkpoint_state *state, struct error *err) must_check;

/* Calls each() for all records, oldest first; no file yet is an empty one. */
int checkpoint_read(const char *path, size_t map_size,
                    void (*each)(void *context, struct str key, struct bytes *value, uint64_t create_revision,
                                 uint64_t revision, bool is_volatile),
                    void *context, struct checkpoint_state *ret_state, struct error *err) must_check;

#endif
