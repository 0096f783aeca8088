/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* revision_history.c - see the header. The data is a strategic merge patch, which kubectl rollout undo applies, with sorted members:
 * clients compare it byte by byte with what they make of a template themselves. */
#include "controllers/workload/revision_history.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/codec.h"
#include "codec/json.h"
#include "controllers/workload/ownership.h"

#define DATA_HEAD "{\"spec\":{\"template\":{\"$patch\":\"replace\","
#define DATA_TAIL "}}"
#define DEPTH_MAX 1000 /* a template's own types nest far less */

static int by_revision(const void *left, const void *right)
{
    int64_t a = api_apps_controller_revision_of(*(const struct object *const *)left)->revision;
    int64_t b = api_apps_controller_revision_of(*(const struct object *const *)right)->revision;
    return a < b ? -1 : a > b;
}

static void gather(struct reconcile *r, const struct object *owner, struct revision_history *history)
{
    const struct informer *cache = reconcile_cache(r, &api_resource_apps_controller_revision);
    const char *uid = object_uid(owner);
    for (const struct object *o = NULL; (o = informer_next_owned(cache, uid, o)) != NULL;)
        history->count++;
    history->items = arena_new_array(r->arena, const struct object *, history->count + 1);
    history->count = 0;
    for (const struct object *o = NULL; (o = informer_next_owned(cache, uid, o)) != NULL;) {
        if (ownership_controlled_by(object_meta(o), uid))
            history->items[history->count++] = o;
    }
    qsort(history->items, history->count, sizeof(*history->items), by_revision);
}

static const char *hash_of(const struct object *revision)
{
    struct str text = { 0 };
    const struct api_object_meta *meta = object_meta(revision);
    return entries_find(meta->labels, meta->n_labels, REVISION_HASH_LABEL, &text) ? text.data : meta->name;
}

static void create(struct reconcile *r, const struct object *owner, const struct api_pod_template_spec *template,
                   struct str data, int64_t number, struct revision_history *history)
{
    char text[HASH_TEXT_SIZE];
    /* The owner goes into the hash, so that equal templates of two owners have different names in logs. */
    uint64_t hash = str_hash(data) ^ str_hash(str_of(object_uid(owner)));
    hash_text((uint32_t)(hash ^ hash >> 32), text);
    history->hash = arena_strdup(r->arena, text);
    history->name = arena_format(r->arena, "%s-%s", object_name(owner), text);
    struct api_apps_controller_revision revision = { .revision = number, .data = data };
    revision.metadata.name = history->name;
    revision.metadata.namespace = object_namespace(owner);
    revision.metadata.labels = template->metadata.labels;
    revision.metadata.n_labels = template->metadata.n_labels;
    entries_set(r->arena, &revision.metadata.labels, &revision.metadata.n_labels, REVISION_HASH_LABEL, text);
    revision.metadata.owner_references = ownership_reference(r->arena, owner);
    revision.metadata.n_owner_references = 1;
    reconcile_create(r, &api_resource_apps_controller_revision, &revision);
}

static void sort(struct str json, struct buffer *out)
{
    yyjson_doc *document = NULL;
    if (json_read(json, DEPTH_MAX, &document, NULL) == 0)
        json_append_sorted(out, yyjson_doc_get_root(document));
    yyjson_doc_free(document);
}

/* Revisions of earlier versions were not sorted. */
static bool holds(const struct object *revision, struct str data)
{
    struct str own = api_apps_controller_revision_of(revision)->data;
    auto_buffer struct buffer sorted = { 0 };
    if (str_equal(own, data))
        return true;
    if (own.size != data.size)
        return false;
    sort(own, &sorted);
    return str_equal(buffer_str(&sorted), data);
}

void revision_history_sync(struct reconcile *r, const struct object *owner,
                           const struct api_pod_template_spec *template, struct revision_history *history)
{
    *history = (struct revision_history){ 0 };
    gather(r, owner, history);
    auto_buffer struct buffer json = { 0 }, patch = { 0 }, data = { 0 };
    api_encode_json(&api_type_pod_template_spec, NULL, template, &json);
    buffer_append_text(&patch, DATA_HEAD);
    buffer_append_str(&patch, str_skip(buffer_str(&json), 1));
    buffer_append_text(&patch, DATA_TAIL);
    sort(buffer_str(&patch), &data);
    int64_t newest = 0;
    if (history->count > 0)
        newest = api_apps_controller_revision_of(history->items[history->count - 1])->revision;
    for (size_t i = history->count; i-- > 0;) {
        const struct api_apps_controller_revision *revision = api_apps_controller_revision_of(history->items[i]);
        if (!holds(history->items[i], buffer_str(&data)))
            continue;
        history->name = revision->metadata.name;
        history->hash = hash_of(history->items[i]);
        if (revision->revision < newest) { /* a roll-back */
            char raise[64];
            snprintf(raise, sizeof(raise), "{\"revision\":%lld}", (long long)newest + 1);
            reconcile_patch(r, history->items[i], str_of(raise));
        }
        return;
    }
    create(r, owner, template, arena_str(r->arena, buffer_str(&data)), newest + 1, history);
}

void revision_history_trim(struct reconcile *r, const struct revision_history *history, int32_t limit, const char *kept,
                           const struct ranked_pod *pods, size_t n_pods)
{
    size_t idle = 0;
    bool *live = arena_new_array(r->arena, bool, history->count + 1);
    for (size_t i = 0; i < history->count; i++) {
        const char *hash = hash_of(history->items[i]), *name = object_name(history->items[i]);
        live[i] = text_equal(name, history->name) || text_equal(name, kept) || text_equal(hash, kept);
        for (size_t j = 0; j < n_pods && !live[i]; j++) {
            struct str label = { 0 };
            live[i] = object_label(pods[j].object, STR(REVISION_HASH_LABEL), &label) &&
                      (str_is(label, hash) || str_is(label, name));
        }
        idle += !live[i];
    }
    for (size_t i = 0; i < history->count && idle > (size_t)(limit < 0 ? 0 : limit); i++) {
        if (live[i])
            continue;
        reconcile_delete(r, history->items[i]);
        idle--;
    }
}

const struct api_pod_template_spec *revision_history_template(struct reconcile *r,
                                                              const struct revision_history *history, const char *name)
{
    for (size_t i = 0; i < history->count; i++) {
        if (!text_equal(object_name(history->items[i]), name))
            continue;
        struct str data = api_apps_controller_revision_of(history->items[i])->data;
        if (!str_starts(data, STR(DATA_HEAD)) || !str_ends(data, STR(DATA_TAIL)))
            return NULL;
        data = str_skip(data, sizeof(DATA_HEAD) - 1);
        data.size -= sizeof(DATA_TAIL) - 1;
        struct api_pod_template_spec *template = arena_new(r->arena, struct api_pod_template_spec);
        struct str json = str_of(arena_format(r->arena, "{" STR_FMT, STR_ARG(data)));
        return api_decode_json(&api_type_pod_template_spec, json, r->arena, template, NULL, NULL) == 0 ? template
                                                                                                       : NULL;
    }
    return NULL;
}
