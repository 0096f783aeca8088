/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* interest.h - who of very many watchers could be concerned by a change, without a look at each of them.
 *
 * Five thousand kubelets watch for pods, each for those of its own node. What a watcher certainly wants is one thing: a key, a
 * namespace, a value of a field or of a label. Watchers that want the same are a group; an object has one value for each
 * thing that any watcher asks for, and by it one group is found. Groups are too large rather than too small: their
 * watchers look again. */
#ifndef APISERVER_CACHE_INTEREST_H
#define APISERVER_CACHE_INTEREST_H

#include "api/selector/selector.h"
#include "base/container/list.h"
#include "base/container/map.h"

/* Zeroed: in everything. Borrows what it was made of. */
struct cache_interest {
    enum { INTEREST_ALL, INTEREST_KEY, INTEREST_FIELD, INTEREST_LABEL, INTEREST_NAMESPACE } kind;
    struct str label;        /* its key */
    struct object_path path; /* of the field */
    uint8_t number;          /* of the field among those of the resource */
    struct str value;
};

/* The narrowest that these say: the one key (data NULL: more than one), the prefix of the keys ("namespace/" or ""), the
 * selectors, which have been checked. */
struct cache_interest cache_interest_of(struct str only, struct str prefix, const struct label_selector *labels,
                                        const struct field_selector *fields);

struct interest_group {
    struct map_node node; /* by its value, in its aspect */
    struct interest_aspect *aspect;
    size_t users;
    struct list idle; /* the watch cache's: watchers of the group that have been told everything */
    char value[];
};

struct interest_index {
    struct list aspects;
};

void interest_index_init(struct interest_index *index);

/* Joins; each is one more user of the group, until it leaves. Not for INTEREST_ALL. */
struct interest_group *interest_join(struct interest_index *index, const struct cache_interest *interest);
void interest_leave(struct interest_group *group);

/* Calls found() for each group that wants the object, perhaps for some that do not; nobody may join or leave meanwhile. */
void interest_find(const struct interest_index *index, const struct object *object,
                   void (*found)(void *context, struct interest_group *group), void *context);

#endif
