/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* framework.h - how a pod finds a node: plug-ins that rule nodes out, then plug-ins that rank them.
 *
 * Upstream calls a plug-in once per pod and node; here it is called for a range of nodes, all of
 * them or the one that changed, so that one that has nothing to say costs nothing and the others
 * run over dense arrays; what they say is kept for the next pod of the same sort (outlook.h).
 * The set and order of plug-ins is the table in plugins.c. */
#ifndef SCHEDULER_FRAMEWORK_H
#define SCHEDULER_FRAMEWORK_H

#include "scheduler/cache.h"
#include "scheduler/outlook.h"

/* What may make an unschedulable pod schedulable; a plug-in says which of them can lift its refusal. */
enum cluster_event {
    EVENT_NODE_ADDED = 1 << 0,
    EVENT_NODE_ALLOCATABLE = 1 << 1,
    EVENT_NODE_LABELS = 1 << 2,
    EVENT_NODE_TAINTS = 1 << 3, /* unschedulable too */
    EVENT_POD_REMOVED = 1 << 4,
    EVENT_POD_ADDED = 1 << 5,   /* another pod, now placed */
    EVENT_POD_UPDATED = 1 << 6, /* this pod's own specification */
    EVENT_ALL = (1 << 7) - 1,
};

#define SCORE_MAX   100 /* of one plug-in for one node, before its weight */
#define REASONS_MAX 64

/* One attempt to place one pod. */
struct cycle {
    const struct cache *cache;
    struct outlooks *outlooks;
    const struct pod_info *pod;
    size_t first, end;      /* the rows to look at now */
    bool *ruled_out;        /* by row */
    int32_t *plugin_scores; /* by row: the running plug-in's */
    struct row_score *some; /* what score_some() gave; room for one a row */
    size_t n_some;
    bool explaining; /* reasons are wanted */
    struct {
        const char *text;
        size_t nodes;
    } reasons[REASONS_MAX];
    size_t n_reasons;
    unsigned waits_for;  /* enum cluster_event of the plug-ins that ruled something out, when no row fits */
    struct arena *arena; /* reason texts and 'some' */
};

struct row_score {
    size_t row;
    int32_t score;
};

/* How a plug-in's scores become 0..SCORE_MAX. */
enum plugin_scale {
    SCALE_NONE,     /* they are */
    SCALE_BEST,     /* the largest of the rows that are in becomes SCORE_MAX */
    SCALE_REVERSED, /* the largest becomes 0, 0 becomes SCORE_MAX */
};

struct plugin {
    const char *name; /* upstream's */
    /* Rules rows of the range out with cycle_rule_out(); looks only at rows that are still in. May depend on the pod's
     * sort, the row's node and the pods on it, and nothing else: the verdict is kept. NULL: does not filter. */
    void (*filter)(struct cycle *cycle);
    unsigned events; /* what can lift its refusal */
    /* Fills plugin_scores of the range for rows that are in, 0 or more; they are 0 before. The same limits as for
     * filter. NULL: does not score. */
    void (*score)(struct cycle *cycle);
    enum plugin_scale scale;
    int weight;
    /* Scores that depend on more, such as the pod's owner, and are 0 for most rows: adds the others to 'some', a row at
     * most once. Asked in every cycle, scaled as 'scale' says. NULL: none. */
    void (*score_some)(struct cycle *cycle);
};

extern const struct plugin plugins[];
extern const size_t plugin_count;

void cycle_init(struct cycle *cycle, struct outlooks *outlooks, const struct pod_info *pod, struct arena *arena);

/* 'reason' must live as long as the arena; it is read only when 'explaining' is set. A row may be given several
 * reasons by one plug-in: only the first call takes it out, each is counted. */
void cycle_rule_out(struct cycle *cycle, size_t row, const char *reason);

/* Filters, then scores. The chosen row, or cache->n_rows when none fits; 'random' breaks ties. */
size_t cycle_run(struct cycle *cycle, struct random *random);

/* All filters over the range; for outlook.c. */
void cycle_filter(struct cycle *cycle);

/* "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) ..." in the arena. */
const char *cycle_explain(struct cycle *cycle);

/* --- the rules of single plug-ins that others need too --- */

bool taint_tolerated(const struct api_taint *taint, const struct api_toleration *tolerations, size_t count);
bool node_selector_matches(const struct api_node_selector *selector, const struct api_node *node);
bool node_selector_term_matches(const struct api_node_selector_term *term, const struct api_node *node);

#endif
