/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* list.h - an intrusive doubly linked ring. The head is a node of its own.
 *
 * A zeroed node is in no list; list_remove() of such a node does nothing. */
#ifndef BASE_CONTAINER_LIST_H
#define BASE_CONTAINER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct list_node {
    struct list_node *next;
    struct list_node *previous;
};

struct list {
    struct list_node head;
};

static inline void list_init(struct list *list)
{
    list->head.next = list->head.previous = &list->head;
}

static inline bool list_empty(const struct list *list)
{
    return list->head.next == NULL || list->head.next == &list->head;
}

static inline bool list_linked(const struct list_node *node)
{
    return node->next != NULL;
}

static inline void list_insert_before(struct list_node *position, struct list_node *node)
{
    node->next = position;
    node->previous = position->previous;
    position->previous->next = node;
    position->previous = node;
}

static inline void list_append(struct list *list, struct list_node *node)
{
    list_insert_before(&list->head, node);
}

static inline void list_prepend(struct list *list, struct list_node *node)
{
    list_insert_before(list->head.next, node);
}

static inline void list_remove(struct list_node *node)
{
    if (node->next == NULL)
        return;
    node->next->previous = node->previous;
    node->previous->next = node->next;
    node->next = node->previous = NULL;
}

static inline struct list_node *list_first(const struct list *list)
{
    return list_empty(list) ? NULL : list->head.next;
}

static inline struct list_node *list_pop(struct list *list)
{
    struct list_node *node = list_first(list);
    if (node == NULL)
        return NULL;
    list->head.next = node->next;
    node->next->previous = &list->head;
    node->next = node->previous = NULL;
    return node;
}

/* Moves all of 'from' behind what 'to' has. */
static inline void list_move_all(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    struct list_node *first = from->head.next, *last = from->head.previous;
    first->previous = to->head.previous;
    first->previous->next = first;
    last->next = &to->head;
    to->head.previous = last;
    list_init(from);
}

/* The element may be removed inside the loop, others may not. */
#define list_for_each(list, element, member) \
    list_for_each_((list), element, member, local_name(node, __LINE__), local_name(next, __LINE__))
#define list_for_each_(list, element, member, here, after)                                                \
    for (struct list_node *here = (list)->head.next, *after = here->next;                                 \
         here != &(list)->head && ((element) = container_of(here, __typeof__(*(element)), member), true); \
         here = after, after = here->next)

#endif
