/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* tree.h - an intrusive map ordered by key bytes (str_compare), balanced (AVL), that counts ranges without walking them.
 *
 * The element embeds a struct tree_node and owns its key bytes, which must not change
 * while it is in the tree; putting node->key onto equal bytes elsewhere is allowed.
 * Keys are unique, elements fewer than 2^32. Not thread-safe. */
#ifndef BASE_CONTAINER_TREE_H
#define BASE_CONTAINER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/str.h"

struct tree_node {
    struct tree_node *parent;
    struct tree_node *left;
    struct tree_node *right;
    struct str key;
    uint32_t height; /* of the subtree below and with it; 0: in no tree, as in a zeroed struct */
    uint32_t weight; /* how many elements that subtree has */
};

/* A zeroed tree is empty. */
struct tree {
    struct tree_node *root;
    size_t size;
};

struct tree_node *tree_find(const struct tree *tree, struct str key);

/* The same; where it would be is remembered, so that what is not there is put there without another search. The place is good
 * until the tree changes. */
struct tree_place {
    struct tree_node *parent;
    bool left;
};
struct tree_node *tree_seek(const struct tree *tree, struct str key, struct tree_place *ret_place);
void tree_insert_at(struct tree *tree, const struct tree_place *place, struct str key, struct tree_node *node);

/* node->key is set by the call. Returns NULL, or the element that has the key already: then nothing changed. */
struct tree_node *tree_insert(struct tree *tree, struct str key, struct tree_node *node);
void tree_remove(struct tree *tree, struct tree_node *node); /* fine when it is in none */

/* NULL where there is none. */
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);
struct tree_node *tree_lower_bound(const struct tree *tree, struct str key); /* the first not before key */

/* How many keys begin with 'prefix' and are not before 'start'; takes as long as two searches. */
size_t tree_count(const struct tree *tree, struct str prefix, struct str start);

static inline bool tree_linked(const struct tree_node *node)
{
    return node->height != 0;
}

#define tree_find_entry(tree, key, type, member)                    \
    ({                                                              \
        struct tree_node *found_ = tree_find((tree), (key));        \
        found_ == NULL ? NULL : container_of(found_, type, member); \
    })

/* In key order. The element may be removed (before it is freed!) inside the loop, others may not. */
#define tree_for_each(tree, element, member) \
    tree_for_each_((tree), element, member, local_name(node, __LINE__), local_name(next, __LINE__))
#define tree_for_each_(tree, element, member, here, after)                                          \
    for (struct tree_node *here = tree_first(tree), *after = here == NULL ? NULL : tree_next(here); \
         here != NULL && ((element) = container_of(here, __typeof__(*(element)), member), true);    \
         here = after, after = here == NULL ? NULL : tree_next(here))

/* The same for the keys that begin with 'prefix' (evaluated often: pass a variable). */
#define tree_for_each_prefix(tree, prefix, element, member) \
    tree_for_each_prefix_((tree), (prefix), element, member, local_name(node, __LINE__), local_name(next, __LINE__))
#define tree_for_each_prefix_(tree, prefix, element, member, here, after)                                         \
    for (struct tree_node *here = tree_lower_bound(tree, prefix), *after = here == NULL ? NULL : tree_next(here); \
         here != NULL && str_starts(here->key, prefix) &&                                                         \
         ((element) = container_of(here, __typeof__(*(element)), member), true);                                  \
         here = after, after = here == NULL ? NULL : tree_next(here))

#endif
