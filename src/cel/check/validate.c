/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate.c - what Kubernetes asks of expressions beyond their types: literals that can be seen to be wrong, and that the
 * elements of a list or map are of one type, but for what is formatted. */
#include "cel/check/infer.h"
#include "cel/value/pattern.h"
#include "cel/value/value.h"

static bool is_text(const struct cel_node *node)
{
    return node->kind == CEL_NODE_CONSTANT && node->constant.kind == CEL_STRING;
}

static void validate_literal(struct cel_source *source, const struct cel_call *call)
{
    const struct cel_node *arg = call->count > 0 ? call->args[call->count - 1] : NULL;
    struct cel_value value;
    bool good = true;

    if (arg != NULL && call->count == 1 && str_is(call->function, "timestamp") && arg->kind == CEL_NODE_CONSTANT &&
        arg->constant.kind == CEL_INT)
        good = cel_timestamp_make((__int128)arg->constant.integer * 1000000000, &value);
    else if (arg == NULL || !is_text(arg))
        return;
    else if (call->count == 1 && !call->member && str_is(call->function, "duration"))
        good = cel_duration_parse(arg->constant.text, &value);
    else if (call->count == 1 && !call->member && str_is(call->function, "timestamp"))
        good = cel_timestamp_parse(arg->constant.text, &value);
    else if (str_is(call->function, "matches"))
        good = cel_pattern_compile(source->arena, arg->constant.text, NULL) != NULL;
    if (!good)
        cel_problem_add(source, arg->offset, "invalid " STR_FMT " argument", STR_ARG(call->function));
}

static const struct cel_type *element_type(const struct cel_node *node, bool optional)
{
    return optional && node->type->kind == CEL_OPTIONAL ? node->type->element : node->type;
}

/* Every 'step'th node from 'first' on. */
static void validate_elements(struct cel_source *source, const struct cel_elements *elements, uint32_t first,
                              uint32_t step)
{
    const struct cel_type *wanted = NULL;

    for (uint32_t i = 0; i < elements->count; i++) {
        const struct cel_node *node = elements->nodes[i * step + first];
        const struct cel_type *type = element_type(node, elements->optional[i] && first == step - 1);
        auto_buffer struct buffer names = { .max = 8192 };

        if (wanted == NULL)
            wanted = type;
        if (cel_type_equal(wanted, type))
            continue;
        buffer_append_text(&names, "expected type '");
        cel_type_format(wanted, &names);
        buffer_append_text(&names, "' but found '");
        cel_type_format(type, &names);
        buffer_append_char(&names, '\'');
        cel_problem_add(source, node->offset, STR_FMT, STR_ARG(buffer_str(&names)));
        return;
    }
}

static void validate(struct cel_source *source, struct cel_node *node, bool mixed);

static void validate_children(struct cel_source *source, struct cel_node **nodes, uint32_t count, bool mixed)
{
    for (uint32_t i = 0; i < count; i++)
        validate(source, nodes[i], mixed);
}

/* 'mixed': below a call that takes lists of anything. */
static void validate(struct cel_source *source, struct cel_node *node, bool mixed)
{
    if (node->validated)
        return;
    node->validated = true;
    switch (node->kind) {
    case CEL_NODE_SELECT:
        validate(source, node->select.operand, mixed);
        break;
    case CEL_NODE_CALL:
        validate_literal(source, &node->call);
        validate_children(source, node->call.args, node->call.count, mixed || cel_node_calls(node, "format"));
        break;
    case CEL_NODE_LIST:
        if (!mixed)
            validate_elements(source, &node->elements, 0, 1);
        validate_children(source, node->elements.nodes, node->elements.count, mixed);
        break;
    case CEL_NODE_MAP:
        if (!mixed) {
            validate_elements(source, &node->elements, 0, 2);
            validate_elements(source, &node->elements, 1, 2);
        }
        validate_children(source, node->elements.nodes, 2 * node->elements.count, mixed);
        break;
    case CEL_NODE_OBJECT:
        validate_children(source, node->elements.nodes, node->elements.count, mixed);
        break;
    case CEL_NODE_FOLD:
        validate(source, node->fold->range, mixed);
        validate(source, node->fold->init, mixed);
        validate(source, node->fold->condition, mixed);
        validate(source, node->fold->step, mixed);
        validate(source, node->fold->result, mixed);
        break;
    default:
        break;
    }
}

void cel_validate(struct cel_source *source, struct cel_node *root)
{
    validate(source, root, false);
}
