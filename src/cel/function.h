/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* function.h - a row for each overload of each function: what it takes, what it is, what it costs.
 *
 * A signature is "arguments:result", a letter for each type. A member's target is followed by a point: "s.i:s" is
 * string.charAt(int) string.
 *
 *     b bool   i int   u uint   d double   s string   y bytes   t timestamp   D duration   n null   * dyn
 *     A B T parameters   LA list of A   MAB map of A to B   OA optional of A   YA type of A
 *     P net.IP   C net.CIDR   U URL   Q Quantity   V Semver   F NamedFormat
 *     Z Authorizer   X PathCheck   G GroupCheck   R ResourceCheck   E Decision */
#ifndef CEL_FUNCTION_H
#define CEL_FUNCTION_H

#include "cel/syntax/node.h"

/* Values of opaque types, in cel_value.form. */
enum cel_opaque {
    CEL_OPAQUE_NONE,
    CEL_OPAQUE_IP,
    CEL_OPAQUE_CIDR,
    CEL_OPAQUE_URL,
    CEL_OPAQUE_QUANTITY,
    CEL_OPAQUE_SEMVER,
    CEL_OPAQUE_FORMAT,
    CEL_OPAQUE_AUTHORIZER,
    CEL_OPAQUE_PATH_CHECK,
    CEL_OPAQUE_GROUP_CHECK,
    CEL_OPAQUE_RESOURCE_CHECK,
    CEL_OPAQUE_DECISION,
    CEL_OPAQUE_COUNT
};

/* How estimates and budgets count a call; what the sizes of its arguments say. */
enum cel_cost_rule {
    CEL_COST_UNIT,     /* 1 */
    CEL_COST_LOGICAL,  /* its arguments only */
    CEL_COST_IF,       /* likewise, of one branch */
    CEL_COST_OPTIONAL, /* estimated as 1, not counted when it runs */
    CEL_COST_DYN,
    CEL_COST_CHECK, /* an authorization */
    CEL_COST_SELECTOR,
    CEL_COST_LIST,    /* each element looked at */
    CEL_COST_TEXT,    /* the text traversed; the result is as long */
    CEL_COST_PARSE,   /* likewise, the result has no length */
    CEL_COST_REPLACE, /* traversed and built */
    CEL_COST_SPLIT,
    CEL_COST_JOIN,
    CEL_COST_FIND,        /* a pattern */
    CEL_COST_CANONICAL,   /* parsed twice */
    CEL_COST_CONTAINS_IP, /* bytes of addresses compared */
    CEL_COST_CONTAINS_IP_TEXT,
    CEL_COST_CONTAINS_CIDR,
    CEL_COST_CONTAINS_CIDR_TEXT,
    CEL_COST_VALIDATE, /* a named format */
    CEL_COST_TO_BYTES,
    CEL_COST_TO_STRING,
    CEL_COST_QUOTE,
    CEL_COST_FORMAT,
    CEL_COST_PREFIX,
    CEL_COST_IN_LIST,
    CEL_COST_MATCHES,
    CEL_COST_CONTAINS,
    CEL_COST_COMPARE, /* of texts */
    CEL_COST_EQUAL,
    CEL_COST_ADD_TEXT,
    CEL_COST_ADD_LIST,
    CEL_COST_INDEX_LIST,
    CEL_COST_INDEX_MAP,
    CEL_COST_SETS,
    CEL_COST_SETS_TWICE,
    CEL_COST_SLICE,
    CEL_COST_RANGE,
    CEL_COST_COPY, /* a list as long as the argument */
    CEL_COST_FLATTEN,
    CEL_COST_DISTINCT,
    CEL_COST_SORT,
    CEL_COST_SORT_TEXT,
    CEL_COST_SORT_BY,
    CEL_COST_SORT_BY_TEXT,
};

#define CEL_WORK_MAX       ((int64_t)50000000) /* about a second */
#define CEL_BYTES_PER_STEP 32                  /* of texts that are compared or measured */
#define CEL_MEMORY_MAX     ((size_t)64 << 20)

struct cel_index;

/* One evaluation. */
struct cel_state {
    struct arena *arena;
    const struct cel_value *variables;
    struct cel_value *locals;
    uint64_t cost, limit;
    bool stopped;       /* the cost passed the limit: nothing more is evaluated */
    int64_t work;       /* steps left: what costs do not count (sizes of elements compared) is bounded by them */
    size_t used_before; /* bytes of the arena; an evaluation may take CEL_MEMORY_MAX more */
    struct cel_index *indexes;
    const struct cel_call *call; /* being called: its prepared pattern */
};

typedef struct cel_value cel_function(struct cel_state *state, const struct cel_value *args, size_t count);

struct cel_overload {
    const char *function;
    const char *signature;
    cel_function *call; /* NULL where the evaluator does it itself, see 'operator' */
    uint8_t cost;       /* enum cel_cost_rule */
    uint8_t operator;   /* enum cel_operator */
    uint8_t library;    /* enum cel_library; 0: always there */
};

struct cel_functions {
    const struct cel_overload *rows;
    size_t count;
};

/* The tables, a file each. */
struct cel_functions cel_operators(void);
struct cel_functions cel_arithmetic(void);
struct cel_functions cel_conversions(void);
struct cel_functions cel_times(void);
struct cel_functions cel_strings(void);
struct cel_functions cel_lists(void);
struct cel_functions cel_sets(void);
struct cel_functions cel_optionals(void);
struct cel_functions cel_patterns(void);
struct cel_functions cel_urls(void);
struct cel_functions cel_addresses(void);
struct cel_functions cel_quantities(void);
struct cel_functions cel_semvers(void);
struct cel_functions cel_formats(void);
struct cel_functions cel_encoders(void);
struct cel_functions cel_math(void);
struct cel_functions cel_authorizers(void);
struct cel_functions cel_patches(void);

/* All of them; false behind the last. */
bool cel_functions_at(size_t index, struct cel_functions *ret_functions);

/* Costs of the library (library/cost.go, checker/cost.go upstream): factors for a unit of length. */
#define CEL_FACTOR_TEXT      0.1
#define CEL_FACTOR_PATTERN   0.25
#define CEL_COST_MAKE_LIST   10
#define CEL_COST_MAKE_MAP    30
#define CEL_COST_MAKE_OBJECT 40

/* What a call cost that ran. */
uint64_t cel_cost_of_call(enum cel_cost_rule rule, const struct cel_value *args, size_t count,
                          const struct cel_value *result);

#endif
