/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store_lmdb.h - opening the durable store with other sizes and system calls, for tests and benches. */
#ifndef STORE_STORE_LMDB_H
#define STORE_STORE_LMDB_H

#include "store/store.h"
#include "store/wal.h"

/* Zero and NULL: the default. */
struct store_lmdb_options {
    size_t segment_size;     /* of each of the two log files; 16 MiB */
    size_t map_size;         /* the most that the checkpoint can hold; 64 GiB */
    const struct wal_io *io; /* must stay */
};

int store_open_lmdb_with(struct loop *loop, const char *directory, const struct store_lmdb_options *options,
                         struct store **ret_store, struct error *err) must_check;

#endif
