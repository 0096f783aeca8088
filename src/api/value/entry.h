/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* entry.h - entries of decoded maps (labels, limits): arrays of { key, value }, sorted by key. */
#ifndef API_VALUE_ENTRY_H
#define API_VALUE_ENTRY_H

#include "api/schema.h"
#include "base/arena.h"

/* The entry with that key, NULL when there is none; entries have 'size' bytes and begin with their key. */
const void *entry_find(const void *entries, size_t count, size_t size, const char *key);

/* The entry with that key in the array at *entries, made (zeroed but for the key, which is kept, not copied)
 * in its sorted place when it is missing; then the array is a new one in the arena. */
void *entry_put(void *entries, size_t *count, size_t size, const char *key, struct arena *arena);

#define entry_put_to(entries, count, key, arena) \
    ((__typeof__((entries)))entry_put(&(entries), &(count), sizeof(*(entries)), (key), (arena)))

/* The value, NULL when there is none. */
static inline const char *string_entry_value(const struct api_string_entry *entries, size_t count, const char *key)
{
    const struct api_string_entry *entry = entry_find(entries, count, sizeof(*entries), key);
    return entry != NULL ? text_or_empty(entry->value) : NULL;
}

static inline const struct quantity *quantity_entry_value(const struct api_quantity_entry *entries, size_t count,
                                                          const char *key)
{
    const struct api_quantity_entry *entry = entry_find(entries, count, sizeof(*entries), key);
    return entry != NULL ? &entry->value : NULL;
}

#endif
