/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ownership.c - see the header. */
#include "controllers/workload/ownership.h"

#include <stdio.h>

#include "codec/json.h"

const struct api_owner_reference *ownership_controller(const struct api_object_meta *meta)
{
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference *owner = &meta->owner_references[i];
        if (owner->controller != NULL && *owner->controller)
            return owner;
    }
    return NULL;
}

bool ownership_controlled_by(const struct api_object_meta *meta, const char *uid)
{
    const struct api_owner_reference *owner = ownership_controller(meta);
    return owner != NULL && text_equal(owner->uid, uid);
}

struct api_owner_reference *ownership_reference(struct arena *arena, const struct object *owner)
{
    const struct api_kind *kind = object_resource(owner)->kind;
    char version[128];
    api_kind_version(kind, version, sizeof(version));
    struct api_owner_reference *reference = arena_new(arena, struct api_owner_reference);
    reference->api_version = arena_strdup(arena, version);
    reference->kind = kind->kind;
    reference->name = object_name(owner);
    reference->uid = object_uid(owner);
    reference->controller = arena_new(arena, bool);
    reference->block_owner_deletion = arena_new(arena, bool);
    *reference->controller = *reference->block_owner_deletion = true;
    return reference;
}

static void append_reference(struct buffer *json, const struct api_owner_reference *owner)
{
    buffer_append_text(json, "{\"apiVersion\":");
    json_append_string(json, str_of(owner->api_version));
    buffer_append_text(json, ",\"kind\":");
    json_append_string(json, str_of(owner->kind));
    buffer_append_text(json, ",\"name\":");
    json_append_string(json, str_of(owner->name));
    buffer_append_text(json, ",\"uid\":");
    json_append_string(json, str_of(owner->uid));
    if (owner->controller != NULL)
        buffer_append_text(json, *owner->controller ? ",\"controller\":true" : ",\"controller\":false");
    if (owner->block_owner_deletion != NULL)
        buffer_append_text(json, *owner->block_owner_deletion ? ",\"blockOwnerDeletion\":true"
                                                              : ",\"blockOwnerDeletion\":false");
    buffer_append_char(json, '}');
}

/* ',"finalizers":[...]', with or without one of them. */
static void append_finalizers(struct buffer *json, const struct api_object_meta *meta, const char *finalizer, bool with)
{
    bool any = with;
    buffer_append_text(json, ",\"finalizers\":[");
    if (with)
        json_append_string(json, str_of(finalizer));
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        if (text_equal(meta->finalizers[i], finalizer))
            continue;
        if (any)
            buffer_append_char(json, ',');
        json_append_string(json, str_of(meta->finalizers[i]));
        any = true;
    }
    buffer_append_char(json, ']');
}

/* Its references but those to 'without', and 'with'; bound to the version that was read. */
static void patch_references(struct reconcile *reconcile, const struct object *object, const char *without,
                             const struct api_owner_reference *with, const char *finalizer)
{
    auto_buffer struct buffer json = { 0 };
    const struct api_object_meta *meta = object_meta(object);
    buffer_format(&json, "{\"metadata\":{\"uid\":\"%s\",\"resourceVersion\":\"%s\",\"ownerReferences\":[", meta->uid,
                  meta->resource_version);
    bool any = false;
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        if (text_equal(meta->owner_references[i].uid, without))
            continue;
        if (any)
            buffer_append_char(&json, ',');
        append_reference(&json, &meta->owner_references[i]);
        any = true;
    }
    if (with != NULL) {
        if (any)
            buffer_append_char(&json, ',');
        append_reference(&json, with);
    }
    buffer_append_char(&json, ']');
    if (finalizer != NULL)
        append_finalizers(&json, meta, finalizer, with != NULL);
    buffer_append_text(&json, "}}");
    reconcile_patch(reconcile, object, buffer_str(&json))->absent_is_fine = true;
}

struct claim {
    struct arena *arena;
    const struct object **objects;
    size_t count, capacity;
};

static void claim_add(struct claim *claim, const struct object *object)
{
    if (claim->count == claim->capacity) {
        size_t capacity = claim->capacity == 0 ? 16 : claim->capacity * 2;
        const struct object **more = arena_new_array(claim->arena, const struct object *, capacity);
        memcpy(more, claim->objects, claim->count * sizeof(*more));
        claim->objects = more;
        claim->capacity = capacity;
    }
    claim->objects[claim->count++] = object;
}

const struct object **ownership_claim(struct reconcile *reconcile, const struct object *owner,
                                      const struct label_selector *selector, const struct api_resource *resource,
                                      size_t *ret_count)
{
    return ownership_claim_guarded(reconcile, owner, selector, resource, NULL, ret_count);
}

const struct object **ownership_claim_guarded(struct reconcile *reconcile, const struct object *owner,
                                              const struct label_selector *selector,
                                              const struct api_resource *resource, const char *finalizer,
                                              size_t *ret_count)
{
    const struct informer *cache = reconcile_cache(reconcile, resource);
    const char *uid = object_uid(owner), *namespace_ = object_namespace(owner);
    bool deleted = object_meta(owner)->deletion_timestamp != 0;
    struct claim claim = { .arena = reconcile->arena };
    claim.objects = arena_new_array(claim.arena, const struct object *, claim.capacity = 16);
    for (const struct object *o = NULL; (o = informer_next_owned(cache, uid, o)) != NULL;) {
        const struct api_object_meta *meta = object_meta(o);
        if (!ownership_controlled_by(meta, uid) || !text_equal(object_namespace(o), namespace_))
            continue;
        if (label_selector_matches(selector, meta->labels, meta->n_labels))
            claim_add(&claim, o);
        else if (!deleted)
            patch_references(reconcile, o, uid, NULL, finalizer);
    }
    for (const struct object *o = NULL; !deleted && (o = informer_next_orphan(cache, namespace_, o)) != NULL;) {
        const struct api_object_meta *meta = object_meta(o);
        if (meta->deletion_timestamp != 0 || !label_selector_matches(selector, meta->labels, meta->n_labels))
            continue;
        patch_references(reconcile, o, uid, ownership_reference(reconcile->arena, owner), finalizer);
        claim_add(&claim, o);
    }
    *ret_count = claim.count;
    return claim.objects;
}

bool entries_find(const struct api_string_entry *entries, size_t count, const char *key, struct str *ret_value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].key, key) == 0) {
            *ret_value = str_of(entries[i].value);
            return true;
        }
    }
    return false;
}

void entries_set(struct arena *arena, struct api_string_entry **entries, size_t *count, const char *key,
                 const char *value)
{
    struct api_string_entry *result = arena_new_array(arena, struct api_string_entry, *count + 1);
    size_t size = 0;
    bool placed = value == NULL;
    for (size_t i = 0; i < *count; i++) {
        int order = strcmp((*entries)[i].key, key);
        if (order >= 0 && !placed) {
            result[size++] = (struct api_string_entry){ arena_strdup(arena, key), arena_strdup(arena, value) };
            placed = true;
        }
        if (order != 0)
            result[size++] = (*entries)[i];
    }
    if (!placed)
        result[size++] = (struct api_string_entry){ arena_strdup(arena, key), arena_strdup(arena, value) };
    *entries = size == 0 ? NULL : result;
    *count = size;
}

void hash_text(uint32_t hash, char text[HASH_TEXT_SIZE])
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    int length = snprintf(text, HASH_TEXT_SIZE, "%u", hash);
    for (int i = 0; i < length; i++)
        text[i] = letters[(unsigned char)text[i] % (sizeof(letters) - 1)];
}
