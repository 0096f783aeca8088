/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replication_controller.c - ReplicationControllers, the older relatives of ReplicaSets. */
#include "api/validation/core/core_rules.h"
#include "api/validation/pod/pod_rules.h"
#include "api/value/entry.h"

static const char *const always[] = { "Always", NULL };

static bool selects(const struct api_replication_controller_spec *spec)
{
    const struct api_object_meta *meta = &spec->template->metadata;

    for (size_t i = 0; i < spec->n_selector; i++) {
        const char *value = string_entry_value(meta->labels, meta->n_labels, spec->selector[i].key);
        if (value == NULL || !text_equal(value, spec->selector[i].value))
            return false;
    }
    return true;
}

static void validate_template(const struct api_replication_controller_spec *spec,
                              const struct api_replication_controller_spec *old, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct api_pod_template_spec *template = spec->template;

    if (template == NULL) {
        invalid_missing(errors, at);
        return;
    }
    if (spec->n_selector > 0 && !selects(spec))
        invalid_string_map(errors, at_field(at_field(at, "metadata"), "labels"), template->metadata.labels,
                           template->metadata.n_labels, "`selector` does not match template `labels`");
    validate_pod_template(template, old != NULL ? old->template : NULL, at, errors);
    if (!text_equal(template->spec.restart_policy, "Always"))
        invalid_not_supported(errors, at_field(at_field(at, "spec"), "restartPolicy"), template->spec.restart_policy,
                              always);
    if (template->spec.active_deadline_seconds != NULL)
        invalid_forbidden(errors, at_field(at_field(at, "spec"), "activeDeadlineSeconds"),
                          "activeDeadlineSeconds in ReplicationController is not Supported");
}

static void validate_controller(const struct api_replication_controller_spec *spec,
                                const struct api_replication_controller_spec *old, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    if (spec->n_selector == 0)
        invalid_missing(errors, at_field(at, "selector"));
    if (spec->replicas == NULL)
        invalid_missing(errors, at_field(at, "replicas"));
    else
        invalid_not_negative(errors, at_field(at, "replicas"), *spec->replicas);
    validate_template(spec, old, at_field(at, "template"), errors);
}

void validate_replication_controller_create(const void *object, struct api_invalid *errors)
{
    validate_controller(&((const struct api_replication_controller *)object)->spec, NULL, errors);
}

void validate_replication_controller_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_controller(&((const struct api_replication_controller *)object)->spec,
                        &((const struct api_replication_controller *)old)->spec, errors);
}

static void validate_at_most(int32_t count, int32_t max, const char *name, const char *detail,
                             struct api_invalid *errors)
{
    if (count > max)
        invalid_number(errors, at_field(at_field(NULL, "status"), name), count, "%s", detail);
}

void validate_replication_controller_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_replication_controller_status *status =
        &((const struct api_replication_controller *)object)->status;
    const struct field_at *at = at_field(NULL, "status");
    static const char more[] = "cannot be greater than status.replicas";

    (void)old;
    invalid_not_negative(errors, at_field(at, "replicas"), status->replicas);
    invalid_not_negative(errors, at_field(at, "fullyLabeledReplicas"), status->fully_labeled_replicas);
    invalid_not_negative(errors, at_field(at, "readyReplicas"), status->ready_replicas);
    invalid_not_negative(errors, at_field(at, "availableReplicas"), status->available_replicas);
    invalid_not_negative(errors, at_field(at, "observedGeneration"), status->observed_generation);
    validate_at_most(status->fully_labeled_replicas, status->replicas, "fullyLabeledReplicas", more, errors);
    validate_at_most(status->ready_replicas, status->replicas, "readyReplicas", more, errors);
    validate_at_most(status->available_replicas, status->replicas, "availableReplicas", more, errors);
    validate_at_most(status->available_replicas, status->ready_replicas, "availableReplicas",
                     "cannot be greater than readyReplicas", errors);
}
