/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* address.c - which addresses an endpoint may have. */
#include "api/validation/address.h"

struct reserved {
    const char *prefix;
    const char *text;
};

static const struct reserved reserved[] = {
    { "0.0.0.0/32", "may not be unspecified (0.0.0.0 or ::)" },
    { "::/128", "may not be unspecified (0.0.0.0 or ::)" },
    { "127.0.0.0/8", "may not be in the loopback range (127.0.0.0/8, ::1/128)" },
    { "::1/128", "may not be in the loopback range (127.0.0.0/8, ::1/128)" },
    { "169.254.0.0/16", "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
    { "fe80::/10", "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
    { "224.0.0.0/24", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)" },
    { "ff02::/16", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)" },
};

void validate_outside_address(const char *address, const struct field_at *at, struct api_invalid *errors)
{
    struct ip ip;

    if (!invalid_format(errors, at, format_ip, address) || !ip_parse(str_of(text_or_empty(address)), &ip))
        return;
    for (size_t i = 0; i < countof(reserved); i++) {
        struct ip_prefix prefix;
        if (ip_prefix_parse(str_of(reserved[i].prefix), &prefix) && ip_prefix_contains(&prefix, &ip))
            invalid_string(errors, at, address, "%s", reserved[i].text);
    }
}
