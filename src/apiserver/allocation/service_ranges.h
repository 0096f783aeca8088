/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_ranges.h - where the addresses and node ports of Services come from. */
#ifndef APISERVER_ALLOCATION_SERVICE_RANGES_H
#define APISERVER_ALLOCATION_SERVICE_RANGES_H

#include "base/error.h"
#include "base/text/ip.h"

#define SERVICE_RANGES_MAX 2 /* one of each family */

#define SERVICE_CIDR_DEFAULT       "10.96.0.0/16"
#define SERVICE_NODE_PORTS_DEFAULT "30000-32767"

struct service_ranges {
    struct ip_prefix cidrs[SERVICE_RANGES_MAX]; /* the first one's family is the cluster's own */
    size_t n_cidrs;
    uint16_t first_port, last_port;
};

/* "CIDR" or "CIDR,CIDR" of both families, each with at least eight addresses, and "FIRST-LAST" or, as upstream, "FIRST+COUNT"; NULL means the default.
 * -ERROR_USAGE names the flag and what is wrong. */
int service_ranges_parse(const char *cidrs, const char *ports, struct service_ranges *ret_ranges,
                         struct error *err) must_check;

/* "10.96.0.0/16" of each. */
void service_ranges_format(const struct service_ranges *ranges, char texts[SERVICE_RANGES_MAX][IP_TEXT_SIZE]);

#endif
