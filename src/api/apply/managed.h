/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* managed.h - metadata.managedFields: which manager owns which fields, and what writes make of it.
 *
 * An entry is known by its manager, its operation and its subresource, and those of updates by their version too. All
 * memory is the arena's that managed_read() was given; what is not changed is borrowed from the object that was read.
 * Pure: the caller says what time it is. */
#ifndef API_APPLY_MANAGED_H
#define API_APPLY_MANAGED_H

#include "api/apply/apply.h"
#include "base/time.h"
#include "generated/types.h"

#define MANAGED_ENTRIES_MAX  1000 /* an object has; more are refused */
#define MANAGED_UPDATERS_MAX 10   /* more entries of updates are put together, as upstream */

struct managed_entry {
    const char *manager;
    const char *api_version;
    const char *subresource; /* never NULL */
    bool applied;
    usec_t time;                 /* 0: none */
    bool unread;                 /* 'set' is still to be read from 'text', which nothing has touched */
    const struct field_set *set; /* as read from 'text', or what became of it */
    struct str text;             /* of the set; data NULL: to be written */
};

struct managed {
    struct arena *arena;
    struct managed_entry *entries;
    size_t count, capacity;
};

/* Errors: -ERROR_BAD_REQUEST, in upstream's words. */
int managed_read(const struct api_object_meta *meta, struct arena *arena, struct managed *ret_managed,
                 struct error *err) must_check;
/* The same of entries that are stored, and so were read once: sets are left unread until managed_update() has to know them. */
int managed_read_stored(const struct api_object_meta *meta, struct arena *arena, struct managed *ret_managed,
                        struct error *err) must_check;
/* Sorted as upstream does. */
void managed_write(const struct managed *managed, struct api_object_meta *meta);

/* [{}]: the client wants everything forgotten. */
bool managed_is_reset(const struct api_object_meta *meta);

/* Who writes, and as what. */
struct managed_writer {
    const char *manager;
    const char *api_version;
    const char *subresource;         /* "": the object itself */
    const struct field_set *ignored; /* fields that such a write does not change, with all below them */
    usec_t now;
};

/* The same object in other versions of its kind. */
struct managed_versions {
    void *context;
    /* 'json', in version 'from', in version 'to'; the document is the arena's. 0: good, -ERROR_NOT_FOUND: there is no such
     * version. */
    int (*convert)(void *context, struct str json, const char *from, const char *to, struct arena *arena,
                   struct apply_place *ret_root, yyjson_val **ret_document, struct error *err);
};

/* A document before and after. 'json' may be NULL when there are no other versions. */
struct managed_change {
    struct apply_difference difference; /* in the writer's version */
    const struct apply_place *root;     /* NULL: this schema is always as it was when the entries were written */
    /* Makes the text of the document before and after; only called for entries of other versions. */
    struct str (*text)(void *context, bool after);
    void *context;
};

/* An update: who changes a field owns it, and nobody else. Nothing is touched when nothing is different. */
int managed_update(struct managed *managed, const struct managed_writer *writer, const struct managed_change *change,
                   const struct managed_versions *versions, struct error *err) must_check;

struct managed_conflict {
    const char *manager; /* as messages name it: "x" using apps/v1 */
    struct str path;
};

/* Conflicts, sorted by manager. */
struct managed_conflicts {
    struct managed_conflict *items;
    size_t count, capacity;
    struct arena *arena;
    const struct field_set *allowed; /* these are none; NULL */
    const char *manager;             /* being collected */
};

/* "Apply failed with 1 conflict: ..." */
const char *managed_conflicts_message(const struct managed_conflicts *conflicts, struct arena *arena);

struct managed_apply {
    struct managed_writer writer;
    struct apply_place root;
    struct str live; /* without managedFields */
    yyjson_val *live_document;
    yyjson_val *config;
    bool force;
    const struct managed_versions *versions; /* NULL: there are none but the writer's */
    const struct field_set *allowed;         /* conflicts about these are none; NULL */

    /* Outcome. */
    struct buffer result; /* the document, JSON; to be freed in any case */
    bool unchanged;       /* it says the same as live */
    struct managed_conflicts conflicts;
};

/* Errors: -ERROR_CONFLICT with the conflicts and nothing else changed; -ERROR_INVALID and others from conversions. */
int managed_apply(struct managed *managed, struct managed_apply *apply, struct error *err) must_check;

/* --- for the folder's own files --- */

struct managed_entry *managed_find(struct managed *managed, const struct managed_writer *writer, bool applied);
struct managed_entry *managed_add(struct managed *managed, const struct managed_entry *entry);
void managed_drop_empty(struct managed *managed);
void managed_set(struct managed_entry *entry, const struct field_set *set);
/* A member of metadata that nobody owns: name, uid, and so on. */
bool managed_is_unowned(struct str name);
/* Without what everybody's object has. */
const struct field_set *managed_strip(const struct field_set *set, struct arena *arena);

/* Entries of that version as its schema of today would have them. */
void managed_reconcile(struct managed *managed, const char *api_version, const struct apply_place *root);

/* What differs for entries of one version; drops entries whose version is gone. */
int managed_take(struct managed *managed, const struct managed_writer *writer, const struct managed_entry *except,
                 const struct managed_change *change, const struct managed_versions *versions,
                 struct managed_conflicts *conflicts, struct error *err) must_check;

#endif
