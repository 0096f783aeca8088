/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* page_life.h - how long the pages of one list belong together: five minutes, as upstream's compaction has it by default.
 * A client that is slower is told so, and may go on with what is there then. Pure. */
#ifndef APISERVER_LISTING_PAGE_LIFE_H
#define APISERVER_LISTING_PAGE_LIFE_H

#include <stdint.h>

#include "base/time.h"

enum { PAGE_LIFE_MARKS = 6 };

#define PAGE_LIFE_PERIOD (60 * USEC_PER_SEC) /* between two marks */

struct page_life {
    uint64_t marks[PAGE_LIFE_MARKS]; /* revisions of the store, the newest first; 0: before there was a mark */
};

/* Once in each period. */
void page_life_mark(struct page_life *life, uint64_t revision);

/* Lists of earlier revisions have ended; 0: none has. */
uint64_t page_life_oldest(const struct page_life *life);

#endif
