/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* macro.c - calls that stand for other expressions: has(), all(), map(), ...
 *
 * Most become a fold: an accumulator starts with a value, each element of a range makes a new one of it, and the last
 * is the result. What exactly is in a fold is visible in its cost, so it is upstream's. */
#include "cel/syntax/node.h"

#include <assert.h>

/* Where a macro is expanded: makes nodes at the call. */
struct site {
    struct cel_source *source;
    uint32_t offset;
    struct str name;
    struct cel_node *target;
    struct cel_node **args;
    uint32_t count;
};

static struct cel_node *make_call(const struct site *site, const char *function, bool member, uint32_t count,
                                  struct cel_node *a, struct cel_node *b, struct cel_node *c)
{
    struct cel_node *given[] = { a, b, c };
    struct cel_node **args = arena_new_array(site->source->arena, struct cel_node *, 3);

    memcpy(args, given, sizeof(given));
    return cel_node_call(site->source->arena, site->offset, str_of(function), args, count, member);
}

static struct cel_node *make_constant(const struct site *site, struct cel_value value)
{
    return cel_node_constant(site->source->arena, site->offset, value);
}

static struct cel_node *make_ident(const struct site *site, struct str name)
{
    return cel_node_ident(site->source->arena, site->offset, name);
}

static struct cel_node *make_accumulator(const struct site *site)
{
    return make_ident(site, STR(CEL_ACCUMULATOR));
}

/* A list of one element, or of none. */
static struct cel_node *make_list(const struct site *site, struct cel_node *element)
{
    struct cel_node *list = cel_node_new(site->source->arena, CEL_NODE_LIST, site->offset);

    list->elements.nodes = arena_new_array(site->source->arena, struct cel_node *, 1);
    list->elements.optional = arena_new_array(site->source->arena, bool, 1);
    list->elements.nodes[0] = element;
    list->elements.count = element != NULL;
    return list;
}

static struct cel_node *make_map(const struct site *site)
{
    return cel_node_new(site->source->arena, CEL_NODE_MAP, site->offset);
}

static struct cel_node *make_fold(const struct site *site, const struct cel_fold *parts)
{
    struct cel_node *node = cel_node_new(site->source->arena, CEL_NODE_FOLD, site->offset);

    node->fold = arena_new(site->source->arena, struct cel_fold);
    *node->fold = *parts;
    if (parts->accumulator.size == 0)
        node->fold->accumulator = STR(CEL_ACCUMULATOR);
    return node;
}

/* A name for a value in an expression. */
static struct cel_node *make_bind(const struct site *site, struct str name, struct cel_node *init,
                                  struct cel_node *result)
{
    struct cel_fold fold = {
        .variable = STR("#unused"),
        .accumulator = name,
        .bind = true,
        .range = make_list(site, NULL),
        .init = init,
        .condition = make_constant(site, cel_value_bool(false)),
        .step = make_ident(site, name),
        .result = result,
    };

    return make_fold(site, &fold);
}

static struct cel_node *macro_fail(const struct site *site, const struct cel_node *at, const char *message)
{
    cel_problem_add(site->source, at->offset, "%s", message);
    return NULL;
}

/* The variable names in front of the other arguments. */
static bool read_variables(const struct site *site, unsigned count, const char *complaint, struct cel_fold *fold)
{
    struct str *names[] = { &fold->variable, &fold->variable2 };

    assert(count <= countof(names));
    for (unsigned i = 0; i < count; i++) {
        if (site->args[i]->kind != CEL_NODE_IDENT || site->args[i]->ident.name.data[0] == '.') {
            macro_fail(site, site->args[i], complaint);
            return false;
        }
        *names[i] = site->args[i]->ident.name;
        if (i == 1 && str_equal(fold->variable, fold->variable2)) {
            cel_problem_add(site->source, site->args[i]->offset, "duplicate variable name: " STR_FMT,
                            STR_ARG(fold->variable));
            return false;
        }
        if (str_is(*names[i], "__result__")) {
            macro_fail(site, site->args[i], "iteration variable overwrites accumulator variable");
            return false;
        }
    }
    return true;
}

static struct cel_node *expand_has(const struct site *site, unsigned variables)
{
    struct cel_node *select = site->args[0], *test;

    (void)variables;
    if (select->kind != CEL_NODE_SELECT || select->test)
        return macro_fail(site, select, "invalid argument to has() macro");
    test = cel_node_new(site->source->arena, CEL_NODE_SELECT, site->offset);
    test->select = select->select;
    test->test = true;
    return test;
}

static struct cel_node *expand_all(const struct site *site, unsigned variables)
{
    struct cel_fold fold = { .range = site->target };

    if (!read_variables(site, variables, "argument must be a simple name", &fold))
        return NULL;
    fold.init = make_constant(site, cel_value_bool(true));
    fold.condition = make_call(site, "@not_strictly_false", false, 1, make_accumulator(site), NULL, NULL);
    fold.step = make_call(site, CEL_OP_AND, false, 2, make_accumulator(site), site->args[variables], NULL);
    fold.result = make_accumulator(site);
    return make_fold(site, &fold);
}

static struct cel_node *expand_exists(const struct site *site, unsigned variables)
{
    struct cel_fold fold = { .range = site->target };
    struct cel_node *no;

    if (!read_variables(site, variables, "argument must be a simple name", &fold))
        return NULL;
    no = make_call(site, "!_", false, 1, make_accumulator(site), NULL, NULL);
    fold.init = make_constant(site, cel_value_bool(false));
    fold.condition = make_call(site, "@not_strictly_false", false, 1, no, NULL, NULL);
    fold.step = make_call(site, CEL_OP_OR, false, 2, make_accumulator(site), site->args[variables], NULL);
    fold.result = make_accumulator(site);
    return make_fold(site, &fold);
}

static struct cel_node *expand_exists_one(const struct site *site, unsigned variables)
{
    struct cel_fold fold = { .range = site->target };
    struct cel_node *more;

    if (!read_variables(site, variables, "argument must be a simple name", &fold))
        return NULL;
    more = make_call(site, "_+_", false, 2, make_accumulator(site), make_constant(site, cel_value_int(1)), NULL);
    fold.init = make_constant(site, cel_value_int(0));
    fold.condition = make_constant(site, cel_value_bool(true));
    fold.step = make_call(site, CEL_OP_IF, false, 3, site->args[variables], more, make_accumulator(site));
    fold.result =
        make_call(site, "_==_", false, 2, make_accumulator(site), make_constant(site, cel_value_int(1)), NULL);
    return make_fold(site, &fold);
}

/* The step of what collects: with a filter in front the accumulator may stay what it is. */
static struct cel_node *filtered(const struct site *site, struct cel_node *filter, struct cel_node *step)
{
    return filter == NULL ? step : make_call(site, CEL_OP_IF, false, 3, filter, step, make_accumulator(site));
}

static struct cel_node *collect(const struct site *site, struct cel_fold *fold, struct cel_node *filter,
                                struct cel_node *element)
{
    struct cel_node *step = make_call(site, "_+_", false, 2, make_accumulator(site), make_list(site, element), NULL);

    fold->init = make_list(site, NULL);
    fold->condition = make_constant(site, cel_value_bool(true));
    fold->step = filtered(site, filter, step);
    fold->result = make_accumulator(site);
    return make_fold(site, fold);
}

static struct cel_node *expand_map(const struct site *site, unsigned variables)
{
    struct cel_fold fold = { .range = site->target };
    bool filter = site->count > variables + 1;

    if (!read_variables(site, variables,
                        variables == 1 ? "argument is not an identifier" : "argument must be a simple name", &fold))
        return NULL;
    return collect(site, &fold, filter ? site->args[variables] : NULL, site->args[variables + filter]);
}

static struct cel_node *expand_filter(const struct site *site, unsigned variables)
{
    struct cel_fold fold = { .range = site->target };

    if (!read_variables(site, variables, "argument is not an identifier", &fold))
        return NULL;
    return collect(site, &fold, site->args[1], make_ident(site, fold.variable));
}

static struct cel_node *expand_transform_map(const struct site *site, unsigned variables)
{
    struct cel_fold fold = { .range = site->target };
    bool filter = site->count > variables + 1;
    struct cel_node *value = site->args[variables + filter], *step;

    if (!read_variables(site, variables, "argument must be a simple name", &fold))
        return NULL;
    if (str_is(site->name, "transformMapEntry"))
        step = make_call(site, "cel.@mapInsert", false, 2, make_accumulator(site), value, NULL);
    else
        step =
            make_call(site, "cel.@mapInsert", false, 3, make_accumulator(site), make_ident(site, fold.variable), value);
    fold.init = make_map(site);
    fold.condition = make_constant(site, cel_value_bool(true));
    fold.step = filtered(site, filter ? site->args[variables] : NULL, step);
    fold.result = make_accumulator(site);
    return make_fold(site, &fold);
}

/* cel.bind(name, value, expression); another target is a call of something else. */
static struct cel_node *expand_bind(const struct site *site, unsigned variables)
{
    struct cel_fold names = { 0 };

    if (site->target->kind != CEL_NODE_IDENT || !str_is(site->target->ident.name, "cel"))
        return NULL;
    if (!read_variables(site, variables, "cel.bind() variable names must be simple identifiers", &names))
        return NULL;
    return make_bind(site, names.variable, site->args[1], site->args[2]);
}

/* target.hasValue() ? optional.of(expression with the value under that name) : optional.none() */
static struct cel_node *expand_opt_map(const struct site *site, unsigned variables)
{
    struct cel_fold names = { 0 };
    bool flat = str_is(site->name, "optFlatMap");
    struct cel_node *has, *value, *result;

    if (!read_variables(site, variables,
                        flat ? "optFlatMap() variable name must be a simple identifier"
                             : "optMap() variable name must be a simple identifier",
                        &names))
        return NULL;
    has = make_call(site, "hasValue", true, 1, site->target, NULL, NULL);
    value = make_call(site, "value", true, 1, site->target, NULL, NULL);
    result = make_bind(site, names.variable, value, site->args[1]);
    if (!flat)
        result = make_call(site, "optional.of", false, 1, result, NULL, NULL);
    return make_call(site, CEL_OP_IF, false, 3, has, result,
                     make_call(site, "optional.none", false, 0, NULL, NULL, NULL));
}

static struct cel_node *expand_sort_by(const struct site *site, unsigned variables)
{
    const struct str input = STR("@__sortBy_input__");
    struct site keys = *site;
    struct cel_node *map;

    keys.target = make_ident(site, input);
    map = expand_map(&keys, variables);
    if (map == NULL)
        return NULL;
    return make_bind(site, input, site->target,
                     make_call(site, "@sortByAssociatedKeys", true, 2, make_ident(site, input), map, NULL));
}

static const struct macro {
    const char *name;
    bool member;
    uint8_t variables; /* names in front of the other arguments */
    uint8_t least, most;
    uint8_t library; /* enum cel_library that has it; 0: always there */
    struct cel_node *(*expand)(const struct site *site, unsigned variables);
} macros[] = {
    { "has", false, 0, 1, 1, 0, expand_has },
    { "all", true, 1, 2, 2, 0, expand_all },
    { "all", true, 2, 3, 3, 0, expand_all },
    { "exists", true, 1, 2, 2, 0, expand_exists },
    { "exists", true, 2, 3, 3, 0, expand_exists },
    { "exists_one", true, 1, 2, 2, 0, expand_exists_one },
    { "exists_one", true, 2, 3, 3, 0, expand_exists_one },
    { "existsOne", true, 1, 2, 2, 0, expand_exists_one },
    { "existsOne", true, 2, 3, 3, 0, expand_exists_one },
    { "map", true, 1, 2, 3, 0, expand_map },
    { "filter", true, 1, 2, 2, 0, expand_filter },
    { "transformList", true, 2, 3, 4, 0, expand_map },
    { "transformMap", true, 2, 3, 4, 0, expand_transform_map },
    { "transformMapEntry", true, 2, 3, 4, 0, expand_transform_map },
    { "optMap", true, 1, 2, 2, 0, expand_opt_map },
    { "optFlatMap", true, 1, 2, 2, 0, expand_opt_map },
    { "sortBy", true, 1, 2, 2, 0, expand_sort_by },
    { "bind", true, 1, 3, 3, CEL_LIBRARY_BINDINGS, expand_bind },
};

struct cel_node *cel_macro_expand(struct cel_source *source, uint32_t offset, struct str name, struct cel_node *target,
                                  struct cel_node **args, uint32_t count)
{
    const struct site site = { source, offset, name, target, args, count };

    for (size_t i = 0; i < countof(macros); i++) {
        const struct macro *macro = &macros[i];

        if (!str_is(name, macro->name) || macro->member != (target != NULL) || count < macro->least ||
            count > macro->most || (source->environment->libraries & macro->library) != macro->library)
            continue;
        return macro->expand(&site, macro->variables);
    }
    return NULL;
}
