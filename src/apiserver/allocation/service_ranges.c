/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/allocation/service_ranges.h"

#define ADDRESSES_LEAST 8 /* upstream's: the API server's own, the DNS server's, and some to give away */

static int parse_cidrs(struct str text, struct service_ranges *ranges, struct error *err)
{
    while (text.size > 0) {
        size_t end = str_find(text, ',');
        struct str part = { text.data, end };
        struct ip_prefix *cidr = &ranges->cidrs[ranges->n_cidrs];
        if (ranges->n_cidrs == SERVICE_RANGES_MAX)
            return error_set(err, ERROR_USAGE, "--service-cluster-ip-range must not have more than two ranges");
        if (!ip_prefix_parse(part, cidr))
            return error_set(err, ERROR_USAGE,
                             "--service-cluster-ip-range: '" STR_FMT "' is not a range of addresses like %s",
                             STR_ARG(part), SERVICE_CIDR_DEFAULT);
        if (ip_prefix_count(cidr) < ADDRESSES_LEAST)
            return error_set(err, ERROR_USAGE, "--service-cluster-ip-range: '" STR_FMT "' has fewer than %d addresses",
                             STR_ARG(part), ADDRESSES_LEAST);
        if (ranges->n_cidrs == 1 && cidr->address.family == ranges->cidrs[0].address.family)
            return error_set(err, ERROR_USAGE,
                             "--service-cluster-ip-range: two ranges must be of different IP families");
        cidr->address = ip_prefix_network(cidr);
        ranges->n_cidrs++;
        text = str_skip(text, end < text.size ? end + 1 : end);
    }
    if (ranges->n_cidrs == 0)
        return error_set(err, ERROR_USAGE, "--service-cluster-ip-range must name a range like %s",
                         SERVICE_CIDR_DEFAULT);
    return 0;
}

static int parse_ports(struct str text, struct service_ranges *ranges, struct error *err)
{
    size_t dash = str_find(text, '-'), plus = str_find(text, '+'), at = dash < plus ? dash : plus;
    uint64_t first = 0, last = 0;
    bool good = at < text.size && str_to_uint64((struct str){ text.data, at }, &first) &&
                str_to_uint64(str_skip(text, at + 1), &last);
    if (good && plus == at)
        last = last > 65535 ? last : first + last; /* upstream's offset: so many after the first */
    if (!good || first < 1 || last < first || last > 65535)
        return error_set(err, ERROR_USAGE, "--service-node-port-range: '" STR_FMT "' is not a range of ports like %s",
                         STR_ARG(text), SERVICE_NODE_PORTS_DEFAULT);
    ranges->first_port = (uint16_t)first;
    ranges->last_port = (uint16_t)last;
    return 0;
}

int service_ranges_parse(const char *cidrs, const char *ports, struct service_ranges *ret_ranges, struct error *err)
{
    struct service_ranges ranges = { .n_cidrs = 0 };
    int rc = parse_cidrs(str_of(cidrs != NULL ? cidrs : SERVICE_CIDR_DEFAULT), &ranges, err);
    if (rc == 0)
        rc = parse_ports(str_of(ports != NULL ? ports : SERVICE_NODE_PORTS_DEFAULT), &ranges, err);
    if (rc == 0)
        *ret_ranges = ranges;
    return rc;
}

void service_ranges_format(const struct service_ranges *ranges, char texts[SERVICE_RANGES_MAX][IP_TEXT_SIZE])
{
    for (size_t i = 0; i < ranges->n_cidrs; i++)
        ip_prefix_format(&ranges->cidrs[i], texts[i]);
}
