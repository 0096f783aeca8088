/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* structural.h - what the schema of a CustomResourceDefinition means, compiled once.
 *
 * A structural schema says of every place in a custom resource which members it has, what fills them and what they must be.
 * It is compiled from JSONSchemaProps into an immutable tree; functions walk a JSON document beside it:
 *   structural_coerce()    prunes unknown fields, fills defaults and says what was unknown, in one walk that writes the result
 *   structural_validate()  finds what is wrong with a value, in upstream's words; on updates what was wrong before is tolerated
 * All is pure. A schema may be used by any number of threads at once.
 *
 * Documents are yyjson's read-only ones; numbers may be raw (json_read()) or parsed. Walks recurse as deep as the schema does. */
#ifndef API_STRUCTURAL_STRUCTURAL_H
#define API_STRUCTURAL_STRUCTURAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

#include "api/codec.h"
#include "api/validation/invalid.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

#define STRUCTURAL_FREE_MAX   400     /* nesting of what no schema describes, to which members are sorted */
#define STRUCTURAL_SCHEMA_MAX 200     /* nesting of a schema */
#define STRUCTURAL_NODES_MAX  200000  /* places of a schema */
#define STRUCTURAL_FILL_MAX   1048576 /* bytes of one default, with the defaults inside of it */

struct api_apiextensions_json_schema_props;
struct api_apiextensions_validation_rule;

enum structural_type {
    STRUCTURAL_UNTYPED, /* int-or-string, preserved, or inside allOf, anyOf, oneOf, not */
    STRUCTURAL_OBJECT,
    STRUCTURAL_ARRAY,
    STRUCTURAL_STRING,
    STRUCTURAL_INTEGER,
    STRUCTURAL_NUMBER,
    STRUCTURAL_BOOLEAN,
};

enum structural_list { STRUCTURAL_LIST_ATOMIC, STRUCTURAL_LIST_SET, STRUCTURAL_LIST_MAP };

enum structural_additional {
    STRUCTURAL_ADDITIONAL_NONE, /* not said: other members are pruned */
    STRUCTURAL_ADDITIONAL_FALSE,
    STRUCTURAL_ADDITIONAL_TRUE,
    STRUCTURAL_ADDITIONAL_SCHEMA, /* node->additional */
};

struct structural_node;
struct structural_checks; /* what values must be beside their type; checks.h */

struct structural_property {
    struct str name; /* NUL-terminated */
    struct str json; /* ,"name": as it is written */
    const struct structural_node *node;
};

/* A place in documents. Read-only. */
struct structural_node {
    uint8_t type;       /* enum structural_type */
    uint8_t additional; /* enum structural_additional */
    uint8_t list;       /* enum structural_list */
    bool list_typed;    /* x-kubernetes-list-type was given */
    bool map_atomic;
    bool nullable;
    bool int_or_string;
    bool embedded;     /* x-kubernetes-embedded-resource */
    bool preserve;     /* x-kubernetes-preserve-unknown-fields */
    bool fills;        /* it or something below has a default */
    bool embeds_below; /* it or something below is an embedded resource */
    bool rules_below;  /* it or something below has rules */
    bool unique_below; /* it or something below is a list that is a set or a map */
    bool nested;       /* inside allOf, anyOf, oneOf, not */
    uint32_t n_properties;
    uint32_t n_filled;
    uint32_t n_list_keys;
    uint32_t n_rules;
    const struct structural_property *properties;    /* sorted by name */
    const struct structural_property *const *filled; /* those with a default, sorted by name */
    const struct structural_node *items;             /* NULL: not said */
    const struct structural_node *additional_node;   /* STRUCTURAL_ADDITIONAL_SCHEMA, else NULL */
    const char *const *list_keys;                    /* of STRUCTURAL_LIST_MAP */
    struct str fill;        /* default, canonical JSON with the defaults inside of it filled in; data NULL: none */
    yyjson_val *fill_value; /* the same, parsed; NULL: none */
    const struct structural_checks *checks;                /* NULL: none */
    const struct api_apiextensions_validation_rule *rules; /* x-kubernetes-validations, copies */
};

struct structural;

/* Compiles; the schema need not live on. It has been validated, but what the tree cannot say (a $ref, a list of items) or is
 * too large is refused. Errors: -ERROR_INVALID, -ERROR_LIMIT. */
int structural_create(const struct api_apiextensions_json_schema_props *schema, struct structural **ret_schema,
                      struct error *err) must_check;
struct structural *structural_ref(const struct structural *schema); /* NULL stays NULL */
void structural_unref(const struct structural *schema);             /* NULL is fine */
DEFINE_CLEANUP(const struct structural *, structural_unref);

const struct structural_node *structural_root(const struct structural *schema);
bool structural_has_rules(const struct structural *schema); /* any x-kubernetes-validations */

/* The item of an older state of a list-map that has the same keys as that item, and NULL when there is none or the list is no
 * map. Looks from *hint on, which is moved behind it: lists that keep their order cost one step an item. */
yyjson_val *structural_find_item(const struct structural_node *list, yyjson_val *old, yyjson_val *item, size_t *hint);

/* maxItems and maxProperties; negative when the schema does not say. */
int64_t structural_max_items(const struct structural_node *node);
int64_t structural_max_properties(const struct structural_node *node);

/* n_properties when there is none. */
size_t structural_property_index(const struct structural_node *node, struct str name);

/* NULL when there is none; additional properties are not looked at. */
const struct structural_node *structural_property_find(const struct structural_node *node, struct str name);

/* The node of a member: its property, else that of additional properties, else NULL. */
const struct structural_node *structural_member_node(const struct structural_node *node, struct str name);

/* A member of the document that was coerced, apiVersion, kind and metadata excepted. */
struct structural_member {
    struct str name;
    struct str json; /* in 'out' */
};

struct structural_members {
    struct structural_member *list; /* sorted by name, in the arena */
    size_t count;
};

enum structural_coerce_flags {
    STRUCTURAL_DROP_INVALID = 1 << 0, /* from the store: drop metadata of embedded resources that does not decode */
};

/* Prunes, defaults, and coerces the metadata of embedded resources. 'root' is a whole custom resource as it was read; its
 * apiVersion, kind and metadata are left to the caller, who decodes them by type. The other members are appended to 'out' as
 * canonical JSON, members sorted by name, numbers as Go would write them: one object. 'schema' NULL prunes all.
 * 'strict' (may be NULL) gets the duplicate and unknown fields added as upstream words them: unknown field "spec.foo".
 * Errors: -ERROR_BAD_REQUEST (the message begins with the path), -ERROR_LIMIT (too deep, or more than 'out' may hold). */
int structural_coerce(const struct structural *schema, yyjson_val *root, unsigned flags, struct arena *arena,
                      struct api_strict_errors *strict, struct buffer *out, struct structural_members *ret_members,
                      struct error *err) must_check;

/* Types, values, required members. 'old' is NULL on create; on update what is wrong in parts that did not change is not
 * reported. 'value' and 'old' are at 'node' (the root: whole documents with apiVersion, kind and metadata). 'at' NULL is the root. */
void structural_validate(const struct structural_node *node, yyjson_val *value, yyjson_val *old,
                         const struct field_at *at, struct api_invalid *errors);

/* apiVersion, kind and metadata of embedded resources below the root. */
void structural_validate_embedded(const struct structural_node *node, yyjson_val *value, const struct field_at *at,
                                  struct api_invalid *errors);

/* Duplicates in lists that are sets or maps. On updates upstream reports them only when the old document has none. */
void structural_validate_lists(const struct structural_node *node, yyjson_val *value, const struct field_at *at,
                               struct api_invalid *errors);

/* Whether two values mean the same: members in any order, numbers by value. */
bool structural_equal(yyjson_val *a, yyjson_val *b);

#endif
