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

/* Its references but those to 'without', and 'with'; bound to the version that was read. */
static void patch_references(struct reconcile *reconcile, const struct object *object, const char *without,
                             const struct api_owner_reference *with)
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
    buffer_append_text(&json, "]}}");
    reconcile_patch(reconcile, object, buffer_str(&json))->absent_is_fine = true;
}

const struct object **ownership_claim(struct reconcile *reconcile, const struct object *owner,
                                      const struct label_selector *selector, const struct api_resource *resource,
                                      size_t *ret_count)
{
    const struct informer *cache = reconcile_cache(reconcile, resource);
    const char *uid = object_uid(owner);
    bool deleted = object_meta(owner)->deletion_timestamp != 0;
    size_t count = 0, capacity = 16;
    const struct object **claimed = arena_new_array(reconcile->arena, const struct object *, capacity);
    for (const struct object *o = NULL; (o = informer_next_in(cache, object_namespace(owner), o)) != NULL;) {
        const struct api_object_meta *meta = object_meta(o);
        const struct api_owner_reference *controller = ownership_controller(meta);
        bool selected = label_selector_matches(selector, meta->labels, meta->n_labels);
        if (controller != NULL && !text_equal(controller->uid, uid))
            continue;
        if (controller != NULL && !selected) {
            if (!deleted)
                patch_references(reconcile, o, uid, NULL);
            continue;
        }
        if (controller == NULL) {
            if (!selected || deleted || meta->deletion_timestamp != 0)
                continue;
            patch_references(reconcile, o, uid, ownership_reference(reconcile->arena, owner));
        }
        if (count == capacity) {
            const struct object **more = arena_new_array(reconcile->arena, const struct object *, capacity * 2);
            memcpy(more, claimed, count * sizeof(*more));
            claimed = more;
            capacity *= 2;
        }
        claimed[count++] = o;
    }
    *ret_count = count;
    return claimed;
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
