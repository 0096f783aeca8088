/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ip.h - IPv4 and IPv6 addresses and prefixes as values. Pure; no name is ever looked up. */
#ifndef BASE_TEXT_IP_H
#define BASE_TEXT_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum ip_family { IP_NONE, IP_V4 = 4, IP_V6 = 6 };

#define IP_TEXT_SIZE 56 /* "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128" and NUL */

/* Network byte order; IPv4 uses the first four bytes, the others are 0. A zeroed struct is no address. */
struct ip {
    uint8_t family; /* enum ip_family */
    uint8_t bytes[16];
};

/* 'address' may have host bits set: 10.99.0.7/24 is an interface's address and its network. */
struct ip_prefix {
    struct ip address;
    uint8_t length;
};

bool ip_parse(struct str text, struct ip *ret_ip);                   /* strict: no leading zeros in IPv4, no zone */
bool ip_prefix_parse(struct str text, struct ip_prefix *ret_prefix); /* "ADDRESS/LENGTH" */
void ip_format(const struct ip *ip, char text[IP_TEXT_SIZE]);        /* as upstream prints it; "" for none */
void ip_prefix_format(const struct ip_prefix *prefix, char text[IP_TEXT_SIZE]);

size_t ip_size(const struct ip *ip); /* 4, 16 or 0 */
bool ip_equal(const struct ip *a, const struct ip *b);
int ip_compare(const struct ip *a, const struct ip *b); /* by family, then by bytes */

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
bool ip_is_loopback(const struct ip *ip);
/* Neither unspecified, loopback, multicast, link-local nor the broadcast address (private ones are). */
bool ip_is_global_unicast(const struct ip *ip);

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip *ip);
struct ip ip_prefix_network(const struct ip_prefix *prefix); /* host bits cleared */
struct ip ip_prefix_last(const struct ip_prefix *prefix);    /* host bits set */

/* The address 'offset' after the network address; false when that is outside the prefix. */
bool ip_prefix_nth(const struct ip_prefix *prefix, uint64_t offset, struct ip *ret_ip);

/* The opposite; false when the address lies outside, or 2^64 or more behind the network address. */
bool ip_prefix_index(const struct ip_prefix *prefix, const struct ip *ip, uint64_t *ret_offset);

/* How many addresses it has, at most UINT64_MAX. */
uint64_t ip_prefix_count(const struct ip_prefix *prefix);

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b);

/* The n-th piece when the prefix is cut into prefixes of that length (10.244.0.0/16 cut by 24, n = 3:
 * 10.244.3.0/24); false when it has no such piece. */
bool ip_prefix_part(const struct ip_prefix *prefix, uint8_t length, uint64_t n, struct ip_prefix *ret_part);

#endif
