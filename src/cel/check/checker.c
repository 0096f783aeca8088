/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* checker.c - gives every node its type and every name its meaning.
 *
 * Types are inferred as upstream's checker does it, so that the same expressions are refused with the same words:
 * elements of a list must be of one type, several overloads may fit where types are dyn. */
#include "cel/check/infer.h"

struct scope {
    struct str name;
    const struct cel_type *type;
    int32_t slot;
};

struct checker {
    struct cel_source *source;
    struct cel_infer infer;
    struct scope *scopes; /* innermost last */
    size_t scope_count, scope_capacity;
    int32_t slots, slots_most;
    struct cel_node **checked; /* to resolve their types at the end */
    size_t checked_count, checked_capacity;
};

static void check(struct checker *checker, struct cel_node *node);

static struct arena *checker_arena(struct checker *checker)
{
    return checker->source->arena;
}

static const char *type_text(struct checker *checker, const struct cel_type *type)
{
    auto_buffer struct buffer out = { .max = 4096 };

    cel_type_format(type, &out);
    return arena_str(checker_arena(checker), buffer_str(&out)).data;
}

static bool is_dyn(const struct cel_type *type)
{
    return type->kind == CEL_DYN || type->kind == CEL_ERROR;
}

static void mismatch(struct checker *checker, const struct cel_node *node, const struct cel_type *wanted,
                     const struct cel_type *found)
{
    cel_problem_add(checker->source, node->offset, "expected type '%s' but found '%s'", type_text(checker, wanted),
                    type_text(checker, found));
}

static void undeclared(struct checker *checker, uint32_t offset, struct str name)
{
    cel_problem_add(checker->source, offset, "undeclared reference to '" STR_FMT "' (in container '')", STR_ARG(name));
}

static const struct cel_type *resolve(struct checker *checker, const struct cel_type *type)
{
    return cel_infer_resolve(&checker->infer, type, false);
}

static const struct cel_type *wrap(struct checker *checker, enum cel_kind kind, const struct cel_type *key,
                                   const struct cel_type *element)
{
    struct cel_type *type = arena_new(checker_arena(checker), struct cel_type);

    type->kind = (uint8_t)kind;
    type->key = key;
    type->element = element;
    return type;
}

/* ---- names ---- */

static const struct scope *scope_find(const struct checker *checker, struct str name)
{
    for (size_t i = checker->scope_count; i-- > 0;)
        if (str_equal(checker->scopes[i].name, name))
            return &checker->scopes[i];
    return NULL;
}

static void scope_push(struct checker *checker, struct str name, const struct cel_type *type, int32_t slot)
{
    if (checker->scope_count == checker->scope_capacity) {
        size_t capacity = checker->scope_capacity == 0 ? 16 : checker->scope_capacity * 2;
        struct scope *scopes = arena_new_array(checker_arena(checker), struct scope, capacity);

        if (checker->scope_count > 0)
            memcpy(scopes, checker->scopes, checker->scope_count * sizeof(scopes[0]));
        checker->scopes = scopes;
        checker->scope_capacity = capacity;
    }
    checker->scopes[checker->scope_count++] = (struct scope){ name, type, slot };
}

/* Makes the node what the name stands for in the environment. */
static bool find_global(struct checker *checker, struct cel_node *node, struct str name)
{
    const struct cel_environment *environment = checker->source->environment;
    const struct cel_type *type;

    for (size_t i = 0; i < environment->variable_count; i++) {
        if (!str_is(name, environment->variables[i].name))
            continue;
        node->kind = CEL_NODE_IDENT;
        node->attribute = true;
        node->ident.name = name;
        node->ident.slot = (int32_t)i;
        node->type = environment->variables[i].type;
        checker->source->used[i] = true;
        return true;
    }
    type = cel_type_named(name);
    if (type == NULL && (environment->libraries & CEL_LIBRARY_PATCHES))
        type = cel_object_type(checker_arena(checker), name);
    if (type == NULL)
        return false;
    node->kind = CEL_NODE_CONSTANT;
    node->attribute = true; /* looked up like a variable, which has a cost */
    node->constant = (struct cel_value){ .kind = CEL_TYPE, .of = type };
    node->type = wrap(checker, CEL_TYPE, NULL, type);
    return true;
}

static void check_ident(struct checker *checker, struct cel_node *node)
{
    struct str name = node->ident.name;
    const struct scope *scope = scope_find(checker, name);

    if (scope != NULL) {
        node->ident.slot = ~scope->slot;
        node->type = scope->type;
        return;
    }
    if (name.size > 0 && name.data[0] == '.')
        name = str_skip(name, 1);
    if (find_global(checker, node, name))
        return;
    undeclared(checker, node->offset, node->ident.name);
    node->type = cel_type_of(CEL_ERROR);
}

/* "a.b.c" of a chain that begins with a name that is not local. */
static bool qualified(struct checker *checker, const struct cel_node *node, struct str *ret_name)
{
    if (node->kind == CEL_NODE_IDENT) {
        *ret_name = node->ident.name;
        return ret_name->size > 0 && scope_find(checker, *ret_name) == NULL;
    }
    if (node->kind != CEL_NODE_SELECT || node->test || !qualified(checker, node->select.operand, ret_name))
        return false;
    *ret_name = str_of(
        arena_format(checker_arena(checker), STR_FMT "." STR_FMT, STR_ARG(*ret_name), STR_ARG(node->select.name)));
    return true;
}

/* Words that are no names of fields: "self.namespace" means the field __namespace__. */
static const struct cel_field *field_find(struct checker *checker, const struct cel_type *type, struct str name)
{
    const struct cel_field *field = cel_type_field(type, name);
    const char *escaped;

    if (field == NULL && cel_escape(checker_arena(checker), name, &escaped) && !str_is(name, escaped) &&
        str_contains(str_of(escaped), name)) /* "__name__", nothing replaced inside */
        field = cel_type_field(type, str_of(escaped));
    return field;
}

static const struct cel_type *field_type(struct checker *checker, const struct cel_node *node,
                                         const struct cel_type *type, struct str *name)
{
    const struct cel_field *field = field_find(checker, type, *name);

    if (field != NULL) {
        *name = str_of(field->name);
        return field->type;
    }
    if (type->open)
        return cel_type_of(CEL_DYN);
    cel_problem_add(checker->source, node->offset, "undefined field '" STR_FMT "'", STR_ARG(*name));
    return cel_type_of(CEL_ERROR);
}

static const struct cel_type *check_field(struct checker *checker, struct cel_node *node, struct cel_node *operand,
                                          struct str *name, bool optional)
{
    const struct cel_type *type, *result = cel_type_of(CEL_DYN);

    check(checker, operand);
    type = resolve(checker, operand->type);
    if (type->kind == CEL_OPTIONAL) {
        optional = true;
        type = resolve(checker, type->element);
    }
    switch (type->kind) {
    case CEL_MAP:
        result = type->element != NULL ? type->element : result;
        break;
    case CEL_OBJECT:
        result = field_type(checker, node, type, name);
        break;
    case CEL_PARAM:
        cel_infer_assign(&checker->infer, result, type);
        break;
    case CEL_OPAQUE: /* upstream's library types are objects without fields */
        if (type != cel_type_opaque(CEL_OPAQUE_IP) && type != cel_type_opaque(CEL_OPAQUE_CIDR)) {
            cel_problem_add(checker->source, node->offset, "undefined field '" STR_FMT "'", STR_ARG(*name));
            result = cel_type_of(CEL_ERROR);
            break;
        }
        __attribute__((fallthrough));
    default:
        if (!is_dyn(type))
            cel_problem_add(checker->source, node->offset, "type '%s' does not support field selection",
                            type_text(checker, type));
        break;
    }
    return optional ? wrap(checker, CEL_OPTIONAL, NULL, result) : result;
}

static void check_select(struct checker *checker, struct cel_node *node)
{
    struct str name;
    const struct cel_type *type;

    if (!node->test && qualified(checker, node, &name) &&
        find_global(checker, node, name.data[0] == '.' ? str_skip(name, 1) : name))
        return;
    type = check_field(checker, node, node->select.operand, &node->select.name, false);
    node->type = node->test ? cel_type_of(CEL_BOOL) : resolve(checker, type);
}

/* ---- calls ---- */

/* Whether there is a function of that name at all. */
static bool function_exists(const struct checker *checker, struct str name)
{
    unsigned libraries = checker->source->environment->libraries;
    struct cel_functions table;

    for (size_t i = 0; cel_functions_at(i, &table); i++)
        for (size_t j = 0; j < table.count; j++)
            if ((libraries & table.rows[j].library) == table.rows[j].library && str_is(name, table.rows[j].function))
                return true;
    return false;
}

static void no_overload(struct checker *checker, const struct cel_node *node)
{
    const struct cel_call *call = &node->call;
    auto_buffer struct buffer out = { .max = 8192 };
    uint32_t first = 0;

    if (call->member) {
        cel_type_format(cel_infer_resolve(&checker->infer, call->args[0]->type, true), &out);
        buffer_append_char(&out, '.');
        first = 1;
    }
    buffer_append_char(&out, '(');
    for (uint32_t i = first; i < call->count; i++) {
        buffer_append_text(&out, i > first ? ", " : "");
        cel_type_format(cel_infer_resolve(&checker->infer, call->args[i]->type, true), &out);
    }
    buffer_append_char(&out, ')');
    cel_problem_add(checker->source, node->offset,
                    "found no matching overload for '" STR_FMT "' applied to '" STR_FMT "'", STR_ARG(call->function),
                    STR_ARG(buffer_str(&out)));
}

static void candidate_add(struct checker *checker, struct cel_call *call, const struct cel_overload *overload,
                          const struct cel_signature *signature)
{
    struct cel_candidate *candidates =
        arena_new_array(checker_arena(checker), struct cel_candidate, call->candidate_count + 1);
    struct cel_candidate *added = &candidates[call->candidate_count];

    if (call->candidate_count > 0)
        memcpy(candidates, call->candidates, call->candidate_count * sizeof(candidates[0]));
    added->overload = overload;
    for (uint32_t i = 0; i < signature->count; i++)
        added->kinds[i] = cel_type_kinds(signature->params[i]);
    call->candidates = candidates;
    call->candidate_count++;
    call->operator= overload->operator;
}

/* Adds the overload when it fits; *type becomes the result, dyn where overloads differ in it. */
static void try_overload(struct checker *checker, struct cel_call *call, const struct cel_overload *overload,
                         const struct cel_type **type)
{
    struct cel_signature signature;
    const struct cel_type *args[CEL_ARGUMENTS_MAX];
    const struct cel_type *result;

    cel_infer_signature(&checker->infer, overload->signature, &signature);
    if (signature.member != call->member || signature.count != call->count)
        return;
    for (uint32_t i = 0; i < call->count; i++)
        args[i] = call->args[i]->type;
    if (!cel_infer_assign_all(&checker->infer, args, signature.params, call->count))
        return;
    candidate_add(checker, call, overload, &signature);
    result = resolve(checker, signature.result);
    if (*type == NULL)
        *type = result;
    else if ((*type)->kind != CEL_DYN && !cel_type_equal(result, *type))
        *type = cel_type_of(CEL_DYN);
}

/* Terms of && and ||, as many as there are. */
static void resolve_terms(struct checker *checker, struct cel_node *node)
{
    const struct cel_type *wanted = cel_type_of(CEL_BOOL);
    bool good = true;

    for (uint32_t i = 0; i < node->call.count; i++) {
        const struct cel_node *term = node->call.args[i];

        if (cel_infer_assign(&checker->infer, term->type, wanted))
            continue;
        mismatch(checker, term, wanted, term->type);
        good = false;
    }
    node->call.operator= str_is(node->call.function, CEL_OP_AND) ? CEL_OPERATOR_AND : CEL_OPERATOR_OR;
    node->type = good ? wanted : cel_type_of(CEL_ERROR);
}

static void resolve_call(struct checker *checker, struct cel_node *node)
{
    struct cel_call *call = &node->call;
    unsigned libraries = checker->source->environment->libraries;
    const struct cel_type *type = NULL;
    struct cel_functions table;

    if (str_is(call->function, CEL_OP_AND) || str_is(call->function, CEL_OP_OR)) {
        resolve_terms(checker, node);
        return;
    }
    for (size_t i = 0; call->count <= CEL_ARGUMENTS_MAX && cel_functions_at(i, &table); i++)
        for (size_t j = 0; j < table.count; j++)
            if ((libraries & table.rows[j].library) == table.rows[j].library &&
                str_is(call->function, table.rows[j].function))
                try_overload(checker, call, &table.rows[j], &type);
    if (type == NULL) {
        no_overload(checker, node);
        type = cel_type_of(CEL_ERROR);
    }
    node->type = type;
}

static void check_opt_select(struct checker *checker, struct cel_node *node)
{
    struct cel_call *call = &node->call;

    call->args[1]->type = cel_type_of(CEL_STRING);
    call->operator= CEL_OPERATOR_OPT_SELECT;
    node->type = resolve(checker, check_field(checker, node, call->args[0], &call->args[1]->constant.text, true));
}

static void check_call(struct checker *checker, struct cel_node *node)
{
    struct cel_call *call = &node->call;
    struct str name;

    if (str_is(call->function, CEL_OP_OPT_SELECT)) {
        check_opt_select(checker, node);
        return;
    }
    for (uint32_t i = call->member; i < call->count; i++)
        check(checker, call->args[i]);
    if (call->member && qualified(checker, call->args[0], &name)) {
        name =
            str_of(arena_format(checker_arena(checker), STR_FMT "." STR_FMT, STR_ARG(name), STR_ARG(call->function)));
        if (function_exists(checker, name)) { /* sets.contains(a, b): no target */
            call->function = name;
            call->member = false;
            call->args++;
            call->count--;
            resolve_call(checker, node);
            return;
        }
    }
    if (call->member)
        check(checker, call->args[0]);
    if (!function_exists(checker, call->function)) {
        undeclared(checker, node->offset, call->function);
        node->type = cel_type_of(CEL_ERROR);
        return;
    }
    resolve_call(checker, node);
}

/* ---- literals ---- */

/* The type of all elements so far and one more; where they differ, cel_validate() has the last word. */
static const struct cel_type *join(struct checker *checker, const struct cel_type *before, const struct cel_type *type)
{
    if (before == NULL)
        return type;
    if (cel_infer_assign(&checker->infer, before, type))
        return cel_infer_general(before, type);
    return cel_type_of(CEL_DYN);
}

/* An optional element is one of what it holds. */
static const struct cel_type *unwrap(struct checker *checker, const struct cel_node *node)
{
    const struct cel_type *type = node->type;

    if (type->kind == CEL_OPTIONAL)
        return type->element;
    if (type->kind != CEL_DYN)
        mismatch(checker, node, wrap(checker, CEL_OPTIONAL, NULL, type), type);
    return type;
}

static void check_list(struct checker *checker, struct cel_node *node)
{
    const struct cel_elements *elements = &node->elements;
    const struct cel_type *type = NULL;

    for (uint32_t i = 0; i < elements->count; i++) {
        struct cel_node *element = elements->nodes[i];

        check(checker, element);
        type = join(checker, type, elements->optional[i] ? unwrap(checker, element) : element->type);
    }
    node->type = wrap(checker, CEL_LIST, NULL, type != NULL ? type : cel_infer_param(&checker->infer));
}

static void check_map(struct checker *checker, struct cel_node *node)
{
    const struct cel_elements *elements = &node->elements;
    const struct cel_type *keys = NULL, *values = NULL;

    for (uint32_t i = 0; i < elements->count; i++) {
        struct cel_node *key = elements->nodes[2 * i], *value = elements->nodes[2 * i + 1];

        check(checker, key);
        keys = join(checker, keys, key->type);
        check(checker, value);
        values = join(checker, values, elements->optional[i] ? unwrap(checker, value) : value->type);
    }
    if (keys == NULL) {
        keys = cel_infer_param(&checker->infer);
        values = cel_infer_param(&checker->infer);
    }
    node->type = wrap(checker, CEL_MAP, keys, values);
}

/* A field that is initialized. */
static void check_member(struct checker *checker, const struct cel_type *object, const struct cel_elements *elements,
                         uint32_t i)
{
    struct cel_node *value = elements->nodes[i];
    const struct cel_field *field = cel_type_field(object, elements->names[i]);
    const struct cel_type *type;

    check(checker, value);
    type = elements->optional[i] ? unwrap(checker, value) : value->type;
    if (field == NULL && object->open)
        return;
    if (field == NULL)
        cel_problem_add(checker->source, elements->places[i], "undefined field '" STR_FMT "'",
                        STR_ARG(elements->names[i]));
    else if (!cel_infer_assign(&checker->infer, field->type, type))
        cel_problem_add(checker->source, elements->places[i],
                        "expected type of field '" STR_FMT "' is '%s' but provided type is '%s'",
                        STR_ARG(elements->names[i]), type_text(checker, field->type), type_text(checker, type));
}

static void check_object(struct checker *checker, struct cel_node *node)
{
    const struct cel_elements *elements = &node->elements;
    struct str name = elements->object;
    const struct cel_type *type = NULL;

    if (name.size > 0 && name.data[0] == '.')
        name = str_skip(name, 1);
    if (checker->source->environment->libraries & CEL_LIBRARY_PATCHES)
        type = cel_object_type(checker_arena(checker), name);
    if (type == NULL) {
        undeclared(checker, node->offset, elements->object);
        node->type = cel_type_of(CEL_ERROR);
        return;
    }
    node->type = type;
    for (uint32_t i = 0; i < elements->count; i++)
        check_member(checker, type, elements, i);
}

/* ---- folds ---- */

/* What the variables of a fold are, of the type of its range. */
static void range_types(struct checker *checker, const struct cel_node *range, bool two,
                        const struct cel_type **ret_first, const struct cel_type **ret_second)
{
    const struct cel_type *type = resolve(checker, range->type);

    *ret_first = *ret_second = cel_type_of(CEL_DYN);
    switch (type->kind) {
    case CEL_LIST:
        *ret_first = two ? cel_type_of(CEL_INT) : type->element;
        *ret_second = type->element;
        break;
    case CEL_MAP:
        *ret_first = type->key;
        *ret_second = type->element;
        break;
    case CEL_DYN:
    case CEL_ERROR:
    case CEL_PARAM:
        cel_infer_assign(&checker->infer, cel_type_of(CEL_DYN), type);
        break;
    default:
        cel_problem_add(checker->source, range->offset,
                        "expression of type '%s' cannot be range of a comprehension (must be list, map, or dynamic)",
                        type_text(checker, type));
        *ret_first = *ret_second = cel_type_of(CEL_ERROR);
        break;
    }
}

static void assert_type(struct checker *checker, const struct cel_node *node, const struct cel_type *wanted)
{
    if (!cel_infer_assign(&checker->infer, wanted, node->type))
        mismatch(checker, node, wanted, node->type);
}

static void check_fold(struct checker *checker, struct cel_node *node)
{
    struct cel_fold *fold = node->fold;
    const struct cel_type *first, *second;
    bool two = fold->variable2.size > 0;
    size_t scopes;

    check(checker, fold->range);
    check(checker, fold->init);
    range_types(checker, fold->range, two, &first, &second);
    fold->slot = checker->slots;
    checker->slots += 3;
    if (checker->slots > checker->slots_most)
        checker->slots_most = checker->slots;

    scope_push(checker, fold->accumulator, fold->init->type, fold->slot + 2);
    scopes = checker->scope_count;
    scope_push(checker, fold->variable, first, fold->slot);
    if (two)
        scope_push(checker, fold->variable2, second, fold->slot + 1);
    check(checker, fold->condition);
    assert_type(checker, fold->condition, cel_type_of(CEL_BOOL));
    check(checker, fold->step);
    assert_type(checker, fold->step, fold->init->type);
    checker->scope_count = scopes;
    check(checker, fold->result);
    checker->scope_count = scopes - 1;
    checker->slots -= 3;
    node->type = resolve(checker, fold->result->type);
}

static void checked_add(struct checker *checker, struct cel_node *node)
{
    if (checker->checked_count == checker->checked_capacity) {
        size_t capacity = checker->checked_capacity == 0 ? 64 : checker->checked_capacity * 2;
        struct cel_node **checked = arena_new_array(checker_arena(checker), struct cel_node *, capacity);

        if (checker->checked_count > 0)
            memcpy(checked, checker->checked, checker->checked_count * sizeof(struct cel_node *));
        checker->checked = checked;
        checker->checked_capacity = capacity;
    }
    checker->checked[checker->checked_count++] = node;
}

static void check(struct checker *checker, struct cel_node *node)
{
    if (node->type != NULL) /* macros use a node twice */
        return;
    switch (node->kind) {
    case CEL_NODE_CONSTANT:
        node->type = cel_type_of((enum cel_kind)node->constant.kind);
        break;
    case CEL_NODE_IDENT:
        check_ident(checker, node);
        break;
    case CEL_NODE_SELECT:
        check_select(checker, node);
        break;
    case CEL_NODE_CALL:
        check_call(checker, node);
        break;
    case CEL_NODE_LIST:
        check_list(checker, node);
        break;
    case CEL_NODE_MAP:
        check_map(checker, node);
        break;
    case CEL_NODE_OBJECT:
        check_object(checker, node);
        break;
    default:
        check_fold(checker, node);
        break;
    }
    checked_add(checker, node);
}

int cel_check(struct cel_source *source, struct cel_node *root, int32_t *ret_locals)
{
    struct checker checker = { .source = source, .infer = { .arena = source->arena } };

    check(&checker, root);
    if (source->problem_count > 0)
        return -ERROR_INVALID;
    for (size_t i = 0; i < checker.checked_count; i++)
        checker.checked[i]->type = cel_infer_resolve(&checker.infer, checker.checked[i]->type, true);
    *ret_locals = checker.slots_most;
    return 0;
}
