/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/listing/page_life.h"

#include <string.h>

void page_life_mark(struct page_life *life, uint64_t revision)
{
    memmove(life->marks + 1, life->marks, sizeof(life->marks) - sizeof(life->marks[0]));
    life->marks[0] = revision;
}

uint64_t page_life_oldest(const struct page_life *life)
{
    return life->marks[PAGE_LIFE_MARKS - 1];
}
