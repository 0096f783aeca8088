/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* sieve.h - which few of very many objects a selector could mean, without a look at each of them.
 *
 * Every object has 256 bits, a few of which are set for each of its labels and each of the fields it can be selected by (a
 * Bloom filter). The bits of all objects are one dense array: 300,000 objects are passed over in about a
 * millisecond, and what is left (a percent of those that do not match) is looked at. Made when a selector is first used on
 * many objects, and kept up to date from then on: 44 bytes an object. */
#ifndef APISERVER_CACHE_SIEVE_H
#define APISERVER_CACHE_SIEVE_H

#include "api/selector/selector.h"

enum { SIEVE_WORDS = 4, SIEVE_FIELDS_MAX = 12 };

struct sieve_bits {
    uint64_t words[SIEVE_WORDS];
};

struct cache_entry;

struct sieve {
    bool active;
    struct object_path fields[SIEVE_FIELDS_MAX];
    size_t n_fields;
    struct sieve_bits *bits;      /* by slot */
    struct cache_entry **entries; /* by slot */
    size_t count, capacity;
};

void sieve_start(struct sieve *sieve, const struct api_resource *resource); /* then add what there is */
void sieve_fini(struct sieve *sieve);

/* Nothing while it is not active. */
void sieve_add(struct sieve *sieve, struct cache_entry *entry);
void sieve_change(struct sieve *sieve, struct cache_entry *entry); /* it has another object now */
void sieve_remove(struct sieve *sieve, struct cache_entry *entry);

/* The bits that any object has that these select; none: the selectors say nothing that a sieve can use. */
struct sieve_bits sieve_wanted(const struct label_selector *labels, const struct field_selector *fields);
bool sieve_bits_none(const struct sieve_bits *bits);

/* The slots of objects that have them all, in no order, into ret_slots (room for 'max'); more than 'max': SIZE_MAX. */
size_t sieve_find(const struct sieve *sieve, const struct sieve_bits *wanted, uint32_t *ret_slots, size_t max);

#endif
