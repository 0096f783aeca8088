/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cache.c - answers as bytes, with the places of their TTLs noted when they come in. */
#include "node/dns/cache.h"

#include <libknot/libknot.h>
#include <string.h>

#include "base/memory.h"

enum { KEY_MAX = DNS_NAME_MAX + 8, TTLS_MAX = 512 };

struct answer {
    struct map_node by_question;
    struct list_node by_use; /* in cache.used, least used first */
    usec_t stored, expires;
    size_t size; /* of all this */
    size_t key_size, wire_size, n_ttls;
    uint16_t *ttls; /* offsets in the wire */
    char *key;
    uint8_t *wire;
};

struct dns_cache {
    struct map answers;
    struct list used;
    size_t bytes, max_entries, max_bytes;
};

struct dns_cache *dns_cache_create(size_t max_entries, size_t max_bytes)
{
    struct dns_cache *cache = memory_new(struct dns_cache);
    cache->max_entries = max_entries;
    cache->max_bytes = max_bytes;
    list_init(&cache->used);
    return cache;
}

static void drop(struct dns_cache *cache, struct answer *answer)
{
    map_remove(&cache->answers, &answer->by_question);
    list_remove(&answer->by_use);
    cache->bytes -= answer->size;
    free(answer->ttls);
    free(answer->key);
    free(answer->wire);
    free(answer);
}

void dns_cache_destroy(struct dns_cache *cache)
{
    if (cache == NULL)
        return;
    struct answer *answer;
    map_for_each (&cache->answers, answer, by_question)
        drop(cache, answer);
    map_fini(&cache->answers);
    free(cache);
}

size_t dns_cache_count(const struct dns_cache *cache)
{
    return cache->answers.size;
}

/* Lower-case name, type, class, and what the asker wants to see: DNSSEC records, unchecked data. */
static size_t make_key(struct str query, char key[KEY_MAX])
{
    knot_pkt_t *packet = query.size < KNOT_WIRE_HEADER_SIZE
                             ? NULL
                             : knot_pkt_new((void *)(uintptr_t)query.data, (uint16_t)query.size, NULL);
    size_t size = 0;
    if (packet != NULL && knot_pkt_parse(packet, 0) == KNOT_EOK && knot_pkt_qname(packet) != NULL) {
        size = knot_dname_size(knot_pkt_qname(packet));
        memcpy(key, knot_pkt_qname(packet), size);
        knot_wire_write_u16((uint8_t *)key + size, knot_pkt_qtype(packet));
        knot_wire_write_u16((uint8_t *)key + size + 2, knot_pkt_qclass(packet));
        key[size + 4] = (char)((knot_pkt_has_dnssec(packet) ? 1 : 0) | (knot_wire_get_cd(packet->wire) ? 2 : 0));
        key[size + 5] = knot_pkt_has_edns(packet) ? 1 : 0;
        size += 6;
    }
    knot_pkt_free(packet);
    return size;
}

/* Where the TTL of a record stands: behind its name (which may end in a pointer), type and class. */
static size_t ttl_offset(const uint8_t *wire, size_t size, size_t offset)
{
    while (offset < size && wire[offset] != 0 && !knot_wire_is_pointer(wire + offset))
        offset += 1u + wire[offset];
    if (offset >= size)
        return 0;
    offset += knot_wire_is_pointer(wire + offset) ? 2 : 1;
    return offset + 8 <= size ? offset + 4 : 0;
}

/* Notes the TTLs and finds how long the answer holds: the least of them; of a negative one, what its SOA says. 0:
 * not at all. */
static uint32_t examine(const knot_pkt_t *packet, uint16_t ttls[TTLS_MAX], size_t *n_ttls)
{
    uint32_t least = DNS_CACHE_TTL_MAX;
    bool negative = knot_pkt_section(packet, KNOT_ANSWER)->count == 0, soa = false;
    *n_ttls = 0;
    for (knot_section_t section = KNOT_ANSWER; section <= KNOT_ADDITIONAL; section++) {
        const knot_pktsection_t *found = knot_pkt_section(packet, section);
        for (uint16_t i = 0; i < found->count; i++) {
            const knot_rrset_t *set = knot_pkt_rr(found, i);
            size_t offset = ttl_offset(packet->wire, packet->size, knot_pkt_rr_offset(found, i));
            if (set->type == KNOT_RRTYPE_OPT)
                continue;
            if (*n_ttls == TTLS_MAX || offset == 0)
                return 0;
            ttls[(*n_ttls)++] = (uint16_t)offset;
            least = set->ttl < least ? set->ttl : least;
            if (section == KNOT_AUTHORITY && set->type == KNOT_RRTYPE_SOA) {
                uint32_t minimum = knot_soa_minimum(set->rrs.rdata);
                soa = true;
                if (negative && minimum < least)
                    least = minimum;
            }
        }
    }
    if (negative && !soa)
        return 0;
    return negative && least > DNS_CACHE_NEGATIVE_MAX ? DNS_CACHE_NEGATIVE_MAX : least;
}

struct str dns_cache_get(struct dns_cache *cache, struct str query, usec_t now, struct arena *arena)
{
    char key[KEY_MAX];
    size_t key_size = make_key(query, key);
    struct answer *answer =
        key_size == 0 ? NULL
                      : map_find_entry(&cache->answers, ((struct str){ key, key_size }), struct answer, by_question);
    if (answer == NULL)
        return (struct str){ 0 };
    if (now >= answer->expires) {
        drop(cache, answer);
        return (struct str){ 0 };
    }
    list_remove(&answer->by_use);
    list_append(&cache->used, &answer->by_use);

    uint8_t *wire = arena_alloc(arena, answer->wire_size);
    memcpy(wire, answer->wire, answer->wire_size);
    memcpy(wire, query.data, 2); /* the id */
    size_t name_size = key_size - 6;
    if (KNOT_WIRE_HEADER_SIZE + name_size <= answer->wire_size && KNOT_WIRE_HEADER_SIZE + name_size <= query.size)
        memcpy(wire + KNOT_WIRE_HEADER_SIZE, query.data + KNOT_WIRE_HEADER_SIZE, name_size);
    uint32_t age = (uint32_t)((now - answer->stored) / USEC_PER_SEC);
    for (size_t i = 0; i < answer->n_ttls; i++) {
        uint32_t ttl = knot_wire_read_u32(wire + answer->ttls[i]);
        knot_wire_write_u32(wire + answer->ttls[i], ttl > age ? ttl - age : 0);
    }
    return (struct str){ (char *)wire, answer->wire_size };
}

static void keep(struct dns_cache *cache, struct str key, struct str wire, const uint16_t *ttls, size_t n_ttls,
                 usec_t now, uint32_t seconds)
{
    struct answer *answer = memory_new(struct answer);
    answer->stored = now;
    answer->expires = now + (usec_t)seconds * USEC_PER_SEC;
    answer->key_size = key.size;
    answer->key = memory_copy(key.data, key.size);
    answer->wire_size = wire.size;
    answer->wire = memory_copy(wire.data, wire.size);
    answer->n_ttls = n_ttls;
    answer->ttls = memory_copy(ttls, (n_ttls + 1) * sizeof(*ttls));
    answer->size = sizeof(*answer) + key.size + wire.size + n_ttls * sizeof(*ttls);
    cache->bytes += answer->size;
    map_insert(&cache->answers, (struct str){ answer->key, answer->key_size }, &answer->by_question);
    list_append(&cache->used, &answer->by_use);
    while (cache->answers.size > cache->max_entries || cache->bytes > cache->max_bytes)
        drop(cache, container_of(list_first(&cache->used), struct answer, by_use));
}

void dns_cache_put(struct dns_cache *cache, struct str query, struct str wire, usec_t now)
{
    char key[KEY_MAX];
    size_t key_size = make_key(query, key);
    if (key_size == 0 || wire.size < KNOT_WIRE_HEADER_SIZE || wire.size > DNS_MESSAGE_MAX)
        return;
    knot_pkt_t *packet = knot_pkt_new((void *)(uintptr_t)wire.data, (uint16_t)wire.size, NULL);
    uint16_t ttls[TTLS_MAX + 1] = { 0 };
    size_t n_ttls;
    uint8_t code = knot_wire_get_rcode((const uint8_t *)wire.data);
    if (packet != NULL && knot_pkt_parse(packet, 0) == KNOT_EOK && !knot_wire_get_tc(packet->wire) &&
        (code == KNOT_RCODE_NOERROR || code == KNOT_RCODE_NXDOMAIN)) {
        uint32_t seconds = examine(packet, ttls, &n_ttls);
        struct answer *old =
            map_find_entry(&cache->answers, ((struct str){ key, key_size }), struct answer, by_question);
        if (old != NULL)
            drop(cache, old);
        if (seconds > 0)
            keep(cache, (struct str){ key, key_size }, wire, ttls, n_ttls, now, seconds);
    }
    knot_pkt_free(packet);
}
