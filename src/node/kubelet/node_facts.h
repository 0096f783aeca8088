/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_facts.h - what a node is made of: machine, kernel, addresses; and its status from that. Pure but for node_facts_read(). */
#ifndef NODE_KUBELET_NODE_FACTS_H
#define NODE_KUBELET_NODE_FACTS_H

#include "base/arena.h"
#include "generated/core_v1.h"

#define KUBELET_VERSION "v1.36.0"

/* Texts live in the arena it was read with. */
struct node_facts {
    const char *machine_id, *system_uuid, *boot_id, *kernel_version, *os_image, *architecture, *hostname;
    int64_t cpus;
    int64_t memory; /* bytes */
    int64_t disk;   /* bytes of the data directory's file system; not read by node_facts_read() */
};

void node_facts_read(struct arena *arena, struct node_facts *ret_facts);
int64_t node_facts_disk(const char *data_directory); /* 0: unknown, or NULL */

struct node_status_input {
    const struct node_facts *facts;
    const char *node_name;
    const char *const *addresses;        /* NULL-terminated */
    const char *runtime_version;         /* "containerd://1.6.20" */
    int64_t cpu_milli, memory, max_pods; /* capacity */
    int32_t port;
    bool runtime_ready, network_ready;
    const char *not_ready_message; /* when either is false */
    const struct api_container_image *images;
    size_t n_images;
    usec_t now;
};

/* A new status in the arena; conditions keep the transition times of 'old' and those of others. */
void node_status_make(const struct node_status_input *input, const struct api_node_status *old, struct arena *arena,
                      struct api_node_status *ret_status);

/* The same but for heartbeat times. */
bool node_status_same(const struct api_node_status *a, const struct api_node_status *b);

#endif
