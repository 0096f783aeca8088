/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ruleset.c - items by name, their wishers counted, the differences kept in a list.
 *
 * An item lives as long as somebody wants it or it is installed. Order within a transaction:
 * what is referred to comes before what refers to it, and goes after it. */
#include "node/proxy/ruleset.h"

#include <string.h>

#include "base/container/list.h"
#include "base/container/map.h"
#include "base/memory.h"

#define KEY_SIZE 256

struct item {
    struct map_node by_name;    /* in ruleset.items */
    struct list_node by_change; /* in ruleset.changed[place] while the kernel is behind */
    enum rule_place place;
    char *value;     /* wanted; NULL: nobody wants it */
    char *installed; /* NULL: not in the kernel; the same pointer as 'value' when nothing changed */
    size_t wishers;
    size_t key_size;
    char name[]; /* a byte for the place, then the key */
};

struct wishes {
    struct item **items;
    size_t count, size;
};

struct owner {
    struct map_node by_name; /* in ruleset.owners */
    struct wishes wishes;
    bool conflicted;
    char name[];
};

struct ruleset {
    enum ip_family family;
    struct map items;
    struct map owners;
    struct list changed[RULE_PLACE_COUNT];
    struct owner *current;  /* between begin and end */
    struct wishes previous; /* its wishes of last time */
    size_t conflicts;       /* owners that are conflicted */
    bool known;             /* the kernel has our table as 'installed' says */
};

struct ruleset *ruleset_create(enum ip_family family)
{
    struct ruleset *ruleset = memory_new(struct ruleset);
    ruleset->family = family;
    for (size_t i = 0; i < RULE_PLACE_COUNT; i++)
        list_init(&ruleset->changed[i]);
    return ruleset;
}

static void free_item(struct ruleset *ruleset, struct item *item)
{
    list_remove(&item->by_change);
    map_remove(&ruleset->items, &item->by_name);
    if (item->installed != item->value)
        free(item->installed);
    free(item->value);
    free(item);
}

static void free_owner(struct ruleset *ruleset, struct owner *owner)
{
    free(owner->wishes.items);
    map_remove(&ruleset->owners, &owner->by_name);
    free(owner);
}

void ruleset_destroy(struct ruleset *ruleset)
{
    if (ruleset == NULL)
        return;
    struct owner *owner;
    map_for_each (&ruleset->owners, owner, by_name)
        free_owner(ruleset, owner);
    struct item *item;
    map_for_each (&ruleset->items, item, by_name)
        free_item(ruleset, item);
    map_fini(&ruleset->owners);
    map_fini(&ruleset->items);
    free(ruleset);
}

/* ---------------------------------------------------------------- wishes */

static void note_change(struct ruleset *ruleset, struct item *item)
{
    if (!list_linked(&item->by_change))
        list_append(&ruleset->changed[item->place], &item->by_change);
}

static struct str name_of(enum rule_place place, const char *key, char space[KEY_SIZE])
{
    space[0] = (char)('a' + place);
    size_t size = strnlen(key, KEY_SIZE - 1);
    memcpy(space + 1, key, size);
    return (struct str){ space, 1 + size };
}

static const char *key_of(const struct item *item)
{
    return item->name + 1;
}

static struct item *find(const struct ruleset *ruleset, enum rule_place place, const char *key)
{
    char space[KEY_SIZE];
    return map_find_entry(&ruleset->items, name_of(place, key, space), struct item, by_name);
}

static struct item *find_or_make(struct ruleset *ruleset, enum rule_place place, const char *key)
{
    char space[KEY_SIZE];
    struct str name = name_of(place, key, space);
    struct item *item = map_find_entry(&ruleset->items, name, struct item, by_name);
    if (item != NULL)
        return item;
    item = memory_zalloc(sizeof(*item) + name.size + 1);
    item->place = place;
    memcpy(item->name, name.data, name.size);
    map_insert(&ruleset->items, (struct str){ item->name, name.size }, &item->by_name);
    return item;
}

static void set_value(struct item *item, const char *value)
{
    if (item->value != item->installed)
        free(item->value);
    item->value = value != NULL ? memory_strdup(value) : NULL;
}

/* Gives up one wish. The value goes with the last one. */
static void release(struct ruleset *ruleset, struct item *item)
{
    if (--item->wishers > 0)
        return;
    set_value(item, NULL);
    if (item->installed == NULL)
        free_item(ruleset, item);
    else
        note_change(ruleset, item);
}

void ruleset_begin(struct ruleset *ruleset, const char *name)
{
    struct owner *owner = map_find_entry(&ruleset->owners, str_of(name), struct owner, by_name);
    if (owner == NULL) {
        size_t size = strlen(name);
        owner = memory_zalloc(sizeof(*owner) + size + 1);
        memcpy(owner->name, name, size);
        map_insert(&ruleset->owners, (struct str){ owner->name, size }, &owner->by_name);
    }
    ruleset->conflicts -= owner->conflicted;
    owner->conflicted = false;
    ruleset->current = owner;
    ruleset->previous = owner->wishes;
    owner->wishes = (struct wishes){ 0 };
}

/* An item that only this owner wanted may change its value in place: then there is no conflict. */
static bool wished_by_nobody_else(const struct ruleset *ruleset, const struct item *item)
{
    size_t own = 0;
    for (size_t i = 0; i < ruleset->previous.count; i++)
        own += ruleset->previous.items[i] == item;
    return own == item->wishers;
}

bool ruleset_want(struct ruleset *ruleset, enum rule_place place, const char *key, const char *value)
{
    struct item *item = find_or_make(ruleset, place, key);
    if (item->value == NULL || strcmp(item->value, value) != 0) {
        if (item->value != NULL && !wished_by_nobody_else(ruleset, item)) {
            ruleset->conflicts += !ruleset->current->conflicted;
            ruleset->current->conflicted = true;
            return false;
        }
        set_value(item, value);
        note_change(ruleset, item);
    }
    item->wishers++;
    struct wishes *wishes = &ruleset->current->wishes;
    if (wishes->count == wishes->size) {
        wishes->size = wishes->size == 0 ? 8 : 2 * wishes->size;
        wishes->items = memory_resize(wishes->items, wishes->size, sizeof(struct item *));
    }
    wishes->items[wishes->count++] = item;
    return true;
}

void ruleset_end(struct ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->previous.count; i++)
        release(ruleset, ruleset->previous.items[i]);
    free(ruleset->previous.items);
    ruleset->previous = (struct wishes){ 0 };
    struct owner *owner = take_pointer(&ruleset->current);
    if (owner->wishes.count == 0 && !owner->conflicted)
        free_owner(ruleset, owner);
}

bool ruleset_conflicted(const struct ruleset *ruleset, const char *name)
{
    const struct owner *owner = map_find_entry(&ruleset->owners, str_of(name), struct owner, by_name);
    return owner != NULL && owner->conflicted;
}

bool ruleset_any_conflict(const struct ruleset *ruleset)
{
    return ruleset->conflicts > 0;
}

const char *ruleset_find(const struct ruleset *ruleset, enum rule_place place, const char *key)
{
    const struct item *item = find(ruleset, place, key);
    return item != NULL ? item->value : NULL;
}

enum ip_family ruleset_family(const struct ruleset *ruleset)
{
    return ruleset->family;
}

size_t ruleset_count(const struct ruleset *ruleset)
{
    return ruleset->items.size;
}

/* ---------------------------------------------------------------- transactions */

static bool must_remove(const struct item *item)
{
    return item->installed != NULL && (item->value == NULL || strcmp(item->installed, item->value) != 0);
}

static bool must_add(const struct item *item)
{
    return item->value != NULL && (item->installed == NULL || strcmp(item->installed, item->value) != 0);
}

struct telling {
    void (*each)(void *context, const struct rule_change *change);
    void *context;
    bool any;
};

static void tell(struct telling *telling, enum rule_step step, const struct item *item)
{
    struct rule_change change = { .step = step };
    if (item != NULL) {
        bool with_value = step == RULE_FILL || (step == RULE_ADD && item->place != RULE_CHAIN);
        change = (struct rule_change){ step, item->place, key_of(item), with_value ? item->value : NULL };
    }
    telling->each(telling->context, &change);
    telling->any = true;
}

static void tell_elements(const struct ruleset *ruleset, enum rule_place place, bool add, struct telling *telling)
{
    const struct item *item;
    list_for_each (&ruleset->changed[place], item, by_change)
        if (add ? must_add(item) : must_remove(item))
            tell(telling, add ? RULE_ADD : RULE_REMOVE, item);
}

/* Chains may go to each other in any direction: all are there before any rule is. */
static void tell_chains(const struct ruleset *ruleset, struct telling *telling)
{
    const struct item *item;
    list_for_each (&ruleset->changed[RULE_CHAIN], item, by_change) {
        if (item->installed == NULL && item->value != NULL)
            tell(telling, RULE_ADD, item);
        else if (must_remove(item))
            tell(telling, RULE_EMPTY, item);
    }
    list_for_each (&ruleset->changed[RULE_CHAIN], item, by_change)
        if (must_add(item))
            tell(telling, RULE_FILL, item);
}

static void tell_removed(const struct ruleset *ruleset, enum rule_place place, struct telling *telling)
{
    const struct item *item;
    list_for_each (&ruleset->changed[place], item, by_change)
        if (item->value == NULL && item->installed != NULL)
            tell(telling, RULE_REMOVE, item);
}

static void settle(struct ruleset *ruleset)
{
    for (size_t place = 0; place < RULE_PLACE_COUNT; place++) {
        struct item *item;
        list_for_each (&ruleset->changed[place], item, by_change) {
            list_remove(&item->by_change);
            if (item->installed != item->value)
                free(item->installed);
            item->installed = item->value;
            if (item->value == NULL)
                free_item(ruleset, item);
        }
    }
}

/* A set whose declaration changed is one of another name (see render.c), so that sets only come and go. */
bool ruleset_take_changes(struct ruleset *ruleset, void (*each)(void *context, const struct rule_change *change),
                          void *context)
{
    struct telling telling = { each, context, false };
    if (!ruleset->known)
        tell(&telling, RULE_RESET, NULL);
    ruleset->known = true;
    tell_elements(ruleset, RULE_SET, true, &telling);
    tell_chains(ruleset, &telling);
    for (int place = 0; place < RULE_SET; place++)
        tell_elements(ruleset, (enum rule_place)place, false, &telling);
    for (int place = 0; place < RULE_SET; place++)
        tell_elements(ruleset, (enum rule_place)place, true, &telling);
    tell_removed(ruleset, RULE_CHAIN, &telling);
    tell_removed(ruleset, RULE_SET, &telling);
    settle(ruleset);
    return telling.any;
}

void ruleset_forget(struct ruleset *ruleset)
{
    ruleset->known = false;
    struct item *item;
    map_for_each (&ruleset->items, item, by_name) {
        if (item->installed != item->value)
            free(item->installed);
        item->installed = NULL;
        if (item->value == NULL)
            free_item(ruleset, item);
        else
            note_change(ruleset, item);
    }
}
