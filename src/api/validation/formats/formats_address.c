/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats_address.c - addresses and prefixes as text: what parses at all, what old fields take, what is canonical. */
#include "api/validation/formats/formats.h"

#include <stdio.h>

#include "api/validation/formats/address.h"

#define LOOSE_TEXT_MAX 64

/* "010.000.1.2": each number without the zeros before it, which are read as decimal. */
static bool without_zeros(struct str text, char loose[LOOSE_TEXT_MAX], struct str *ret_text)
{
    size_t size = 0;
    struct str piece;

    if (text.size >= LOOSE_TEXT_MAX)
        return false;
    while (str_next(&text, '.', &piece)) {
        if (piece.size == 0)
            return false;
        while (piece.size > 1 && piece.data[0] == '0')
            piece = str_skip(piece, 1);
        for (size_t i = 0; i < piece.size; i++) {
            if (piece.data[i] < '0' || piece.data[i] > '9')
                return false;
            loose[size++] = piece.data[i];
        }
        if (text.data != NULL)
            loose[size++] = '.';
    }
    *ret_text = (struct str){ loose, size };
    return true;
}

static bool is_mapped(const struct ip *ip)
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
    return ip->family == IP_V6 && memcmp(ip->bytes, prefix, sizeof(prefix)) == 0;
}

static bool parse(struct str text, struct ip *ret_ip, bool *ret_zeros, bool *ret_mapped)
{
    char loose[LOOSE_TEXT_MAX];
    struct str plain;

    *ret_zeros = false;
    *ret_mapped = false;
    if (!ip_parse(text, ret_ip)) {
        *ret_zeros = true;
        return without_zeros(text, loose, &plain) && ip_parse(plain, ret_ip);
    }
    if (is_mapped(ret_ip)) {
        *ret_mapped = true;
        *ret_ip = ip_v4(ret_ip->bytes[12], ret_ip->bytes[13], ret_ip->bytes[14], ret_ip->bytes[15]);
    }
    return true;
}

bool address_read(const char *text, struct ip *ret_ip)
{
    bool zeros, mapped;
    return parse(str_of(text_or_empty(text)), ret_ip, &zeros, &mapped);
}

/* "ADDRESS/LENGTH"; the length of a mapped address counts the IPv6 one's bits. */
static bool parse_prefix(struct str text, struct ip_prefix *ret_prefix, bool *ret_zeros, bool *ret_mapped)
{
    size_t slash = str_find(text, '/');
    struct str length = str_skip(text, slash < text.size ? slash + 1 : slash);
    uint64_t bits;

    if (slash == text.size || length.size > 8 ||
        !parse((struct str){ text.data, slash }, &ret_prefix->address, ret_zeros, ret_mapped))
        return false;
    if (length.size > 1 && length.data[0] == '0')
        *ret_zeros = true;
    while (length.size > 1 && length.data[0] == '0')
        length = str_skip(length, 1);
    if (!str_to_uint64(length, &bits))
        return false;
    if (*ret_mapped && bits >= 96)
        bits -= 96;
    else if (*ret_mapped)
        return false;
    if (bits > 8 * ip_size(&ret_prefix->address))
        return false;
    ret_prefix->length = (uint8_t)bits;
    return true;
}

bool address_prefix_read(const char *text, struct ip_prefix *ret_prefix)
{
    bool zeros, mapped;
    return parse_prefix(str_of(text_or_empty(text)), ret_prefix, &zeros, &mapped);
}

static void not_canonical(struct str value, const char *canonical, struct format_errors *errors)
{
    if (str_is(value, canonical))
        return;
    snprintf(errors->made, sizeof(errors->made), "must be in canonical form (\"%s\")", canonical);
    format_error(errors, errors->made);
}

static bool check_ip(struct str value, struct ip *ret_ip, struct format_errors *errors)
{
    bool zeros, mapped;

    if (!parse(value, ret_ip, &zeros, &mapped)) {
        format_error(errors, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        return false;
    }
    if (zeros)
        format_error(errors, "must not have leading 0s");
    if (mapped)
        format_error(errors, "must not be an IPv4-mapped IPv6 address");
    return !zeros && !mapped;
}

void format_ip(struct str value, struct format_errors *errors)
{
    struct ip ip;
    check_ip(value, &ip, errors);
}

void format_ip_canonical(struct str value, struct format_errors *errors)
{
    struct ip ip;
    char text[IP_TEXT_SIZE];

    if (!check_ip(value, &ip, errors))
        return;
    ip_format(&ip, text);
    not_canonical(value, text, errors);
}

static bool has_host_bits(const struct ip_prefix *prefix)
{
    struct ip network = ip_prefix_network(prefix);
    return !ip_equal(&network, &prefix->address);
}

static bool check_cidr(struct str value, struct ip_prefix *ret_prefix, struct format_errors *errors)
{
    bool zeros, mapped;

    if (!parse_prefix(value, ret_prefix, &zeros, &mapped)) {
        format_error(errors, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        return false;
    }
    if (zeros) {
        format_error(errors, "must not have leading 0s in IP or prefix length");
        return false;
    }
    if (mapped)
        format_error(errors, "must not have an IPv4-mapped IPv6 address");
    bool loose = has_host_bits(ret_prefix);
    if (loose)
        format_error(errors, "must not have bits set beyond the prefix length");
    return !mapped && !loose;
}

void format_cidr(struct str value, struct format_errors *errors)
{
    struct ip_prefix prefix;
    check_cidr(value, &prefix, errors);
}

void format_cidr_canonical(struct str value, struct format_errors *errors)
{
    struct ip_prefix prefix;
    char text[IP_TEXT_SIZE];

    if (!check_cidr(value, &prefix, errors))
        return;
    ip_prefix_format(&prefix, text);
    not_canonical(value, text, errors);
}

void format_interface_address(struct str value, struct format_errors *errors)
{
    struct ip_prefix prefix;
    char text[IP_TEXT_SIZE];
    bool zeros, mapped;

    if (!parse_prefix(value, &prefix, &zeros, &mapped)) {
        format_error(errors, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)");
        return;
    }
    ip_prefix_format(&prefix, text);
    not_canonical(value, text, errors);
}

bool address_ip_warning(const char *value, char text[ADDRESS_WARNING_SIZE])
{
    struct ip ip;
    char good[IP_TEXT_SIZE];
    bool zeros, mapped;

    if (!parse(str_of(text_or_empty(value)), &ip, &zeros, &mapped))
        return false;
    ip_format(&ip, good);
    if (zeros || mapped)
        snprintf(text, ADDRESS_WARNING_SIZE,
                 "non-standard IP address \"%s\" will be considered invalid in a future Kubernetes release: use \"%s\"",
                 value, good);
    else if (ip.family == IP_V6 && !text_equal(good, value))
        snprintf(text, ADDRESS_WARNING_SIZE, "IPv6 address \"%s\" should be in RFC 5952 canonical format (\"%s\")",
                 value, good);
    else
        return false;
    return true;
}

size_t address_prefix_warnings(const char *value, char texts[2][ADDRESS_WARNING_SIZE])
{
    struct ip_prefix prefix;
    char network[IP_TEXT_SIZE], address[IP_TEXT_SIZE], given[IP_TEXT_SIZE];
    bool zeros, mapped;
    size_t count = 0;

    if (!parse_prefix(str_of(text_or_empty(value)), &prefix, &zeros, &mapped))
        return 0;
    struct ip_prefix masked = { ip_prefix_network(&prefix), prefix.length };
    ip_prefix_format(&masked, network);
    ip_format(&prefix.address, address);
    ip_prefix_format(&prefix, given);
    if (has_host_bits(&prefix))
        snprintf(texts[count++], ADDRESS_WARNING_SIZE,
                 "CIDR value \"%s\" is ambiguous in this context (should be \"%s\" or \"%s/%zu\"?)", value, network,
                 address, 8 * ip_size(&prefix.address));
    if (zeros || mapped)
        snprintf(texts[count++], ADDRESS_WARNING_SIZE,
                 "non-standard CIDR value \"%s\" will be considered invalid in a future Kubernetes release: use \"%s\"",
                 value, network);
    if (count == 0 && prefix.address.family == IP_V6 && !text_equal(given, value))
        snprintf(texts[count++], ADDRESS_WARNING_SIZE,
                 "IPv6 CIDR value \"%s\" should be in RFC 5952 canonical format (\"%s\")", value, given);
    return count;
}
