/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node.h - the tree of an expression: made by the parser, typed by the checker, walked by the evaluator.
 *
 * Everything lives in the arena of the program and does not change once it is compiled. */
#ifndef CEL_SYNTAX_NODE_H
#define CEL_SYNTAX_NODE_H

#include "cel/cel.h"

enum cel_node_kind {
    CEL_NODE_CONSTANT,
    CEL_NODE_IDENT,
    CEL_NODE_SELECT,
    CEL_NODE_CALL,
    CEL_NODE_LIST,
    CEL_NODE_MAP,
    CEL_NODE_OBJECT,
    CEL_NODE_FOLD,
};

struct cel_overload;
struct cel_candidate;
struct cel_estimate;
struct regex;
struct cel_fold;

/* Operators are calls of these names, as messages have them. */
#define CEL_OP_AND        "_&&_"
#define CEL_OP_OR         "_||_"
#define CEL_OP_IF         "_?_:_"
#define CEL_OP_INDEX      "_[_]"
#define CEL_OP_OPT_INDEX  "_[?_]"
#define CEL_OP_OPT_SELECT "_?._"
#define CEL_ACCUMULATOR   "@result"

/* What the evaluator does itself, without calling a function. */
enum cel_operator {
    CEL_OPERATOR_NONE,
    CEL_OPERATOR_AND,
    CEL_OPERATOR_OR,
    CEL_OPERATOR_IF,
    CEL_OPERATOR_NOT_STRICTLY_FALSE,
    CEL_OPERATOR_OPT_SELECT,
    CEL_OPERATOR_INDEX,
    CEL_OPERATOR_OPT_INDEX,
    CEL_OPERATOR_OR_OPTIONAL,
    CEL_OPERATOR_OR_VALUE,
};

struct cel_call {
    struct str function;
    struct cel_node **args; /* of a member call the target is the first */
    uint32_t count;
    bool member;
    bool constant_set; /* membership in a list of constants: upstream makes it a look-up that costs nothing */
    uint8_t operator;  /* enum cel_operator */
    uint32_t candidate_count;
    struct cel_candidate *candidates; /* overloads that fit the checked types; never none after checking */
    const struct regex *pattern;      /* of a constant pattern, compiled once */
};

#define CEL_ARGUMENTS_MAX 4

/* An overload, and the kinds of values that each of its parameters takes: see cel_type_kinds(). */
struct cel_candidate {
    const struct cel_overload *overload;
    uint32_t kinds[CEL_ARGUMENTS_MAX];
};

/* Elements of a list; keys and values in turn of a map; values of an object, whose names are in 'names'. */
struct cel_elements {
    struct cel_node **nodes;
    bool *optional; /* one for each element or entry */
    struct str *names;
    uint32_t *places; /* of an object: where messages about its fields point */
    struct str object;
    uint32_t count; /* of elements or entries */
};

struct cel_node {
    uint8_t kind;   /* enum cel_node_kind */
    bool test;      /* of a select: has() */
    bool attribute; /* an identifier or selections from one: upstream counts their costs apart from other expressions */
    bool validated, folded; /* cel_validate(), cel_fold_constants() were here: macros may use a node twice */
    uint16_t depth;
    uint32_t offset; /* byte in the text where messages point */
    const struct cel_type *type;
    struct cel_estimate *estimate; /* what is expected of evaluating it, see estimate.c */
    union {
        struct cel_value constant;
        struct {
            struct str name;
            int32_t slot; /* a variable of the environment, or a local one of a fold: ~slot */
        } ident;
        struct {
            struct cel_node *operand;
            struct str name;
        } select;
        struct cel_call call;
        struct cel_elements elements;
        struct cel_fold *fold;
    };
};

/* for (variable, variable2) in range: accumulator = step, while condition; then result. */
struct cel_fold {
    struct str variable, variable2, accumulator; /* variable2.size is 0 where there is one variable */
    int32_t slot;                                /* of 'variable'; variable2 and accumulator follow it */
    bool bind;                                   /* nothing is iterated: a name for 'init' in 'result' */
    struct cel_node *range, *init, *condition, *step, *result;
};

/* What compiling collects: problems, and the program's memory. */
struct cel_problem {
    uint32_t offset;
    bool nowhere; /* concerns the whole text */
    const char *message;
};

#define CEL_PROBLEMS_MAX 100

struct cel_source {
    struct str text;
    struct arena *arena;
    const struct cel_environment *environment;
    bool *used; /* a flag for each variable of the environment */
    struct cel_problem problems[CEL_PROBLEMS_MAX];
    size_t problem_count;
    const char *unbuilt; /* why constants of a text that is in order make no program; NULL: they do */
};

void cel_problem_add(struct cel_source *source, uint32_t offset, const char *format, ...) printf_like(3, 4);
void cel_problem_add_nowhere(struct cel_source *source, const char *message);
void cel_problems_print(struct cel_source *source, struct buffer *out);

struct cel_node *cel_node_new(struct arena *arena, enum cel_node_kind kind, uint32_t offset);
struct cel_node *cel_node_constant(struct arena *arena, uint32_t offset, struct cel_value value);
struct cel_node *cel_node_ident(struct arena *arena, uint32_t offset, struct str name);

/* Takes the array. */
struct cel_node *cel_node_call(struct arena *arena, uint32_t offset, struct str function, struct cel_node **args,
                               uint32_t count, bool member);
static inline bool cel_node_calls(const struct cel_node *node, const char *function)
{
    return node->kind == CEL_NODE_CALL && str_is(node->call.function, function);
}

/* Parsing; NULL when there are problems. */
struct cel_node *cel_parse(struct cel_source *source);

/* Expands a call that is a macro; NULL when it is none, or when a problem was added. */
struct cel_node *cel_macro_expand(struct cel_source *source, uint32_t offset, struct str name, struct cel_node *target,
                                  struct cel_node **args, uint32_t count);

/* Types every node, finds variables and overloads. 'ret_locals' is the number of slots of local variables. */
int cel_check(struct cel_source *source, struct cel_node *root, int32_t *ret_locals);

/* Problems that types do not show, see validate.c. */
void cel_validate(struct cel_source *source, struct cel_node *root);

/* Folds constants as upstream does. */
void cel_fold_constants(struct cel_source *source, struct cel_node *root);

struct cel_cost cel_estimate(struct arena *arena, const struct cel_environment *environment, struct cel_node *root);

#endif
