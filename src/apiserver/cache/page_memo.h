/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* page_memo.h - how many objects are behind the pages that clients are reading. Pure.
 *
 * Every page of a list tells how many items remain. Counting them for each page makes reading a list of n pages a matter of
 * n squared; but at one revision the number behind a page is that behind the one before, less what the page has. */
#ifndef APISERVER_CACHE_PAGE_MEMO_H
#define APISERVER_CACHE_PAGE_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { PAGE_MEMO_SIZE = 64 }; /* lists that are read at once; the oldest is forgotten, and counted again */

struct page_memo {
    struct page_place {
        uint64_t revision; /* 0: none */
        uint64_t place;    /* hash of the key where the page begins, and of what it is below */
        uint64_t count;    /* of objects from there on */
    } places[PAGE_MEMO_SIZE];
    size_t oldest;
};

void page_memo_put(struct page_memo *memo, uint64_t revision, struct str prefix, struct str start, uint64_t count);
bool page_memo_find(const struct page_memo *memo, uint64_t revision, struct str prefix, struct str start,
                    uint64_t *ret_count);

#endif
