/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* constants.c - what is known before anything is evaluated: literals made of constants, conversions of them.
 *
 * It makes evaluating cheaper, also in the units of the limit, so it is exactly what upstream folds: lists and maps of
 * constants, conversions of constants, membership in a list of constants. Estimates do not know of it. */
#include "cel/evaluate.h"
#include "cel/value/pattern.h"

static bool is_constant(const struct cel_node *node)
{
    return node->kind == CEL_NODE_CONSTANT && node->constant.kind != CEL_TYPE;
}

static bool is_conversion(const struct cel_call *call)
{
    static const char *const names[] = { "bool", "bytes",  "double",    "duration", "dyn",
                                         "int",  "string", "timestamp", "uint" };

    for (size_t i = 0; i < countof(names); i++)
        if (!call->member && str_is(call->function, names[i]))
            return true;
    return false;
}

static void make_constant(struct cel_source *source, struct cel_node *node)
{
    struct cel_state state = {
        .arena = source->arena, .limit = UINT64_MAX, .work = CEL_WORK_MAX, .used_before = source->arena->used
    };
    struct cel_value value = cel_evaluate_node(&state, node);

    if (cel_is_error(&value)) {
        if (source->unbuilt == NULL)
            source->unbuilt = arena_str(source->arena, value.text).data;
        return;
    }
    cel_value_freeze(&value);
    node->kind = CEL_NODE_CONSTANT;
    node->attribute = false;
    node->constant = value;
}

/* Constants that upstream can look up: no bytes, nothing that is made of others. */
static bool is_set(const struct cel_value *list)
{
    struct cel_list_reader reader;
    struct cel_value element;

    cel_list_read(list, &reader);
    while (cel_list_next(&reader, &element))
        if (element.kind != CEL_BOOL && element.kind != CEL_INT && element.kind != CEL_UINT &&
            element.kind != CEL_DOUBLE && element.kind != CEL_STRING)
            return false;
    return true;
}

static void prepare_pattern(struct cel_source *source, struct cel_call *call)
{
    struct error err = { 0 };

    call->pattern = cel_pattern_compile(source->arena, call->args[1]->constant.text, &err);
    if (call->pattern == NULL && source->unbuilt == NULL)
        source->unbuilt = arena_strdup(source->arena, err.message);
}

static void fold_call(struct cel_source *source, struct cel_node *node)
{
    struct cel_call *call = &node->call;

    for (uint32_t i = 0; i < call->count; i++)
        cel_fold_constants(source, call->args[i]);
    if (is_conversion(call) && call->count == 1 && is_constant(call->args[0])) {
        make_constant(source, node);
        return;
    }
    if (str_is(call->function, "@in") && is_constant(call->args[1]) && call->args[1]->constant.kind == CEL_LIST) {
        if (cel_list_size(&call->args[1]->constant) == 0) {
            node->kind = CEL_NODE_CONSTANT;
            node->constant = cel_value_bool(false);
            return;
        }
        call->constant_set = is_set(&call->args[1]->constant);
    }
    if (call->count >= 2 && is_constant(call->args[1]) && call->args[1]->constant.kind == CEL_STRING &&
        (str_is(call->function, "matches") || str_is(call->function, "find") || str_is(call->function, "findAll")))
        prepare_pattern(source, call);
}

static void fold_elements(struct cel_source *source, struct cel_node *node, uint32_t count)
{
    bool constant = true;

    for (uint32_t i = 0; i < count; i++) {
        cel_fold_constants(source, node->elements.nodes[i]);
        constant = constant && is_constant(node->elements.nodes[i]);
    }
    if (constant)
        make_constant(source, node);
}

void cel_fold_constants(struct cel_source *source, struct cel_node *node)
{
    if (node->folded)
        return;
    node->folded = true;
    switch (node->kind) {
    case CEL_NODE_SELECT:
        cel_fold_constants(source, node->select.operand);
        break;
    case CEL_NODE_CALL:
        fold_call(source, node);
        break;
    case CEL_NODE_LIST:
        fold_elements(source, node, node->elements.count);
        break;
    case CEL_NODE_MAP:
        fold_elements(source, node, 2 * node->elements.count);
        break;
    case CEL_NODE_OBJECT:
        for (uint32_t i = 0; i < node->elements.count; i++)
            cel_fold_constants(source, node->elements.nodes[i]);
        break;
    case CEL_NODE_FOLD:
        cel_fold_constants(source, node->fold->range);
        cel_fold_constants(source, node->fold->init);
        cel_fold_constants(source, node->fold->condition);
        cel_fold_constants(source, node->fold->step);
        cel_fold_constants(source, node->fold->result);
        break;
    default:
        break;
    }
}
