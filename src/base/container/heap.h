/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* heap.h - an intrusive binary heap: the smallest element first, any element removable.
 *
 * The element embeds a struct heap_node. Elements that compare equal come in no fixed
 * order: where that matters, let before() look at a counter too. Not thread-safe. */
#ifndef BASE_CONTAINER_HEAP_H
#define BASE_CONTAINER_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct heap_node {
    size_t position; /* in the heap, counted from 1; 0: in none, as in a zeroed struct */
};

struct heap {
    bool (*before)(const struct heap_node *a, const struct heap_node *b);
    struct heap_node **nodes;
    size_t size;
    size_t capacity;
};

void heap_init(struct heap *heap, bool (*before)(const struct heap_node *a, const struct heap_node *b));
void heap_fini(struct heap *heap); /* frees the array, never the elements */

void heap_insert(struct heap *heap, struct heap_node *node); /* must be in no heap */
void heap_remove(struct heap *heap, struct heap_node *node); /* fine when it is in none */
void heap_update(struct heap *heap, struct heap_node *node); /* after its order changed in place */

static inline struct heap_node *heap_first(const struct heap *heap)
{
    return heap->size == 0 ? NULL : heap->nodes[0];
}

static inline bool heap_linked(const struct heap_node *node)
{
    return node->position != 0;
}

#endif
