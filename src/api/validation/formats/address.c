/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* address.c - which addresses an endpoint may have, and pairs of addresses of both families. */
#include "api/validation/formats/address.h"

struct reserved {
    const char *text;
    bool (*holds)(const struct ip *ip);
};

static bool is_unspecified(const struct ip *ip)
{
    static const uint8_t none[16];
    return memcmp(ip->bytes, none, ip_size(ip)) == 0;
}

static bool is_link_local(const struct ip *ip)
{
    if (ip->family == IP_V4)
        return ip->bytes[0] == 169 && ip->bytes[1] == 254;
    return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static bool is_link_local_multicast(const struct ip *ip)
{
    if (ip->family == IP_V4)
        return ip->bytes[0] == 224 && ip->bytes[1] == 0 && ip->bytes[2] == 0;
    return ip->bytes[0] == 0xff && (ip->bytes[1] & 0x0f) == 0x02;
}

static const struct reserved reserved[] = {
    { "may not be unspecified (0.0.0.0 or ::)", is_unspecified },
    { "may not be in the loopback range (127.0.0.0/8, ::1/128)", ip_is_loopback },
    { "may not be in the link-local range (169.254.0.0/16, fe80::/10)", is_link_local },
    { "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)", is_link_local_multicast },
};

void validate_outside_address(const char *address, const struct field_at *at, struct api_invalid *errors)
{
    struct ip ip;

    if (!address_read(address, &ip)) {
        invalid_string(errors, at, address, "must be a valid IP address");
        return;
    }
    for (size_t i = 0; i < countof(reserved); i++)
        if (reserved[i].holds(&ip))
            invalid_string(errors, at, address, "%s", reserved[i].text);
}

bool invalid_address(struct api_invalid *errors, const struct field_at *at, format_check *check, const char *value,
                     const char *const *old, size_t n_old)
{
    struct format_errors found = { .count = 0 };

    check(str_of(text_or_empty(value)), &found);
    for (size_t i = 0; found.count > 0 && i < n_old; i++)
        if (text_equal(old[i], value))
            return true;
    invalid_formats(errors, at, &found, value);
    return found.count == 0;
}

enum address_families address_families(const char *const *list, size_t count, bool prefixes)
{
    size_t of[2] = { 0, 0 };

    for (size_t i = 0; i < count; i++) {
        struct ip_prefix prefix;
        if (prefixes ? !address_prefix_read(list[i], &prefix) : !address_read(list[i], &prefix.address))
            return FAMILIES_BROKEN;
        of[prefix.address.family == IP_V6]++;
    }
    return of[0] > 1 || of[1] > 1 ? FAMILIES_SAME : FAMILIES_GOOD;
}
