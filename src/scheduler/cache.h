/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cache.h - the scheduler's picture of the nodes: what they have, what is taken, what is assumed.
 *
 * Nodes are rows, resources are columns, and a column is one dense array over all nodes, so
 * that a plug-in looks at 5,000 nodes in one pass over memory. A pod is counted where it runs,
 * or where it was just sent ("assumed") until the API server confirms it. Belongs to one loop. */
#ifndef SCHEDULER_CACHE_H
#define SCHEDULER_CACHE_H

#include "api/object.h"
#include "base/container/list.h"
#include "base/container/map.h"
#include "base/random.h"
#include "generated/types.h"

enum {
    COLUMN_CPU,       /* milli-cores */
    COLUMN_MEMORY,    /* bytes */
    COLUMN_EPHEMERAL, /* bytes */
    COLUMN_PODS,      /* every pod takes one */
    COLUMN_FIRST_EXTENDED,
    COLUMNS_MAX = 32, /* distinct extended resources of a cluster are few; more are refused, see cache_column() */
};

/* What stands in for a missing request when nodes are scored, so that pods without requests spread too
 * (upstream: 100 milli-cores and 200 MiB). */
#define SCORE_DEFAULT_CPU    100
#define SCORE_DEFAULT_MEMORY ((int64_t)200 << 20)

/* How many changes of single rows are remembered for those who follow them. */
enum { CACHE_CHANGES_KEPT = 4096 };

struct host_port {
    const char *protocol; /* "TCP" */
    const char *ip;       /* "0.0.0.0" for all */
    int32_t port;
};

struct resource_request {
    unsigned column;
    int64_t amount;
};

/* A pod as the scheduler needs it, worked out once. */
struct pod_info {
    struct map_node by_key;      /* in cache.pods, when placed */
    struct list_node on_node;    /* in node_info.pods, when placed */
    const struct object *object; /* a reference */
    const struct api_pod *pod;
    const char *owner_uid; /* of its controller; "" without one */
    int32_t priority;
    struct resource_request *requests;
    size_t n_requests;
    int64_t score_cpu, score_memory; /* requests with the defaults for missing ones */
    struct host_port *ports;
    size_t n_ports;
    size_t row;              /* of its node, when placed */
    struct owner_spot *spot; /* where it is counted for its owner, when placed; NULL: has no owner, or is ending */
    bool assumed;
    struct arena arena;
};

struct node_info {
    struct map_node by_name;
    const struct object *object; /* NULL: pods were seen on it before the node itself */
    const struct api_node *node;
    struct list pods;
    size_t row;
};

/* How many pods of one controller are on one node, those that are ending apart. */
struct owner_spot {
    struct map_node by_place; /* in cache.spots */
    struct {
        struct owner *owner;
        struct node_info *node;
    } place; /* its key there */
    struct list_node of_owner;
    int32_t pods;
};

struct owner {
    struct map_node by_uid;
    struct list spots;
    size_t n_spots;
};

struct cache {
    struct map nodes;  /* by name */
    struct map pods;   /* by namespace/name */
    struct map owners; /* by uid */
    struct map spots;
    struct node_info **rows;
    size_t n_rows, rows_capacity;
    const char *column_names[COLUMNS_MAX];
    unsigned n_columns;
    int64_t *allocatable[COLUMNS_MAX]; /* by row */
    int64_t *requested[COLUMNS_MAX];
    int64_t *score_cpu, *score_memory;
    /* For who keeps what was worked out of rows: 'structure' counts rows that come, go or move; change number i of a row was
     * of row changed[i % CACHE_CHANGES_KEPT], and the next one has the number 'changes'. */
    uint64_t structure, changes;
    uint32_t changed[CACHE_CHANGES_KEPT];
};

void cache_init(struct cache *cache);
void cache_fini(struct cache *cache);

void cache_set_node(struct cache *cache, const struct object *node);
void cache_remove_node(struct cache *cache, const char *name);
struct node_info *cache_node(const struct cache *cache, const char *name); /* NULL when unknown */

/* COLUMNS_MAX when the table is full: then no node has that resource. */
unsigned cache_column(struct cache *cache, const char *resource);
/* In the unit of that column. */
int64_t cache_column_amount(unsigned column, const struct quantity *quantity);

/* The caller's until placed; then the cache's. */
struct pod_info *pod_info_create(struct cache *cache, const struct object *pod);
void pod_info_destroy(struct pod_info *info);

/* Of one pod: it asks for less of something now. */
bool pod_info_gives_back(const struct pod_info *before, const struct pod_info *after);

/* Counts the pod on that node, in place of any earlier word of the same pod; takes it over. */
void cache_place(struct cache *cache, struct pod_info *info, const char *node_name, bool assumed);
void cache_remove_pod(struct cache *cache, const char *key); /* fine when absent */
struct pod_info *cache_pod(const struct cache *cache, const char *key);
struct owner *cache_owner(const struct cache *cache, const char *uid); /* NULL when no pod of it is placed */

#endif
