/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* container.c - containers and init containers. */
#include "api/validation/pod/pod_rules.h"
#include "api/validation/volume/source.h"

#define NOT_FOR_INIT "may not be set for init containers without restartPolicy=Always"

static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };
static const char *const message_policies[] = { "File", "FallbackToLogsOnError", NULL };

const struct api_container *container_by_name(const struct api_container *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i].name, name))
            return &list[i];
    return NULL;
}

void pod_visit_containers(const struct api_pod_spec *spec, const struct field_at *at, visit_container *visit,
                          void *context, struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_init_containers; i++)
        visit(&spec->init_containers[i], at_index(at_field(at, "initContainers"), i), context, errors);
    for (size_t i = 0; i < spec->n_containers; i++)
        visit(&spec->containers[i], at_index(at_field(at, "containers"), i), context, errors);
    for (size_t i = 0; i < spec->n_ephemeral_containers; i++)
        visit(ephemeral_as_container(&spec->ephemeral_containers[i]), at_index(at_field(at, "ephemeralContainers"), i),
              context, errors);
}

void validate_images(const struct api_container *list, size_t count, const struct field_at *at,
                     struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        struct str image = str_of(text_or_empty(list[i].image));
        if (str_trim(image).size != image.size)
            invalid_string(errors, at_field(at_index(at, i), "image"), list[i].image,
                           "must not have leading or trailing whitespace");
    }
}

/* What all sorts of containers have in common. */
void validate_container(struct pod_scope *scope, const struct api_container *container, const struct field_at *at,
                        struct api_invalid *errors)
{
    if (validate_given(container->name, at_field(at, "name"), errors))
        invalid_format(errors, at_field(at, "name"), format_dns1123_label, container->name);
    validate_given(container->image, at_field(at, "image"), errors);
    invalid_one_of(errors, at_field(at, "terminationMessagePolicy"), container->termination_message_policy,
                   message_policies, true);
    validate_container_ports(container, at_field(at, "ports"), errors);
    validate_environment(scope, container, at, errors);
    validate_volume_mounts(scope, container, at, errors);
    invalid_one_of(errors, at_field(at, "imagePullPolicy"), container->image_pull_policy, pull_policies, true);
    validate_container_resources(scope, &container->resources, at_field(at, "resources"), errors);
    validate_resize_policies(scope, container, at_field(at, "resizePolicy"), errors);
    validate_container_security(container->security_context, !flag_is(scope->spec->host_users, false),
                                at_field(at, "securityContext"), errors);
}

/* What only runs to its end needs no probes, and is not started again for more memory. */
static void validate_plain_init(const struct pod_scope *scope, const struct api_container *container,
                                const struct field_at *at, struct api_invalid *errors)
{
    if (container->lifecycle != NULL)
        invalid_forbidden(errors, at_field(at, "lifecycle"), NOT_FOR_INIT);
    if (container->liveness_probe != NULL)
        invalid_forbidden(errors, at_field(at, "livenessProbe"), NOT_FOR_INIT);
    if (container->readiness_probe != NULL)
        invalid_forbidden(errors, at_field(at, "readinessProbe"), NOT_FOR_INIT);
    if (container->startup_probe != NULL)
        invalid_forbidden(errors, at_field(at, "startupProbe"), NOT_FOR_INIT);
    for (size_t i = 0; !scope->lenient.init_resize && i < container->n_resize_policy; i++)
        if (text_equal(container->resize_policy[i].restart_policy, "RestartContainer"))
            invalid_string(errors, at_field(at_index(at_field(at, "resizePolicy"), i), "restartPolicy"),
                           container->resize_policy[i].restart_policy,
                           "must not be set to 'RestartContainer' for non-sidecar init containers");
}

static void validate_init_containers(struct pod_scope *scope, const struct field_at *list, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = scope->spec;

    for (size_t i = 0; i < spec->n_init_containers; i++) {
        const struct api_container *container = &spec->init_containers[i];
        const struct field_at *at = at_index(list, i);
        validate_container(scope, container, at, errors);
        validate_restart_rules(container, at, errors);
        if (!text_empty(container->name) &&
            (container_by_name(spec->containers, spec->n_containers, container->name) != NULL ||
             container_by_name(spec->init_containers, i, container->name) != NULL))
            invalid_duplicate(errors, at_field(at, "name"), container->name);
        /* They run one by one, so ports clash within one only. */
        validate_host_ports(container, 1, list, errors);
        if (text_equal(container->restart_policy, "Always"))
            validate_lifecycle_and_probes(scope, container, at, errors);
        else
            validate_plain_init(scope, container, at, errors);
    }
}

void validate_containers(struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_pod_spec *spec = scope->spec;
    const struct field_at *containers = at_field(at, "containers");

    if (spec->n_containers == 0)
        invalid_missing(errors, containers);
    for (size_t i = 0; i < spec->n_containers; i++) {
        const struct api_container *container = &spec->containers[i];
        const struct field_at *here = at_index(containers, i);
        validate_container(scope, container, here, errors);
        if (container_by_name(spec->containers, i, container->name) != NULL)
            invalid_duplicate(errors, at_field(here, "name"), container->name);
        validate_lifecycle_and_probes(scope, container, here, errors);
        validate_restart_rules(container, here, errors);
    }
    validate_host_ports(spec->containers, spec->n_containers, containers, errors);
    validate_init_containers(scope, at_field(at, "initContainers"), errors);
    validate_ephemeral_containers(scope, at_field(at, "ephemeralContainers"), errors);
}
