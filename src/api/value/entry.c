/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/value/entry.h"

static const char *key_at(const void *entries, size_t i, size_t size)
{
    return *(const char *const *)(const void *)((const char *)entries + i * size);
}

/* The first position whose key is not smaller. */
static size_t lower_bound(const void *entries, size_t count, size_t size, const char *key)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(key_at(entries, middle, size), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const void *entry_find(const void *entries, size_t count, size_t size, const char *key)
{
    size_t at = lower_bound(entries, count, size, key);
    bool found = at < count && strcmp(key_at(entries, at, size), key) == 0;
    return found ? (const char *)entries + at * size : NULL;
}

void *entry_put(void *entries, size_t *count, size_t size, const char *key, struct arena *arena)
{
    char **array = entries;
    size_t at = lower_bound(*array, *count, size, key);
    if (at < *count && strcmp(key_at(*array, at, size), key) == 0)
        return *array + at * size;
    char *larger = arena_array(arena, *count + 1, size);
    if (*count > 0) {
        memcpy(larger, *array, at * size);
        memcpy(larger + (at + 1) * size, *array + at * size, (*count - at) * size);
    }
    *(const char **)(void *)(larger + at * size) = key;
    *array = larger;
    ++*count;
    return larger + at * size;
}
