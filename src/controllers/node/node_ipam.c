/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_ipam.c - cuts the cluster's pod addresses into one range for each node. */
#include <stdio.h>

#include "base/text/ip.h"
#include "controllers/controllers.h"

/* The parts that nodes have, as bits; parts behind the last byte are not given out. */
static uint8_t *taken_parts(struct reconcile *r, const struct ip_prefix *cluster, int mask, uint64_t count)
{
    uint8_t *taken = arena_zalloc(r->arena, (size_t)(count / 8 + 1));
    const struct informer *nodes = reconcile_cache(r, &api_resource_node);
    for (const struct object *o = NULL; (o = informer_next(nodes, o)) != NULL;) {
        const struct api_node *node = api_node_of(o);
        for (size_t i = 0; i < node->spec.n_pod_cidrs; i++) {
            struct ip_prefix used;
            uint64_t offset = 0;
            if (!ip_prefix_parse(str_of(node->spec.pod_cidrs[i]), &used) ||
                !ip_prefix_index(cluster, &used.address, &offset))
                continue;
            uint64_t part = offset >> ((int)ip_size(&cluster->address) * 8 - mask);
            if (part < count)
                taken[part / 8] |= (uint8_t)(1 << part % 8);
        }
    }
    return taken;
}

static int choose(struct reconcile *r, const struct ip_prefix *cluster, int mask, struct ip_prefix *ret_part,
                  struct error *err)
{
    if (mask < cluster->length || mask - cluster->length > 20)
        return error_set(err, ERROR_INVALID, "a cluster CIDR of /%d cannot be cut into node CIDRs of /%d",
                         cluster->length, mask);
    uint64_t count = (uint64_t)1 << (mask - cluster->length);
    const uint8_t *taken = taken_parts(r, cluster, mask, count);
    for (uint64_t part = 0; part < count; part++) {
        if ((taken[part / 8] & 1 << part % 8) == 0 && ip_prefix_part(cluster, (uint8_t)mask, part, ret_part))
            return 0;
    }
    return error_set(err, ERROR_LIMIT, "all %llu node CIDRs are taken", (unsigned long long)count);
}

static int reconcile_ipam(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_node), r->key);
    if (object == NULL || r->settings->cluster_cidr == NULL || object_meta(object)->deletion_timestamp != 0 ||
        !text_empty(api_node_of(object)->spec.pod_cidr))
        return 0;
    auto_buffer struct buffer list = { 0 };
    char text[IP_TEXT_SIZE], first[IP_TEXT_SIZE] = "";
    struct str rest = str_of(r->settings->cluster_cidr), piece;
    while (str_next(&rest, ',', &piece)) {
        struct ip_prefix cluster, part;
        if (!ip_prefix_parse(str_trim(piece), &cluster))
            return error_set(err, ERROR_INVALID, "'" STR_FMT "' is no cluster CIDR", STR_ARG(piece));
        int mask = cluster.address.family == IP_V6 ? 64 : r->settings->node_cidr_mask;
        int rc = choose(r, &cluster, mask, &part, err);
        if (rc < 0) {
            reconcile_event(r, object, "Normal", "CIDRNotAvailable", "Node %s status is now: CIDRNotAvailable",
                            object_name(object));
            return rc;
        }
        ip_prefix_format(&part, text);
        if (first[0] == '\0')
            memcpy(first, text, sizeof(first));
        buffer_format(&list, "%s\"%s\"", list.size == 0 ? "" : ",", text);
    }
    char patch[512];
    snprintf(patch, sizeof(patch), "{\"spec\":{\"podCIDR\":\"%s\",\"podCIDRs\":[" STR_FMT "]}}", first,
             STR_ARG(buffer_str(&list)));
    reconcile_patch(r, object, str_of(patch));
    return 0;
}

static const struct controller_watch watches[] = { { .resource = &api_resource_node, .map = keys_own } };

const struct controller node_ipam_controller = {
    .name = "node-ipam",
    .account = "node-controller",
    .queue = "node_ipam",
    .component = "cidrAllocator",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_ipam,
    .workers = 1, /* a node's range must be seen before the next one is chosen */
};
