/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store_memory.c - the driver for tests and simulations: everything is durable at once, until the end. */
#include "base/memory.h"
#include "store/store_driver.h"

static void memory_commit(struct store *store)
{
    store_committed(store, 0, NULL);
}

static void memory_close(struct store *store)
{
    store_fini(store);
    free(store);
}

static const struct store_driver memory_driver = {
    .name = "memory",
    .commit = memory_commit,
    .close = memory_close,
};

int store_open_memory(struct loop *loop, struct store **ret_store, struct error *err)
{
    (void)err;
    struct store *store = memory_new(struct store);
    store_init(store, &memory_driver, loop);
    *ret_store = store;
    return 0;
}
