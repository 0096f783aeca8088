/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* arena_pool.h - blocks that arenas begin with and leave behind, for what comes and goes all the time on one thread.
 *
 * An arena that grows gets each of its blocks from malloc, and most are of sizes that it has to search for; one large block that
 * is still in the processor's cache takes the place of four or five. A zeroed pool is empty. Not thread-safe: an arena may
 * be filled elsewhere meanwhile. */
#ifndef BASE_ARENA_POOL_H
#define BASE_ARENA_POOL_H

#include "base/arena.h"

struct arena_pool {
    struct arena_block *blocks;
    size_t count;
};

#define ARENA_POOL_BLOCK ((size_t)16 << 10) /* bytes */

void arena_borrow(struct arena *arena, struct arena_pool *pool); /* an empty arena gets its first block */
void arena_give_back(struct arena *arena,
                     struct arena_pool *pool); /* arena_fini(); such blocks stay in the pool, up to 32 */
void arena_pool_fini(struct arena_pool *pool);

#endif
