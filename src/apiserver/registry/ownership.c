/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/registry/ownership.h"

#include <string.h>

#include "api/apply/managed.h"
#include "api/codec.h"
#include "api/structural/apply.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/registry/ownership_internal.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"

#define MANAGER_SIZE_MAX 128
#define TEXT_ROOM        1000 /* most new objects' fields need no more */

/* Who writes --------------------------------------------------------------------------------------- */

/* What of a user agent names the program: up to the slash, printable, not too long. */
static const char *manager_of_agent(struct request *request)
{
    const char *agent = text_or_empty(request->user_agent);
    size_t size = strcspn(agent, "/"), kept = 0;
    char *name = arena_alloc(&request->arena, size + 1);
    for (size_t i = 0; i < size && kept < MANAGER_SIZE_MAX; i++)
        if ((unsigned char)agent[i] >= 0x20 && agent[i] != 0x7f)
            name[kept++] = agent[i];
    name[kept] = '\0';
    return kept > 0 ? name : "unknown";
}

struct managed_writer ownership_writer(struct request *request, const struct registry *registry)
{
    char version[256];
    api_kind_version(registry->resource->kind, version, sizeof(version));
    const char *manager = request->options.field_manager;
    return (struct managed_writer){
        .manager = text_empty(manager) ? manager_of_agent(request) : manager,
        .api_version = arena_strdup(&request->arena, version),
        .subresource = text_or_empty(request->subresource),
        .ignored = ownership_ignored(registry, text_or_empty(request->subresource), &request->arena),
        .now = loop_now(request->server->loop) / USEC_PER_SEC * USEC_PER_SEC,
    };
}

/* Documents ---------------------------------------------------------------------------------------- */

struct str ownership_text(const struct registry *registry, const void *object, struct arena *arena)
{
    const struct api_kind *kind = registry->resource->kind;
    auto_buffer struct buffer json = { 0 };
    struct api_object_meta *bare = arena_alloc(arena, kind->type->size);
    memcpy(bare, object, kind->type->size);
    bare->managed_fields = NULL;
    bare->n_managed_fields = 0;
    api_encode_json(kind->type, kind, bare, &json);
    return arena_str(arena, buffer_str(&json));
}

int ownership_document(struct str json, struct arena *arena, yyjson_val **ret_root, struct error *err)
{
    yyjson_doc *doc = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    arena_hold(arena, (void (*)(void *))yyjson_doc_free, doc);
    *ret_root = yyjson_doc_get_root(doc);
    return 0;
}

struct apply_place ownership_root(const struct registry *registry)
{
    return registry->custom ? structural_apply_place(custom_registry_of(registry)->version->schema)
                            : apply_schema_of_type(registry->resource->kind->type);
}

/* Updates ------------------------------------------------------------------------------------------ */

static struct str side_text(void *context, bool after)
{
    const struct ownership_sides *sides = context;
    return ownership_text(sides->registry, after ? sides->after : sides->before, &sides->request->arena);
}

/* Upstream takes what the client sent when it makes sense, else what is there. Subresources never bring entries. */
static void read_entries(struct request *request, const struct api_object_meta *object,
                         const struct api_object_meta *old, struct managed *managed)
{
    struct arena *arena = &request->arena;
    *managed = (struct managed){ .arena = arena };
    if (text_empty(request->subresource)) {
        if (managed_is_reset(object))
            return;
        if (object->managed_fields != old->managed_fields && managed_read(object, arena, managed, NULL) == 0 &&
            managed->count > 0)
            return;
    }
    if (managed_read_stored(old, arena, managed, NULL) < 0)
        *managed = (struct managed){ .arena = arena };
}

void ownership_change(struct ownership_sides *sides, struct managed_change *ret_change)
{
    struct arena *arena = &sides->request->arena;
    *ret_change = (struct managed_change){ .text = side_text, .context = sides };
    if (!sides->registry->custom) {
        apply_compare_typed(sides->registry->resource->kind->type, sides->before, sides->after, sides->ignored, arena,
                            &ret_change->difference);
        return;
    }
    struct apply_place *root = arena_new(arena, struct apply_place);
    *root = ownership_root(sides->registry);
    ret_change->root = root; /* definitions change */
    yyjson_val *before = NULL, *after = NULL;
    if (ownership_document(side_text(sides, false), arena, &before, NULL) == 0 &&
        ownership_document(side_text(sides, true), arena, &after, NULL) == 0)
        apply_compare(root, before, after, arena, &ret_change->difference);
}

/* Does the client leave the entries as they are? */
static bool brings_none(const struct request *request, const struct api_object_meta *object,
                        const struct api_object_meta *old)
{
    if (!text_empty(request->subresource) || object->n_managed_fields == 0 ||
        object->managed_fields == old->managed_fields)
        return true;
    for (size_t i = 0; i < object->n_managed_fields && i < old->n_managed_fields; i++)
        if (object->managed_fields[i].time != old->managed_fields[i].time)
            return false;
    return ownership_same_but_times(object, old);
}

/* Are whole members of the object all that is ignored? */
static bool ignores_members(const struct field_set *ignored)
{
    for (size_t i = 0; ignored != NULL && i < ignored->count; i++)
        if (!ignored->entries[i].member)
            return false;
    return true;
}

/* All of a new object is its writer's, so that nothing has to be compared. False: somebody has entries already, or it is not
 * that simple. */
static bool track_created(struct request *request, const struct registry *registry, struct api_object_meta *meta)
{
    if (registry->custom || meta->n_managed_fields > 0)
        return false;
    struct managed_writer writer = ownership_writer(request, registry);
    if (!ignores_members(writer.ignored))
        return false;
    auto_buffer struct buffer text = { 0 };
    (void)buffer_reserve(&text, TEXT_ROOM);
    meta->managed_fields = NULL;
    if (!apply_write_created(registry->resource->kind->type, meta, writer.ignored, &request->arena, &text))
        return true;
    meta->managed_fields = arena_new(&request->arena, struct api_managed_fields_entry);
    meta->n_managed_fields = 1;
    meta->managed_fields[0] = (struct api_managed_fields_entry){
        .manager = writer.manager,
        .operation = "Update",
        .api_version = writer.api_version,
        .time = writer.now,
        .fields_type = "FieldsV1",
        .fields_v1 = arena_str(&request->arena, buffer_str(&text)),
        .subresource = writer.subresource,
    };
    return true;
}

void ownership_track(struct request *request, const struct registry *registry, void *object, const void *old)
{
    struct api_object_meta *meta = object;
    if (old == NULL && track_created(request, registry, meta))
        return;
    const struct api_object_meta *before =
        old != NULL ? old : arena_zalloc(&request->arena, registry->resource->kind->type->size);
    struct managed_writer writer = ownership_writer(request, registry);
    struct ownership_sides sides = { request, registry, before, object, writer.ignored };
    struct managed managed;
    struct managed_change change;
    ownership_change(&sides, &change);
    bool same = change.difference.changed == NULL && change.difference.removed == NULL;
    if (same && old != NULL && brings_none(request, meta, before)) { /* nothing to read, nothing to write */
        meta->managed_fields = before->managed_fields;
        meta->n_managed_fields = before->n_managed_fields;
        return;
    }
    read_entries(request, meta, before, &managed);
    if (managed.count > 0 || old == NULL) { /* what is not tracked stays so until somebody applies */
        struct managed_versions versions = ownership_versions(&sides);
        if (managed_update(&managed, &writer, &change, &versions, NULL) < 0)
            return;
    }
    managed_write(&managed, meta);
}

bool ownership_same_but_times(const struct api_object_meta *a, const struct api_object_meta *b)
{
    if (a->n_managed_fields != b->n_managed_fields)
        return false;
    if (a->managed_fields == b->managed_fields)
        return true;
    for (size_t i = 0; i < a->n_managed_fields; i++) {
        const struct api_managed_fields_entry *one = &a->managed_fields[i], *other = &b->managed_fields[i];
        if (!text_equal(one->manager, other->manager) || !text_equal(one->operation, other->operation) ||
            !text_equal(one->api_version, other->api_version) || !text_equal(one->fields_type, other->fields_type) ||
            !text_equal(one->subresource, other->subresource) || !str_equal(one->fields_v1, other->fields_v1))
            return false;
    }
    return true;
}
