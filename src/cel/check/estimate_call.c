/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* estimate_call.c - what a call may cost, by the sizes that its arguments may have. */
#include "cel/check/estimate.h"

#define COST_CHECK       350000
#define SELECTOR_FACTOR  0.5 /* requirements per character */
#define REQUIREMENT_COST (CEL_COST_MAKE_LIST + CEL_COST_MAKE_OBJECT)
#define FORMAT_NAME_MAX  64  /* characters */
#define FORMAT_PATTERN   128 /* characters of the longest pattern behind a named format */

struct estimating {
    struct cel_estimator *estimator;
    struct cel_node *node;
    struct cel_node *target; /* NULL of a call without one */
    struct cel_node **args;  /* behind the target */
    uint32_t count;
    struct cel_call_estimate result; /* of the call alone, until the end */
};

static struct cel_cost size_of(const struct estimating *estimating, struct cel_node *node)
{
    return cel_estimate_size_or_unknown(estimating->estimator, node);
}

static struct cel_cost first_size(const struct estimating *estimating)
{
    return size_of(estimating, estimating->node->call.args[0]);
}

static void set_result(struct estimating *estimating, struct cel_cost size)
{
    estimating->result.sized = true;
    estimating->result.size = size;
}

/* Elements of the target, whose type says how large they may be. */
static bool element_size(const struct estimating *estimating, struct cel_node *list, struct cel_cost *ret_size)
{
    struct cel_path path = cel_estimate_path(estimating->estimator, list);

    if (list->type->element == NULL)
        return false;
    *ret_size = range_unknown();
    if (!path.known)
        return true;
    path = cel_path_step(estimating->estimator, path, STR("@items"));
    if (path.at != NULL)
        *ret_size = range_of(0, path.at->max);
    return true;
}

static void estimate_list(struct estimating *estimating)
{
    struct cel_cost each = range_fixed(1), size;
    struct cel_node *list = estimating->target;

    if (list == NULL) {
        estimating->result.cost = range_fixed(1);
    } else if (element_size(estimating, list, &size)) {
        uint8_t kind = list->type->element->kind;

        if (kind == CEL_STRING || kind == CEL_BYTES)
            each = range_add(each, range_scale(size, CEL_FACTOR_TEXT));
        estimating->result.cost = range_multiply(size_of(estimating, list), each);
    } else {
        estimating->result.cost = range_scale(size_of(estimating, list), CEL_FACTOR_TEXT);
    }
}

/* How often a part is replaced and how much of the text stays, at most and at least. */
static struct cel_cost replaced_size(struct cel_cost text, struct cel_cost part, struct cel_cost with)
{
    struct cel_cost count = { 0 }, kept = { 0 };

    if (part.min == 0) { /* around each character */
        count.max = saturating_add(text.max, 1);
        kept.max = text.max;
    } else if (with.max <= part.min) {
        kept.max = text.max;
    } else {
        count.max = (uint64_t)ceil((double)text.max / (double)part.min);
    }
    if (part.max == 0) {
        count.min = saturating_add(text.min, 1);
        kept.min = text.min;
    } else if (part.max <= with.min) {
        kept.min = text.min;
    } else {
        count.min = (uint64_t)ceil((double)text.min / (double)part.max);
    }
    return range_add(range_multiply(count, with), kept);
}

static void estimate_replace(struct estimating *estimating)
{
    struct cel_cost size = first_size(estimating);

    estimating->result.cost = range_scale(size, 2 * CEL_FACTOR_TEXT);
    set_result(estimating,
               replaced_size(size, size_of(estimating, estimating->args[0]), size_of(estimating, estimating->args[1])));
}

static void estimate_split(struct estimating *estimating)
{
    struct cel_cost size = first_size(estimating);
    const struct cel_node *limit = estimating->count > 1 ? estimating->args[1] : NULL;

    estimating->result.cost = range_scale(size, 2 * CEL_FACTOR_TEXT);
    if (limit != NULL && limit->kind == CEL_NODE_CONSTANT && limit->constant.kind == CEL_INT)
        size.max = limit->constant.uinteger;
    set_result(estimating, range_of(0, size.max));
}

static void estimate_join(struct estimating *estimating)
{
    struct cel_cost list = first_size(estimating), size = { 0 }, element;

    if (element_size(estimating, estimating->node->call.args[0], &element))
        size = range_multiply(list, element);
    if (estimating->count > 0) {
        struct cel_cost gaps = range_of(list.min > 0 ? list.min - 1 : 0, list.max > 0 ? list.max - 1 : 0);

        size = range_add(size, range_multiply(size_of(estimating, estimating->args[0]), gaps));
    }
    estimating->result.cost = range_scale(size, CEL_FACTOR_TEXT);
    set_result(estimating, size);
}

static struct cel_cost pattern_cost(const struct estimating *estimating, struct cel_cost text)
{
    struct cel_cost pattern = range_scale(size_of(estimating, estimating->args[0]), CEL_FACTOR_PATTERN);

    return range_multiply(range_scale(range_add(text, range_fixed(1)), CEL_FACTOR_TEXT), pattern);
}

/* 4 or 16 bytes compared; with a text parsed, a network masked. */
static void estimate_contains_address(struct estimating *estimating, bool cidr, bool text)
{
    const struct cel_cost size = range_of(4, 16);
    struct cel_cost cost = range_scale(range_add(size, size), CEL_FACTOR_TEXT);

    if (cidr)
        cost = range_add(range_add(cost, range_scale(size, CEL_FACTOR_TEXT)), range_fixed(1));
    if (text)
        cost = range_add(cost, range_scale(size_of(estimating, estimating->args[0]), CEL_FACTOR_TEXT));
    estimating->result.cost = cost;
}

static void estimate_selector(struct estimating *estimating)
{
    struct cel_cost size = size_of(estimating, estimating->args[0]);
    struct cel_cost requirements = range_scale(range_scale(size, SELECTOR_FACTOR), REQUIREMENT_COST);

    estimating->result.cost =
        range_add(range_add(range_fixed(CEL_COST_MAKE_LIST), range_scale(size, CEL_FACTOR_TEXT)), requirements);
}

static void estimate_compare(struct estimating *estimating)
{
    struct cel_cost left = first_size(estimating), right = size_of(estimating, estimating->node->call.args[1]);
    uint64_t most = left.max < right.max ? left.max : right.max;

    estimating->result.cost = range_scale(range_of(most > 0, most), CEL_FACTOR_TEXT);
}

static void estimate_equal(struct estimating *estimating)
{
    const struct cel_type *type = estimating->node->call.args[0]->type;
    struct cel_cost size = range_fixed(1);

    if (type->kind != CEL_OPAQUE || !cel_type_equal(type, estimating->node->call.args[1]->type)) {
        estimate_compare(estimating);
    } else if (type == cel_type_opaque(CEL_OPAQUE_FORMAT)) {
        estimating->result.cost = range_scale(range_of(1, FORMAT_NAME_MAX), CEL_FACTOR_TEXT);
    } else if (type == cel_type_opaque(CEL_OPAQUE_URL)) {
        cel_estimate_size(estimating->estimator, estimating->node->call.args[1], &size);
        estimating->result.cost = range_scale(range_of(1, size.max), CEL_FACTOR_TEXT);
    } else {
        estimating->result.cost = range_fixed(1);
    }
}

static void estimate_add(struct estimating *estimating, bool list)
{
    struct cel_node *left = estimating->node->call.args[0], *right = estimating->node->call.args[1];
    struct cel_cost size = range_add(size_of(estimating, left), size_of(estimating, right));
    struct cel_entries a = cel_estimate_entries(estimating->estimator, left);
    struct cel_entries b = cel_estimate_entries(estimating->estimator, right);

    if (a.known && b.known) {
        a.key = range_union(a.key, b.key);
        a.value = range_union(a.value, b.value);
        estimating->node->estimate->entries = a;
    }
    estimating->result.cost = list ? range_fixed(1) : range_scale(size, CEL_FACTOR_TEXT);
    set_result(estimating, size);
}

/* A number that is written there; 'otherwise' where it is computed. */
static uint64_t literal_or(const struct cel_node *node, uint64_t otherwise)
{
    if (node->kind != CEL_NODE_CONSTANT || node->constant.kind != CEL_INT)
        return otherwise;
    return node->constant.integer < 0 ? 0 : node->constant.uinteger;
}

static void estimate_new_list(struct estimating *estimating, double factor, struct cel_cost size)
{
    estimating->result.cost = range_add(range_scale(size, factor), range_fixed(1 + CEL_COST_MAKE_LIST));
    set_result(estimating, size);
}

static void estimate_square(struct estimating *estimating, struct cel_node *list, double factor)
{
    struct cel_cost size = size_of(estimating, list);

    estimate_new_list(estimating, factor, range_multiply(size, size));
}

static void estimate_sets(struct estimating *estimating, double factor)
{
    struct cel_cost size = range_multiply(first_size(estimating), size_of(estimating, estimating->node->call.args[1]));

    estimating->result.cost = range_add(range_scale(size, factor), range_fixed(1));
}

/* Rules about lists that make others. False: it is another rule. */
static bool estimate_list_rule(struct estimating *estimating, enum cel_cost_rule rule)
{
    struct cel_node **args = estimating->args;
    uint64_t begin;

    switch (rule) {
    case CEL_COST_SLICE:
        begin = literal_or(args[0], 0);
        estimate_new_list(estimating, 1, range_fixed(literal_or(args[1], first_size(estimating).max) - begin));
        return true;
    case CEL_COST_RANGE:
        estimate_new_list(estimating, 1, range_fixed(literal_or(args[0], UINT64_MAX)));
        return true;
    case CEL_COST_COPY:
        estimate_new_list(estimating, 1, first_size(estimating));
        return true;
    case CEL_COST_FLATTEN:
        estimate_new_list(estimating, estimating->count > 0 ? (double)literal_or(args[0], UINT64_MAX) : 1,
                          first_size(estimating));
        return true;
    case CEL_COST_DISTINCT:
    case CEL_COST_SORT:
        estimate_square(estimating, estimating->target, 2);
        return true;
    case CEL_COST_SORT_TEXT:
        estimate_square(estimating, estimating->target, 2 + CEL_FACTOR_TEXT);
        return true;
    case CEL_COST_SORT_BY:
        estimate_square(estimating, args[0], 2);
        return true;
    case CEL_COST_SORT_BY_TEXT:
        estimate_square(estimating, args[0], 2 + CEL_FACTOR_TEXT);
        return true;
    default:
        return false;
    }
}

/* Rules about one text that is read and what becomes of it. False: it is another rule. */
static bool estimate_text_rule(struct estimating *estimating, enum cel_cost_rule rule)
{
    struct cel_cost size = estimating->node->call.count > 0 ? first_size(estimating) : range_fixed(0);
    struct cel_cost read = range_scale(size, CEL_FACTOR_TEXT);

    estimating->result.cost = read;
    switch (rule) {
    case CEL_COST_TEXT:
        set_result(estimating, size);
        return true;
    case CEL_COST_PARSE:
    case CEL_COST_FORMAT:
        return true;
    case CEL_COST_TO_BYTES:
        set_result(estimating, range_of(size.min, saturating_multiply(size.max, 4)));
        return true;
    case CEL_COST_TO_STRING:
        set_result(estimating, range_of(size.min / 4, size.max));
        return true;
    case CEL_COST_QUOTE:
        set_result(estimating,
                   range_of(saturating_add(size.min, 2), saturating_add(saturating_multiply(size.max, 2), 2)));
        return true;
    case CEL_COST_CANONICAL:
        estimating->result.cost = range_scale(size, 2 * CEL_FACTOR_TEXT);
        return true;
    case CEL_COST_PREFIX:
        estimating->result.cost = range_scale(size_of(estimating, estimating->args[0]), CEL_FACTOR_TEXT);
        return true;
    case CEL_COST_CONTAINS:
        estimating->result.cost =
            range_multiply(read, range_scale(size_of(estimating, estimating->args[0]), CEL_FACTOR_TEXT));
        return true;
    case CEL_COST_FIND:
        estimating->result.cost = pattern_cost(estimating, size);
        set_result(estimating, range_of(0, size.max));
        return true;
    case CEL_COST_MATCHES: /* matches(text, pattern) counts as 1 upstream: its rule is about members */
        estimating->result.cost = estimating->target != NULL ? pattern_cost(estimating, size) : range_fixed(1);
        return true;
    case CEL_COST_VALIDATE:
        estimating->result.cost = range_scale(range_scale(size_of(estimating, estimating->args[0]), CEL_FACTOR_TEXT),
                                              FORMAT_PATTERN * CEL_FACTOR_PATTERN);
        return true;
    default:
        return false;
    }
}

static void estimate_rule(struct estimating *estimating, enum cel_cost_rule rule)
{
    switch (rule) {
    case CEL_COST_CHECK:
        estimating->result.cost = range_fixed(COST_CHECK);
        break;
    case CEL_COST_SELECTOR:
        estimate_selector(estimating);
        break;
    case CEL_COST_LIST:
        estimate_list(estimating);
        break;
    case CEL_COST_REPLACE:
        estimate_replace(estimating);
        break;
    case CEL_COST_SPLIT:
        estimate_split(estimating);
        break;
    case CEL_COST_JOIN:
        estimate_join(estimating);
        break;
    case CEL_COST_CONTAINS_IP:
    case CEL_COST_CONTAINS_IP_TEXT:
        estimate_contains_address(estimating, false, rule == CEL_COST_CONTAINS_IP_TEXT);
        break;
    case CEL_COST_CONTAINS_CIDR:
    case CEL_COST_CONTAINS_CIDR_TEXT:
        estimate_contains_address(estimating, true, rule == CEL_COST_CONTAINS_CIDR_TEXT);
        break;
    case CEL_COST_IN_LIST:
        estimating->result.cost = size_of(estimating, estimating->node->call.args[1]);
        break;
    case CEL_COST_COMPARE:
        estimate_compare(estimating);
        break;
    case CEL_COST_EQUAL:
        estimate_equal(estimating);
        break;
    case CEL_COST_ADD_TEXT:
    case CEL_COST_ADD_LIST:
        estimate_add(estimating, rule == CEL_COST_ADD_LIST);
        break;
    case CEL_COST_SETS:
    case CEL_COST_SETS_TWICE:
        estimate_sets(estimating, rule == CEL_COST_SETS ? 1 : 2);
        break;
    default:
        if (!estimate_list_rule(estimating, rule) && !estimate_text_rule(estimating, rule))
            estimating->result.cost = range_fixed(1);
        break;
    }
}

/* The condition and the dearer branch. */
static struct cel_call_estimate estimate_if(struct estimating *estimating)
{
    struct cel_node **args = estimating->node->call.args;
    struct cel_entries yes = cel_estimate_entries(estimating->estimator, args[1]);
    struct cel_entries no = cel_estimate_entries(estimating->estimator, args[2]);
    struct cel_cost branches = range_union(args[1]->estimate->cost, args[2]->estimate->cost);

    if (yes.known && no.known) {
        yes.key = range_union(yes.key, no.key);
        yes.value = range_union(yes.value, no.value);
        estimating->node->estimate->entries = yes;
    }
    set_result(estimating, range_union(size_of(estimating, args[1]), size_of(estimating, args[2])));
    estimating->result.cost = range_add(args[0]->estimate->cost, branches);
    return estimating->result;
}

struct cel_call_estimate cel_estimate_overload(struct cel_estimator *estimator, struct cel_node *node,
                                               const struct cel_overload *overload)
{
    const struct cel_call *call = &node->call;
    struct estimating estimating = {
        .estimator = estimator,
        .node = node,
        .target = call->member ? call->args[0] : NULL,
        .args = call->args + call->member,
        .count = call->count - call->member,
    };

    if (overload->cost == CEL_COST_IF)
        return estimate_if(&estimating);
    estimate_rule(&estimating, (enum cel_cost_rule)overload->cost);
    for (uint32_t i = 0; i < call->count; i++)
        estimating.result.cost = range_add(estimating.result.cost, call->args[i]->estimate->cost);
    return estimating.result;
}
