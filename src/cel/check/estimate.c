/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* estimate.c - worst and best cases, from what types say of sizes.
 *
 * Which expressions a CustomResourceDefinition may have depends on these numbers, so they are upstream's
 * (cel-go/checker/cost.go with Kubernetes' estimator), down to where its estimates are odd: the size of a number in a
 * document is 0; a way that begins with an element of a literal goes on at the root of the document. */
#include "cel/check/estimate.h"

#include "base/text/utf8.h"

static struct cel_cost estimate(struct cel_estimator *estimator, struct cel_node *node);

/* ---- ways, sizes ---- */

struct cel_path cel_path_step(const struct cel_estimator *estimator, struct cel_path path, struct str step)
{
    const struct cel_type *at = path.at;
    const struct cel_field *field;

    if (!path.known)
        return (struct cel_path){ true, estimator->root };
    if (at == NULL)
        return path;
    if (str_is(step, "@items") || str_is(step, "@values"))
        return (struct cel_path){ true, at->kind == CEL_OPTIONAL ? NULL : at->element };
    if (str_is(step, "@keys"))
        return (struct cel_path){ true, at->key };
    if (at->kind == CEL_MAP && at->element != NULL && at->element->kind == CEL_DYN && at->element->name != NULL)
        return (struct cel_path){ true, at->element }; /* anything, of a size that is known: attributes of devices */
    field = at->kind == CEL_OBJECT ? cel_type_field(at, step) : NULL;
    return (struct cel_path){ true, field == NULL ? NULL : field->type };
}

static const struct cel_local *local_find(const struct cel_estimator *estimator, const struct cel_node *node)
{
    if (node->kind != CEL_NODE_IDENT || node->ident.slot >= 0)
        return NULL;
    for (const struct cel_local *local = estimator->locals; local != NULL; local = local->outer)
        if (str_equal(local->name, node->ident.name))
            return local;
    return NULL;
}

struct cel_path cel_estimate_path(const struct cel_estimator *estimator, const struct cel_node *node)
{
    const struct cel_local *local = local_find(estimator, node);

    return local != NULL ? local->path : node->estimate->path;
}

static bool is_scalar(const struct cel_type *type)
{
    switch (type->kind) {
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        return true;
    case CEL_OPTIONAL:
        return type->element != NULL && is_scalar(type->element);
    default:
        return false;
    }
}

static bool literal_size(const struct cel_node *node, uint64_t *ret_size)
{
    switch (node->kind) {
    case CEL_NODE_CONSTANT:
        *ret_size = node->constant.kind == CEL_STRING  ? utf8_count(node->constant.text)
                    : node->constant.kind == CEL_BYTES ? node->constant.text.size
                                                       : 1;
        return node->constant.kind != CEL_TYPE;
    case CEL_NODE_LIST:
    case CEL_NODE_MAP:
        *ret_size = node->elements.count;
        return true;
    default:
        return false;
    }
}

bool cel_estimate_size(struct cel_estimator *estimator, struct cel_node *node, struct cel_cost *ret_size)
{
    struct cel_estimate *known = node->estimate;
    const struct cel_local *local;
    struct cel_path path;
    uint64_t size;

    if (known->sized) {
        *ret_size = known->size;
        return true;
    }
    if (literal_size(node, &size)) {
        *ret_size = range_fixed(size);
        return true;
    }
    path = cel_estimate_path(estimator, node);
    if (path.known && path.at != NULL) {
        known->sized = true;
        known->size = *ret_size = range_of(0, path.at->max);
        return true;
    }
    if (is_scalar(node->type)) {
        *ret_size = range_fixed(1);
        return true;
    }
    local = local_find(estimator, node);
    if (local != NULL && local->sized)
        *ret_size = local->size;
    return local != NULL && local->sized;
}

struct cel_cost cel_estimate_size_or_unknown(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_cost size;

    return cel_estimate_size(estimator, node, &size) ? size : range_unknown();
}

struct cel_entries cel_estimate_entries(const struct cel_estimator *estimator, const struct cel_node *node)
{
    const struct cel_local *local;

    if (node->estimate->entries.known)
        return node->estimate->entries;
    local = local_find(estimator, node);
    return local != NULL ? local->entries : (struct cel_entries){ 0 };
}

static void set_size(struct cel_node *node, bool sized, struct cel_cost size)
{
    if (!sized)
        return;
    node->estimate->sized = true;
    node->estimate->size = size;
}

static void copy_sizes(struct cel_estimator *estimator, struct cel_node *to, struct cel_node *from)
{
    struct cel_cost size;
    struct cel_entries entries = cel_estimate_entries(estimator, from);

    set_size(to, cel_estimate_size(estimator, from, &size), size);
    if (entries.known)
        to->estimate->entries = entries;
}

/* ---- nodes ---- */

static struct cel_cost estimate_ident(struct cel_estimator *estimator, struct cel_node *node)
{
    const struct cel_local *local = local_find(estimator, node);
    const struct cel_type *at = estimator->root; /* upstream takes any other name for the document, too */

    if (local != NULL) {
        node->estimate->path = local->path;
        return range_fixed(1);
    }
    if (node->kind == CEL_NODE_IDENT && node->ident.slot >= 0) {
        const struct cel_variable *variable = &estimator->environment->variables[node->ident.slot];

        at = variable->sized ? variable->type : NULL;
    }
    node->estimate->path = (struct cel_path){ true, at };
    return range_fixed(1);
}

static struct cel_cost estimate_select(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_node *operand = node->select.operand;
    struct cel_cost cost = estimate(estimator, operand);

    if (node->test)
        return cost;
    if (operand->type->kind == CEL_MAP || operand->type->kind == CEL_OBJECT)
        cost = range_add(cost, range_fixed(1));
    node->estimate->path = cel_path_step(estimator, cel_estimate_path(estimator, operand), node->select.name);
    return cost;
}

static struct cel_cost estimate_dyn(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_cost cost = estimate(estimator, node->call.args[0]);

    copy_sizes(estimator, node, node->call.args[0]);
    return range_add(range_fixed(1), cost);
}

/* What an index finds: the way, and the size as far as the container's elements have one. */
static void index_sizes(struct cel_estimator *estimator, struct cel_node *node, const struct cel_overload *overload,
                        struct cel_call_estimate *call)
{
    bool list = overload->cost == CEL_COST_INDEX_LIST;
    struct cel_node *container = node->call.args[0];
    struct cel_entries entries;

    if (!list && overload->cost != CEL_COST_INDEX_MAP)
        return;
    entries = cel_estimate_entries(estimator, container);
    call->sized = entries.known;
    call->size = entries.value;
    node->estimate->path =
        cel_path_step(estimator, cel_estimate_path(estimator, container), list ? STR("@items") : STR("@values"));
}

static struct cel_cost estimate_terms(struct cel_node *node)
{
    struct cel_cost cost = node->call.args[0]->estimate->cost;

    for (uint32_t i = 1; i < node->call.count; i++) /* the first may decide */
        cost.max = saturating_add(cost.max, node->call.args[i]->estimate->cost.max);
    return cost;
}

static struct cel_cost estimate_call(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_call *call = &node->call;
    struct cel_cost cost = range_of(UINT64_MAX, 0), size = { 0 };
    bool sized = false;

    if (call->candidate_count == 1 && call->candidates[0].overload->cost == CEL_COST_DYN)
        return estimate_dyn(estimator, node);
    for (uint32_t i = 0; i < call->count; i++)
        estimate(estimator, call->args[i]);
    if (call->operator== CEL_OPERATOR_AND || call->operator== CEL_OPERATOR_OR)
        return estimate_terms(node);
    if (call->operator== CEL_OPERATOR_OPT_SELECT)
        return range_add(range_fixed(1), call->args[0]->estimate->cost);
    for (uint32_t i = 0; i < call->candidate_count; i++) {
        const struct cel_overload *overload = call->candidates[i].overload;
        struct cel_call_estimate one = cel_estimate_overload(estimator, node, overload);

        cost = range_union(cost, one.cost);
        if (one.sized) {
            size = sized ? range_union(size, one.size) : one.size;
            sized = true;
        }
        if (overload->cost == CEL_COST_INDEX_LIST || overload->cost == CEL_COST_INDEX_MAP) {
            index_sizes(estimator, node, overload, &one);
            sized = one.sized;
            size = one.size;
        }
        if (!sized)
            sized = cel_estimate_size(estimator, node, &size);
    }
    set_size(node, sized, size);
    return cost;
}

static struct cel_cost estimate_elements(struct cel_estimator *estimator, struct cel_node *node)
{
    const struct cel_elements *elements = &node->elements;
    bool map = node->kind == CEL_NODE_MAP;
    struct cel_cost cost = { 0 }, none = range_of(elements->count == 0 ? 0 : UINT64_MAX, 0);
    struct cel_entries entries = { .known = true, .map = map, .key = map ? none : range_fixed(1), .value = none };

    for (uint32_t i = 0; i < elements->count; i++) {
        struct cel_node *value = elements->nodes[map ? 2 * i + 1 : i];

        if (map) {
            struct cel_node *key = elements->nodes[2 * i];

            cost = range_add(cost, estimate(estimator, key));
            entries.key = range_union(entries.key, cel_estimate_size_or_unknown(estimator, key));
        }
        cost = range_add(cost, estimate(estimator, value));
        entries.value = range_union(entries.value, cel_estimate_size_or_unknown(estimator, value));
    }
    node->estimate->entries = entries;
    return range_add(cost, range_fixed(map ? CEL_COST_MAKE_MAP : CEL_COST_MAKE_LIST));
}

static struct cel_cost estimate_object(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_cost cost = range_fixed(CEL_COST_MAKE_OBJECT);

    for (uint32_t i = 0; i < node->elements.count; i++)
        cost = range_add(cost, estimate(estimator, node->elements.nodes[i]));
    return cost;
}

/* ---- folds ---- */

static void push_value(struct cel_estimator *estimator, struct cel_local *local, struct str name,
                       struct cel_node *value)
{
    *local = (struct cel_local){ .name = name, .outer = estimator->locals };
    local->path = cel_estimate_path(estimator, value);
    local->entries = cel_estimate_entries(estimator, value);
    local->sized = cel_estimate_size(estimator, value, &local->size);
    estimator->locals = local;
}

/* A variable of a fold: the key of a map or the index of a list, or else what is there. */
static void push_element(struct cel_estimator *estimator, struct cel_local *local, struct str name,
                         struct cel_node *range, bool key, bool single)
{
    struct cel_entries entries = cel_estimate_entries(estimator, range);
    bool list = entries.known ? !entries.map : range->type->kind == CEL_LIST;
    const char *step = key ? list ? "@indices" : "@keys" : list ? "@items" : "@values";

    if (single) {
        key = !list;
        step = list ? "@items" : "@keys";
    }
    *local = (struct cel_local){ .name = name, .outer = estimator->locals };
    local->path = cel_path_step(estimator, cel_estimate_path(estimator, range), str_of(step));
    local->sized = entries.known;
    local->size = key ? entries.key : entries.value;
    estimator->locals = local;
}

static struct cel_cost estimate_bind(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_fold *fold = node->fold;
    struct cel_cost cost = range_add(estimate(estimator, fold->range), estimate(estimator, fold->init));
    struct cel_local local, *outer = estimator->locals;

    push_value(estimator, &local, fold->accumulator, fold->init);
    cost = range_add(cost, estimate(estimator, fold->result));
    copy_sizes(estimator, node, fold->result);
    estimator->locals = outer;
    return cost;
}

static struct cel_cost estimate_fold(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_fold *fold = node->fold;
    struct cel_cost cost, turn, count, size;
    struct cel_local accumulator, first, second, *outer = estimator->locals;
    struct cel_entries entries;

    if (fold->bind)
        return estimate_bind(estimator, node);
    cost = range_add(estimate(estimator, fold->range), estimate(estimator, fold->init));
    push_value(estimator, &accumulator, fold->accumulator, fold->init);
    push_element(estimator, &first, fold->variable, fold->range, true, fold->variable2.size == 0);
    if (fold->variable2.size > 0)
        push_element(estimator, &second, fold->variable2, fold->range, false, false);
    turn = estimate(estimator, fold->condition);
    turn = range_add(turn, estimate(estimator, fold->step));
    entries = cel_estimate_entries(estimator, fold->step);
    estimator->locals = &accumulator;
    cost = range_add(cost, estimate(estimator, fold->result));
    estimator->locals = outer;
    count = cel_estimate_size_or_unknown(estimator, fold->range);
    cost = range_add(cost, range_multiply(count, turn));
    if (fold->init->kind == CEL_NODE_CONSTANT) {
        set_size(node, cel_estimate_size(estimator, fold->init, &size), size);
    } else if (fold->init->kind == CEL_NODE_LIST || fold->init->kind == CEL_NODE_MAP) {
        set_size(node, true, count);
        if (entries.known)
            node->estimate->entries = entries;
    }
    return cost;
}

static struct cel_cost estimate(struct cel_estimator *estimator, struct cel_node *node)
{
    struct cel_cost cost = { 0 };

    if (node->estimate != NULL)
        return node->estimate->cost;
    node->estimate = arena_new(estimator->arena, struct cel_estimate);
    switch (node->kind) {
    case CEL_NODE_CONSTANT:
        if (node->constant.kind == CEL_TYPE) /* a name that was looked up */
            cost = estimate_ident(estimator, node);
        break;
    case CEL_NODE_IDENT:
        cost = estimate_ident(estimator, node);
        break;
    case CEL_NODE_SELECT:
        cost = estimate_select(estimator, node);
        break;
    case CEL_NODE_CALL:
        cost = estimate_call(estimator, node);
        break;
    case CEL_NODE_OBJECT:
        cost = estimate_object(estimator, node);
        break;
    case CEL_NODE_FOLD:
        cost = estimate_fold(estimator, node);
        break;
    default:
        cost = estimate_elements(estimator, node);
        break;
    }
    node->estimate->cost = cost;
    return cost;
}

struct cel_cost cel_estimate(struct arena *arena, const struct cel_environment *environment, struct cel_node *root)
{
    struct cel_estimator estimator = { .arena = arena, .environment = environment };

    for (size_t i = 0; i < environment->variable_count && estimator.root == NULL; i++)
        if (environment->variables[i].sized)
            estimator.root = environment->variables[i].type;
    return estimate(&estimator, root);
}
