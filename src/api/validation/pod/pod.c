/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod.c - pods and pod templates as a whole. */
#include "api/validation/core/core_rules.h"
#include "api/validation/pod/pod_rules.h"

void validate_pod_template(const struct api_pod_template_spec *template, const struct api_pod_template_spec *old,
                           const struct field_at *at, struct api_invalid *errors)
{
    const struct api_object_meta *meta = &template->metadata;
    const struct field_at *spec = at_field(at, "spec");
    struct pod_scope scope = { .spec = &template->spec };

    if (old != NULL)
        scope.lenient = pod_leniency_of(&old->spec, &old->metadata);
    validate_labels(meta->labels, meta->n_labels, at_field(at, "labels"), errors);
    validate_annotations(meta->annotations, meta->n_annotations, at_field(at, "annotations"), errors);
    validate_pod_annotations(meta->annotations, meta->n_annotations, &template->spec, &scope.lenient,
                             at_field(at, "annotations"), errors);
    validate_pod_spec(&scope, spec, errors);
    validate_profile_annotations(meta, &template->spec, spec, errors);
    if (template->spec.n_ephemeral_containers > 0)
        invalid_forbidden(errors, at_field(spec, "ephemeralContainers"),
                          "ephemeral containers not allowed in pod template");
}

static void validate_tokens(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; text_empty(spec->service_account_name) && i < spec->n_volumes; i++) {
        const struct api_projected_volume_source *projected = spec->volumes[i].projected;
        const struct field_at *sources =
            at_field(at_field(at_index(at_field(at, "volumes"), i), "projected"), "sources");
        for (size_t k = 0; projected != NULL && k < projected->n_sources; k++)
            if (projected->sources[k].service_account_token != NULL)
                invalid_forbidden(errors, at_field(at_index(sources, k), "serviceAccountToken"),
                                  "must not be specified when serviceAccountName is not set");
    }
}

void validate_pod(const struct api_pod *pod, const struct api_pod *old, struct api_invalid *errors)
{
    struct pod_scope scope = { .spec = &pod->spec, .meta = &pod->metadata };
    const struct field_at *spec = at_field(NULL, "spec");

    if (old != NULL)
        scope.lenient = pod_leniency_of(&old->spec, &old->metadata);
    validate_pod_annotations(pod->metadata.annotations, pod->metadata.n_annotations, &pod->spec, &scope.lenient,
                             at_field(at_field(NULL, "metadata"), "annotations"), errors);
    validate_pod_spec(&scope, spec, errors);
    validate_tokens(&pod->spec, spec, errors);
    validate_images(pod->spec.containers, pod->spec.n_containers, at_field(spec, "containers"), errors);
    validate_images(pod->spec.init_containers, pod->spec.n_init_containers, at_field(spec, "initContainers"), errors);
}

void validate_pod_create(const void *object, struct api_invalid *errors)
{
    const struct api_pod *pod = object;
    const struct field_at *spec = at_field(NULL, "spec");

    validate_pod(pod, NULL, errors);
    if (pod->spec.n_ephemeral_containers > 0)
        invalid_forbidden(errors, at_field(spec, "ephemeralContainers"), "cannot be set on create");
    if (!text_empty(pod->spec.node_name) && pod->spec.n_scheduling_gates > 0)
        invalid_forbidden(errors, at_field(spec, "nodeName"),
                          "cannot be set until all schedulingGates have been cleared");
    validate_profile_annotations(&pod->metadata, &pod->spec, spec, errors);
}

void validate_pod_template_create(const void *object, struct api_invalid *errors)
{
    validate_pod_template(&((const struct api_pod_template *)object)->template, NULL, at_field(NULL, "template"),
                          errors);
}

void validate_pod_template_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_pod_template(&((const struct api_pod_template *)object)->template,
                          &((const struct api_pod_template *)old)->template, at_field(NULL, "template"), errors);
}
