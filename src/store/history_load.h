/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* history_load.h - what happened before a restart, as the log's frames tell it.
 *
 * A log file says by itself what each of its writes replaced (wal_frame.h), so history begins with the oldest file that leads
 * up to now. It is bounded like that of a running store. Used once, while a store opens: */
#ifndef STORE_HISTORY_LOAD_H
#define STORE_HISTORY_LOAD_H

#include "base/container/map.h"
#include "store/store_driver.h"
#include "store/wal_frame.h"

struct history_load {
    struct store *store;
    struct map states;   /* by key: what the log's frames left so far */
    bool any;            /* there is history, after the store's compact_revision */
    uint64_t file_first; /* of the newest file: its first change; UINT64_MAX: it has none yet */
};

/* The records of the checkpoint are loaded. */
void history_load_init(struct history_load *load, struct store *store);
void history_load_fini(struct history_load *load);

/* The next frame; 'begins': its file does. A new one's changes are loaded into the store. -ERROR_INVALID: malformed. */
int history_load_frame(struct history_load *load, struct wal_frame *frame, bool is_new, bool begins,
                       struct error *err) must_check;

/* No more frames: adds what only the checkpoint knows. Calls store_loaded(). */
void history_load_end(struct history_load *load, uint64_t revision);

#endif
