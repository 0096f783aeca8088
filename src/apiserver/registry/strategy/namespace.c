/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/registry/strategy/strategies.h"

#define FINALIZER  "kubernetes"
#define NAME_LABEL "kubernetes.io/metadata.name"

/* Every namespace carries its name as a label, so that selectors can mean it. */
void namespace_label_name(struct request *request, struct api_object_meta *meta)
{
    size_t at = 0;
    while (at < meta->n_labels && strcmp(meta->labels[at].key, NAME_LABEL) < 0)
        at++;
    bool present = at < meta->n_labels && strcmp(meta->labels[at].key, NAME_LABEL) == 0;
    struct api_string_entry *labels = arena_new_array(&request->arena, struct api_string_entry, meta->n_labels + 1);
    for (size_t i = 0; i < at; i++)
        labels[i] = meta->labels[i];
    labels[at] = (struct api_string_entry){ NAME_LABEL, meta->name };
    for (size_t i = at + (present ? 1 : 0); i < meta->n_labels; i++)
        labels[i + (present ? 0 : 1)] = meta->labels[i];
    meta->labels = labels;
    meta->n_labels += present ? 0 : 1;
}

void namespace_prepare_create(struct request *request, void *object)
{
    struct api_namespace *namespace_ = object;
    namespace_->status = (struct api_namespace_status){ .phase = "Active" };
    bool present = false;
    for (size_t i = 0; i < namespace_->spec.n_finalizers; i++)
        present |= strcmp(namespace_->spec.finalizers[i], FINALIZER) == 0;
    if (!present) {
        size_t count = namespace_->spec.n_finalizers;
        const char **finalizers = arena_new_array(&request->arena, const char *, count + 1);
        for (size_t i = 0; i < count; i++)
            finalizers[i] = namespace_->spec.finalizers[i];
        finalizers[count] = FINALIZER;
        namespace_->spec.finalizers = finalizers;
        namespace_->spec.n_finalizers = count + 1;
    }
    namespace_label_name(request, &namespace_->metadata);
}

void namespace_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_namespace *namespace_ = object;
    const struct api_namespace *before = old;
    namespace_->spec = before->spec;
    namespace_label_name(request, &namespace_->metadata);
}

void namespace_prepare_delete(struct request *request, void *object)
{
    struct api_namespace *namespace_ = object;
    (void)request;
    namespace_->status.phase = "Terminating";
}

bool namespace_held(const void *object)
{
    const struct api_namespace *namespace_ = object;
    return namespace_->spec.n_finalizers > 0;
}
