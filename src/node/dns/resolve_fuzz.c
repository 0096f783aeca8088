/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include "base/memory.h"
#include "node/dns/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena arena = { 0 };
    struct dns_index *index = dns_index_create();
    struct dns_resolver resolver = { .index = index, .domain = "cluster.local", .ttl = 30 };
    struct dns_query query = { { (const char *)data, size }, true, 1 };
    uint8_t *out = arena_alloc(&arena, DNS_MESSAGE_MAX), alias[DNS_NAME_MAX];
    size_t written = 0;
    dns_resolve(&resolver, &query, &arena, out, &written, alias);
    dns_finish_alias(&resolver, &query, query.wire, &arena, out, &written);
    dns_fit(&query, query.wire, &arena, out);
    dns_index_destroy(index);
    return 0;
}
