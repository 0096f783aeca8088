/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* heap.c - see heap.h. Slot i's children are 2i+1 and 2i+2. */
#include "base/container/heap.h"

#include <stdlib.h>

#include "base/memory.h"

static void place(struct heap *heap, size_t slot, struct heap_node *node)
{
    heap->nodes[slot] = node;
    node->position = slot + 1;
}

static void sift_up(struct heap *heap, size_t slot, struct heap_node *node)
{
    while (slot > 0) {
        size_t parent = (slot - 1) / 2;
        if (!heap->before(node, heap->nodes[parent]))
            break;
        place(heap, slot, heap->nodes[parent]);
        slot = parent;
    }
    place(heap, slot, node);
}

static void sift_down(struct heap *heap, size_t slot, struct heap_node *node)
{
    for (;;) {
        size_t child = 2 * slot + 1;
        if (child >= heap->size)
            break;
        if (child + 1 < heap->size && heap->before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!heap->before(heap->nodes[child], node))
            break;
        place(heap, slot, heap->nodes[child]);
        slot = child;
    }
    place(heap, slot, node);
}

void heap_init(struct heap *heap, bool (*before)(const struct heap_node *a, const struct heap_node *b))
{
    *heap = (struct heap){ .before = before };
}

void heap_fini(struct heap *heap)
{
    free(heap->nodes);
    heap->nodes = NULL;
    heap->size = heap->capacity = 0;
}

void heap_insert(struct heap *heap, struct heap_node *node)
{
    if (heap->size == heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 16 : heap->capacity * 2;
        heap->nodes = memory_resize(heap->nodes, heap->capacity, sizeof(struct heap_node *));
    }
    sift_up(heap, heap->size++, node);
}

void heap_update(struct heap *heap, struct heap_node *node)
{
    size_t slot = node->position - 1;
    if (slot > 0 && heap->before(node, heap->nodes[(slot - 1) / 2]))
        sift_up(heap, slot, node);
    else
        sift_down(heap, slot, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (node->position == 0)
        return;
    size_t slot = node->position - 1;
    struct heap_node *last = heap->nodes[--heap->size];
    node->position = 0;
    if (last == node)
        return;
    place(heap, slot, last);
    heap_update(heap, last);
}
