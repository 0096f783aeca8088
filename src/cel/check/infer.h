/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* infer.h - types with free parameters, and what is known of those. */
#ifndef CEL_CHECK_INFER_H
#define CEL_CHECK_INFER_H

#include "cel/function.h"

struct cel_infer {
    struct arena *arena;
    const struct cel_type **bound; /* of the parameter with that number (its 'max'); NULL: free */
    size_t count, capacity;
    uint32_t *trail; /* parameters in the order they were bound or changed, and what they were before */
    const struct cel_type **before;
    size_t trail_count, trail_capacity;
};

const struct cel_type *cel_infer_param(struct cel_infer *infer);

/* Whether a value of type 'from' may stand where 'to' is wanted; what that says of parameters is kept when it may. */
bool cel_infer_assign(struct cel_infer *infer, const struct cel_type *to, const struct cel_type *from);

/* The same for lists of types: all or nothing. */
bool cel_infer_assign_all(struct cel_infer *infer, const struct cel_type *const *to, const struct cel_type *const *from,
                          size_t count);

/* Parameters replaced by what they are known to be; free ones stay, or are dyn. */
const struct cel_type *cel_infer_resolve(struct cel_infer *infer, const struct cel_type *type, bool free_is_dyn);

/* The more general of two that may be assigned. */
const struct cel_type *cel_infer_general(const struct cel_type *a, const struct cel_type *b);

/* A decoded signature. */
struct cel_signature {
    const struct cel_type *params[CEL_ARGUMENTS_MAX];
    const struct cel_type *result;
    uint32_t count;
    bool member;
};

/* Decodes with fresh parameters. */
void cel_infer_signature(struct cel_infer *infer, const char *text, struct cel_signature *ret_signature);

/* 1 << kind for each kind of value that the type takes; of opaque values 1 << (CEL_KIND_COUNT + form). */
uint32_t cel_type_kinds(const struct cel_type *type);

/* The type of that name in expressions ("int", "net.IP"); NULL when there is none. */
const struct cel_type *cel_type_named(struct str name);
const struct cel_type *cel_type_opaque(enum cel_opaque opaque);

/* Of objects that expressions may make: "JSONPatch", "Object", "Object.spec"; NULL when it is none of them. */
const struct cel_type *cel_object_type(struct arena *arena, struct str name);

/* What type() calls the type of a value. */
const char *cel_type_runtime_name(const struct cel_type *type);

#endif
