/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* address.h - addresses as upstream reads them, which addresses may be sent to, and what is said of odd ones. */
#ifndef API_VALIDATION_FORMATS_ADDRESS_H
#define API_VALIDATION_FORMATS_ADDRESS_H

#include "api/validation/invalid.h"
#include "base/text/ip.h"

#define ADDRESS_WARNING_SIZE 512

/* Loosely: leading zeros are read as decimal, an IPv4 address mapped into IPv6 is that address. */
bool address_read(const char *text, struct ip *ret_ip);
bool address_prefix_read(const char *text, struct ip_prefix *ret_prefix); /* host bits stay */

/* What to warn of a stored address without its path: not standard, not canonical. False, or 0: nothing. */
bool address_ip_warning(const char *value, char text[ADDRESS_WARNING_SIZE]);
size_t address_prefix_warnings(const char *value, char texts[2][ADDRESS_WARNING_SIZE]);

/* No address that means this host, this link, or nothing. */
void validate_outside_address(const char *address, const struct field_at *at, struct api_invalid *errors);

/* A format whose values stay good when they stood in the old list. */
bool invalid_address(struct api_invalid *errors, const struct field_at *at, format_check *check, const char *value,
                     const char *const *old, size_t n_old);

/* More than one: at most one a family, and at most two. The list is shown by 'show' when not. */
enum address_families { FAMILIES_GOOD, FAMILIES_BROKEN, FAMILIES_SAME };
enum address_families address_families(const char *const *list, size_t count, bool prefixes);

#endif
