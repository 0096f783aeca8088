/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/cache/sieve.h"

#include <stdlib.h>
#include <string.h>

#include "apiserver/cache/watch_cache.h"
#include "base/memory.h"

enum { BITS_OF_PAIR = 4, BITS_OF_KEY = 2, LABELS_MAX = 64 };

/* ---------------------------------------------------------------- bits */

static uint64_t hash_more(uint64_t hash, struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    return (hash ^ text.size) * 0x9fb21c651e98df25u;
}

static void set_bits(struct sieve_bits *bits, uint64_t hash, int count)
{
    hash ^= hash >> 29;
    for (int i = 0; i < count; i++, hash >>= 8)
        bits->words[(hash & 0xff) / 64] |= (uint64_t)1 << (hash & 63);
}

static void set_label(struct sieve_bits *bits, struct str key, const struct str *value)
{
    uint64_t hash = hash_more(0x6c61, key);
    if (value == NULL)
        set_bits(bits, hash, BITS_OF_KEY);
    else
        set_bits(bits, hash_more(hash, *value), BITS_OF_PAIR);
}

static void set_field(struct sieve_bits *bits, const struct object_path *path, struct str value)
{
    set_bits(bits, hash_more(hash_more(hash_more(0x6669, path->parent), path->member), value), BITS_OF_PAIR);
}

static struct sieve_bits bits_of(const struct sieve *sieve, const struct object *object)
{
    struct sieve_bits bits = { 0 };
    struct object_label labels[LABELS_MAX];
    struct str texts[SIEVE_FIELDS_MAX];
    size_t n_labels = object_labels(object, labels, LABELS_MAX);
    bool all = n_labels == LABELS_MAX; /* there may be more */
    for (size_t i = 0; i < n_labels; i++) {
        set_label(&bits, labels[i].key, NULL);
        set_label(&bits, labels[i].key, &labels[i].value);
    }
    object_texts(object, sieve->fields, sieve->n_fields, texts);
    for (size_t i = 0; i < sieve->n_fields; i++) {
        all |= texts[i].size > 0 && memchr(texts[i].data, '\\', texts[i].size) != NULL; /* may be any text */
        set_field(&bits, &sieve->fields[i], texts[i]);
    }
    if (all)
        memset(&bits, 0xff, sizeof(bits));
    return bits;
}

static void want_label(struct sieve_bits *bits, const struct label_requirement *requirement)
{
    switch (requirement->operator) {
    case LABEL_EQUALS:
    case LABEL_DOUBLE_EQUALS:
    case LABEL_IN:
        set_label(bits, requirement->key, NULL);
        if (requirement->n_values == 1)
            set_label(bits, requirement->key, &requirement->values[0]);
        break;
    case LABEL_EXISTS:
    case LABEL_GREATER:
    case LABEL_LESS:
        set_label(bits, requirement->key, NULL);
        break;
    default: /* objects without the label match */
        break;
    }
}

struct sieve_bits sieve_wanted(const struct label_selector *labels, const struct field_selector *fields)
{
    struct sieve_bits bits = { 0 };
    struct object_path path;
    for (size_t i = 0; i < labels->n_requirements; i++)
        want_label(&bits, &labels->requirements[i]);
    for (size_t i = 0; i < fields->n_requirements; i++) {
        const struct field_requirement *requirement = &fields->requirements[i];
        bool is_metadata =
            str_starts(requirement->key, STR("metadata.")); /* no sieve has these: keys are sorted by them */
        if (!requirement->negate && !is_metadata && field_requirement_text(requirement, &path))
            set_field(&bits, &path, requirement->value);
    }
    return bits;
}

bool sieve_bits_none(const struct sieve_bits *bits)
{
    return (bits->words[0] | bits->words[1] | bits->words[2] | bits->words[3]) == 0;
}

/* ---------------------------------------------------------------- slots */

void sieve_start(struct sieve *sieve, const struct api_resource *resource)
{
    sieve->active = true;
    sieve->n_fields = field_selector_texts(resource, sieve->fields, SIEVE_FIELDS_MAX);
}

void sieve_fini(struct sieve *sieve)
{
    free(sieve->bits);
    free(sieve->entries);
    *sieve = (struct sieve){ 0 };
}

void sieve_add(struct sieve *sieve, struct cache_entry *entry)
{
    if (!sieve->active)
        return;
    if (sieve->count == sieve->capacity) {
        sieve->capacity = sieve->capacity == 0 ? 1024 : sieve->capacity + sieve->capacity / 2;
        sieve->bits = memory_resize(sieve->bits, sieve->capacity, sizeof(*sieve->bits));
        sieve->entries = memory_resize(sieve->entries, sieve->capacity, sizeof(*sieve->entries));
    }
    entry->slot = (uint32_t)sieve->count++;
    sieve->entries[entry->slot] = entry;
    sieve->bits[entry->slot] = bits_of(sieve, entry->object);
}

void sieve_change(struct sieve *sieve, struct cache_entry *entry)
{
    if (sieve->active)
        sieve->bits[entry->slot] = bits_of(sieve, entry->object);
}

void sieve_remove(struct sieve *sieve, struct cache_entry *entry)
{
    if (!sieve->active)
        return;
    uint32_t last = (uint32_t)--sieve->count;
    sieve->entries[entry->slot] = sieve->entries[last];
    sieve->entries[entry->slot]->slot = entry->slot;
    sieve->bits[entry->slot] = sieve->bits[last];
}

size_t sieve_find(const struct sieve *sieve, const struct sieve_bits *wanted, uint32_t *ret_slots, size_t max)
{
    const struct sieve_bits want = *wanted;
    size_t found = 0;
    for (size_t slot = 0; slot < sieve->count; slot++) {
        const uint64_t *has = sieve->bits[slot].words;
        uint64_t lacks = (want.words[0] & ~has[0]) | (want.words[1] & ~has[1]) | (want.words[2] & ~has[2]) |
                         (want.words[3] & ~has[3]);
        if (lacks != 0)
            continue;
        if (found == max)
            return SIZE_MAX;
        ret_slots[found++] = (uint32_t)slot;
    }
    return found;
}
