/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/structural/apply.h"

#include "api/structural/structural.h"

/* State of a place: the root of a resource, whose apiVersion, kind and metadata are always known. */
enum { PLACE, RESOURCE_ROOT };

static const struct apply_schema structural_schema;

static struct apply_place place_of(const struct structural_node *node)
{
    if (node == NULL)
        return (struct apply_place){ 0 };
    return (struct apply_place){ &structural_schema, node, node->embedded ? RESOURCE_ROOT : PLACE };
}

static unsigned allowed_of(const struct structural_node *node)
{
    static const unsigned by_type[] = {
        [STRUCTURAL_UNTYPED] = APPLY_ANYTHING, [STRUCTURAL_OBJECT] = APPLY_MAP,     [STRUCTURAL_ARRAY] = APPLY_LIST,
        [STRUCTURAL_STRING] = APPLY_STRING,    [STRUCTURAL_INTEGER] = APPLY_NUMBER, [STRUCTURAL_NUMBER] = APPLY_NUMBER,
        [STRUCTURAL_BOOLEAN] = APPLY_BOOLEAN,
    };
    return node->int_or_string ? APPLY_SCALAR : by_type[node->type];
}

static void describe(const struct apply_place *place, struct apply_shape *ret_shape)
{
    const struct structural_node *node = place->node;
    struct apply_shape shape = { .allowed = allowed_of(node), .map_atomic = node->map_atomic };
    if (node->list == STRUCTURAL_LIST_SET)
        shape.list = APPLY_LIST_SET;
    /* more keys than apply knows: the list is owned as a whole */
    bool keyed = node->list == STRUCTURAL_LIST_MAP && node->n_list_keys <= APPLY_KEYS_MAX && node->items != NULL;
    for (uint32_t i = 0; keyed && i < node->n_list_keys; i++) {
        const struct structural_node *key = structural_property_find(node->items, str_of(node->list_keys[i]));
        shape.list = APPLY_LIST_MAP;
        shape.keys[shape.n_keys++] =
            (struct apply_key){ str_of(node->list_keys[i]), key != NULL ? key->fill : (struct str){ 0 } };
    }
    *ret_shape = shape;
}

static enum apply_member member(const struct apply_place *place, struct str key, struct apply_place *ret_place)
{
    const struct structural_node *node = place->node;
    bool meta = str_is(key, "metadata") || str_is(key, "kind") || str_is(key, "apiVersion");
    if (place->state == RESOURCE_ROOT && meta) {
        struct apply_place object = apply_schema_of_object();
        return apply_member(&object, key, ret_place);
    }
    const struct structural_node *property = structural_property_find(node, key);
    if (property != NULL) {
        *ret_place = place_of(property);
        return APPLY_MEMBER_FIELD;
    }
    if (node->additional == STRUCTURAL_ADDITIONAL_SCHEMA || node->additional == STRUCTURAL_ADDITIONAL_TRUE) {
        *ret_place = place_of(node->additional_node);
        return APPLY_MEMBER_ENTRY;
    }
    if (!node->preserve)
        return APPLY_MEMBER_UNKNOWN;
    *ret_place = (struct apply_place){ 0 };
    return APPLY_MEMBER_ENTRY;
}

static void item(const struct apply_place *place, struct apply_place *ret_place)
{
    const struct structural_node *node = place->node;
    *ret_place = place_of(node->items);
}

static const struct apply_schema structural_schema = { describe, member, item };

struct apply_place structural_apply_place(const struct structural *schema)
{
    if (schema == NULL)
        return apply_schema_of_object();
    struct apply_place root = place_of(structural_root(schema));
    root.state = RESOURCE_ROOT;
    return root;
}
