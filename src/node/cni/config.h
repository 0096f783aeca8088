/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* config.h - what a call of the plugin was given, checked. Pure. */
#ifndef NODE_CNI_CONFIG_H
#define NODE_CNI_CONFIG_H

#include <net/if.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text/ip.h"

enum { CNI_SUBNETS_MAX = 2, CNI_PORTS_MAX = 256, CNI_ID_MAX = 200, CNI_PATH_MAX = 256, CNI_INPUT_MAX = 1 << 20 };

/* Codes of the CNI specification, and one of our own. */
enum cni_code {
    CNI_INCOMPATIBLE_VERSION = 1,
    CNI_UNSUPPORTED_FIELD = 2,
    CNI_UNKNOWN_CONTAINER = 3,
    CNI_INVALID_ENVIRONMENT = 4,
    CNI_IO_FAILURE = 5,
    CNI_DECODING_FAILURE = 6,
    CNI_INVALID_CONFIG = 7,
    CNI_TRY_AGAIN_LATER = 11,
    CNI_PLUGIN_UNAVAILABLE = 50,
    CNI_FAILED = 100,
};

struct cni_port {
    uint16_t host_port;
    uint16_t container_port;
    const char *protocol; /* "tcp", "udp" or "sctp" */
    struct ip host_ip;    /* none: all of the node's */
};

struct cni_attachment_name {
    const char *container_id;
    const char *interface;
};

struct cni_subnet {
    struct ip_prefix range;
    struct ip gateway;
};

struct cni_config {
    const char *version; /* of the table of versions: a literal */
    const char *name;    /* of the network */
    const char *bridge;
    const char *data_directory;
    struct cni_subnet subnets[CNI_SUBNETS_MAX];
    size_t n_subnets;
    uint32_t mtu;
    const struct cni_port *ports;
    size_t n_ports;
    bool has_previous;                       /* prevResult was given */
    const struct cni_attachment_name *valid; /* GC: those that are to stay */
    size_t n_valid;
};

/* Strings live in the arena. The error's code (-ERROR_...) is of no use to a runtime: 'ret_code' has CNI's. */
int cni_config_parse(struct str json, struct arena *arena, struct cni_config *config, enum cni_code *ret_code,
                     struct error *err) must_check;

/* NULL when we do not speak it; else the literal. */
const char *cni_version_find(struct str text);
extern const char *const cni_versions[]; /* oldest first, NULL-terminated */

/* As the specification restricts them. */
bool cni_container_id_valid(const char *text);
bool cni_interface_valid(const char *text);

#endif
