/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Places: those of built-in types, through the tables, and those of which nothing is known. */
#include "api/apply/schema.h"

#include "api/field_path.h"
#include "api/schema.h"
#include "generated/types.h"

/* A place of the tables is a field, its items, or (as root and behind messages) a type: two low bits of the state say
 * which; the pointers are in the node. */
enum { OF_TYPE, OF_FIELD, OF_ITEM };

static const struct apply_schema type_schema;

static struct apply_place place_of(const void *node, uintptr_t state)
{
    return (struct apply_place){ &type_schema, node, state };
}

/* Messages that are written as something else than an object: the published schema says nothing of them. */
static bool is_opaque(const struct api_field *field)
{
    return field->value == API_MESSAGE && field->type->json_form != API_FORM_OBJECT;
}

static void describe_value(const struct api_field *field, struct apply_shape *shape)
{
    switch (field->value) {
    case API_BOOL:
        shape->allowed = APPLY_BOOLEAN;
        break;
    case API_INT32:
    case API_INT64:
    case API_UINT32:
    case API_UINT64:
    case API_FLOAT64:
        shape->allowed = APPLY_NUMBER;
        break;
    case API_STRING:
    case API_BYTES:
        shape->allowed = APPLY_STRING;
        break;
    case API_RAW:
        shape->allowed = APPLY_ANYTHING;
        break;
    case API_MESSAGE:
        shape->allowed = is_opaque(field) ? APPLY_ANYTHING : APPLY_MAP;
        shape->map_atomic = !is_opaque(field) && field->type->atomic && !(field->flags & API_MAP_GRANULAR);
        break;
    default: /* times, durations, quantities, numbers or texts: the published schema does not say more */
        shape->allowed = APPLY_SCALAR;
        break;
    }
}

static void describe_list(const struct api_field *field, struct apply_shape *shape)
{
    shape->allowed = APPLY_LIST;
    shape->list = APPLY_LIST_ATOMIC;
    if (field->flags & API_LIST_SET)
        shape->list = APPLY_LIST_SET;
    if (!(field->flags & API_LIST_MAP))
        return;
    shape->list = APPLY_LIST_MAP;
    for (const char *const *key = api_field_facts(field)->list_keys; *key != NULL && shape->n_keys < APPLY_KEYS_MAX;
         key++) {
        struct apply_key *known = &shape->keys[shape->n_keys++];
        const struct api_field *member = api_field_find(field->type, str_of(*key), NULL);
        *known = (struct apply_key){ .name = str_of(*key) };
        if (member != NULL && api_field_facts(member)->default_json != NULL)
            known->default_json = str_of(api_field_facts(member)->default_json);
    }
}

static void describe(const struct apply_place *place, struct apply_shape *shape)
{
    *shape = (struct apply_shape){ 0 };
    const struct api_field *field = place->node;
    if (place->state == OF_TYPE) {
        shape->allowed = APPLY_MAP;
        shape->map_atomic = ((const struct api_type *)place->node)->atomic;
    } else if (place->state == OF_ITEM || field->shape == API_SINGLE) {
        describe_value(field, shape);
    } else if (field->shape == API_LIST) {
        describe_list(field, shape);
        return;
    } else {
        shape->allowed = APPLY_MAP;
    }
    if (place->state == OF_FIELD && (field->flags & API_MAP_ATOMIC))
        shape->map_atomic = true;
}

static enum apply_member member_of_type(const struct api_type *type, struct str key, struct apply_place *ret_place)
{
    const struct api_field *field = api_field_find(type, key, NULL);
    if (field != NULL) {
        *ret_place = place_of(field, OF_FIELD);
        return APPLY_MEMBER_FIELD;
    }
    if (!type->type_meta || (!str_is(key, "kind") && !str_is(key, "apiVersion")))
        return APPLY_MEMBER_UNKNOWN;
    *ret_place = (struct apply_place){ 0 };
    return APPLY_MEMBER_FIELD;
}

static enum apply_member member(const struct apply_place *place, struct str key, struct apply_place *ret_place)
{
    const struct api_field *field = place->node;
    if (place->state == OF_TYPE)
        return member_of_type(place->node, key, ret_place);
    if (place->state == OF_FIELD && field->shape == API_MAP) {
        *ret_place = place_of(field, OF_ITEM);
        return APPLY_MEMBER_ENTRY;
    }
    if (field->value == API_MESSAGE && !is_opaque(field))
        return member_of_type(field->type, key, ret_place);
    *ret_place = (struct apply_place){ 0 }; /* there nothing is known */
    return APPLY_MEMBER_ENTRY;
}

static void item(const struct apply_place *place, struct apply_place *ret_place)
{
    const struct api_field *field = place->node;
    *ret_place = (struct apply_place){ 0 };
    if (place->state == OF_FIELD && field->shape == API_LIST)
        *ret_place = place_of(field, OF_ITEM);
}

static const struct apply_schema type_schema = { describe, member, item };

struct apply_place apply_schema_of_type(const struct api_type *type)
{
    return place_of(type, OF_TYPE);
}

/* An object whose kind says nothing -------------------------------------------------------------------- */

static void describe_object(const struct apply_place *place, struct apply_shape *shape)
{
    (void)place;
    *shape = (struct apply_shape){ .allowed = APPLY_MAP };
}

static enum apply_member member_of_object(const struct apply_place *place, struct str key,
                                          struct apply_place *ret_place)
{
    (void)place;
    *ret_place = (struct apply_place){ 0 };
    if (str_is(key, "metadata"))
        *ret_place = apply_schema_of_type(&api_type_object_meta);
    return str_is(key, "metadata") || str_is(key, "kind") || str_is(key, "apiVersion") ? APPLY_MEMBER_FIELD
                                                                                       : APPLY_MEMBER_ENTRY;
}

static void item_of_object(const struct apply_place *place, struct apply_place *ret_place)
{
    (void)place;
    *ret_place = (struct apply_place){ 0 };
}

struct apply_place apply_schema_of_object(void)
{
    static const struct apply_schema schema = { describe_object, member_of_object, item_of_object };
    return (struct apply_place){ .schema = &schema };
}

/* Any place ------------------------------------------------------------------------------------------- */

void apply_describe(const struct apply_place *place, struct apply_shape *ret_shape)
{
    if (place->schema == NULL)
        *ret_shape = (struct apply_shape){ .allowed = APPLY_ANYTHING };
    else
        place->schema->describe(place, ret_shape);
}

enum apply_member apply_member(const struct apply_place *place, struct str key, struct apply_place *ret_place)
{
    if (place->schema != NULL)
        return place->schema->member(place, key, ret_place);
    *ret_place = (struct apply_place){ 0 };
    return APPLY_MEMBER_ENTRY;
}

void apply_item(const struct apply_place *place, struct apply_place *ret_place)
{
    if (place->schema == NULL)
        *ret_place = (struct apply_place){ 0 };
    else
        place->schema->item(place, ret_place);
}
