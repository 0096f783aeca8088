/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* tree.c - see tree.h. The heights of two siblings differ by one at most. */
#include "base/container/tree.h"

static int height_of(const struct tree_node *node)
{
    return node == NULL ? 0 : (int)node->height;
}

static uint32_t weight_of(const struct tree_node *node)
{
    return node == NULL ? 0 : node->weight;
}

static void measure(struct tree_node *node)
{
    int left = height_of(node->left), right = height_of(node->right);
    node->height = 1 + (uint32_t)(left > right ? left : right);
    node->weight = 1 + weight_of(node->left) + weight_of(node->right);
}

/* Puts 'replacement' (may be NULL) where 'node' hangs. */
static void replace(struct tree *tree, const struct tree_node *node, struct tree_node *replacement)
{
    struct tree_node *parent = node->parent;
    if (parent == NULL)
        tree->root = replacement;
    else if (parent->left == node)
        parent->left = replacement;
    else
        parent->right = replacement;
    if (replacement != NULL)
        replacement->parent = parent;
}

static struct tree_node *rotate_left(struct tree *tree, struct tree_node *node)
{
    struct tree_node *up = node->right;
    replace(tree, node, up);
    node->right = up->left;
    if (node->right != NULL)
        node->right->parent = node;
    up->left = node;
    node->parent = up;
    measure(node);
    measure(up);
    return up;
}

static struct tree_node *rotate_right(struct tree *tree, struct tree_node *node)
{
    struct tree_node *up = node->left;
    replace(tree, node, up);
    node->left = up->right;
    if (node->left != NULL)
        node->left->parent = node;
    up->right = node;
    node->parent = up;
    measure(node);
    measure(up);
    return up;
}

/* From 'node', below which one element came or went, to the root: weights all the way, the rest as far as heights change. */
static void rebalance(struct tree *tree, struct tree_node *node, int change)
{
    for (struct tree_node *above = node; above != NULL; above = above->parent)
        above->weight += (uint32_t)change;
    while (node != NULL) {
        uint32_t before = node->height;
        int lean = height_of(node->left) - height_of(node->right);
        if (lean > 1) {
            if (height_of(node->left->left) < height_of(node->left->right))
                rotate_left(tree, node->left);
            node = rotate_right(tree, node);
        } else if (lean < -1) {
            if (height_of(node->right->right) < height_of(node->right->left))
                rotate_right(tree, node->right);
            node = rotate_left(tree, node);
        } else {
            measure(node);
        }
        if (node->height == before)
            break;
        node = node->parent;
    }
}

/* In a large tree most steps wait for memory twice: for the node, and for its key. The nodes that may be next are asked for
 * while the key is on its way. */
static void expect_below(const struct tree_node *node)
{
    __builtin_prefetch(node->left);
    __builtin_prefetch(node->right);
}

struct tree_node *tree_find(const struct tree *tree, struct str key)
{
    struct tree_node *node = tree->root;
    while (node != NULL) {
        expect_below(node);
        int order = str_compare(key, node->key);
        if (order == 0)
            return node;
        node = order < 0 ? node->left : node->right;
    }
    return NULL;
}

struct tree_node *tree_seek(const struct tree *tree, struct str key, struct tree_place *ret_place)
{
    struct tree_node *node = tree->root;
    *ret_place = (struct tree_place){ 0 };
    while (node != NULL) {
        expect_below(node);
        int order = str_compare(key, node->key);
        if (order == 0)
            return node;
        *ret_place = (struct tree_place){ node, order < 0 };
        node = order < 0 ? node->left : node->right;
    }
    return NULL;
}

void tree_insert_at(struct tree *tree, const struct tree_place *place, struct str key, struct tree_node *node)
{
    *node = (struct tree_node){ .parent = place->parent, .key = key, .height = 1, .weight = 1 };
    *(place->parent == NULL ? &tree->root : place->left ? &place->parent->left : &place->parent->right) = node;
    tree->size++;
    rebalance(tree, place->parent, 1);
}

struct tree_node *tree_insert(struct tree *tree, struct str key, struct tree_node *node)
{
    struct tree_place place;
    struct tree_node *there = tree_seek(tree, key, &place);
    if (there == NULL)
        tree_insert_at(tree, &place, key, node);
    return there;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    if (!tree_linked(node))
        return;
    struct tree_node *start; /* the deepest node whose subtree changed */
    if (node->left == NULL || node->right == NULL) {
        start = node->parent;
        replace(tree, node, node->left != NULL ? node->left : node->right);
    } else {
        struct tree_node *next = node->right;
        while (next->left != NULL)
            next = next->left;
        start = next->parent == node ? next : next->parent;
        replace(tree, next, next->right);
        replace(tree, node, next);
        next->left = node->left;
        next->left->parent = next;
        next->right = node->right;
        if (next->right != NULL)
            next->right->parent = next;
        next->height = node->height;
        next->weight = node->weight;
    }
    tree->size--;
    node->parent = node->left = node->right = NULL;
    node->height = node->weight = 0;
    rebalance(tree, start, -1);
}

static struct tree_node *leftmost(struct tree_node *node)
{
    while (node != NULL && node->left != NULL)
        node = node->left;
    return node;
}

static struct tree_node *rightmost(struct tree_node *node)
{
    while (node != NULL && node->right != NULL)
        node = node->right;
    return node;
}

struct tree_node *tree_first(const struct tree *tree)
{
    return leftmost(tree->root);
}

struct tree_node *tree_last(const struct tree *tree)
{
    return rightmost(tree->root);
}

struct tree_node *tree_next(const struct tree_node *node)
{
    if (node->right != NULL)
        return leftmost(node->right);
    while (node->parent != NULL && node->parent->right == node)
        node = node->parent;
    return node->parent;
}

struct tree_node *tree_previous(const struct tree_node *node)
{
    if (node->left != NULL)
        return rightmost(node->left);
    while (node->parent != NULL && node->parent->left == node)
        node = node->parent;
    return node->parent;
}

struct tree_node *tree_lower_bound(const struct tree *tree, struct str key)
{
    struct tree_node *best = NULL;
    for (struct tree_node *node = tree->root; node != NULL;) {
        if (str_compare(node->key, key) < 0) {
            node = node->right;
        } else {
            best = node;
            node = node->left;
        }
    }
    return best;
}

/* How many keys are before 'key'; with 'below', also those that begin with it. */
static size_t rank_of(const struct tree *tree, struct str key, bool below)
{
    size_t rank = 0;
    for (const struct tree_node *node = tree->root; node != NULL;) {
        if (str_compare(node->key, key) < 0 || (below && str_starts(node->key, key))) {
            rank += 1 + weight_of(node->left);
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return rank;
}

size_t tree_count(const struct tree *tree, struct str prefix, struct str start)
{
    size_t first = rank_of(tree, str_compare(prefix, start) > 0 ? prefix : start, false);
    size_t behind = prefix.size == 0 ? tree->size : rank_of(tree, prefix, true);
    return behind > first ? behind - first : 0;
}
