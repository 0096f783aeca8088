/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* addresses.c - net.IP and net.CIDR. */
#include "base/text/ip.h"
#include "cel/value/value.h"

#define ADDRESS_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

static bool is_mapped(const struct ip *ip)
{
    static const uint8_t prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

    return ip->family == IP_V6 && memcmp(ip->bytes, prefix, sizeof(prefix)) == 0;
}

static const struct ip *ip_of(const struct cel_value *value)
{
    return value->opaque;
}

static const struct ip_prefix *cidr_of(const struct cel_value *value)
{
    return value->opaque;
}

static struct cel_value ip_value(struct arena *arena, const struct ip *ip)
{
    struct ip *made = arena_new(arena, struct ip);

    *made = *ip;
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = CEL_OPAQUE_IP, .opaque = made };
}

static struct cel_value cidr_value(struct arena *arena, const struct ip_prefix *prefix)
{
    struct ip_prefix *made = arena_new(arena, struct ip_prefix);

    *made = *prefix;
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = CEL_OPAQUE_CIDR, .opaque = made };
}

/* An error value, or the address. */
static struct cel_value parse_ip(struct cel_state *state, struct str text)
{
    struct ip ip;

    if (memchr(text.data, '%', text.size) != NULL)
        return cel_value_error(state->arena, "IP address \"" STR_FMT "\" with zone value is not allowed",
                               STR_ARG(text));
    if (!ip_parse(text, &ip))
        return cel_value_error(state->arena,
                               "IP Address \"" STR_FMT
                               "\" parse error during conversion from string: ParseAddr(\"" STR_FMT
                               "\"): unable to parse IP",
                               STR_ARG(text), STR_ARG(text));
    if (is_mapped(&ip))
        return cel_value_error(state->arena, "IPv4-mapped IPv6 address \"" STR_FMT "\" is not allowed", STR_ARG(text));
    return ip_value(state->arena, &ip);
}

static struct cel_value parse_cidr(struct cel_state *state, struct str text)
{
    struct ip_prefix prefix;

    if (!ip_prefix_parse(text, &prefix))
        return cel_value_error(state->arena,
                               "network address parse error during conversion from string: network address parse "
                               "error during conversion from string: netip.ParsePrefix(\"" STR_FMT "\"): invalid",
                               STR_ARG(text));
    if (is_mapped(&prefix.address))
        return cel_value_error(state->arena,
                               "network address parse error during conversion from string: IPv4-mapped IPv6 address "
                               "\"" STR_FMT "\" is not allowed",
                               STR_ARG(text));
    return cidr_value(state->arena, &prefix);
}

ADDRESS_FUNCTION(ip)
{
    (void)count;
    return parse_ip(state, args[0].text);
}

ADDRESS_FUNCTION(is_ip)
{
    struct cel_value parsed = parse_ip(state, args[0].text);

    (void)count;
    return cel_value_bool(!cel_is_error(&parsed));
}

ADDRESS_FUNCTION(is_canonical)
{
    struct cel_value parsed = parse_ip(state, args[0].text);
    char text[IP_TEXT_SIZE];

    (void)count;
    if (cel_is_error(&parsed))
        return parsed;
    ip_format(ip_of(&parsed), text);
    return cel_value_bool(str_is(args[0].text, text));
}

ADDRESS_FUNCTION(family)
{
    (void)state;
    (void)count;
    return cel_value_int(ip_of(&args[0])->family);
}

static bool is_unspecified(const struct ip *ip)
{
    static const uint8_t zero[16];

    return memcmp(ip->bytes, zero, sizeof(zero)) == 0;
}

static bool is_loopback(const struct ip *ip)
{
    return ip_is_loopback(ip);
}

static bool is_link_local_multicast(const struct ip *ip)
{
    return ip->family == IP_V4 ? ip->bytes[0] == 224 && ip->bytes[1] == 0 && ip->bytes[2] == 0
                               : ip->bytes[0] == 0xff && (ip->bytes[1] & 0x0f) == 0x02;
}

static bool is_link_local_unicast(const struct ip *ip)
{
    return ip->family == IP_V4 ? ip->bytes[0] == 169 && ip->bytes[1] == 254
                               : ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static bool is_multicast(const struct ip *ip)
{
    return ip->family == IP_V4 ? (ip->bytes[0] & 0xf0) == 0xe0 : ip->bytes[0] == 0xff;
}

/* As Go has it: also private addresses, not the broadcast address. */
static bool is_global_unicast(const struct ip *ip)
{
    static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

    if (ip->family == IP_V4 && memcmp(ip->bytes, broadcast, sizeof(broadcast)) == 0)
        return false;
    return !is_unspecified(ip) && !is_loopback(ip) && !is_multicast(ip) && !is_link_local_unicast(ip);
}

#define IP_QUESTION(name, question)                       \
    ADDRESS_FUNCTION(name)                                \
    {                                                     \
        (void)state;                                      \
        (void)count;                                      \
        return cel_value_bool(question(ip_of(&args[0]))); \
    }
IP_QUESTION(ip_unspecified, is_unspecified)
IP_QUESTION(ip_loopback, is_loopback)
IP_QUESTION(ip_link_local_multicast, is_link_local_multicast)
IP_QUESTION(ip_link_local_unicast, is_link_local_unicast)
IP_QUESTION(ip_global_unicast, is_global_unicast)

ADDRESS_FUNCTION(ip_string)
{
    char text[IP_TEXT_SIZE];

    (void)count;
    ip_format(ip_of(&args[0]), text);
    return cel_value_string(str_of(arena_strdup(state->arena, text)));
}

ADDRESS_FUNCTION(cidr)
{
    (void)count;
    return parse_cidr(state, args[0].text);
}

ADDRESS_FUNCTION(is_cidr)
{
    struct cel_value parsed = parse_cidr(state, args[0].text);

    (void)count;
    return cel_value_bool(!cel_is_error(&parsed));
}

ADDRESS_FUNCTION(contains_ip)
{
    struct cel_value other = args[1].kind == CEL_STRING ? parse_ip(state, args[1].text) : args[1];

    (void)count;
    return cel_is_error(&other) ? other : cel_value_bool(ip_prefix_contains(cidr_of(&args[0]), ip_of(&other)));
}

ADDRESS_FUNCTION(contains_cidr)
{
    struct cel_value other = args[1].kind == CEL_STRING ? parse_cidr(state, args[1].text) : args[1];
    const struct ip_prefix *outer = cidr_of(&args[0]), *inner;

    (void)count;
    if (cel_is_error(&other))
        return other;
    inner = cidr_of(&other);
    return cel_value_bool(ip_prefix_overlaps(outer, inner) && outer->length <= inner->length);
}

ADDRESS_FUNCTION(cidr_ip)
{
    (void)count;
    return ip_value(state->arena, &cidr_of(&args[0])->address);
}

ADDRESS_FUNCTION(prefix_length)
{
    (void)state;
    (void)count;
    return cel_value_int(cidr_of(&args[0])->length);
}

ADDRESS_FUNCTION(masked)
{
    struct ip_prefix prefix = *cidr_of(&args[0]);

    (void)count;
    prefix.address = ip_prefix_network(&prefix);
    return cidr_value(state->arena, &prefix);
}

ADDRESS_FUNCTION(cidr_string)
{
    char text[IP_TEXT_SIZE];

    (void)count;
    ip_prefix_format(cidr_of(&args[0]), text);
    return cel_value_string(str_of(arena_strdup(state->arena, text)));
}

struct cel_functions cel_addresses(void)
{
    static const struct cel_overload rows[] = {
        { "ip", "s:P", ip, CEL_COST_PARSE, 0, 0 },
        { "isIP", "s:b", is_ip, CEL_COST_PARSE, 0, 0 },
        { "ip.isCanonical", "s:b", is_canonical, CEL_COST_CANONICAL, 0, 0 },
        { "family", "P.:i", family, CEL_COST_UNIT, 0, 0 },
        { "isUnspecified", "P.:b", ip_unspecified, CEL_COST_UNIT, 0, 0 },
        { "isLoopback", "P.:b", ip_loopback, CEL_COST_UNIT, 0, 0 },
        { "isLinkLocalMulticast", "P.:b", ip_link_local_multicast, CEL_COST_UNIT, 0, 0 },
        { "isLinkLocalUnicast", "P.:b", ip_link_local_unicast, CEL_COST_UNIT, 0, 0 },
        { "isGlobalUnicast", "P.:b", ip_global_unicast, CEL_COST_UNIT, 0, 0 },
        { "string", "P:s", ip_string, CEL_COST_UNIT, 0, 0 },
        { "cidr", "s:C", cidr, CEL_COST_PARSE, 0, 0 },
        { "isCIDR", "s:b", is_cidr, CEL_COST_PARSE, 0, 0 },
        { "containsIP", "C.s:b", contains_ip, CEL_COST_CONTAINS_IP_TEXT, 0, 0 },
        { "containsIP", "C.P:b", contains_ip, CEL_COST_CONTAINS_IP, 0, 0 },
        { "containsCIDR", "C.s:b", contains_cidr, CEL_COST_CONTAINS_CIDR_TEXT, 0, 0 },
        { "containsCIDR", "C.C:b", contains_cidr, CEL_COST_CONTAINS_CIDR, 0, 0 },
        { "ip", "C.:P", cidr_ip, CEL_COST_UNIT, 0, 0 },
        { "prefixLength", "C.:i", prefix_length, CEL_COST_UNIT, 0, 0 },
        { "masked", "C.:C", masked, CEL_COST_UNIT, 0, 0 },
        { "string", "C:s", cidr_string, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
