/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* evaluate.c - walks the tree and counts what it costs.
 *
 * Upstream counts the steps of its own plan, where an identifier with all that is selected from it is one step: it costs 1, and 1
 * for each selection. As the index of another one, or in a branch of a condition, only the selections count ('free' here);
 * selecting from a call costs 1 more. A failure is a value: && and || may not care about it. */
#include "cel/evaluate.h"

#include "cel/value/index.h"

static struct cel_value evaluate(struct cel_state *state, const struct cel_node *node, bool free);

static void charge(struct cel_state *state, uint64_t cost)
{
    if (__builtin_add_overflow(state->cost, cost, &state->cost))
        state->cost = UINT64_MAX;
    if (state->cost > state->limit || state->work < 0 || state->arena->used - state->used_before > CEL_MEMORY_MAX)
        state->stopped = true;
}

static struct cel_value stopped(void)
{
    return cel_error_text("operation cancelled: actual cost limit exceeded");
}

/* ---- selections ---- */

static bool is_attribute(const struct cel_node *node)
{
    return node->attribute || (node->kind == CEL_NODE_CALL && node->call.operator== CEL_OPERATOR_IF);
}

static struct cel_value operand_value(struct cel_state *state, const struct cel_node *operand, bool free)
{
    if (!is_attribute(operand) && !free)
        charge(state, 1);
    return evaluate(state, operand, free && operand->attribute);
}

static struct cel_value no_such_key(struct cel_state *state, const struct cel_value *key)
{
    auto_buffer struct buffer text = { .max = 1024 };

    switch (key->kind) {
    case CEL_STRING:
        buffer_append(&text, key->text.data, key->text.size < 512 ? key->text.size : 512);
        break;
    case CEL_INT:
        buffer_append_int64(&text, key->integer);
        break;
    case CEL_UINT:
        buffer_append_uint64(&text, key->uinteger);
        break;
    case CEL_DOUBLE:
        cel_double_format(key->number, &text);
        break;
    default:
        buffer_append_text(&text, key->kind == CEL_BOOL ? key->boolean ? "true" : "false" : "null");
        break;
    }
    return cel_value_error(state->arena, "no such key: " STR_FMT, STR_ARG(buffer_str(&text)));
}

/* 'optional': what is not there is none, which costs nothing, and what is there is wrapped. */
static struct cel_value select_from(struct cel_state *state, const struct cel_value *operand, struct str name,
                                    bool optional)
{
    struct cel_value value, key;

    if (operand->kind == CEL_OPTIONAL) {
        if (operand->optional == NULL)
            return *operand;
        return select_from(state, operand->optional, name, true);
    }
    if (operand->kind == CEL_LIST)
        return cel_error_text("unsupported index type 'string' in list");
    if (cel_is_map(operand) && cel_map_select(state->arena, operand, name, &value)) {
        charge(state, 1);
        value = cel_value_settle(state->arena, value);
        return optional && !cel_is_error(&value) ? cel_value_optional(state->arena, &value) : value;
    }
    if (optional)
        return cel_value_optional(state->arena, NULL);
    key = cel_value_string(name);
    return no_such_key(state, &key);
}

static struct cel_value has_field(struct cel_state *state, const struct cel_value *operand, struct str name)
{
    struct cel_value value;

    if (operand->kind == CEL_OPTIONAL)
        return operand->optional == NULL ? cel_value_bool(false) : has_field(state, operand->optional, name);
    return cel_value_bool(cel_is_map(operand) && cel_map_select(state->arena, operand, name, &value));
}

static struct cel_value evaluate_select(struct cel_state *state, const struct cel_node *node, bool free)
{
    struct cel_value operand = operand_value(state, node->select.operand, free);

    if (cel_is_error(&operand))
        return operand;
    return node->test ? has_field(state, &operand, node->select.name)
                      : select_from(state, &operand, node->select.name, false);
}

/* ---- indexes ---- */

/* An index that a number of another kind may be, where types are dyn. */
static bool list_index(const struct cel_value *key, int64_t *ret_index)
{
    switch (key->kind) {
    case CEL_INT:
        *ret_index = key->integer;
        return true;
    case CEL_UINT:
        *ret_index = key->uinteger > INT64_MAX ? INT64_MAX : key->integer;
        return true;
    case CEL_DOUBLE:
        *ret_index = key->number >= 0 && key->number < 9e15 ? (int64_t)key->number : -1;
        return (double)*ret_index == key->number;
    default:
        return false;
    }
}

static struct cel_value bad_index(struct cel_state *state, const struct cel_value *key)
{
    auto_buffer struct buffer number = { .max = 64 };

    if (key->kind != CEL_DOUBLE)
        return cel_value_error(state->arena, "unsupported index type '%s' in list",
                               cel_type_runtime_name(cel_value_type(key)));
    cel_double_format(key->number, &number);
    return cel_value_error(state->arena, "unsupported index value " STR_FMT " in list", STR_ARG(buffer_str(&number)));
}

static struct cel_value index_of(struct cel_state *state, const struct cel_value *operand, const struct cel_value *key,
                                 bool optional)
{
    struct cel_value value;
    int64_t index;
    bool found;

    if (operand->kind == CEL_OPTIONAL)
        return operand->optional == NULL ? *operand : index_of(state, operand->optional, key, true);
    if (operand->kind == CEL_LIST) {
        if (!list_index(key, &index))
            return bad_index(state, key);
        found = index >= 0 && (uint64_t)index < cel_list_size(operand);
        if (found)
            value = cel_index_at(state, operand, (size_t)index);
        else if (!optional)
            return cel_value_error(state->arena, "index out of bounds: %lld", (long long)index);
    } else if (cel_is_map(operand)) {
        found = cel_index_find(state, operand, key, &value);
        if (!found && !optional)
            return no_such_key(state, key);
    } else { /* what has no parts has none of that name either */
        found = false;
        if (!optional)
            return no_such_key(state, key);
    }
    if (!found)
        return cel_value_optional(state->arena, NULL);
    charge(state, 1);
    value = cel_value_settle(state->arena, value);
    return optional && !cel_is_error(&value) ? cel_value_optional(state->arena, &value) : value;
}

static struct cel_value evaluate_index(struct cel_state *state, const struct cel_call *call, bool free)
{
    struct cel_value operand = operand_value(state, call->args[0], free), key;

    if (cel_is_error(&operand))
        return operand;
    key = evaluate(state, call->args[1], call->args[1]->attribute);
    if (cel_is_error(&key))
        return key;
    return index_of(state, &operand, &key, call->operator== CEL_OPERATOR_OPT_INDEX);
}

static struct cel_value evaluate_opt_select(struct cel_state *state, const struct cel_call *call, bool free)
{
    struct cel_value operand = operand_value(state, call->args[0], free);

    if (cel_is_error(&operand))
        return operand;
    return select_from(state, &operand, call->args[1]->constant.text, true);
}

/* ---- logic ---- */

/* One term that is 'decisive' decides; else the first failure is the result. */
static struct cel_value evaluate_terms(struct cel_state *state, const struct cel_call *call, bool decisive)
{
    struct cel_value failure = cel_value_bool(!decisive);

    for (uint32_t i = 0; i < call->count; i++) {
        struct cel_value term = evaluate(state, call->args[i], false);

        if (state->stopped)
            return stopped();
        if (term.kind == CEL_BOOL && term.boolean == decisive)
            return term;
        if (term.kind != CEL_BOOL && !cel_is_error(&failure))
            failure = cel_is_error(&term) ? term : cel_no_overload();
    }
    return failure;
}

static struct cel_value evaluate_if(struct cel_state *state, const struct cel_call *call)
{
    struct cel_value condition = evaluate(state, call->args[0], false);
    const struct cel_node *branch;

    if (cel_is_error(&condition))
        return condition;
    if (condition.kind != CEL_BOOL)
        return cel_no_overload();
    branch = call->args[condition.boolean ? 1 : 2];
    return evaluate(state, branch, branch->attribute);
}

static struct cel_value evaluate_or_else(struct cel_state *state, const struct cel_call *call, bool unwrap)
{
    struct cel_value optional = evaluate(state, call->args[0], false);

    if (cel_is_error(&optional))
        return optional;
    if (optional.kind != CEL_OPTIONAL)
        return cel_no_overload();
    if (optional.optional == NULL)
        return evaluate(state, call->args[1], false);
    return unwrap ? *optional.optional : optional;
}

/* ---- calls ---- */

static uint32_t value_kind(const struct cel_value *value)
{
    return 1u << (value->kind == CEL_OPAQUE ? CEL_KIND_COUNT + value->form : value->kind);
}

static bool candidate_fits(const struct cel_candidate *candidate, const struct cel_value *args, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if ((candidate->kinds[i] & value_kind(&args[i])) == 0)
            return false;
    return true;
}

#define KIND(kind) (1u << (kind))
#define TEXTS      (KIND(CEL_STRING) | KIND(CEL_TIMESTAMP) | KIND(CEL_DURATION)) /* upstream asks these themselves */
#define NUMBERS    (KIND(CEL_INT) | KIND(CEL_UINT) | KIND(CEL_DOUBLE))

/* Functions that fail in words of their own: of what kinds the first argument is when they do not even say their name. */
static const struct {
    const char *function;
    uint32_t silent;
} failures[] = {
    { "_+_", NUMBERS | TEXTS | KIND(CEL_BYTES) | KIND(CEL_LIST) },
    { "_-_", NUMBERS | TEXTS },
    { "_*_", NUMBERS | TEXTS },
    { "_/_", NUMBERS | TEXTS },
    { "_%_", KIND(CEL_INT) | KIND(CEL_UINT) | TEXTS },
    { "_<_", NUMBERS | TEXTS | KIND(CEL_BOOL) | KIND(CEL_BYTES) },
    { "_<=_", NUMBERS | TEXTS | KIND(CEL_BOOL) | KIND(CEL_BYTES) },
    { "_>_", NUMBERS | TEXTS | KIND(CEL_BOOL) | KIND(CEL_BYTES) },
    { "_>=_", NUMBERS | TEXTS | KIND(CEL_BOOL) | KIND(CEL_BYTES) },
    { "-_", KIND(CEL_INT) | KIND(CEL_DOUBLE) | KIND(CEL_BOOL) | TEXTS },
    { "!_", KIND(CEL_INT) | KIND(CEL_DOUBLE) | KIND(CEL_BOOL) | TEXTS },
    { "@in", UINT32_MAX },
    { "size", TEXTS },
    { "sort", 0 },
    { "startsWith", UINT32_MAX },
    { "endsWith", UINT32_MAX },
    { "contains", UINT32_MAX },
    { "matches", UINT32_MAX },
};

/* No overload takes these; said as clients know it. */
static struct cel_value refuse_arguments(struct cel_state *state, const struct cel_call *call,
                                         const struct cel_value *args)
{
    auto_buffer struct buffer names = { .max = 4096 };

    for (size_t i = 0; i < countof(failures); i++)
        if (call->count > 0 && str_is(call->function, failures[i].function))
            return (failures[i].silent & KIND(args[0].kind)) != 0
                       ? cel_no_overload()
                       : cel_value_error(state->arena, "no such overload: " STR_FMT, STR_ARG(call->function));
    for (uint32_t i = 0; i < call->count; i++)
        buffer_format(&names, "%s%s", i == 0 ? "" : ", ", cel_type_runtime_name(cel_value_type(&args[i])));
    return cel_value_error(state->arena, "no such overload: " STR_FMT "(" STR_FMT ")", STR_ARG(call->function),
                           STR_ARG(buffer_str(&names)));
}

static struct cel_value evaluate_function(struct cel_state *state, const struct cel_call *call)
{
    struct cel_value args[CEL_ARGUMENTS_MAX], result;
    const struct cel_overload *overload;
    uint32_t at = 0;

    for (uint32_t i = 0; i < call->count; i++) {
        args[i] = evaluate(state, call->args[i], false);
        if (cel_is_error(&args[i]))
            return args[i];
    }
    while (at < call->candidate_count && !candidate_fits(&call->candidates[at], args, call->count))
        at++;
    if (at == call->candidate_count)
        return refuse_arguments(state, call, args);
    overload = call->candidates[at].overload;
    state->call = call;
    result = overload->call(state, args, call->count);
    for (uint32_t i = 0; i < call->count; i++)
        if (args[i].kind == CEL_STRING || args[i].kind == CEL_BYTES)
            state->work -= (int64_t)(args[i].text.size / CEL_BYTES_PER_STEP);
    if (call->constant_set)
        charge(state, 0);
    else
        charge(state, cel_cost_of_call((enum cel_cost_rule)overload->cost, args, call->count, &result));
    return result;
}

static struct cel_value evaluate_call(struct cel_state *state, const struct cel_node *node, bool free)
{
    const struct cel_call *call = &node->call;
    struct cel_value value;

    switch (call->operator) {
    case CEL_OPERATOR_AND:
        return evaluate_terms(state, call, false);
    case CEL_OPERATOR_OR:
        return evaluate_terms(state, call, true);
    case CEL_OPERATOR_IF:
        return evaluate_if(state, call);
    case CEL_OPERATOR_NOT_STRICTLY_FALSE:
        value = evaluate(state, call->args[0], false);
        charge(state, 1);
        return value.kind == CEL_BOOL ? value : cel_value_bool(true);
    case CEL_OPERATOR_OPT_SELECT:
        return evaluate_opt_select(state, call, free);
    case CEL_OPERATOR_INDEX:
    case CEL_OPERATOR_OPT_INDEX:
        return evaluate_index(state, call, free);
    case CEL_OPERATOR_OR_OPTIONAL:
    case CEL_OPERATOR_OR_VALUE:
        return evaluate_or_else(state, call, call->operator== CEL_OPERATOR_OR_VALUE);
    default:
        return evaluate_function(state, call);
    }
}

/* ---- literals ---- */

/* What an optional element adds: nothing, or what it holds. False: it is no optional. */
static bool unwrap_element(struct cel_value *value, bool *ret_present)
{
    *ret_present = true;
    if (value->kind != CEL_OPTIONAL)
        return false;
    if (value->optional == NULL)
        *ret_present = false;
    else
        *value = *value->optional;
    return true;
}

static struct cel_value evaluate_list(struct cel_state *state, const struct cel_node *node)
{
    const struct cel_elements *elements = &node->elements;
    struct cel_value list = cel_list_new(state->arena, elements->count);
    bool present = true;

    for (uint32_t i = 0; i < elements->count; i++) {
        struct cel_value value = evaluate(state, elements->nodes[i], false);

        if (cel_is_error(&value))
            return value;
        if (elements->optional[i] && !unwrap_element(&value, &present))
            return cel_error_text("cannot initialize optional list element from non-optional value");
        if (!elements->optional[i] || present)
            cel_list_push(state->arena, &list, value);
    }
    charge(state, CEL_COST_MAKE_LIST);
    return list;
}

static struct cel_value evaluate_map(struct cel_state *state, const struct cel_node *node)
{
    const struct cel_elements *elements = &node->elements;
    struct cel_value map = cel_map_new(state->arena);
    bool present = true;

    for (uint32_t i = 0; i < elements->count; i++) {
        struct cel_value key = evaluate(state, elements->nodes[2 * i], false), value, found;

        if (cel_is_error(&key))
            return key;
        value = evaluate(state, elements->nodes[2 * i + 1], false);
        if (cel_is_error(&value))
            return value;
        if (elements->optional[i] && !unwrap_element(&value, &present))
            return cel_error_text("cannot initialize optional map entry from non-optional value");
        if (elements->optional[i] && !present)
            continue;
        if (cel_map_find(state->arena, &map, &key, &found))
            return cel_error_text("repeated key in map literal");
        map = cel_map_insert(state->arena, &map, &key, &value);
        if (cel_is_error(&map))
            return map;
    }
    charge(state, CEL_COST_MAKE_MAP);
    return map;
}

static struct cel_value evaluate_object(struct cel_state *state, const struct cel_node *node)
{
    const struct cel_elements *elements = &node->elements;
    struct cel_value fields = cel_map_new(state->arena);
    bool present = true;

    for (uint32_t i = 0; i < elements->count; i++) {
        struct cel_value key = cel_value_string(elements->names[i]), value;

        value = evaluate(state, elements->nodes[i], false);
        if (cel_is_error(&value))
            return value;
        if (elements->optional[i] && !unwrap_element(&value, &present))
            return cel_value_error(state->arena,
                                   "cannot initialize optional entry '" STR_FMT "' from non-optional value",
                                   STR_ARG(elements->names[i]));
        if (!elements->optional[i] || present)
            cel_map_put(state->arena, &fields, &key, &value);
    }
    charge(state, CEL_COST_MAKE_OBJECT);
    return cel_object_of(state->arena, &fields, node->type);
}

/* ---- folds ---- */

/* One turn; false when the condition says that it was the last. */
static bool fold_turn(struct cel_state *state, const struct cel_fold *fold)
{
    struct cel_value condition = evaluate(state, fold->condition, false);

    if (state->stopped || (condition.kind == CEL_BOOL && !condition.boolean))
        return false;
    state->locals[fold->slot + 2] = evaluate(state, fold->step, false);
    return !state->stopped;
}

static void fold_list(struct cel_state *state, const struct cel_fold *fold, const struct cel_value *list)
{
    struct cel_list_reader reader;
    struct cel_value value;

    cel_list_read(list, &reader);
    while (cel_list_next(&reader, &value)) {
        value = cel_value_settle(state->arena, value);
        if (fold->variable2.size == 0) {
            state->locals[fold->slot] = value;
        } else {
            state->locals[fold->slot] = cel_value_int((int64_t)reader.at - 1);
            state->locals[fold->slot + 1] = value;
        }
        if (!fold_turn(state, fold))
            return;
    }
}

static void fold_map(struct cel_state *state, const struct cel_fold *fold, const struct cel_value *map)
{
    struct cel_map_reader reader;
    struct cel_value key, value;

    cel_map_read(map, &reader);
    while (cel_map_next(&reader, &key, &value)) {
        state->locals[fold->slot] = key;
        state->locals[fold->slot + 1] = cel_value_settle(state->arena, value);
        if (!fold_turn(state, fold))
            return;
    }
}

static struct cel_value evaluate_fold(struct cel_state *state, const struct cel_node *node)
{
    const struct cel_fold *fold = node->fold;
    struct cel_value range;

    if (fold->bind) {
        struct cel_value value = evaluate(state, fold->init, false);

        state->locals[fold->slot + 2] = value;
        return evaluate(state, fold->result, false);
    }
    range = evaluate(state, fold->range, false);
    if (cel_is_error(&range))
        return range;
    if (range.kind != CEL_LIST && !cel_is_map(&range))
        return cel_value_error(state->arena, "got '%s', expected iterable type",
                               cel_type_runtime_name(cel_value_type(&range)));
    state->locals[fold->slot + 2] = evaluate(state, fold->init, false);
    if (range.kind == CEL_LIST)
        fold_list(state, fold, &range);
    else
        fold_map(state, fold, &range);
    return state->stopped ? stopped() : evaluate(state, fold->result, false);
}

static struct cel_value evaluate(struct cel_state *state, const struct cel_node *node, bool free)
{
    if (state->stopped)
        return stopped();
    switch (node->kind) {
    case CEL_NODE_CONSTANT:
        return node->constant;
    case CEL_NODE_IDENT:
        if (!free)
            charge(state, 1);
        return node->ident.slot >= 0 ? cel_value_settle(state->arena, state->variables[node->ident.slot])
                                     : state->locals[~node->ident.slot];
    case CEL_NODE_SELECT:
        return evaluate_select(state, node, free);
    case CEL_NODE_CALL:
        return evaluate_call(state, node, free);
    case CEL_NODE_LIST:
        return evaluate_list(state, node);
    case CEL_NODE_MAP:
        return evaluate_map(state, node);
    case CEL_NODE_OBJECT:
        return evaluate_object(state, node);
    default:
        return evaluate_fold(state, node);
    }
}

struct cel_value cel_evaluate_node(struct cel_state *state, const struct cel_node *node)
{
    struct cel_value value = evaluate(state, node, false);

    return state->stopped ? stopped() : value;
}
