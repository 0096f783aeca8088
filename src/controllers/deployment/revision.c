/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* revision.c - the replica set of the current template, its revision number, and the history. */
#include <stdio.h>
#include <stdlib.h>

#include "api/codec.h"
#include "controllers/deployment/rollout.h"

static bool same_template(const struct rollout *rollout, const struct api_apps_replica_set *set)
{
    struct api_pod_template_spec template = set->spec.template;
    entries_set(rollout->r->arena, &template.metadata.labels, &template.metadata.n_labels, HASH_LABEL, NULL);
    struct api_pod_template_spec wanted = rollout->deployment->spec.template;
    entries_set(rollout->r->arena, &wanted.metadata.labels, &wanted.metadata.n_labels, HASH_LABEL, NULL);
    return api_equal(&api_type_pod_template_spec, &template, &wanted);
}

void rollout_find_fresh(struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->n_sets && rollout->fresh == NULL; i++) {
        if (same_template(rollout, rollout->sets[i].set))
            rollout->fresh = &rollout->sets[i];
    }
}

int64_t rollout_revision_of(const struct rollout_set *set)
{
    struct str text = { 0 };
    int64_t revision = 0;
    const struct api_object_meta *meta = &set->set->metadata;
    if (entries_find(meta->annotations, meta->n_annotations, REVISION_ANNOTATION, &text) &&
        !str_to_int64(text, &revision))
        revision = 0;
    return revision;
}

/* Annotations that describe the Deployment or one set, and are not handed on. */
static bool stays_behind(const char *key)
{
    static const char *const names[] = { "kubectl.kubernetes.io/last-applied-configuration",
                                         REVISION_ANNOTATION,
                                         REVISION_HISTORY_ANNOTATION,
                                         DESIRED_ANNOTATION,
                                         MAX_ANNOTATION,
                                         "deprecated.deployment.rollback.to" };
    for (size_t i = 0; i < countof(names); i++) {
        if (strcmp(names[i], key) == 0)
            return true;
    }
    return false;
}

static bool annotate(struct arena *arena, struct api_object_meta *meta, const char *key, const char *value)
{
    struct str old = { 0 };
    if (entries_find(meta->annotations, meta->n_annotations, key, &old) && str_is(old, value))
        return false;
    entries_set(arena, &meta->annotations, &meta->n_annotations, key, value);
    return true;
}

static bool copy_annotations(struct rollout *rollout, struct api_object_meta *meta)
{
    const struct api_object_meta *from = &rollout->deployment->metadata;
    bool changed = false;
    for (size_t i = 0; i < from->n_annotations; i++) {
        if (!stays_behind(from->annotations[i].key))
            changed |=
                annotate(rollout->r->arena, meta, from->annotations[i].key, text_or_empty(from->annotations[i].value));
    }
    return changed;
}

static bool set_revision(struct rollout *rollout, struct api_object_meta *meta, int64_t revision)
{
    struct arena *arena = rollout->r->arena;
    struct str old = { 0 };
    int64_t old_revision = 0;
    bool has = entries_find(meta->annotations, meta->n_annotations, REVISION_ANNOTATION, &old);
    if (has && !str_to_int64(old, &old_revision))
        return false;
    if (has && old_revision >= revision)
        return false;
    const char *before = arena_strndup(arena, old.data == NULL ? "" : old.data, old.size);
    annotate(arena, meta, REVISION_ANNOTATION, arena_format(arena, "%lld", (long long)revision));
    if (has) { /* a roll-back: remember what it was called before */
        struct str history = { 0 };
        if (entries_find(meta->annotations, meta->n_annotations, REVISION_HISTORY_ANNOTATION, &history) &&
            history.size > 0)
            before = arena_format(arena, STR_FMT ",%s", STR_ARG(history), before);
        annotate(arena, meta, REVISION_HISTORY_ANNOTATION, before);
    }
    return true;
}

static void set_size_annotations(struct rollout *rollout, struct api_object_meta *meta)
{
    struct arena *arena = rollout->r->arena;
    annotate(arena, meta, DESIRED_ANNOTATION, arena_format(arena, "%d", rollout->wanted));
    annotate(arena, meta, MAX_ANNOTATION, arena_format(arena, "%d", rollout->wanted + rollout->max_surge));
}

static const char *template_hash(struct rollout *rollout)
{
    auto_buffer struct buffer json = { 0 };
    api_encode_json(&api_type_pod_template_spec, NULL, &rollout->deployment->spec.template, &json);
    const int32_t *collisions = rollout->deployment->status.collision_count;
    if (collisions != NULL)
        buffer_format(&json, "%d", *collisions);
    uint64_t hash = str_hash(buffer_str(&json));
    char text[HASH_TEXT_SIZE];
    hash_text((uint32_t)(hash ^ hash >> 32), text);
    return arena_strdup(rollout->r->arena, text);
}

static void progress(struct rollout *rollout, const char *status, const char *reason, const char *message)
{
    if (rollout->deployment->spec.progress_deadline_seconds == NULL ||
        *rollout->deployment->spec.progress_deadline_seconds == INT32_MAX)
        return;
    rollout->progress_status = status;
    rollout->progress_reason = reason;
    rollout->progress_message = message;
}

static void create_fresh(struct rollout *rollout, int64_t revision)
{
    struct reconcile *r = rollout->r;
    struct arena *arena = r->arena;
    const struct api_apps_deployment *deployment = rollout->deployment;
    const char *hash = template_hash(rollout);
    const char *name = arena_format(arena, "%s-%s", deployment->metadata.name, hash);
    /* Somebody else's, or ours with another template that hashes alike: count it, so that the next name differs. */
    if (informer_find(reconcile_cache(r, &api_resource_apps_replica_set), r->namespace_, name) != NULL) {
        rollout->collided = true;
        return;
    }
    struct api_apps_replica_set *set = arena_new(arena, struct api_apps_replica_set);
    set->metadata.name = name;
    set->metadata.namespace = deployment->metadata.namespace;
    set->metadata.owner_references = ownership_reference(arena, rollout->object);
    set->metadata.n_owner_references = 1;
    set->spec.template = deployment->spec.template;
    struct api_object_meta *labelled = &set->spec.template.metadata;
    entries_set(arena, &labelled->labels, &labelled->n_labels, HASH_LABEL, hash);
    set->metadata.labels = labelled->labels;
    set->metadata.n_labels = labelled->n_labels;
    set->spec.selector = arena_new(arena, struct api_label_selector);
    *set->spec.selector = *deployment->spec.selector;
    entries_set(arena, &set->spec.selector->match_labels, &set->spec.selector->n_match_labels, HASH_LABEL, hash);
    set->spec.min_ready_seconds = deployment->spec.min_ready_seconds;
    rollout->made = true;
    rollout->made_name = name;
    rollout->made_replicas = rollout_fresh_size(rollout);
    set->spec.replicas = arena_new(arena, int32_t);
    *set->spec.replicas = rollout->made_replicas;
    copy_annotations(rollout, &set->metadata);
    set_revision(rollout, &set->metadata, revision);
    set_size_annotations(rollout, &set->metadata);
    struct action *action = reconcile_create(r, &api_resource_apps_replica_set, set);
    action->about = rollout->object;
    action->failed =
        (struct action_event){ "Warning", "ReplicaSetCreateError", "Failed to create new replica set \"%s\"" };
    action->failed.text = arena_format(arena, "Failed to create new replica set \"%s\": %%s", name);
    if (rollout->made_replicas > 0)
        action->succeeded = (struct action_event){ "Normal", "ScalingReplicaSet",
                                                   arena_format(arena, "Scaled up replica set %s from 0 to %d", name,
                                                                rollout->made_replicas) };
    progress(rollout, "True", "NewReplicaSetCreated", arena_format(arena, "Created new replica set \"%s\"", name));
}

void rollout_prepare_fresh(struct rollout *rollout, bool create)
{
    int64_t newest = 0;
    for (size_t i = 0; i < rollout->n_sets; i++) {
        int64_t revision = rollout_revision_of(&rollout->sets[i]);
        if (&rollout->sets[i] != rollout->fresh && revision > newest)
            newest = revision;
    }
    struct arena *arena = rollout->r->arena;
    struct rollout_set *fresh = rollout->fresh;
    if (fresh == NULL) {
        if (!create)
            return;
        create_fresh(rollout, newest + 1);
        if (rollout->made)
            rollout->revision = arena_format(arena, "%lld", (long long)newest + 1);
        return;
    }
    fresh->changed |= copy_annotations(rollout, &fresh->next.metadata);
    fresh->changed |= set_revision(rollout, &fresh->next.metadata, newest + 1);
    if (fresh->next.spec.min_ready_seconds != rollout->deployment->spec.min_ready_seconds) {
        fresh->next.spec.min_ready_seconds = rollout->deployment->spec.min_ready_seconds;
        fresh->changed = true;
    }
    struct str text = { 0 };
    if (entries_find(fresh->next.metadata.annotations, fresh->next.metadata.n_annotations, REVISION_ANNOTATION, &text))
        rollout->revision = arena_strndup(arena, text.data, text.size);
    bool has_progress = false;
    for (size_t i = 0; i < rollout->deployment->status.n_conditions; i++)
        has_progress |= text_equal(rollout->deployment->status.conditions[i].type, "Progressing");
    if (!has_progress)
        progress(rollout, "True", "FoundNewReplicaSet",
                 arena_format(arena, "Found new replica set \"%s\"", fresh->set->metadata.name));
}

static int by_revision(const void *left, const void *right)
{
    const struct rollout_set *a = *(struct rollout_set *const *)left, *b = *(struct rollout_set *const *)right;
    int64_t x = rollout_revision_of(a), y = rollout_revision_of(b);
    return x < y ? -1 : x > y;
}

void rollout_trim_history(struct rollout *rollout)
{
    const int32_t *limit = rollout->deployment->spec.revision_history_limit;
    if (limit == NULL || *limit == INT32_MAX)
        return;
    struct rollout_set **old = arena_new_array(rollout->r->arena, struct rollout_set *, rollout->n_sets + 1);
    size_t count = 0;
    for (size_t i = 0; i < rollout->n_sets; i++) {
        struct rollout_set *set = &rollout->sets[i];
        if (set != rollout->fresh && set->set->metadata.deletion_timestamp == 0)
            old[count++] = set;
    }
    if (count <= (size_t)*limit)
        return;
    qsort(old, count, sizeof(*old), by_revision);
    for (size_t i = 0; i < count - (size_t)*limit; i++) {
        const struct api_apps_replica_set *set = old[i]->set;
        if (set->status.replicas != 0 || old[i]->replicas != 0 ||
            (set->spec.replicas != NULL && *set->spec.replicas != 0) ||
            set->metadata.generation > set->status.observed_generation)
            continue;
        old[i]->removed = true;
        reconcile_delete(rollout->r, old[i]->object);
    }
}
