/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ip.c - IPv4 and IPv6 addresses and prefixes as values. */
#include "base/text/ip.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/cleanup.h"

bool ip_parse(struct str text, struct ip *ret_ip)
{
    char copy[INET6_ADDRSTRLEN + 1];
    if (text.size == 0 || text.size >= sizeof(copy) || memchr(text.data, 0, text.size) != NULL)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';

    struct ip ip = { 0 };
    if (inet_pton(AF_INET, copy, ip.bytes) == 1)
        ip.family = IP_V4;
    else if (inet_pton(AF_INET6, copy, ip.bytes) == 1)
        ip.family = IP_V6;
    else
        return false;
    *ret_ip = ip;
    return true;
}

bool ip_prefix_parse(struct str text, struct ip_prefix *ret_prefix)
{
    size_t slash = str_find(text, '/');
    if (slash == text.size)
        return false;
    struct str digits = str_skip(text, slash + 1);
    struct ip_prefix prefix;
    uint64_t length;
    if (!ip_parse((struct str){ text.data, slash }, &prefix.address) || !str_to_uint64(digits, &length) ||
        (digits.size > 1 && digits.data[0] == '0') || length > 8 * ip_size(&prefix.address))
        return false;
    prefix.length = (uint8_t)length;
    *ret_prefix = prefix;
    return true;
}

void ip_format(const struct ip *ip, char text[IP_TEXT_SIZE])
{
    text[0] = '\0';
    if (ip->family == IP_V4)
        inet_ntop(AF_INET, ip->bytes, text, IP_TEXT_SIZE);
    else if (ip->family == IP_V6)
        inet_ntop(AF_INET6, ip->bytes, text, IP_TEXT_SIZE);
}

void ip_prefix_format(const struct ip_prefix *prefix, char text[IP_TEXT_SIZE])
{
    ip_format(&prefix->address, text);
    size_t used = strlen(text);
    if (used > 0)
        snprintf(text + used, IP_TEXT_SIZE - used, "/%u", prefix->length);
}

size_t ip_size(const struct ip *ip)
{
    return ip->family == IP_V4 ? 4 : ip->family == IP_V6 ? 16 : 0;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
    return ip_compare(a, b) == 0;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, ip_size(a));
}

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct ip){ .family = IP_V4, .bytes = { a, b, c, d } };
}

bool ip_is_loopback(const struct ip *ip)
{
    static const uint8_t v6[16] = { [15] = 1 };
    return ip->family == IP_V4 ? ip->bytes[0] == 127 : ip->family == IP_V6 && memcmp(ip->bytes, v6, 16) == 0;
}

bool ip_is_global_unicast(const struct ip *ip)
{
    static const struct {
        const char *range;
    } others[] = {
        { "0.0.0.0/32" },  { "127.0.0.0/8" },        { "169.254.0.0/16" },
        { "224.0.0.0/4" }, { "255.255.255.255/32" }, { "::/127" }, /* :: and ::1 */
        { "fe80::/10" },   { "ff00::/8" },
    };
    for (size_t i = 0; i < countof(others); i++) {
        struct ip_prefix prefix;
        if (ip_prefix_parse(str_of(others[i].range), &prefix) && ip_prefix_contains(&prefix, ip))
            return false;
    }
    return ip->family != IP_NONE;
}

/* Which bits of byte 'index' belong to the network. */
static uint8_t network_mask(unsigned length, size_t index)
{
    if (length >= 8 * (index + 1))
        return 0xff;
    return length <= 8 * index ? 0 : (uint8_t)(0xff << (8 - (length - 8 * index)));
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip *ip)
{
    if (ip->family != prefix->address.family || ip->family == IP_NONE)
        return false;
    for (size_t i = 0; i < ip_size(ip); i++)
        if (((ip->bytes[i] ^ prefix->address.bytes[i]) & network_mask(prefix->length, i)) != 0)
            return false;
    return true;
}

struct ip ip_prefix_network(const struct ip_prefix *prefix)
{
    struct ip ip = prefix->address;
    for (size_t i = 0; i < ip_size(&ip); i++)
        ip.bytes[i] &= network_mask(prefix->length, i);
    return ip;
}

struct ip ip_prefix_last(const struct ip_prefix *prefix)
{
    struct ip ip = prefix->address;
    for (size_t i = 0; i < ip_size(&ip); i++)
        ip.bytes[i] |= (uint8_t)~network_mask(prefix->length, i);
    return ip;
}

bool ip_prefix_nth(const struct ip_prefix *prefix, uint64_t offset, struct ip *ret_ip)
{
    uint64_t count = ip_prefix_count(prefix);
    if (count == 0 || (offset >= count && count != UINT64_MAX))
        return false;
    struct ip ip = ip_prefix_network(prefix);
    for (size_t i = ip_size(&ip); i-- > 0 && offset > 0;) {
        offset += ip.bytes[i];
        ip.bytes[i] = (uint8_t)offset;
        offset >>= 8;
    }
    *ret_ip = ip;
    return true;
}

uint64_t ip_prefix_count(const struct ip_prefix *prefix)
{
    size_t bits = 8 * ip_size(&prefix->address);
    if (bits == 0)
        return 0;
    return bits - prefix->length >= 64 ? UINT64_MAX : (uint64_t)1 << (bits - prefix->length);
}

bool ip_prefix_index(const struct ip_prefix *prefix, const struct ip *ip, uint64_t *ret_offset)
{
    if (!ip_prefix_contains(prefix, ip))
        return false;
    uint64_t offset = 0;
    for (size_t i = 0; i < ip_size(ip); i++) {
        if (offset >> 56 != 0)
            return false;
        offset = offset << 8 | (ip->bytes[i] & (uint8_t)~network_mask(prefix->length, i));
    }
    *ret_offset = offset;
    return true;
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
    return ip_prefix_contains(a, &b->address) || ip_prefix_contains(b, &a->address);
}

bool ip_prefix_part(const struct ip_prefix *prefix, uint8_t length, uint64_t n, struct ip_prefix *ret_part)
{
    if (ip_size(&prefix->address) == 0 || length < prefix->length || length > 8 * ip_size(&prefix->address))
        return false;
    unsigned choices = length - prefix->length; /* bits that number the pieces */
    if (choices < 64 && n >> choices != 0)
        return false;
    struct ip_prefix part = { ip_prefix_network(prefix), length };
    for (unsigned bit = length; bit > prefix->length && n != 0; n >>= 1) {
        bit--;
        part.address.bytes[bit / 8] |= (uint8_t)((n & 1) << (7 - bit % 8));
    }
    *ret_part = part;
    return true;
}
