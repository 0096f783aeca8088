/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cost.c - what a call cost that ran, by the rules of upstream's cost tracker and of Kubernetes' libraries. */
#include <math.h>

#include "cel/value/value.h"

#define COST_CHECK            350000 /* two authorizations fit into the limit of an expression */
#define REQUIREMENT_PER_POINT 0.5    /* of a selector: the shortest one is two characters */
#define REQUIREMENT_COST      (CEL_COST_MAKE_LIST + CEL_COST_MAKE_OBJECT)

static uint64_t scaled(double size, double factor)
{
    double cost = ceil(size * factor);

    return cost >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)cost;
}

static uint64_t text_cost(const struct cel_value *value, double factor)
{
    return scaled((double)cel_value_size(value), factor * CEL_FACTOR_TEXT);
}

/* A pattern of that length on a text: the product of the two, each of at least one unit. */
static uint64_t pattern_cost(const struct cel_value *text, double pattern_size)
{
    return scaled(1.0 + (double)cel_value_size(text), CEL_FACTOR_TEXT) * scaled(pattern_size, CEL_FACTOR_PATTERN);
}

static uint64_t smaller(const struct cel_value *args)
{
    uint64_t a = cel_value_size(&args[0]), b = cel_value_size(&args[1]);

    return scaled((double)(a < b ? a : b), CEL_FACTOR_TEXT);
}

static uint64_t equal_cost(const struct cel_value *args)
{
    return args[0].kind == CEL_OPAQUE ? 1 : smaller(args);
}

static uint64_t selector_cost(const struct cel_value *selector)
{
    double size = (double)cel_value_size(selector);

    return CEL_COST_MAKE_LIST + scaled(size, CEL_FACTOR_TEXT) +
           scaled((double)scaled(size, REQUIREMENT_PER_POINT), REQUIREMENT_COST);
}

/* Bytes of an address compared; another one parsed or masked. */
static uint64_t contains_address_cost(const struct cel_value *args, bool cidr, bool text)
{
    double size = (double)cel_value_size(&args[0]);
    uint64_t cost = scaled(2 * size, CEL_FACTOR_TEXT);

    if (cidr)
        cost += scaled(size, CEL_FACTOR_TEXT) + 1;
    return text ? cost + text_cost(&args[1], 1) : cost;
}

static uint64_t list_cost(double size, double factor)
{
    double cost = size * factor;

    return 1 + CEL_COST_MAKE_LIST + (cost <= 0 ? 0 : cost >= 1e18 ? (uint64_t)1e18 : (uint64_t)cost);
}

/* Each element against each, a little more where they are texts. */
static uint64_t self_compare_cost(const struct cel_value *list)
{
    double size = (double)cel_list_size(list), factor = 2;

    if (size > 0) {
        struct cel_value first = cel_list_at(list, 0);

        if (first.kind == CEL_STRING || first.kind == CEL_BYTES)
            factor += CEL_FACTOR_TEXT;
    }
    return list_cost(size * size, factor);
}

static uint64_t sets_cost(const struct cel_value *args, double factor)
{
    return 1 + (uint64_t)((double)cel_list_size(&args[0]) * (double)cel_list_size(&args[1]) * factor);
}

/* Rules of functions that compare lists or make them. */
static uint64_t list_rule_cost(enum cel_cost_rule rule, const struct cel_value *args, size_t count,
                               const struct cel_value *result)
{
    switch (rule) {
    case CEL_COST_SETS:
        return sets_cost(args, 1);
    case CEL_COST_SETS_TWICE:
        return sets_cost(args, 2);
    case CEL_COST_SLICE:
    case CEL_COST_RANGE:
    case CEL_COST_COPY:
        return list_cost((double)cel_value_size(result), 1);
    case CEL_COST_FLATTEN:
        return list_cost((double)cel_list_size(&args[0]), count > 1 ? (double)args[1].integer : 1);
    case CEL_COST_DISTINCT:
    case CEL_COST_SORT:
    case CEL_COST_SORT_TEXT:
        return self_compare_cost(&args[0]);
    case CEL_COST_SORT_BY:
    case CEL_COST_SORT_BY_TEXT:
        return self_compare_cost(&args[1]);
    default:
        return 1;
    }
}

uint64_t cel_cost_of_call(enum cel_cost_rule rule, const struct cel_value *args, size_t count,
                          const struct cel_value *result)
{
    switch (rule) {
    case CEL_COST_LOGICAL:
    case CEL_COST_IF:
    case CEL_COST_OPTIONAL:
        return 0;
    case CEL_COST_CHECK:
        return COST_CHECK;
    case CEL_COST_SELECTOR:
        return selector_cost(&args[1]);
    case CEL_COST_LIST:
        return cel_value_traversal(&args[0]);
    case CEL_COST_TEXT:
    case CEL_COST_PARSE:
    case CEL_COST_TO_BYTES:
    case CEL_COST_TO_STRING:
    case CEL_COST_QUOTE:
    case CEL_COST_FORMAT:
        return text_cost(&args[0], 1);
    case CEL_COST_REPLACE:
    case CEL_COST_SPLIT:
    case CEL_COST_CANONICAL:
        return text_cost(&args[0], 2);
    case CEL_COST_JOIN:
        return text_cost(result, 2);
    case CEL_COST_FIND:
    case CEL_COST_MATCHES:
        return pattern_cost(&args[0], (double)cel_value_size(&args[1]));
    case CEL_COST_CONTAINS_IP:
        return contains_address_cost(args, false, false);
    case CEL_COST_CONTAINS_IP_TEXT:
        return contains_address_cost(args, false, true);
    case CEL_COST_CONTAINS_CIDR:
        return contains_address_cost(args, true, false);
    case CEL_COST_CONTAINS_CIDR_TEXT:
        return contains_address_cost(args, true, true);
    case CEL_COST_VALIDATE:
        return pattern_cost(&args[1], (double)cel_format_pattern_size(&args[0]));
    case CEL_COST_IN_LIST:
        return cel_value_size(&args[1]);
    case CEL_COST_CONTAINS:
        return text_cost(&args[0], 1) * text_cost(&args[1], 1);
    case CEL_COST_COMPARE:
        return smaller(args);
    case CEL_COST_EQUAL:
        return equal_cost(args);
    case CEL_COST_ADD_TEXT:
        return scaled((double)(cel_value_size(&args[0]) + cel_value_size(&args[1])), CEL_FACTOR_TEXT);
    default:
        return list_rule_cost(rule, args, count, result);
    }
}
