/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* estimate.h - what is known of a node before it is evaluated. */
#ifndef CEL_CHECK_ESTIMATE_H
#define CEL_CHECK_ESTIMATE_H

#include "cel/check/infer.h"
#include "cel/check/range.h"

/* Where in the variables' types a value comes from. 'at' is the type there, NULL where the way has left what is known. */
struct cel_path {
    bool known; /* it comes from a variable at all, by selections only */
    const struct cel_type *at;
};

/* Sizes of what a list or map holds. */
struct cel_entries {
    bool known;
    bool map;
    struct cel_cost key, value;
};

struct cel_estimate {
    struct cel_cost cost;
    bool sized;
    struct cel_cost size;
    struct cel_entries entries;
    struct cel_path path;
};

struct cel_local {
    struct str name;
    bool sized;
    struct cel_cost size;
    struct cel_entries entries;
    struct cel_path path;
    struct cel_local *outer;
};

struct cel_estimator {
    struct arena *arena;
    const struct cel_environment *environment;
    const struct cel_type *root; /* of the first variable whose type may be trusted; NULL: of none */
    struct cel_local *locals;
};

/* False when nothing is known. */
bool cel_estimate_size(struct cel_estimator *estimator, struct cel_node *node, struct cel_cost *ret_size);
struct cel_cost cel_estimate_size_or_unknown(struct cel_estimator *estimator, struct cel_node *node);
struct cel_entries cel_estimate_entries(const struct cel_estimator *estimator, const struct cel_node *node);
struct cel_path cel_estimate_path(const struct cel_estimator *estimator, const struct cel_node *node);

/* The way one step further: a field, or "@items", "@keys", "@values", "@indices". */
struct cel_path cel_path_step(const struct cel_estimator *estimator, struct cel_path path, struct str step);

/* Of a call of one overload, its arguments included. */
struct cel_call_estimate {
    struct cel_cost cost;
    bool sized;
    struct cel_cost size;
};
struct cel_call_estimate cel_estimate_overload(struct cel_estimator *estimator, struct cel_node *node,
                                               const struct cel_overload *overload);

#endif
