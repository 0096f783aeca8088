/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* index.h - what DNS knows: services and their endpoints by name, and by address for reverse lookups.
 *
 * Names in it are lower case, as Kubernetes' are. Belongs to one loop. */
#ifndef NODE_DNS_INDEX_H
#define NODE_DNS_INDEX_H

#include "base/container/list.h"
#include "base/container/map.h"
#include "base/text/ip.h"
#include "generated/types.h"

enum dns_service_kind { DNS_CLUSTER_IP, DNS_HEADLESS, DNS_EXTERNAL };

struct dns_service;

/* An address with a name below a service: its cluster IP, or an endpoint. */
struct dns_address {
    struct list_node by_ip; /* in the index */
    const struct dns_service *service;
    struct ip ip;
    bool endpoint;
    char host[64];              /* of an endpoint: its hostname, or its address with dashes */
    size_t first_port, n_ports; /* of an endpoint: in service->endpoint_ports */
};

struct dns_port {
    char name[64];    /* lower case; may be "" */
    char protocol[8]; /* "tcp" */
    uint16_t number;
};

struct dns_service {
    struct map_node by_name; /* in the index, "name.namespace" */
    struct str name, namespace_;
    enum dns_service_kind kind;
    const char *external_name;
    struct dns_port *ports; /* of the service itself */
    size_t n_ports;
    struct dns_address *addresses; /* cluster IPs, then endpoints that are ready */
    size_t n_cluster_ips, n_addresses;
    struct dns_port *endpoint_ports;
};

struct dns_index;

struct dns_index *dns_index_create(void);
void dns_index_destroy(struct dns_index *index); /* NULL is fine */

/* As an informer tells: 'before' and 'after' may be NULL, not both. */
void dns_index_service_changed(struct dns_index *index, const struct object *before, const struct object *after);
void dns_index_slice_changed(struct dns_index *index, const struct object *before, const struct object *after);
void dns_index_namespace_changed(struct dns_index *index, const struct object *before, const struct object *after);

/* Borrowed until the next change; NULL: no such service. */
const struct dns_service *dns_index_find(const struct dns_index *index, struct str name, struct str namespace_);
bool dns_index_has_namespace(const struct dns_index *index, struct str name);
/* The addresses' list (struct dns_address by_ip), NULL when the address is nobody's. */
const struct list *dns_index_at(const struct dns_index *index, const struct ip *ip);
uint32_t dns_index_serial(const struct dns_index *index); /* counts changes */

#endif
