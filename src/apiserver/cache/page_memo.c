/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/cache/page_memo.h"

static uint64_t place_of(struct str prefix, struct str start)
{
    return str_hash(prefix) * 0x9fb21c651e98df25u ^ str_hash(start);
}

void page_memo_put(struct page_memo *memo, uint64_t revision, struct str prefix, struct str start, uint64_t count)
{
    memo->places[memo->oldest] = (struct page_place){ revision, place_of(prefix, start), count };
    memo->oldest = (memo->oldest + 1) % PAGE_MEMO_SIZE;
}

bool page_memo_find(const struct page_memo *memo, uint64_t revision, struct str prefix, struct str start,
                    uint64_t *ret_count)
{
    uint64_t place = place_of(prefix, start);
    for (size_t i = 0; i < PAGE_MEMO_SIZE; i++) {
        if (memo->places[i].revision != revision || memo->places[i].place != place)
            continue;
        *ret_count = memo->places[i].count;
        return true;
    }
    return false;
}
