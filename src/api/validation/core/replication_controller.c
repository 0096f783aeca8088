/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replication_controller.c - ReplicationControllers, the older relatives of ReplicaSets. */
#include "api/validation/apps/workload.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/pod/pod_rules.h"

static const char *const always[] = { "Always", NULL };

void validate_replication_controller_create(const void *object, struct api_invalid *errors)
{
    const struct api_replication_controller_spec *spec = &((const struct api_replication_controller *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    struct api_label_selector selector = { .match_labels = spec->selector, .n_match_labels = spec->n_selector };

    validate_optional_count(spec->replicas, at_field(at, "replicas"), errors);
    invalid_not_negative(errors, at_field(at, "minReadySeconds"), spec->min_ready_seconds);
    if (spec->n_selector == 0)
        invalid_missing(errors, at_field(at, "selector"));
    if (spec->template == NULL) {
        invalid_missing(errors, at_field(at, "template"));
        return;
    }
    if (spec->n_selector > 0)
        validate_selected(&selector, spec->template, at, errors);
    validate_pod_template(spec->template, NULL, at_field(at, "template"), errors);
    const struct field_at *pod = at_field(at_field(at, "template"), "spec");
    if (!text_equal(spec->template->spec.restart_policy, "Always"))
        invalid_not_supported(errors, at_field(pod, "restartPolicy"), spec->template->spec.restart_policy, always);
}

void validate_replication_controller_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_replication_controller_create(object, errors);
}
