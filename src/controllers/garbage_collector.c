/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* garbage_collector.c - deletes what its owners have left behind.
 *
 * A key names one object of any resource: "plural.group|namespace/name". The caches' index of owners is the
 * graph. That an owner is gone is asked of the server before anything is deleted for it: a cache of one
 * resource may be behind another's. Owners of kinds that no cache has count as present. */
#include <assert.h>
#include <stdio.h>

#include "api/codec.h"
#include "codec/json.h"
#include "controllers/controllers.h"

#define FOREGROUND "foregroundDeletion"
#define ORPHAN     "orphan"

#define SYNC_WAIT USEC_PER_SEC /* for the first list of a custom resource's cache */

static void add_key(struct key_sink *keys, const struct object *object)
{
    const struct api_resource *resource = object_resource(object);
    auto_buffer struct buffer key = { 0 };
    buffer_format(&key, "%s.%s|%s", resource->plural, resource->kind->group, object_key(object));
    keys_add(keys, key.data);
}

static bool has_finalizer(const struct api_object_meta *meta, const char *name)
{
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        if (text_equal(meta->finalizers[i], name))
            return true;
    }
    return false;
}

/* NULL when no cache has it. */
static const struct object *cached_owner(const struct informer *cache, const struct api_object_meta *meta,
                                         const struct api_owner_reference *owner)
{
    bool namespaced = (informer_resource(cache)->flags & API_NAMESPACED) != 0;
    const struct object *object = informer_find(cache, namespaced ? meta->namespace : NULL, owner->name);
    return object != NULL && text_equal(object_uid(object), owner->uid) ? object : NULL;
}

/* It has owners, or is being deleted behind a finalizer. Most objects are neither: those are not even decoded. */
static bool is_concerned(const struct object *object)
{
    unsigned marks = object_marks(object);
    if (!(marks & OBJECT_OWNED) && (~marks & (OBJECT_DELETED | OBJECT_FINALIZED)) != 0)
        return false;
    const struct api_object_meta *meta = object_meta(object);
    return meta->n_owner_references > 0 || (meta->deletion_timestamp != 0 && meta->n_finalizers > 0);
}

/* Owners that are being deleted and may have waited for it; 'freed': only those that it does not hold up any more. */
static void add_waiting_owners(struct key_sink *keys, const struct object *object, bool freed)
{
    if (!(object_marks(object) & OBJECT_OWNED))
        return;
    const struct api_object_meta *meta = object_meta(object);
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference *reference = &meta->owner_references[i];
        if (freed && reference->block_owner_deletion != NULL && *reference->block_owner_deletion)
            continue;
        const struct informer *cache = keys_cache_of_kind(keys, reference->api_version, reference->kind);
        const struct object *owner = cache == NULL ? NULL : cached_owner(cache, meta, reference);
        if (owner != NULL && object_meta(owner)->deletion_timestamp != 0)
            add_key(keys, owner);
    }
}

static void map_object(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    const struct informer *own = keys_cache(keys, watch->resource);
    const struct object *now = own == NULL ? NULL : informer_get(own, object_key(object));
    if (is_concerned(object))
        add_key(keys, object);
    if (now != NULL && text_equal(object_uid(now), object_uid(object))) {
        add_waiting_owners(keys, object, object == now); /* what it was before may say more owners than it has now */
        return;
    }
    /* It is gone: its dependents may go. */
    for (const struct informer *cache = NULL; (cache = keys_next_cache(keys, cache)) != NULL;) {
        for (const struct object *o = NULL; (o = informer_next_owned(cache, object_uid(object), o)) != NULL;)
            add_key(keys, o);
    }
    add_waiting_owners(keys, object, false);
}

static const struct object *find_object(struct reconcile *r)
{
    assert(r->key != NULL);
    struct str key = str_of(r->key);
    size_t bar = str_find(key, '|');
    size_t dot = str_find((struct str){ key.data, bar }, '.');
    if (bar == key.size || dot == bar)
        return NULL;
    struct str plural = { key.data, dot }, group = { key.data + dot + 1, bar - dot - 1 };
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(r, cache)) != NULL;) {
        const struct api_resource *resource = informer_resource(cache);
        if (str_is(plural, resource->plural) && str_is(group, resource->kind->group))
            return informer_get(cache, r->key + bar + 1);
    }
    return NULL;
}

static void remove_finalizer(struct reconcile *r, const struct object *object, const char *name)
{
    const struct api_object_meta *meta = object_meta(object);
    auto_buffer struct buffer patch = { 0 };
    buffer_format(&patch, "{\"metadata\":{\"resourceVersion\":\"%s\",\"finalizers\":[", meta->resource_version);
    bool any = false;
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        if (text_equal(meta->finalizers[i], name))
            continue;
        buffer_append_text(&patch, any ? "," : "");
        json_append_string(&patch, str_of(meta->finalizers[i]));
        any = true;
    }
    buffer_append_text(&patch, "]}}");
    struct action *action = reconcile_patch(r, object, buffer_str(&patch));
    action->barrier = true;
    action->absent_is_fine = true;
}

/* Of these references (as many as the object has) those for which keep[i] holds; NULL: all. */
static void patch_owners(struct reconcile *r, const struct object *object, const struct api_owner_reference *owners,
                         const bool *keep)
{
    const struct api_object_meta *meta = object_meta(object);
    auto_buffer struct buffer patch = { 0 };
    buffer_format(&patch, "{\"metadata\":{\"uid\":\"%s\",\"resourceVersion\":\"%s\",\"ownerReferences\":[", meta->uid,
                  meta->resource_version);
    bool any = false;
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        if (keep != NULL && !keep[i])
            continue;
        buffer_append_text(&patch, any ? "," : "");
        api_encode_json(&api_type_owner_reference, NULL, &owners[i], &patch);
        any = true;
    }
    buffer_append_text(&patch, "]}}");
    struct action *action = reconcile_patch(r, object, buffer_str(&patch));
    action->barrier = true;
    action->absent_is_fine = true;
}

static bool blocks(const struct object *dependent, const char *owner_uid)
{
    const struct api_object_meta *meta = object_meta(dependent);
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference *owner = &meta->owner_references[i];
        if (text_equal(owner->uid, owner_uid))
            return owner->block_owner_deletion != NULL && *owner->block_owner_deletion;
    }
    return false;
}

static bool has_dependents(struct reconcile *r, const char *uid, bool blocking_only)
{
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(r, cache)) != NULL;) {
        for (const struct object *o = NULL; (o = informer_next_owned(cache, uid, o)) != NULL;) {
            if (!blocking_only || blocks(o, uid))
                return true;
        }
    }
    return false;
}

/* Does something that waits for its own dependents wait for it? Then both wait for each other. */
static bool closes_circle(struct reconcile *r, const char *uid)
{
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(r, cache)) != NULL;) {
        for (const struct object *o = NULL; (o = informer_next_owned(cache, uid, o)) != NULL;) {
            if (object_meta(o)->deletion_timestamp != 0 && has_finalizer(object_meta(o), FOREGROUND))
                return true;
        }
    }
    return false;
}

/* Its owners need not wait for it any more. */
static void unblock_owners(struct reconcile *r, const struct object *object)
{
    const struct api_object_meta *meta = object_meta(object);
    struct api_owner_reference *owners =
        arena_new_array(r->arena, struct api_owner_reference, meta->n_owner_references);
    static bool no = false;
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        owners[i] = meta->owner_references[i];
        owners[i].block_owner_deletion = &no;
    }
    patch_owners(r, object, owners, NULL);
}

/* The foreground: its own dependents first, if it has any. */
static void delete_after_dependents(struct reconcile *r, const struct object *object)
{
    if (closes_circle(r, object_uid(object)))
        unblock_owners(r, object);
    struct action *action = reconcile_delete(r, object);
    action->barrier = true;
    action->propagation = CLIENT_PROPAGATION_FOREGROUND;
}

static bool has_other_owner(const struct object *dependent, const char *uid)
{
    const struct api_object_meta *meta = object_meta(dependent);
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        if (!text_equal(meta->owner_references[i].uid, uid))
            return true;
    }
    return false;
}

/* A cache that has not seen everything yet may lack dependents. */
static bool all_synced(struct reconcile *r)
{
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(r, cache)) != NULL;) {
        if (!informer_synced(cache)) {
            reconcile_again_in(r, SYNC_WAIT);
            return false;
        }
    }
    return true;
}

/* Dependents first; the owner goes when none is left that blocks it. */
static void process_foreground(struct reconcile *r, const struct object *object)
{
    const char *uid = object_uid(object);
    if (!has_dependents(r, uid, true)) {
        remove_finalizer(r, object, FOREGROUND);
        return;
    }
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(r, cache)) != NULL;) {
        for (const struct object *o = NULL; (o = informer_next_owned(cache, uid, o)) != NULL;) {
            if (object_meta(o)->deletion_timestamp != 0)
                continue;
            if (has_other_owner(o, uid)) { /* it may live on with those: judged on its own */
                bool *keep = arena_new_array(r->arena, bool, object_meta(o)->n_owner_references);
                for (size_t i = 0; i < object_meta(o)->n_owner_references; i++)
                    keep[i] = !text_equal(object_meta(o)->owner_references[i].uid, uid);
                patch_owners(r, o, object_meta(o)->owner_references, keep);
                continue;
            }
            if (has_dependents(r, object_uid(o), false))
                delete_after_dependents(r, o);
            else
                reconcile_delete(r, o)->propagation = CLIENT_PROPAGATION_BACKGROUND;
        }
    }
}

static void process_orphan(struct reconcile *r, const struct object *object)
{
    const char *uid = object_uid(object);
    for (const struct informer *cache = NULL; (cache = reconcile_next_cache(r, cache)) != NULL;) {
        for (const struct object *o = NULL; (o = informer_next_owned(cache, uid, o)) != NULL;) {
            bool *keep = arena_new_array(r->arena, bool, object_meta(o)->n_owner_references);
            for (size_t i = 0; i < object_meta(o)->n_owner_references; i++)
                keep[i] = !text_equal(object_meta(o)->owner_references[i].uid, uid);
            patch_owners(r, o, object_meta(o)->owner_references, keep);
        }
    }
    remove_finalizer(r, object, ORPHAN);
}

enum owner_state { OWNER_SOLID, OWNER_WAITING, OWNER_ABSENT };

static enum owner_state judge_owner(struct reconcile *r, const struct api_object_meta *meta,
                                    const struct api_owner_reference *owner)
{
    const struct informer *cache = reconcile_cache_of_kind(r, owner->api_version, owner->kind);
    if (cache == NULL)
        return OWNER_SOLID; /* of a kind that nobody knows, or that is not watched */
    bool namespaced = (informer_resource(cache)->flags & API_NAMESPACED) != 0;
    if (namespaced && text_empty(meta->namespace))
        return OWNER_SOLID;        /* such a reference means nothing; upstream leaves it alone too */
    if (!informer_synced(cache)) { /* a custom resource that has just come */
        reconcile_again_in(r, SYNC_WAIT);
        return OWNER_SOLID;
    }
    const struct object *object = cached_owner(cache, meta, owner);
    if (object == NULL)
        return OWNER_ABSENT;
    bool waiting = object_meta(object)->deletion_timestamp != 0 && has_finalizer(object_meta(object), FOREGROUND);
    return waiting && owner->block_owner_deletion != NULL && *owner->block_owner_deletion ? OWNER_WAITING : OWNER_SOLID;
}

static void judge_owners(struct reconcile *r, const struct object *object)
{
    const struct api_object_meta *meta = object_meta(object);
    bool *keep = arena_new_array(r->arena, bool, meta->n_owner_references + 1);
    size_t solid = 0, waiting = 0, absent = 0;
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference *owner = &meta->owner_references[i];
        enum owner_state state = judge_owner(r, meta, owner);
        solid += state == OWNER_SOLID;
        waiting += state == OWNER_WAITING;
        keep[i] = state == OWNER_SOLID;
        if (state == OWNER_ABSENT) {
            absent++;
            const struct informer *cache = reconcile_cache_of_kind(r, owner->api_version, owner->kind);
            reconcile_confirm_absent(r, informer_resource(cache), meta->namespace, owner->name, owner->uid);
        }
    }
    if (absent + waiting == 0)
        return;
    if (solid > 0) {
        patch_owners(r, object, meta->owner_references, keep);
        return;
    }
    if (waiting > 0 && has_dependents(r, meta->uid, false)) {
        delete_after_dependents(r, object);
        return;
    }
    struct action *action = reconcile_delete(r, object);
    action->barrier = true;
    if (has_finalizer(meta, ORPHAN))
        action->propagation = CLIENT_PROPAGATION_ORPHAN;
    else if (has_finalizer(meta, FOREGROUND))
        action->propagation = CLIENT_PROPAGATION_FOREGROUND;
    else
        action->propagation = CLIENT_PROPAGATION_BACKGROUND;
}

static int reconcile_object(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = find_object(r);
    if (object == NULL)
        return 0;
    const struct api_object_meta *meta = object_meta(object);
    if (meta->deletion_timestamp == 0) {
        if (meta->n_owner_references > 0)
            judge_owners(r, object);
    } else if (has_finalizer(meta, ORPHAN)) {
        if (all_synced(r))
            process_orphan(r, object);
    } else if (has_finalizer(meta, FOREGROUND) && all_synced(r)) {
        process_foreground(r, object);
    }
    return 0;
}

const struct controller garbage_collector_controller = {
    .name = "garbage-collector",
    .account = "generic-garbage-collector",
    .queue = "garbage_collector_attempt_to_delete",
    .map_all = map_object,
    .reconcile = reconcile_object,
    .workers = 20,
};
