/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema.h - what apply must know of a place in a document: what may stand there, how it is merged, what is below.
 *
 * Three kinds of knowledge fill it in: the tables of a built-in type (apply_schema_of_type), a structural schema of a
 * custom resource (api/structural has that adapter), or none: then what is found decides, maps are granular and lists
 * atomic. A place is a value of three words, made while walking down; nothing is allocated. Adapters are const, their
 * nodes stay while places that point at them are used. All functions are pure and safe from any thread. */
#ifndef API_APPLY_SCHEMA_H
#define API_APPLY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct api_type;
struct apply_schema;

/* All zero: nothing is known ("deduced"). */
struct apply_place {
    const struct apply_schema *schema;
    const void *node; /* the adapter's: a type, a field, a node of a schema */
    uintptr_t state;  /* the adapter's, e.g. "the items of the list that node is" */
};

/* What may stand at a place; several when the schema allows it (an IntOrString is both scalars). */
enum apply_allowed {
    APPLY_MAP = 1 << 0,
    APPLY_LIST = 1 << 1,
    APPLY_STRING = 1 << 2,
    APPLY_NUMBER = 1 << 3,
    APPLY_BOOLEAN = 1 << 4,
    APPLY_SCALAR = APPLY_STRING | APPLY_NUMBER | APPLY_BOOLEAN,
    APPLY_ANYTHING = APPLY_MAP | APPLY_LIST | APPLY_SCALAR,
};

enum apply_list { APPLY_LIST_ATOMIC, APPLY_LIST_SET, APPLY_LIST_MAP };

#define APPLY_KEYS_MAX 8 /* keys of one list of maps */

struct apply_key {
    struct str name;
    struct str default_json; /* what an item without it means; data NULL: it must be there */
};

struct apply_shape {
    unsigned allowed; /* enum apply_allowed */
    bool map_atomic;  /* a map is owned and replaced as a whole */
    enum apply_list list;
    struct apply_key keys[APPLY_KEYS_MAX]; /* of APPLY_LIST_MAP, in the schema's order */
    size_t n_keys;
};

/* How a map's schema knows a member. */
enum apply_member {
    APPLY_MEMBER_FIELD,   /* by its name, as the field of a struct */
    APPLY_MEMBER_ENTRY,   /* as one of any number of entries (labels), or because unknown fields are kept */
    APPLY_MEMBER_UNKNOWN, /* it must not be there */
};

/* One kind of knowledge. Asked only about places that carry it. */
struct apply_schema {
    void (*describe)(const struct apply_place *place, struct apply_shape *ret_shape);
    /* The place of a member of the map there; set also for ENTRY, untouched for UNKNOWN. */
    enum apply_member (*member)(const struct apply_place *place, struct str key, struct apply_place *ret_place);
    /* The place of the items of the list there. */
    void (*item)(const struct apply_place *place, struct apply_place *ret_place);
};

/* The same for any place, also for those of which nothing is known. */
void apply_describe(const struct apply_place *place, struct apply_shape *ret_shape);
enum apply_member apply_member(const struct apply_place *place, struct str key, struct apply_place *ret_place);
void apply_item(const struct apply_place *place, struct apply_place *ret_place);

/* The root of a document of a built-in kind: its kind and apiVersion are known fields too. */
struct apply_place apply_schema_of_type(const struct api_type *type);

/* The root of an object of which nothing but its metadata is known. */
struct apply_place apply_schema_of_object(void);

#endif
