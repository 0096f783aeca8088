/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/cache/interest.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What an object has one value of: its key, its namespace, one of its fields, one of its labels. */
struct interest_aspect {
    struct list_node node; /* in the index, while it has groups */
    struct cache_interest what;
    char *label;
    struct map groups;
};

/* ---------------------------------------------------------------- what a watcher wants */

static bool field_interest(const struct field_requirement *requirement, struct cache_interest *ret_interest)
{
    struct object_path path;
    if (requirement->negate || requirement->document || requirement->number == 0 ||
        !field_requirement_text(requirement, &path))
        return false;
    *ret_interest = (struct cache_interest){
        .kind = INTEREST_FIELD, .path = path, .number = requirement->number, .value = requirement->value
    };
    return true;
}

static bool label_interest(const struct label_requirement *requirement, struct cache_interest *ret_interest)
{
    enum label_operator means = requirement->operator;
    if ((means != LABEL_EQUALS && means != LABEL_DOUBLE_EQUALS && means != LABEL_IN) || requirement->n_values != 1)
        return false;
    *ret_interest =
        (struct cache_interest){ .kind = INTEREST_LABEL, .label = requirement->key, .value = requirement->values[0] };
    return true;
}

struct cache_interest cache_interest_of(struct str only, struct str prefix, const struct label_selector *labels,
                                        const struct field_selector *fields)
{
    struct cache_interest interest = { 0 };
    if (only.data != NULL)
        return (struct cache_interest){ .kind = INTEREST_KEY, .value = only };
    for (size_t i = 0; i < fields->n_requirements; i++)
        if (field_interest(&fields->requirements[i], &interest))
            return interest;
    for (size_t i = 0; i < labels->n_requirements; i++)
        if (label_interest(&labels->requirements[i], &interest))
            return interest;
    if (prefix.size > 1)
        return (struct cache_interest){ .kind = INTEREST_NAMESPACE, .value = { prefix.data, prefix.size - 1 } };
    return interest;
}

/* ---------------------------------------------------------------- groups */

void interest_index_init(struct interest_index *index)
{
    list_init(&index->aspects);
}

static struct interest_aspect *aspect_of(struct interest_index *index, const struct cache_interest *what)
{
    struct interest_aspect *aspect;
    list_for_each (&index->aspects, aspect, node)
        if (aspect->what.kind == what->kind && aspect->what.number == what->number &&
            str_equal(aspect->what.label, what->label))
            return aspect;
    aspect = memory_new(struct interest_aspect);
    aspect->what = *what;
    aspect->label = memory_strndup(what->label.data, what->label.size);
    aspect->what.label = (struct str){ aspect->label, what->label.size };
    aspect->what.value = (struct str){ 0 };
    list_append(&index->aspects, &aspect->node);
    return aspect;
}

struct interest_group *interest_join(struct interest_index *index, const struct cache_interest *interest)
{
    struct interest_aspect *aspect = aspect_of(index, interest);
    struct interest_group *group = map_find_entry(&aspect->groups, interest->value, struct interest_group, node);
    if (group == NULL) {
        group = memory_zalloc(sizeof(*group) + interest->value.size + 1);
        if (interest->value.size > 0)
            memcpy(group->value, interest->value.data, interest->value.size);
        group->aspect = aspect;
        list_init(&group->idle);
        map_insert(&aspect->groups, (struct str){ group->value, interest->value.size }, &group->node);
    }
    group->users++;
    return group;
}

void interest_leave(struct interest_group *group)
{
    struct interest_aspect *aspect = group->aspect;
    if (--group->users > 0)
        return;
    map_remove(&aspect->groups, &group->node);
    free(group);
    if (aspect->groups.size > 0)
        return;
    list_remove(&aspect->node);
    map_fini(&aspect->groups);
    free(aspect->label);
    free(aspect);
}

/* ---------------------------------------------------------------- what an object has */

/* False: nobody who wants a value can want it. */
static bool value_of(const struct cache_interest *what, const struct object *object, struct str *ret_value)
{
    switch (what->kind) {
    case INTEREST_KEY:
        *ret_value = str_of(object_key(object));
        return true;
    case INTEREST_NAMESPACE:
        *ret_value = str_of(object_namespace(object));
        return true;
    case INTEREST_FIELD:
        *ret_value = object_text(object, &what->path, what->number);
        return true;
    default:
        return object_label(object, what->label, ret_value);
    }
}

void interest_find(const struct interest_index *index, const struct object *object,
                   void (*found)(void *context, struct interest_group *group), void *context)
{
    struct interest_aspect *aspect;
    struct interest_group *group;
    struct str value;
    list_for_each (&index->aspects, aspect, node) {
        if (!value_of(&aspect->what, object, &value))
            continue;
        if (value.size == 0 || memchr(value.data, '\\', value.size) == NULL) {
            group = map_find_entry(&aspect->groups, value, struct interest_group, node);
            if (group != NULL)
                found(context, group);
            continue;
        }
        map_for_each (&aspect->groups, group, node) /* written with escapes: may be any text */
            found(context, group);
    }
}
