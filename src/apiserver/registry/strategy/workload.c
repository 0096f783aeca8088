/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/value/entry.h"
#include "apiserver/registry/strategy/strategies.h"
#include "generated/names.h"

bool deployment_spec_changed(const void *object, const void *old)
{
    const struct api_apps_deployment *now = object, *before = old;
    if (!api_equal(&api_type_apps_deployment_spec, &now->spec, &before->spec))
        return true;
    if (now->metadata.n_annotations != before->metadata.n_annotations)
        return true;
    for (size_t i = 0; i < now->metadata.n_annotations; i++)
        if (strcmp(now->metadata.annotations[i].key, before->metadata.annotations[i].key) != 0 ||
            !text_equal(now->metadata.annotations[i].value, before->metadata.annotations[i].value))
            return true;
    return false;
}

/* How often the template changed stands in an annotation, from when it was a field. */
static int64_t template_generation(const struct api_apps_daemon_set *set)
{
    for (size_t i = 0; i < set->metadata.n_annotations; i++)
        if (strcmp(set->metadata.annotations[i].key, API_APPS_DEPRECATED_TEMPLATE_GENERATION) == 0)
            return strtoll(text_or_empty(set->metadata.annotations[i].value), NULL, 10);
    return 0;
}

static void set_template_generation(struct request *request, struct api_apps_daemon_set *set, int64_t generation)
{
    struct api_object_meta *meta = &set->metadata;
    struct arena *arena = &request->arena;
    struct api_string_entry *own = arena_new_array(arena, struct api_string_entry, meta->n_annotations + 1);
    if (meta->n_annotations > 0) /* who updates from within may share them with the stored object */
        memcpy(own, meta->annotations, meta->n_annotations * sizeof(*own));
    meta->annotations = own;
    entry_put_to(meta->annotations, meta->n_annotations, API_APPS_DEPRECATED_TEMPLATE_GENERATION, arena)->value =
        arena_format(arena, "%lld", (long long)generation);
}

void daemon_set_prepare_create(struct request *request, void *object)
{
    int64_t generation = template_generation(object);
    set_template_generation(request, object, generation < 1 ? 1 : generation);
}

void daemon_set_prepare_update(struct request *request, void *object, const void *old)
{
    const struct api_apps_daemon_set *set = object, *before = old;
    bool same = api_equal(&api_type_pod_template_spec, &set->spec.template, &before->spec.template);
    set_template_generation(request, object, template_generation(before) + (same ? 0 : 1));
}

/* Anything but the metadata, or the labels. */
bool endpoint_slice_changed(const void *object, const void *old)
{
    const struct api_discovery_endpoint_slice *now = object, *before = old;
    struct api_discovery_endpoint_slice other = *before;
    struct api_object_meta meta = now->metadata;
    meta.labels = before->metadata.labels;
    meta.n_labels = before->metadata.n_labels;
    other.metadata = meta;
    return !api_equal(&api_type_discovery_endpoint_slice, now, &other);
}

/* Both kinds of webhook configuration: everything behind the metadata. */
bool webhooks_changed(const void *object, const void *old)
{
    const struct api_admissionregistration_validating_webhook_configuration *now = object, *before = old;
    struct api_admissionregistration_validating_webhook_configuration other = *before;
    other.metadata = now->metadata;
    return !api_equal(&api_type_admissionregistration_validating_webhook_configuration, now, &other);
}

static void add_label(struct arena *arena, struct api_string_entry **labels, size_t *count, const char *key,
                      const char *value)
{
    size_t at = 0;
    while (at < *count && strcmp((*labels)[at].key, key) < 0)
        at++;
    if (at < *count && strcmp((*labels)[at].key, key) == 0)
        return;
    struct api_string_entry *more = arena_new_array(arena, struct api_string_entry, *count + 1);
    for (size_t i = 0; i < *count; i++)
        more[i + (i >= at ? 1 : 0)] = (*labels)[i];
    more[at] = (struct api_string_entry){ key, value };
    *labels = more;
    *count += 1;
}

/* Pods find their job by a label that no other job can have. */
void job_prepare_create(struct request *request, void *object)
{
    struct api_batch_job *job = object;
    struct arena *arena = &request->arena;
    if (job->spec.manual_selector != NULL && *job->spec.manual_selector)
        return;
    struct api_object_meta *meta = &job->spec.template.metadata;
    const char *uid = job->metadata.uid, *name = job->metadata.name;
    bool without = job->metadata.n_labels == 0;
    add_label(arena, &meta->labels, &meta->n_labels, "job-name", name);
    add_label(arena, &meta->labels, &meta->n_labels, "batch.kubernetes.io/job-name", name);
    add_label(arena, &meta->labels, &meta->n_labels, "controller-uid", uid);
    add_label(arena, &meta->labels, &meta->n_labels, "batch.kubernetes.io/controller-uid", uid);
    if (without) { /* as any reader of it would fill them in */
        job->metadata.labels = meta->labels;
        job->metadata.n_labels = meta->n_labels;
    }
    if (job->spec.selector == NULL)
        job->spec.selector = arena_new(arena, struct api_label_selector);
    add_label(arena, &job->spec.selector->match_labels, &job->spec.selector->n_match_labels,
              "batch.kubernetes.io/controller-uid", uid);
}
