/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ephemeral.c - ephemeral containers: guests in a running pod, for debugging. */
#include "api/validation/pod/pod_rules.h"

#define NOT_FOR_EPHEMERAL "cannot be set for an Ephemeral Container"

_Static_assert(sizeof(struct api_container) == sizeof(struct api_ephemeral_container_common) &&
                   offsetof(struct api_container, tty) == offsetof(struct api_ephemeral_container_common, tty) &&
                   offsetof(struct api_container, ports) == offsetof(struct api_ephemeral_container_common, ports) &&
                   offsetof(struct api_container, lifecycle) ==
                       offsetof(struct api_ephemeral_container_common, lifecycle),
               "both have the same fields in the same order");

const struct api_container *ephemeral_as_container(const struct api_ephemeral_container *container)
{
    return (const void *)&container->ephemeral_container_common;
}

/* What only a container that the pod was made with can have. */
static void validate_fields(const struct api_ephemeral_container *container, const struct field_at *at,
                            struct api_invalid *errors)
{
    const struct {
        const char *name;
        bool set;
    } fields[] = {
        { "ports", container->ports != NULL },
        { "resources", container->resources.limits != NULL || container->resources.requests != NULL ||
                           container->resources.claims != NULL },
        { "resizePolicy", container->resize_policy != NULL },
        { "restartPolicy", container->restart_policy != NULL },
        { "restartPolicyRules", container->restart_policy_rules != NULL },
        { "livenessProbe", container->liveness_probe != NULL },
        { "readinessProbe", container->readiness_probe != NULL },
        { "startupProbe", container->startup_probe != NULL },
        { "lifecycle", container->lifecycle != NULL },
    };

    for (size_t i = 0; i < countof(fields); i++)
        if (fields[i].set)
            invalid_forbidden(errors, at_field(at, fields[i].name), NOT_FOR_EPHEMERAL);
    for (size_t i = 0; i < container->n_volume_mounts; i++) {
        const struct field_at *here = at_index(at_field(at, "volumeMounts"), i);
        if (!text_empty(container->volume_mounts[i].sub_path))
            invalid_forbidden(errors, at_field(here, "subPath"), NOT_FOR_EPHEMERAL);
        if (!text_empty(container->volume_mounts[i].sub_path_expr))
            invalid_forbidden(errors, at_field(here, "subPathExpr"), NOT_FOR_EPHEMERAL);
    }
}

void validate_ephemeral_containers(struct pod_scope *scope, const struct field_at *list, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = scope->spec;

    for (size_t i = 0; i < spec->n_ephemeral_containers; i++) {
        const struct api_ephemeral_container *container = &spec->ephemeral_containers[i];
        const struct field_at *at = at_index(list, i);
        const char *target = container->target_container_name;
        bool repeated = container_by_name(spec->containers, spec->n_containers, container->name) != NULL ||
                        container_by_name(spec->init_containers, spec->n_init_containers, container->name) != NULL;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(spec->ephemeral_containers[k].name, container->name);
        validate_container(scope, ephemeral_as_container(container), at, errors);
        struct str image = str_of(text_or_empty(container->image));
        if (str_trim(image).size != image.size)
            invalid_string(errors, at_field(at, "image"), container->image,
                           "must not have leading or trailing whitespace");
        if (repeated)
            invalid_duplicate(errors, at_field(at, "name"), container->name);
        if (!text_empty(target) && container_by_name(spec->containers, spec->n_containers, target) == NULL &&
            container_by_name(spec->init_containers, spec->n_init_containers, target) == NULL)
            invalid_not_found(errors, at_field(at, "targetContainerName"), target);
        validate_fields(container, at, errors);
    }
}
