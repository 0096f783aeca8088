/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* zone.h - how fast the pods of silent nodes are evicted: the more of a failure zone is silent, the likelier is it the
 * network and not the nodes. Pure. */
#ifndef CONTROLLERS_NODE_ZONE_H
#define CONTROLLERS_NODE_ZONE_H

#include "base/time.h"
#include "generated/types.h"

/* The flags of upstream's node lifecycle controller, with its defaults in zone_limits_default. */
struct zone_limits {
    double eviction_rate;           /* nodes a second, --node-eviction-rate */
    double secondary_eviction_rate; /* of a large zone that is partly silent, --secondary-node-eviction-rate */
    double unhealthy_threshold;     /* share of silent nodes, --unhealthy-zone-threshold */
    size_t large_zone;              /* more nodes than this, --large-cluster-size-threshold */
};
extern const struct zone_limits zone_limits_default;

enum zone_state { ZONE_NORMAL, ZONE_PARTIAL_DISRUPTION, ZONE_FULL_DISRUPTION };

enum zone_state zone_state_of(const struct zone_limits *limits, size_t ready, size_t silent);

/* The time between two nodes of a zone whose pods begin to be evicted. */
#define ZONE_NEVER INT64_MAX
usec_t zone_pause(const struct zone_limits *limits, enum zone_state state, size_t nodes);

/* By region and zone; nodes without labels are in one of their own. */
bool zone_same(const struct api_node *a, const struct api_node *b);

#endif
