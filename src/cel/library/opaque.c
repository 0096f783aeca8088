/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* opaque.c - equality and sizes of the values that libraries make. */
#include "api/value/quantity.h"
#include "base/text/ip.h"
#include "cel/library/named_format.h"
#include "cel/library/semver.h"
#include "cel/library/url.h"
#include "cel/value/value.h"

static bool cidr_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
    return a->length == b->length && ip_equal(&a->address, &b->address);
}

bool cel_opaque_equal(const struct cel_value *a, const struct cel_value *b)
{
    switch ((enum cel_opaque)a->form) {
    case CEL_OPAQUE_IP:
        return ip_equal(a->opaque, b->opaque);
    case CEL_OPAQUE_CIDR:
        return cidr_equal(a->opaque, b->opaque);
    case CEL_OPAQUE_URL:
        return str_equal(((const struct cel_url *)a->opaque)->text, ((const struct cel_url *)b->opaque)->text);
    case CEL_OPAQUE_QUANTITY:
        return quantity_compare(a->opaque, b->opaque) == 0;
    case CEL_OPAQUE_SEMVER:
        return cel_semver_compare(a->opaque, b->opaque) == 0;
    default:
        return a->opaque == b->opaque;
    }
}

uint64_t cel_opaque_size(const struct cel_value *value)
{
    switch ((enum cel_opaque)value->form) {
    case CEL_OPAQUE_IP:
        return ip_size(value->opaque);
    case CEL_OPAQUE_CIDR:
        return (((const struct ip_prefix *)value->opaque)->length + 7u) / 8;
    default:
        return 1;
    }
}

uint64_t cel_format_pattern_size(const struct cel_value *format)
{
    return ((const struct cel_named_format *)format->opaque)->pattern_size;
}
